"""Sockets as ss and netstat tell them, brought to one form that can be compared."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from tests.lab.namespace import Namespace
from tests.lab.states import NAMES

Endpoint = tuple[str, int]
"""A numeric address, IPv4-mapped ones as IPv4, and a port; 0 for any."""

_SS_STATES = {
    "ESTAB": 1,
    "SYN-SENT": 2,
    "SYN-RECV": 3,
    "FIN-WAIT-1": 4,
    "FIN-WAIT-2": 5,
    "TIME-WAIT": 6,
    "UNCONN": 7,
    "CLOSE-WAIT": 8,
    "LAST-ACK": 9,
    "LISTEN": 10,
    "CLOSING": 11,
}
_SS_TIMERS = {"on": 1, "keepalive": 2, "timewait": 3, "persist": 4}
_NETSTAT_TIMERS = {"off": 0, "on": 1, "keepalive": 2, "timewait": 3, "probe": 4}
_SS_TIME = re.compile(r"(?:(\d+)min)?(?:(\d+)(?:sec|\.(\d{3})(?:sec|ms)))?(?:(\d{3})ms)?")
_NETSTAT_LINE = re.compile(
    r"(?P<proto>\S+) +(?P<recv>\d+) +(?P<send>\d+) +(?P<local>\S+) +(?P<remote>\S+) +"
    r"(?P<state>[A-Z]\S*|\d)? +(?P<uid>\d+) +(?P<inode>\d+) +"
    r"(?P<timer>\w+) \((?P<seconds>[\d.]+)/(?P<retrans>\d+)/(?P<probes>\d+)\)"
)


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer: its kind as the kernel numbers it (0 none), seconds left, how exactly they are told,
    and what was counted meanwhile."""

    kind: int
    left: float
    step: float
    retrans: int
    probes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One socket; what the tool does not tell is None."""

    proto: str
    state: int
    recv_q: int
    send_q: int
    local: Endpoint
    remote: Endpoint
    uid: int
    inode: int
    timer: Timer
    cookie: int = 0
    v6only: int | None = None
    drops: int | None = None
    device: str = ""
    """Name of the device it is bound to."""

    @property
    def ends(self) -> tuple[str, Endpoint, Endpoint, int]:
        """What tells it from others where there is no cookie; twins that are bound only are told by inode."""
        return self.proto, self.local, self.remote, self.inode


@dataclass(frozen=True, slots=True)
class Reading:
    """All sockets that a tool told, and between which moments (CLOCK_MONOTONIC, seconds)."""

    rows: list[Row]
    begun: float
    done: float


def readable(address: bytes | str) -> str:
    """An address as both tools mean it: IPv4-mapped ones as IPv4."""
    known = ip_address(address)
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return str(mapped or known)


def ss(namespace: Namespace, *options: str) -> Reading:
    """What `ss` says of all TCP and UDP sockets."""
    begun = time.monotonic()
    text = namespace.run(["ss", "-HtuanOoem", *options])
    return Reading([_ss_row(line.split()) for line in text.splitlines()], begun, time.monotonic())


def _ss_row(words: list[str]) -> Row:
    netid, state, recv_q, send_q, local, remote, *more = words
    extras = dict(word.split(":", 1) for word in more if ":" in word)
    six = local.startswith(("[", "*"))
    memory = re.search(r"d(\d+)\)", extras.get("skmem", ""))
    v6only = extras.get("v6only")
    return Row(
        netid + "6" * six,
        _SS_STATES[state],
        int(recv_q),
        int(send_q),
        _ss_endpoint(local, six=six),
        _ss_endpoint(remote, six=six),
        int(extras.get("uid", "0")),
        int(extras.get("ino", "0")),
        _ss_timer(extras.get("timer", "")),
        int(extras["sk"], 16),
        None if v6only is None else int(v6only),
        int(memory[1]) if memory else None,
        local.rpartition(":")[0].partition("%")[2],
    )


def _ss_endpoint(text: str, *, six: bool) -> Endpoint:
    address, _, port = text.rpartition(":")
    address = address.partition("%")[0].strip("[]")
    if address == "*":
        address = "::" if six else "0.0.0.0"
    return readable(address), 0 if port == "*" else int(port)


def _ss_timer(text: str) -> Timer:
    if not text:
        return Timer(0, 0.0, 0.0, 0, 0)
    name, left, number = text.strip("()").split(",")
    match = _SS_TIME.fullmatch(left)
    if match is None:
        raise ValueError(text)
    minutes, seconds, fraction, milli = (int(part or 0) for part in match.groups())
    step = 60.0 if minutes > 9 else 1.0 if minutes or seconds > 9 else 0.001
    total = minutes * 60 + seconds + (fraction + milli) / 1000
    return Timer(_SS_TIMERS[name], total, step, int(number), int(number))


def netstat(namespace: Namespace, *options: str) -> Reading:
    """What `netstat` says of all TCP and UDP sockets, or of those that the options pick."""
    begun = time.monotonic()
    text = namespace.run(["netstat", "-anoeW", *(options or ("-tu",))])
    rows = [_netstat_row(line) for line in text.splitlines()[2:]]
    return Reading(rows, begun, time.monotonic())


def _netstat_row(line: str) -> Row:
    match = _NETSTAT_LINE.fullmatch(line.rstrip())
    if match is None:
        raise ValueError(line)
    said = match["state"]
    if said is None:
        state = 7
    else:
        state = int(said) if said.isdigit() else NAMES.index(said) + 1
    return Row(
        match["proto"],
        state,
        int(match["recv"]),
        int(match["send"]),
        _netstat_endpoint(match["local"]),
        _netstat_endpoint(match["remote"]),
        int(match["uid"]),
        int(match["inode"]),
        Timer(
            _NETSTAT_TIMERS[match["timer"]],
            float(match["seconds"]),
            0.01,
            int(match["retrans"]),
            int(match["probes"]),
        ),
    )


def _netstat_endpoint(text: str) -> Endpoint:
    address, _, port = text.rpartition(":")
    return readable(address), 0 if port == "*" else int(port)
