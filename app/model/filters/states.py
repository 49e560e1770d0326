"""Names of TCP states as ss and netstat write them, ss's groups, and which states a filter leaves."""

from __future__ import annotations

from sockscope.app.model.filters.syntax import All, Any, Compared, Node, Not


def _states() -> dict[str, frozenset[int]]:
    single = {
        "established": 1,
        "syn-sent": 2,
        "syn-recv": 3,
        "fin-wait-1": 4,
        "fin-wait-2": 5,
        "time-wait": 6,
        "unconnected": 7,
        "close-wait": 8,
        "last-ack": 9,
        "listening": 10,
        "closing": 11,
    }
    every = frozenset(range(1, 12))
    names = {name: frozenset({code}) for name, code in single.items()}
    names |= {name.replace("-", "_"): codes for name, codes in names.items()}
    aliases = {
        "estab": 1,
        "syn-rcv": 3,
        "fin_wait1": 4,
        "fin_wait2": 5,
        "fin-wait1": 4,
        "fin-wait2": 5,
        "close": 7,
        "closed": 7,
        "unconn": 7,
        "listen": 10,
    }
    names |= {name: frozenset({code}) for name, code in aliases.items()}
    connected = every - {7, 10}
    bucket = frozenset({3, 6})
    groups = {"all": every, "connected": connected, "synchronized": connected - {2}}
    return {**names, **groups, "bucket": bucket, "big": every - bucket}


TCP_STATES = _states()
"""ss's names of TCP states and groups of them, netstat's names, in lower case (kernel: enum tcp_state)."""
_ALL = frozenset(range(16))
"""Bits of a mask of states; the kernel has some that are told as others."""
SUGGESTED_STATES = (
    "established",
    "time-wait",
    "syn-recv",
    "close-wait",
    "syn-sent",
    "fin-wait-1",
    "fin-wait-2",
    "last-ack",
    "closing",
    "listening",
    "unconnected",
    "connected",
    "synchronized",
    "bucket",
    "big",
    "all",
)


def limits(node: Node) -> frozenset[int] | None:
    """TCP states outside which no TCP row passes an expression; None where it sets no limit."""
    match node:
        case Compared("state", comparison, value):
            codes = frozenset[int]().union(*(TCP_STATES.get(name, _ALL) for name in value.lower().split(",")))
            return codes if comparison == "=" else _ALL - codes
        case Not(Compared("state", comparison, value)):
            return limits(Compared("state", "=" if comparison == "!=" else "!=", value, 0, 0))
        case All(parts):
            told = [each for each in map(limits, parts) if each is not None]
            return frozenset.intersection(*told) if told else None
        case Any(parts):
            told = [each for each in map(limits, parts) if each is not None]
            return frozenset[int]().union(*told) if len(told) == len(parts) else None
        case _:
            return None
