"""Names of TCP states as ss and netstat write them, and ss's groups of them."""

from __future__ import annotations


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
