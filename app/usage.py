"""The text of `--help`, made of the options as the parser has them."""

from __future__ import annotations

import textwrap

from sockscope.app.options import GROUPS, Option
from sockscope.app.settings import settings_file

WIDTH = 79
_INDENT = 26

SUMMARY = """\
netstat, live: a dashboard of sockets, listeners, routes, interfaces and
protocol counters. Where standard output is no terminal it prints once, as
netstat does. A number is the interval in seconds; printed, it repeats."""

EXAMPLES = (
    ("sockscope", "the dashboard"),
    ("sockscope -tulpn", "the dashboard at Listening"),
    ("sockscope -tan | less", "every TCP socket, printed once"),
    ("sockscope -tan 5 | cat", "every TCP socket, printed every 5 s"),
    ("sockscope --json -r", "every route, one JSON object a line"),
)

DIFFERENCES = (
    ("Send-Q of a listener", "0", "its backlog"),
    ("addresses", "cut at 22", "whole, with or without -W"),
    ("hosts without -n", "waits for each", "asked at once, 5 s for all"),
    ("-p", "one holder, cut", "+2: two more hold the socket"),
    ("-e, nobody known", "0 or root", "-"),
    ("timer counts", "two", "the one of its timer, else 0"),
    ("names of unix sockets", "raw, NUL is @", "^J, ^[, ^@: one line a socket"),
    ("blackhole and throw", "U", "!"),
    ("multipath, IPv4", "its first hop", "a line for each hop"),
    ("IPv4 by IPv6 gateway", "0.0.0.0", "the gateway's address"),  # noqa: S104 - a text
    ("IPv6, other tables", "as if of main", "`table 100` at the end"),
    ("IPv6 null entries", "as routes", "left out"),
    ("Ref of IPv6 routes", "a kernel's count", "-"),
    ("point-to-point", "P, as promiscuous", "p"),
    ("-i, names as eth0:1", "a sentence", "- for each count"),
    ("-ie", "as ifconfig", "the same values, every address"),
    ("-g with -4 or -6", "sockets too", "groups of that family only"),
    ("-s", "sentences", "the kernel's names, what they mean"),
    ("-s, -4 and -6", "refused", "both, with IPsec and kernel TLS"),
    ("-rC", "empty", "cached path MTUs and redirects"),
    ("-M", "no support", "from conntrack; => where it goes"),
    ("-r --json, --csv", "", "every table of both families"),
)

NOTES = """\
Timers: the kernel tells one count a socket, retransmissions of `on`, probes
of `keepalive` and `probe`; it stands where netstat has it, the other is 0.
Of SYN_RECV it is the answers sent again, where netstat counts timeouts.
JSON: null is not known, or does not apply. Sockets that are bound but neither
listen nor are connected are not printed; the dashboard has them as BOUND."""

EXITS = ((0, "done"), (1, "the kernel refused or failed"), (2, "wrong usage"))
SETTINGS = "interval, theme, tab, columns, calm, share"
"""What the settings file may say."""


def usage() -> str:
    """The whole text, at most 79 columns wide, but for a long path."""
    examples = "".join(f"  {command:<25} {what}\n" for command, what in EXAMPLES)
    parts = ["Usage: sockscope [OPTION...] [INTERVAL]\n", f"{SUMMARY}\n", examples]
    for title, options in GROUPS:
        parts.append("\n".join([f"{title}:", *map(_option, options)]) + "\n")
    parts.append(_table())
    exits = ", ".join(f"{status} {meaning}" for status, meaning in EXITS)
    parts.append(f"{NOTES}\n")
    parts.append(f"Exit status: {exits}.\n")
    parts.append(f"Settings: {SETTINGS}, in {settings_file()}\n")
    return "\n".join(parts)


def _option(option: Option) -> str:
    names = f"--{option.names[0]}" + (f" {option.argument}" if option.argument else "")
    left = f"  -{option.letter}, {names}" if option.letter else f"      {names}"
    if len(left) >= _INDENT:
        left += "\n" + " " * (_INDENT - 1)
    indent = " " * _INDENT
    return (
        left.ljust(_INDENT - 1)
        + " "
        + textwrap.fill(option.help, WIDTH, initial_indent=indent, subsequent_indent=indent).lstrip()
    )


def _table() -> str:
    head = ("differs from netstat", "there", "here")
    widths = [max(len(row[place]) for row in (head, *DIFFERENCES)) for place in range(2)]
    lines = (
        f"  {subject.ljust(widths[0])}  {there.ljust(widths[1])}  {here}".rstrip()
        for subject, there, here in (head, *DIFFERENCES)
    )
    return "\n".join(lines) + "\n"
