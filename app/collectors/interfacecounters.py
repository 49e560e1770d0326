"""IPv6 counters of each interface from /proc/net/dev_snmp6: `interface_counters`, one row each.

Columns: interface, section and name (texts), value i8; sections and names as in `collectors/counters.py`.
IPv4 counts nothing by interface.
"""

from __future__ import annotations

import errno
import os
import time
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.counterfiles import Listing, Names, Parsed
from sockscope.app.collectors.counters import PROC_NET, signed
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Strings, Table

LIMIT = 100_000
"""Counters that are told at most; no interface is told in part."""

_LABEL = "ifIndex"
"""The first line, which counts nothing."""
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.EINVAL)


class InterfaceCountersCollector:
    """Reads the counters of every interface of the network namespace it is used in."""

    provides = ("interface_counters",)

    def __init__(self, directory: str = PROC_NET) -> None:
        """`directory` holds dev_snmp6, /proc/thread-self/net or what stands for it."""
        self._directory = Path(directory, "dev_snmp6")
        self._listing = Listing()
        self._shape: list[tuple[str, Names]] = []
        self._texts = _texts([])

    def close(self) -> None:
        """Nothing is held."""

    def collect(self) -> Collected:
        """Every counter as it stands; that there is no IPv6, or an interface no longer, is no fault."""
        taken = time.monotonic()
        notes: list[Note] = []
        parts: list[tuple[str, Parsed]] = []
        rows = 0
        interfaces = self._interfaces(notes)
        for place, interface in enumerate(interfaces):
            try:
                parsed = self._listing.parse(Path(self._directory, interface).read_bytes())
            except OSError as refused:
                if refused.errno not in _GONE:
                    notes.append(_refusal(f"{self._directory}/{interface}", refused))
                continue
            rows += len(parsed.values)
            if rows > LIMIT:
                shown = f"only the first {place:,} of {len(interfaces):,} interfaces are shown"
                notes.append(Note("interface_counters", "incomplete", shown))
                break
            parts.append((interface, parsed))
            notes += [Note("interface_counters", "incomplete", fault) for fault in parsed.faults]
        shape = [(interface, parsed.names) for interface, parsed in parts]
        if shape != self._shape:
            self._shape, self._texts = shape, _texts(shape)
        counting, interface_names, sections, names = self._texts
        values = signed(list(chain.from_iterable(parsed.values for _, parsed in parts)))
        columns = {"interface": interface_names, "section": sections, "name": names}
        return Collected(
            {"interface_counters": Table({**columns, "value": values[counting]}, taken)}, tuple(notes)
        )

    def _interfaces(self, notes: list[Note]) -> list[str]:
        try:
            return [path.name for path in self._directory.iterdir()]
        except OSError as refused:
            if refused.errno not in _GONE:
                notes.append(_refusal(str(self._directory), refused))
            return []


def _refusal(path: str, refused: OSError) -> Note:
    return Note("interface_counters", "missing", f"{path}: {os.strerror(refused.errno or 0)}")


def _texts(shape: list[tuple[str, Names]]) -> tuple[NDArray[np.intp], Strings, Strings, Strings]:
    """Which values count something, and for each of these its interface, section and name."""
    pairs = [pair for _, names in shape for pair in names]
    counting = np.array([row for row, (_, name) in enumerate(pairs) if name != _LABEL], dtype=np.intp)
    interfaces = Strings.of(interface for interface, names in shape for _ in names)
    sections = Strings.of(section for section, _ in pairs)
    titles = Strings.of(name for _, name in pairs)
    return counting, interfaces.take(counting), sections.take(counting), titles.take(counting)
