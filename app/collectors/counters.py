"""Protocol counters of the network namespace: `counters`, one row each.

Read from /proc/net/snmp, netstat, snmp6, sctp/snmp, xfrm_stat and tls_stat. Columns: section (text) and name
(text) as the kernel has them, value i8. What is listed without sections belongs to the section its names
begin with (`Ip6InReceives` to `Ip6`, `XfrmInError` to `Xfrm`) and keeps its whole name.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.counterfiles import Listing, Names, Pairs, Parsed
from sockscope.app.frames.frame import Kind, Note
from sockscope.app.frames.table import Column, Strings, Table

PROC_NET = "/proc/thread-self/net"

_READ = 1 << 16
_SIGN = 1 << 63
_ABSENT = (errno.ENOENT, errno.ENOTDIR)


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
            _File(f"{directory}/xfrm_stat", Listing().parse, optional=True),
            _File(f"{directory}/tls_stat", Listing().parse, optional=True),
        )
        self._names: list[Names] = []
        self._sections = Strings.of(())
        self._titles = Strings.of(())

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def collect(self) -> Collected:
        """Every counter as it stands; that IPv6, SCTP, IPsec or TLS has none is no fault."""
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
            "value": signed(list(chain.from_iterable(part.values for part in parts))),
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


def signed(values: list[int]) -> NDArray[np.int64]:
    """Values as 64 bits with sign: a gauge that fell below zero is printed as a huge unsigned number."""
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        folded = [(value + _SIGN) % (2 * _SIGN) - _SIGN for value in values]
        return np.array(folded, dtype=np.int64)
