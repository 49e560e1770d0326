"""Tables of unix sockets made up by tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sockscope.app.collectors import unix
from sockscope.app.frames.table import Strings, Table

NUMBERS = {
    "type": (np.uint8, 1),
    "state": (np.uint8, 1),
    "inode": (np.uint64, 0),
    "cookie": (np.uint64, 0),
    "abstract": (np.uint8, 0),
    "peer": (np.int64, unix.NO_PEER),
    "shutdown": (np.int8, 0),
    "rx_queue": (np.int64, 0),
    "tx_queue": (np.int64, 0),
    "uid": (np.uint32, 0),
}


def unix_table(*rows: Mapping[str, object], taken: float = 1000.0) -> Table:
    """Table `unix`; rows name what differs from a connected stream of root. The cookie follows the inode."""
    columns: dict[str, object] = {}
    for name, (kind, usual) in NUMBERS.items():
        columns[name] = np.array([row.get(name, usual) for row in rows], dtype=kind)
    cookies = [row.get("cookie", 500 + int(str(row["inode"]))) for row in rows]
    columns["cookie"] = np.array(cookies, np.uint64)
    columns["path"] = _texts(rows)
    return Table(columns, taken)  # type: ignore[arg-type]


def _texts(rows: tuple[Mapping[str, object], ...]) -> Strings:
    """Codes by name and kind of name, as the collector gives them."""
    known: dict[tuple[str, object], int] = {}
    codes = []
    for row in rows:
        path = row.get("path")
        pair = (str(path), row.get("abstract", 0))
        codes.append(-1 if path is None else known.setdefault(pair, len(known)))
    return Strings(np.array(codes, np.int32), tuple(name for name, _ in known))


def waiting_table(*pairs: tuple[int, int]) -> Table:
    """Table `unix_waiting` of (listener, client)."""
    listeners = np.array([listener for listener, _ in pairs], np.uint64)
    return Table({"listener": listeners, "client": np.array([client for _, client in pairs], np.uint64)})


def listed_table(*rows: tuple[int, int, str | None]) -> Table:
    """Table `unix_listed` of (inode, references, name or None), names abstract; without inode they wait."""
    number = len(rows)
    inodes = np.array([inode for inode, _, _ in rows], np.uint64)
    return Table(
        {
            "address": np.arange(1, number + 1, dtype=np.uint64),
            "references": np.array([references for _, references, _ in rows], np.uint32),
            "flags": np.zeros(number, np.uint32),
            "type": np.ones(number, np.uint8),
            "condition": np.where(inodes == 0, 2, 3).astype(np.uint8),
            "inode": inodes,
            "path": Strings.of(name for _, _, name in rows),
            "abstract": np.array([name is not None for _, _, name in rows], np.uint8),
        }
    )
