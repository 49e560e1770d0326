"""Who answers a tracked connection: the socket on this machine at the end where replies come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import UNKNOWN, Column, Strings, Table, repeated
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.identity import mix
from sockscope.app.model.ownership import OWNED
from sockscope.app.model.rates import Key

NEEDS = ("sockets", "owners", "processes", "unowned")
"""Tables that tell; without them nobody is known to answer."""
_PORT = np.uint64(16)


def answerers(tracked: Table, sockets: Table | None) -> dict[str, Column]:
    """For each row of `conntrack` who has its socket: `answerer` (text), the process, `answerer_pid` (i8, -1
    unknown), and `answerer_namespace` (text); `sockets` are rows of model/sockets.py.

    Only a connected socket has the whole tuple, so who serves datagrams from one socket stays unknown.
    """
    if sockets is None or not len(sockets):
        nobody = Strings(repeated(np.int32(UNKNOWN), len(tracked)), ())
        pids = repeated(np.int64(-1), len(tracked))
        return {"answerer": nobody, "answerer_pid": pids, "answerer_namespace": nobody}
    connected = np.flatnonzero(sockets.numbers("remote_port") > 0)
    theirs = _tuples(sockets.take(connected), "local_address", "local_port", "remote_address", "remote_port")
    wanted = _tuples(
        tracked, "reply_source", "reply_source_port", "reply_destination", "reply_destination_port"
    )
    place = find(wanted, theirs)
    row = np.append(connected, -1)[place]
    owned = (row >= 0) & (sockets.numbers("why")[row] == OWNED)
    return {
        "answerer": _texts(sockets.strings("name"), row, owned),
        "answerer_pid": np.where(owned, sockets.numbers("pid")[row], -1),
        "answerer_namespace": _texts(sockets.strings("namespace"), row, row >= 0),
    }


def _tuples(rows: Table, *names: str) -> Key:
    """One number for protocol and both ends; IPv4 and IPv4-mapped addresses are the same."""
    family = rows.numbers("family")
    address, port, other, other_port = names
    here, there = (addresses(family, rows.numbers(name)) for name in (address, other))
    ports = rows.numbers(port).astype(np.uint64) << _PORT | rows.numbers(other_port)
    protocol = rows.numbers("protocol").astype(np.uint64) << np.uint64(32)
    return mix(protocol | ports, here.high, here.low, there.high, there.low)


def _texts(texts: Strings, row: NDArray[np.intp], known: NDArray[np.bool_]) -> Strings:
    return Strings(np.where(known, texts.codes[row], UNKNOWN).astype(np.int32), texts.values)
