"""Protocol counters from /proc/net/snmp, netstat, snmp6 and sctp/snmp: `counters`, one row each.

Columns: section (text) and name (text) as the kernel has them, value i8. What snmp6 and sctp/snmp list
without sections belongs to the section its names begin with (`Ip6InReceives` to `Ip6`) and keeps its whole
name.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Kind, Note
from sockscope.app.frames.table import Column, Strings, Table

PROC_NET = "/proc/thread-self/net"

_READ = 1 << 16
_SIGN = 1 << 63
_ABSENT = (errno.ENOENT, errno.ENOTDIR)
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


class _File:
    """A file that is kept open and read again from its start."""

    def __init__(self, path: str, parse: Callable[[bytes], Parsed], *, optional: bool) -> None:
        self.path = path
        self.parse = parse
        self.optional = optional
        self._descriptor = -1

    def read(self) -> bytes:
        """The whole text as it is now; OSError if it cannot be had."""
        if self._descriptor >= 0:
            try:
                return _whole(self._descriptor)
            except OSError:
                self.close()
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        return _whole(self._descriptor)

    def close(self) -> None:
        """Give back the descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _whole(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    length = 0
    while piece := os.pread(descriptor, _READ, length):
        pieces.append(piece)
        length += len(piece)
    return b"".join(pieces)


class CountersCollector:
    """Reads the counters of the network namespace it is first used in, whatever sections there are."""

    provides = ("counters",)

    def __init__(self, directory: str = PROC_NET) -> None:
        """`directory` holds the files, /proc/thread-self/net or what stands for it."""
        self._files = (
            _File(f"{directory}/snmp", Pairs().parse, optional=False),
            _File(f"{directory}/netstat", Pairs().parse, optional=False),
            _File(f"{directory}/snmp6", Listing().parse, optional=True),
            _File(f"{directory}/sctp/snmp", Listing().parse, optional=True),
        )
        self._names: list[Names] = []
        self._sections = Strings.of(())
        self._titles = Strings.of(())

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def collect(self) -> Collected:
        """Every counter as it stands; that IPv6 or SCTP has none is no fault."""
        taken = time.monotonic()
        parts: list[Parsed] = []
        notes: list[Note] = []
        for file in self._files:
            try:
                parsed = file.parse(file.read())
            except OSError as refused:
                file.close()
                notes += _refusal(file, refused)
                continue
            parts.append(parsed)
            notes += [Note("counters", "incomplete", f"{file.path}: {fault}") for fault in parsed.faults]
        self._encode([part.names for part in parts])
        columns: dict[str, Column] = {
            "section": self._sections,
            "name": self._titles,
            "value": _signed(list(chain.from_iterable(part.values for part in parts))),
        }
        return Collected({"counters": Table(columns, taken)}, tuple(notes))

    def _encode(self, names: list[Names]) -> None:
        if names != self._names:
            self._names = names
            self._sections = Strings.of(section for part in names for section, _ in part)
            self._titles = Strings.of(title for part in names for _, title in part)


def _refusal(file: _File, refused: OSError) -> list[Note]:
    if file.optional and refused.errno in _ABSENT:
        return []
    kind: Kind = "forbidden" if isinstance(refused, PermissionError) else "missing"
    return [Note("counters", kind, f"{file.path}: {os.strerror(refused.errno or 0)}")]


def _signed(values: list[int]) -> NDArray[np.int64]:
    """Values as 64 bits with sign: a gauge that fell below zero is printed as a huge unsigned number."""
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        folded = [(value + _SIGN) % (2 * _SIGN) - _SIGN for value in values]
        return np.array(folded, dtype=np.int64)
