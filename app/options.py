"""The grammar of the command line: netstat's letters with netstat's meaning, and our own long options.

The parser is getopt's, as netstat's is: letters may be bundled, long options shortened as far as they stay
unambiguous, and arguments may stand anywhere.
"""

from __future__ import annotations

import getopt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sockscope.app.record import dataclass
from sockscope.app.settings import (
    THEMES,
    Settings,
    Shown,
    UsageError,
    Which,
    checked_interval,
    checked_netns,
    checked_share,
    checked_theme,
)

SECONDS = ("0.5", "1", "2", "5", "10", "30", "60")
"""Intervals that are offered when a command line is completed."""
SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its letter, its long names, what it does, what its argument is called; "" for none."""

    letter: str
    names: tuple[str, ...]
    help: str
    argument: str = ""
    values: tuple[str, ...] = ()
    """What the argument may be, where that can be listed; offered when a command line is completed."""
    also: str = ""
    """Further letters that mean the same."""

    @property
    def id(self) -> str:
        """What the parser calls it: its first long name."""
        return self.names[0]


GROUPS: tuple[tuple[str, tuple[Option, ...]], ...] = (
    (
        "What to show (the dashboard opens there)",
        (
            Option("a", ("all",), "all sockets, listening or not; with -i: also interfaces that are down"),
            Option("l", ("listening",), "only listening sockets (without -a and -l: only connected ones)"),
            Option("r", ("route",), "routes"),
            Option("C", ("cache",), "with -r: cached path MTUs and redirects, all that is cached today"),
            Option("F", ("fib",), "with -r: the routes themselves (always, but for -C)"),
            Option("i", ("interfaces",), "interfaces"),
            Option("s", ("statistics",), "protocol counters; zeros that netstat hides only with -a"),
            Option("", ("per-interface",), "with -s: IPv6 counters of each interface too"),
            Option("g", ("groups",), "multicast groups; with -e: their names and the link layer's too"),
            Option("M", ("masquerade",), "translated connections (NAT); with -a: every tracked one"),
        ),
    ),
    (
        "Which protocols",
        (
            Option("t", ("tcp",), "TCP"),
            Option("u", ("udp",), "UDP"),
            Option("U", ("udplite",), "UDP-Lite"),
            Option("w", ("raw",), "raw sockets"),
            Option("S", ("sctp",), "SCTP"),
            Option("", ("mptcp",), "MPTCP connections (else only the TCP sockets that carry them)"),
            Option("x", ("unix",), "unix domain sockets"),
            Option("", ("packet",), "packet sockets, which see frames (here and below: as ss prints them)"),
            Option("", ("netlink",), "netlink sockets, over which programs and the kernel talk"),
            Option("", ("vsock",), "sockets between virtual machines and their host"),
            Option("4", ("inet", "ip", "tcpip"), "IPv4"),
            Option("6", ("inet6",), "IPv6"),
            Option(
                "A",
                ("protocol",),
                "address families: inet, inet6, unix",
                "FAMILY[,FAMILY]",
                ("inet", "inet6", "unix"),
            ),
            Option("", ("filter",), "only rows that pass this filter, as typed after /", "EXPR"),
        ),
    ),
    (
        "How to show it",
        (
            Option("n", ("numeric",), "numbers, no names, for hosts, ports and users (key n turns to names)"),
            Option("", ("numeric-ports",), "numbers for ports, whatever key n says"),
            Option("", ("numeric-users",), "numbers for users, whatever key n says"),
            Option("", ("numeric-hosts",), "numbers for hosts, whatever key n says; nothing is looked up"),
            Option("p", ("programs",), "process number and name of who holds a socket"),
            Option("e", ("extend",), "more columns; twice for still more with -r"),
            Option("o", ("timers",), "the Timer column"),
            Option("", ("info",), "how TCP connections fare: rates, round trips, losses, limits"),
            Option("W", ("wide", "notrim"), "whole addresses, whatever column leaves for them", also="T"),
            Option("v", ("verbose",), "say which of the protocols asked for the kernel does not have"),
            Option("N", ("symbolic",), "accepted as by netstat; no hardware here has a name to look up"),
            Option("d", ("debug",), "accepted, does nothing, as in netstat"),
        ),
    ),
    (
        "Once or live",
        (
            Option("c", ("continuous",), "printed: again every interval"),
            Option("", ("interval",), "seconds from one look to the next (1)", "SECONDS", SECONDS),
            Option("", ("once",), "print and end, on a terminal too"),
            Option("", ("json",), "print one JSON object a row"),
            Option("", ("csv",), "print comma-separated values, with a line of names"),
            Option("", ("theme",), "colours of the dashboard: dark, light, ansi", "NAME", THEMES),
            Option("", ("calm",), "fewer repaints, for a slow line (a line that lags gets them anyway)"),
            Option("", ("netns",), "look into another network namespace, or into all", "NAME|PID|all"),
            Option("", ("share",), "stretch the interval when a tick takes more of a core (10)", "PERCENT"),
        ),
    ),
    (
        "About",
        (
            Option("V", ("version",), "the version"),
            Option("h", ("help",), "this text", also="?"),
            Option("", ("man",), "the manual page, to be read by man -l -"),
            Option("", ("completion",), "what makes a shell complete options", "SHELL", SHELLS),
        ),
    ),
)

_BLUETOOTH = "Bluetooth sockets are not shown"
_RADIO = "sockets of this family are not shown"
_FOREIGN = ("ax25", "x25", "ipx", "appletalk", "ddp", "netrom", "rose", "bluetooth")
REFUSED: dict[str, str] = {
    **dict.fromkeys(("-2", "--l2cap", "-f", "--rfcomm", "--bluetooth"), _BLUETOOTH),
    **dict.fromkeys(("--ax25", "--x25", "--ipx", "--appletalk", "--ddp", "--netrom", "--rose"), _RADIO),
    **dict.fromkeys(("-Z", "--context"), "security contexts of SELinux are not shown"),
}
"""What netstat has and this does not, told more clearly than as an unknown option."""

_OPTIONS = {option.id: option for _, options in GROUPS for option in options}
_SHORT = {f"-{letter}": option for option in _OPTIONS.values() for letter in option.letter + option.also}
_LONG = {f"--{name}": option for option in _OPTIONS.values() for name in option.names}

_TABLES: dict[str, Shown] = {
    "route": "routes",
    "interfaces": "interfaces",
    "statistics": "statistics",
    "groups": "groups",
    "masquerade": "nat",
}
_BESIDE_SOCKETS: Shown = "groups"
"""The one that netstat prints beside sockets."""
_NETSTATS = ("tcp", "udp", "udplite", "raw", "sctp")
_KINDS = (*_NETSTATS, "mptcp")
_FAMILIES = {"inet": 4, "ip": 4, "tcpip": 4, "inet6": 6, "ip6": 6}
_UNIX = "unix"
_OTHERS = ("packet", "netlink", "vsock")


def parse(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The options in their order, each as its id and its argument; a number alone means `interval` and
    `continuous`. UsageError tells what is not understood."""
    short = "".join(name[1] + (":" if option.argument else "") for name, option in _SHORT.items())
    long = [name.removeprefix("--") + ("=" if option.argument else "") for name, option in _LONG.items()]
    long += [name.removeprefix("--") for name in REFUSED if name.startswith("--")]
    short += "".join(name.removeprefix("-") for name in REFUSED if not name.startswith("--"))
    try:
        found, rest = getopt.gnu_getopt(list(arguments), short, long)
    except getopt.GetoptError as wrong:
        if wrong.opt.isdecimal() or wrong.opt == ".":  # -1 was meant as a number
            raise UsageError("the interval must be more than 0 seconds") from None
        raise UsageError(wrong.msg) from None
    return [*_named(found), *_trailing(rest)]


def _named(found: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in found:
        if name in REFUSED:
            raise UsageError(f"option {name}: {REFUSED[name]}")
        yield (_LONG[name] if name.startswith("--") else _SHORT[name]).id, value


def _trailing(rest: list[str]) -> Iterator[tuple[str, str]]:
    if len(rest) > 1:
        raise UsageError(f"one interval at the most, not '{' '.join(rest)}'")
    for text in rest:
        yield "interval", text
        yield "continuous", ""


def apply(options: Sequence[tuple[str, str]], base: Settings) -> Settings:
    """The settings of the file, changed by options as `parse` gives them."""
    given = {name for name, _ in options}
    values = dict(options)
    kinds = frozenset(given.intersection(_KINDS))
    families = _families(options)
    others = given.intersection(_OTHERS)
    groups = "groups" in given
    kind_of: dict[Shown, bool] = {
        "sockets": bool(kinds or (families and not groups)),
        "groups": groups,
        "unix": _unix(options),
        "other": bool(others),
    }
    tables = _tables(_shown(given), kind_of)
    intervals = {checked_interval(value) for name, value in options if name == "interval"}
    if len(intervals) > 1:
        raise UsageError("two different intervals")
    if {"json", "csv"} <= given:
        raise UsageError("--json and --csv exclude each other")
    numeric = "numeric" in given
    return replace(
        base,
        tab=_tab(tables[0], given, narrowed=bool(kinds or families)) or base.tab,
        interval=intervals.pop() if intervals else base.interval,
        filter=values.get("filter", base.filter),
        protocols=_protocols(kinds, families),
        theme=checked_theme(values["theme"]) if "theme" in values else base.theme,
        calm=base.calm or "calm" in given,
        share=checked_share(values["share"]) if "share" in values else base.share,
        netns=checked_netns(values["netns"]) if "netns" in values else base.netns,
        once=bool(given & {"once", "json", "csv"}),
        repeat="continuous" in given,
        format="json" if "json" in given else "csv" if "csv" in given else "text",
        shown=tables[0],
        also=tables[1:],
        which=_which(given),
        families=families,
        sections=kinds | others,
        numeric_ports=numeric or "numeric-ports" in given,
        numeric_users=numeric or "numeric-users" in given,
        numeric_hosts=numeric or "numeric-hosts" in given,
        never_names=frozenset(kind for kind in ("hosts", "ports", "users") if f"numeric-{kind}" in given),
        programs="programs" in given,
        extend=sum(name == "extend" for name, _ in options),
        timers="timers" in given,
        wide="wide" in given,
        per_interface="per-interface" in given,
        info="info" in given,
        verbose="verbose" in given,
        cache=_cache(given),
    )


def _shown(given: set[str]) -> Shown | None:
    asked = [name for name in _TABLES if name in given]
    if len(asked) > 1:
        letters = " and ".join(f"-{_OPTIONS[name].letter}" for name in asked)
        raise UsageError(f"{letters} exclude each other")
    shown = _TABLES[asked[0]] if asked else None
    return None if shown == _BESIDE_SOCKETS else shown


def _unix(options: Sequence[tuple[str, str]]) -> bool:
    """Whether unix sockets were named."""
    return any(name == _UNIX or (name == "protocol" and _UNIX in value.split(",")) for name, value in options)


def _tables(shown: Shown | None, kinds: Mapping[Shown, bool]) -> tuple[Shown, ...]:
    """What is printed one after the other; internet and unix sockets where no kind is named, as netstat."""
    if shown is not None:
        return (shown,)
    return tuple(kind for kind, named in kinds.items() if named) or ("sockets", "unix")


def _cache(given: set[str]) -> bool:
    if "cache" in given and "route" not in given:
        raise UsageError("-C is about routes: -rC")
    return "cache" in given and "fib" not in given


def _which(given: set[str]) -> Which:
    return "all" if "all" in given else "listening" if "listening" in given else "connected"


def _tab(shown: Shown, given: set[str], *, narrowed: bool) -> str | None:
    """The tab that the options speak of; None if they speak of none."""
    if shown != "sockets":
        return shown
    if "all" in given:
        return "connections"
    if "listening" in given:
        return "listening"
    return "connections" if narrowed else None


def _families(options: Sequence[tuple[str, str]]) -> frozenset[int]:
    families = {_FAMILIES[name] for name, _ in options if name in _FAMILIES}
    for name, value in options:
        if name == "protocol":
            for family in value.split(","):
                if family in _FOREIGN:
                    raise UsageError(f"-A {family}: {REFUSED[f'--{family}']}")
                if family not in (*_FAMILIES, _UNIX):
                    raise UsageError(f"unknown address family '{family}'; there are inet, inet6, unix")
                if family != _UNIX:
                    families.add(_FAMILIES[family])
    return frozenset(families)


def _protocols(kinds: frozenset[str], families: frozenset[int]) -> tuple[str, ...]:
    """netstat's names of the protocols to narrow to; none if nothing was said."""
    if not kinds and not families:
        return ()
    endings = ["" if family == 4 else "6" for family in sorted(families or {4, 6})]
    return tuple(kind + ending for kind in _KINDS if kind in (kinds or _NETSTATS) for ending in endings)
