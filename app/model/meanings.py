"""What every protocol counter means: kind, severity and a sentence, by section and name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple, cast

from sockscope.app.model import icmp
from sockscope.app.record import dataclass

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


class OfType(NamedTuple):
    """A counter of ICMP messages of one type, of ICMPv6 if `six`, `received` or sent."""

    number: int
    six: bool
    received: bool

    @property
    def name(self) -> str | None:
        """What the type is called, None where it has no name."""
        return icmp.name(self.number, six=self.six)


def of_type(section: str, name: str) -> OfType | None:
    """The ICMP type that a counter counts; None if it counts no single one."""
    match = _BY_TYPE.fullmatch(name) if section in {"IcmpMsg", "Icmp6"} else None
    return match and OfType(int(match[2]), section == "Icmp6", match[1] == "In")


def by_type(section: str, name: str) -> bool:
    """Whether this is a counter by ICMP type, which the kernel lists from its first message on."""
    return of_type(section, name) is not None


def meaning(section: str, name: str) -> Meaning:
    """What is known of a counter; a nameless counter of no severity where nothing is."""
    known = _known().get((section, name))
    if known is not None:
        return known
    typed = of_type(section, name)
    if typed is None:
        return Meaning()
    error = icmp.is_error(typed.number, six=typed.six)
    protocol = "ICMPv6" if typed.six else "ICMP"
    which = f"{typed.name} (type {typed.number})" if typed.name else f"messages of type {typed.number}"
    way = "received" if typed.received else "sent"
    text = f"{protocol} {which} {way}; the line exists only for types already seen"
    return Meaning("counter", "notice" if error else "info", text)


@cache
def _known() -> Mapping[tuple[str, str], Meaning]:
    text = resources.files(__package__).joinpath("counters.tsv").read_text("utf-8")
    known = {}
    for line in text.splitlines()[1:]:
        section, name, kind, severity, sentence = line.split("\t")
        known[section, name] = Meaning(cast(Kind, kind), cast(Severity, severity), sentence)
    return known
