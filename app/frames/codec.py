"""Frames as bytes and back, for pipes and files.

A frame is a JSON header and the columns behind it, as they lie in memory: `SSF1`, header length u4, body
length u8 (little endian), header, body. A table that is the same object as in the frame before is only
named, and so is a column that is as it was. Numbers are in the byte order that their dtype says.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from typing import Any

import numpy as np

from sockscope.app.frames.frame import Frame, Host, Note
from sockscope.app.frames.table import Column, Numbers, Strings, Table

PREFIX = struct.Struct("<4sIQ")
MAGIC = b"SSF1"
_ALIGN = 8


class Encoder:
    """Turns frames into bytes; remembers what the other end has."""

    def __init__(self) -> None:
        self._sent: dict[str, Table] = {}

    def encode(self, frame: Frame) -> list[bytes | memoryview]:
        """The pieces to write one after the other."""
        pieces: list[bytes | memoryview] = []
        tables: dict[str, Any] = {}
        for name, table in frame.tables.items():
            if self._sent.get(name) is table:
                tables[name] = None
            else:
                sent = self._sent[name].columns if name in self._sent else {}
                columns = {
                    key: None if _same(column, sent.get(key)) else _put(column, pieces)
                    for key, column in table.columns.items()
                }
                tables[name] = {"taken": table.taken, "columns": columns}
        self._sent = dict(frame.tables)
        header = json.dumps(
            {
                "number": frame.number,
                "wall": frame.wall,
                "monotonic": frame.monotonic,
                "interval": frame.interval,
                "stretch": frame.stretch,
                "host": asdict(frame.host),
                "notes": [[note.table, note.kind, note.why] for note in frame.notes],
                "cost": dict(frame.cost),
                "tables": tables,
            },
            separators=(",", ":"),
        ).encode("ascii")
        header += b" " * (-(len(header) + PREFIX.size) % _ALIGN)
        body = sum(len(piece) for piece in pieces)
        return [PREFIX.pack(MAGIC, len(header), body), header, *pieces]


def _same(column: Column, sent: Column | None) -> bool:
    if isinstance(column, Strings):
        return isinstance(sent, Strings) and column.values == sent.values and _alike(column.codes, sent.codes)
    return (
        sent is not None
        and not isinstance(sent, Strings)
        and column.dtype == sent.dtype
        and _alike(column, sent)
    )


def _alike(column: Numbers, sent: Numbers) -> bool:
    """Columns are many and mostly short, for which `np.array_equal` is slow."""
    return column is sent or (column.shape == sent.shape and bool((column == sent).all()))


def _put(column: Column, pieces: list[bytes | memoryview]) -> list[Any]:
    """Append a column's memory to `pieces`; its entry in the header."""
    numbers = column.codes if isinstance(column, Strings) else column
    data = np.ascontiguousarray(numbers).reshape(-1).view(np.uint8).data
    if data.nbytes:
        pieces.append(data)
    if padding := -data.nbytes % _ALIGN:
        pieces.append(bytes(padding))
    entry: list[Any] = [numbers.dtype.str, list(numbers.shape)]
    return [*entry, list(column.values)] if isinstance(column, Strings) else entry


def lengths(prefix: bytes | bytearray) -> tuple[int, int]:
    """Length of header and body from the first bytes of a frame; ValueError if they start no frame."""
    magic, header, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise ValueError("not a stream of frames")
    return header, body


class Decoder:
    """Turns bytes back into frames; remembers what later frames only name."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def decode(self, header: bytes, body: bytes | bytearray | memoryview) -> Frame:
        """The frame of one header and body. Nothing of `body` is kept: a column that stays as it is would
        keep all others that came with it.

        Raises ValueError where the two do not fit.
        """
        told = json.loads(header)
        tables: dict[str, Table] = {}
        at = 0
        for name, table in told["tables"].items():
            if table is None:
                tables[name] = self._tables[name]
                continue
            columns: dict[str, Column] = {}
            for key, entry in table["columns"].items():
                if entry is None:
                    columns[key] = self._tables[name].columns[key]
                    continue
                dtype, shape, *texts = entry
                kind = np.dtype(dtype)
                number = int(np.prod(shape))
                numbers = np.frombuffer(body, dtype=kind, count=number, offset=at).reshape(shape).copy()
                at += -(-number * kind.itemsize // _ALIGN) * _ALIGN
                columns[key] = Strings(numbers, tuple(texts[0])) if texts else numbers
            tables[name] = Table(columns, table["taken"])
        self._tables = tables
        return Frame(
            number=told["number"],
            wall=told["wall"],
            monotonic=told["monotonic"],
            interval=told["interval"],
            host=Host(**told["host"]),
            tables=tables,
            notes=tuple(Note(*note) for note in told["notes"]),
            cost=told["cost"],
            stretch=told["stretch"],
        )
