"""How each TCP connection fares, from struct tcp_info (linux/tcp.h): table `tcp_info`, keyed by cookie.

Columns: cookie u8; congestion, the name of the algorithm (INET_DIAG_CONG); ca_state i1 (TCP_CA_*); all others
i8: rtt, min_rtt (us), snd_cwnd, unacked (segments), bytes_sent, bytes_acked, bytes_received, bytes_retrans,
notsent (bytes), segs_out, segs_in, total_retrans (segments), delivery_rate, max_pacing_rate (bytes/s; -1 of
the latter: no limit either), last_data_sent, last_data_recv (ms), and busy_time, of which rwnd_limited and
sndbuf_limited are parts (us, cumulative). -1 is unknown: kernels before the one that brought a field send
less. TIME_WAIT and SYN_RECV have no row, and listeners neither, for whom the fields mean something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink
from sockscope.app.collectors.inetdiag import INET_DIAG_CONG, INET_DIAG_INFO
from sockscope.app.collectors.netlink import Attribute, Dump
from sockscope.app.frames.table import UNKNOWN, Strings, Table

LISTEN = 10

FIELDS: dict[str, tuple[int, np.dtype[Any]]] = {
    "ca_state": (1, np.dtype("u1")),
    "unacked": (24, np.dtype("u4")),
    "last_data_sent": (44, np.dtype("u4")),
    "last_data_recv": (52, np.dtype("u4")),
    "rtt": (68, np.dtype("u4")),
    "snd_cwnd": (80, np.dtype("u4")),
    "total_retrans": (100, np.dtype("u4")),
    "max_pacing_rate": (112, np.dtype("u8")),
    "bytes_acked": (120, np.dtype("u8")),
    "bytes_received": (128, np.dtype("u8")),
    "segs_out": (136, np.dtype("u4")),
    "segs_in": (140, np.dtype("u4")),
    "notsent": (144, np.dtype("u4")),
    "min_rtt": (148, np.dtype("u4")),
    "delivery_rate": (160, np.dtype("u8")),
    "busy_time": (168, np.dtype("u8")),
    "rwnd_limited": (176, np.dtype("u8")),
    "sndbuf_limited": (184, np.dtype("u8")),
    "bytes_sent": (200, np.dtype("u8")),
    "bytes_retrans": (208, np.dtype("u8")),
}
"""Offset in the structure and type of every number but the cookie."""

_BLOCK = 4096
"""Structures that are taken apart at once: as many as the processor's cache holds."""
_NO_MIN_RTT = 2**32 - 1


def decode(dump: Dump, message: np.dtype[Any]) -> Table:
    """The rows of one dump of TCP sockets, every message whole, its fixed header being `message`."""
    found = netlink.attributes(dump, message.itemsize, (INET_DIAG_INFO, INET_DIAG_CONG))
    info = found[INET_DIAG_INFO]
    fixed = netlink.fields(dump, message)
    rows = np.flatnonzero(info.present & (fixed["state"] != LISTEN))
    at, room = info.offsets[rows], info.lengths[rows]
    columns: dict[str, NDArray[Any]] = {"cookie": np.ascontiguousarray(fixed["cookie"][rows])}
    columns |= numbers(dump.buffer, at, room, FIELDS)
    columns["min_rtt"][columns["min_rtt"] == _NO_MIN_RTT] = -1
    return Table({**columns, "congestion": _names(dump.buffer, found[INET_DIAG_CONG], rows)})


def _names(buffer: bytes, name: Attribute, rows: NDArray[np.intp]) -> Strings:
    """The name in each of these messages; there are few different ones, so each is looked for in all."""
    at, room = name.offsets[rows], name.lengths[rows]
    codes = np.full(len(rows), UNKNOWN, dtype=np.int32)
    known: dict[str, int] = {}
    for length in np.unique(room[(at >= 0) & (room > 0)]).tolist():
        rest = np.flatnonzero((at >= 0) & (room == length))
        texts = netlink.gather(buffer, at[rest], f"S{length}")
        while len(rest):
            same = texts == texts[0]
            text = texts[0].split(b"\0")[0].decode("ascii", "replace")
            codes[rest[same]] = known.setdefault(text, len(known))
            rest, texts = rest[~same], texts[~same]
    return Strings(codes, tuple(known))


def numbers(
    buffer: bytes,
    at: NDArray[np.intp],
    room: NDArray[np.intp],
    fields: Mapping[str, tuple[int, np.dtype[Any]]],
) -> dict[str, NDArray[Any]]:
    """A column for each field (offset and type) of structures that begin `at` these bytes and have so much
    room each; -1 where a structure ends before the field."""
    columns: dict[str, NDArray[Any]] = {
        name: np.full(len(at), -1, dtype=np.int8 if kind.itemsize == 1 else np.int64)
        for name, (_, kind) in fields.items()
    }
    most = max(offset + kind.itemsize for offset, kind in fields.values())
    usable = np.clip(room, 0, most)
    sizes = np.flatnonzero(np.bincount(usable)).tolist()
    for size in sizes:
        inside = {name: place for name, place in fields.items() if place[0] + place[1].itemsize <= size}
        rows = None if len(sizes) == 1 else np.flatnonzero(usable == size)
        layout = np.dtype(
            {
                "names": [*inside],
                "formats": [kind for _, kind in inside.values()],
                "offsets": [offset for offset, _ in inside.values()],
                "itemsize": size,
            }
        )
        count = len(at) if rows is None else len(rows)
        for block in range(0, count if inside else 0, _BLOCK):
            part = slice(block, block + _BLOCK) if rows is None else rows[block : block + _BLOCK]
            found = netlink.records(buffer, at[part], layout)
            for name in inside:
                columns[name][part] = found[name]
    return columns
