"""What every protocol counter means: kind, severity and a sentence, by section and name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

Kind = Literal["counter", "gauge"]
Severity = Literal["info", "notice", "problem"]

SEVERITIES: tuple[Severity, ...] = ("info", "notice", "problem")
"""From what is normal to what signals a problem when it grows."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a counter means: `text` is a sentence, empty where nothing is known of it."""

    kind: Kind = "counter"
    severity: Severity = "info"
    text: str = ""


_BY_TYPE = re.compile(r"(?:Icmp6)?(In|Out)Type(\d+)")
_ICMP_ERRORS = frozenset({3, 4, 5, 11, 12})
_ICMP6_ERRORS = 128
"""Types below this are errors (RFC 4443)."""


def by_type(section: str, name: str) -> bool:
    """Whether this is a counter by ICMP type, which the kernel lists from its first message on."""
    return section in {"IcmpMsg", "Icmp6"} and _BY_TYPE.fullmatch(name) is not None


def meaning(section: str, name: str) -> Meaning:
    """What is known of a counter; a nameless counter of no severity where nothing is."""
    known = _known().get((section, name))
    if known is not None:
        return known
    match = _BY_TYPE.fullmatch(name) if section in {"IcmpMsg", "Icmp6"} else None
    if match is None:
        return Meaning()
    number = int(match[2])
    six = section == "Icmp6"
    error = number < _ICMP6_ERRORS if six else number in _ICMP_ERRORS
    way = "received" if match[1] == "In" else "sent"
    protocol = "ICMPv6" if six else "ICMP"
    text = f"{protocol} messages of type {number} {way}; the line exists only for types already seen"
    return Meaning("counter", "notice" if error else "info", text)


@cache
def _known() -> Mapping[tuple[str, str], Meaning]:
    text = resources.files(__package__).joinpath("counters.tsv").read_text("utf-8")
    known = {}
    for line in text.splitlines()[1:]:
        section, name, kind, severity, sentence = line.split("\t")
        known[section, name] = Meaning(cast(Kind, kind), cast(Severity, severity), sentence)
    return known
