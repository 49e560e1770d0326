"""Files of protocol counters: a line of names and a line of values, or a name and a value on each line."""

from __future__ import annotations

import re

from sockscope.app.record import dataclass

_SECTION = re.compile(r"UdpLite6|Udp6|Icmp6|Ip6|Sctp|[A-Z][a-z]*6?")

Names = tuple[tuple[str, str], ...]
"""Section and name of each value of a file, in its order."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: names and as many values, and what in it made no sense."""

    names: Names
    values: list[int]
    faults: tuple[str, ...] = ()


class Pairs:
    """Reads files of pairs of lines, a line of names and a line of values behind the same section.

    Names of lines that stay the same are decoded once.
    """

    def __init__(self) -> None:
        self._heads: list[bytes] = []
        self._shape: list[tuple[list[bytes], int]] = []
        self._names: Names = ()

    def parse(self, text: bytes) -> Parsed:
        """Pair names with values by position within each pair of lines; what does not match is left out."""
        lines = text.splitlines()
        heads = lines[0::2]
        rows = [line.split() for line in lines[1::2]]
        shape = [(row[:1], len(row)) for row in rows]
        if heads == self._heads and shape == self._shape:
            try:
                return Parsed(self._names, [int(field) for row in rows for field in row[1:]])
            except ValueError:
                pass
        parsed = _pair_up(lines)
        if not parsed.faults:
            self._heads, self._shape, self._names = heads, shape, parsed.names
        return parsed


def _pair_up(lines: list[bytes]) -> Parsed:
    names: list[tuple[str, str]] = []
    values: list[int] = []
    faults: list[str] = []
    place = 0
    while place < len(lines):
        section, *titles = lines[place].split() or [b""]
        second = lines[place + 1].split() if place + 1 < len(lines) else []
        label = _text(section.removesuffix(b":"))
        if not second or second[0] != section:
            if section:
                faults.append(f"{label} has no line of values")
            place += 1
            continue
        place += 2
        try:
            numbers = [int(number) for number in second[1:]]
        except ValueError:
            faults.append(f"{label} has values that are no numbers")
            continue
        if len(numbers) != len(titles):
            faults.append(f"{label} has {len(titles)} names but {len(numbers)} values")
            continue
        names += [(label, _text(title)) for title in titles]
        values += numbers
    return Parsed(tuple(names), values, tuple(faults))


class Listing:
    """Reads files with a name and a value on each line. Names that stay the same are decoded once."""

    def __init__(self) -> None:
        self._heads: list[bytes] = []
        self._names: Names = ()

    def parse(self, text: bytes) -> Parsed:
        """Take every line of two words of which the second is a number."""
        words = text.split()
        if words[0::2] == self._heads:
            try:
                return Parsed(self._names, [int(value) for value in words[1::2]])
            except ValueError:
                pass
        names: list[bytes] = []
        values: list[int] = []
        faults: list[str] = []
        for line in text.splitlines():
            match line.split():
                case [name, value] if _is_number(value):
                    names.append(name)
                    values.append(int(value))
                case [name, *_]:
                    faults.append(f"{_text(name)} has no value")
        parsed = Parsed(tuple((_section(name), name) for name in map(_text, names)), values, tuple(faults))
        if not faults:
            self._heads, self._names = names, parsed.names
        return parsed


def _is_number(text: bytes) -> bool:
    return text.removeprefix(b"-").isdigit()


def _section(name: str) -> str:
    known = _SECTION.match(name)
    return known[0] if known else name


def _text(raw: bytes) -> str:
    return raw.decode("ascii", "surrogateescape")
