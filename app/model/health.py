"""How TCP connections fare: rates, round-trip times, losses, and what holds them back.

Joined by cookie from table `tcp_info` (collectors/tcpinfo.py) or one like it, whose counters are compared
with those of the sample before over the time that really passed.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Column, Numbers, Strings, Table, repeated
from sockscope.app.model.store import Store

NEEDS = ("tcp_info",)

NOT_SENDING, APPLICATION, NETWORK, PACING, PEER, BUFFER = range(6)
LIMITS = ("not sending", "application", "network", "own pacing", "peer's window", "our buffer")
"""What held a connection back for most of the time between two samples, by code."""

CONGESTION_STATES = ("open", "disorder", "CWR", "recovery", "loss")
"""TCP_CA_* of linux/tcp.h in words."""

NUMBERS = (
    "rx_rate",
    "tx_rate",
    "rate",
    "rtt",
    "min_rtt",
    "retransmitted",
    "cwnd",
    "delivery_rate",
    "unsent",
    "idle",
)
_SYN_SENT, _SYN_RECV, _TIME_WAIT, _LISTEN, _BOUND = 2, 3, 6, 10, 13
_PACED = 0.8
"""Share of the pacing limit from which that limit, and not the network, holds a connection back."""


def with_health(rows: Table, store: Store, of: str = "tcp_info") -> Table:
    """The rows of sockets with columns more, out of that table; all unknown where it is not collected.

    Float64, NaN unknown: `rx_rate`, `tx_rate`, `rate` (both), `delivery_rate` in bytes/s; `rtt`, `min_rtt`,
    `idle` in seconds; `retransmitted`, the share of all bytes sent; `cwnd` in segments; `unsent` in bytes.
    Texts: `limit` (LIMITS) and `congestion`, the algorithm. `ca_state` i1 (TCP_CA_*, -1 unknown).
    """
    info = store.now(of)
    if info is None:
        return rows.with_columns(**_unknown(len(rows)))
    join = _Join(rows, info)
    since = _Interval(info, store.before(of))
    made = {name: join.spread(values, np.nan) for name, values in _numbers(info, since).items()}
    algorithm = info.strings("congestion")
    return rows.with_columns(
        **made,
        ca_state=join.spread(info.numbers("ca_state"), -1),
        limit=Strings(join.spread(_limits(info, since), -1), LIMITS),
        congestion=Strings(join.spread(algorithm.codes, -1), algorithm.values),
    )


def _unknown(count: int) -> dict[str, Column]:
    """No array of its own a column: this is what most ticks show."""
    code = repeated(np.int32(-1), count)
    return {
        **dict.fromkeys(NUMBERS, repeated(np.float64(np.nan), count)),
        "ca_state": repeated(np.int8(-1), count),
        "limit": Strings(code, LIMITS),
        "congestion": Strings(code, ()),
    }


class _Join:
    """Which sockets have which rows of `tcp_info`.

    Before the handshake has begun or been answered there is no connection yet, and nothing is told of it.
    """

    def __init__(self, rows: Table, info: Table) -> None:
        state, cookie, told = rows.numbers("state"), rows.numbers("cookie"), info.numbers("cookie")
        own = rows.numbers("protocol") == socket.IPPROTO_TCP
        for without in (_LISTEN, _TIME_WAIT, _SYN_RECV):
            own &= state != without
        place = np.flatnonzero(own)
        known = (state[place] != _SYN_SENT) & (state[place] != _BOUND)
        if np.array_equal(cookie[place], told):  # both come from one dump, so nearly always
            found = np.arange(len(told))
        else:
            found = find(cookie[place], told)
            known &= found >= 0
        self._rows, self._from, self._count = place[known], found[known], len(rows)

    def spread(self, values: Numbers, unknown: float) -> Numbers:
        """One value a socket, of values one a row of `tcp_info`."""
        column = np.full(self._count, unknown, values.dtype)
        column[self._rows] = values[self._from]
        return column


class _Interval:
    """What counters did between two samples; NaN where there is only one, or a connection was not in both."""

    def __init__(self, info: Table, before: Table | None) -> None:
        self._info, self._before = info, before
        passed = 0.0 if before is None else info.taken - before.taken
        self.seconds = passed if passed > 0 else np.nan
        self._rows: NDArray[np.intp] | None = None
        if before is not None and not np.array_equal(info.numbers("cookie"), before.numbers("cookie")):
            self._rows = find(info.numbers("cookie"), before.numbers("cookie"))

    def delta(self, name: str) -> NDArray[np.float64]:
        """Of one counter; NaN where the kernel does not tell it, and where it was reset."""
        now = self._info.numbers(name)
        if self._before is None or not len(self._before):
            return np.full(len(now), np.nan)
        then = self._before.numbers(name)
        if self._rows is not None:
            then = np.where(self._rows < 0, -1, then[self._rows])
        delta = (now - then).astype(np.float64)
        delta[(then < 0) | (now < then)] = np.nan
        return delta


def _numbers(info: Table, since: _Interval) -> Mapping[str, Numbers]:
    rx, tx = since.delta("bytes_received") / since.seconds, since.delta("bytes_acked") / since.seconds
    sent, again = _known(info, "bytes_sent"), _known(info, "bytes_retrans")
    last = np.fmin(_known(info, "last_data_sent"), _known(info, "last_data_recv"))
    return {
        "rx_rate": rx,
        "tx_rate": tx,
        "rate": rx + tx,
        "rtt": _measured(info, "rtt") / 1e6,
        "min_rtt": _measured(info, "min_rtt") / 1e6,
        "retransmitted": np.divide(again, sent, out=np.full(len(info), np.nan), where=sent > 0),
        "cwnd": _known(info, "snd_cwnd"),
        "delivery_rate": _measured(info, "delivery_rate"),
        "unsent": _known(info, "notsent"),
        "idle": last / 1000,
    }


def _limits(info: Table, since: _Interval) -> NDArray[np.int32]:
    """Code of what held each connection back since the sample before, -1 where that is not known.

    Time without anything to send is the application's; of the rest the kernel tells how much the peer's
    window and the send buffer took, and what is left went to the network.
    """
    passed = since.seconds * 1e6
    busy = np.minimum(since.delta("busy_time"), passed)
    peer, buffer = since.delta("rwnd_limited"), since.delta("sndbuf_limited")
    limit = np.full(len(info), APPLICATION, np.int32)
    most = passed - busy
    for code, share in ((NETWORK, busy - peer - buffer), (PEER, peer), (BUFFER, buffer)):
        limit[share > most] = code
        most = np.maximum(most, share)
    ceiling = _measured(info, "max_pacing_rate")
    paced = since.delta("bytes_acked") / since.seconds >= _PACED * ceiling
    limit[(limit == NETWORK) & paced] = PACING
    limit[(busy <= 0) & (since.delta("bytes_sent") <= 0)] = NOT_SENDING
    limit[np.isnan(most)] = -1
    return limit


def _known(info: Table, name: str) -> NDArray[np.float64]:
    values = info.numbers(name)
    known = values.astype(np.float64)
    known[values < 0] = np.nan
    return known


def _measured(info: Table, name: str) -> NDArray[np.float64]:
    """What is zero until it has been measured."""
    values = info.numbers(name)
    known = values.astype(np.float64)
    known[values <= 0] = np.nan
    return known
