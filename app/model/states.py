"""TCP states: their names (net/tcp_states.h), and how many sockets are in each over the last two minutes."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.frame import EVERYWHERE
from sockscope.app.frames.table import Table
from sockscope.app.model.climb import Climb, Gate
from sockscope.app.model.nearness import Limit, Nearness
from sockscope.app.model.store import Store
from sockscope.app.record import dataclass

ESTABLISHED = 1
SYN_SENT = 2
SYN_RECV = 3
FIN_WAIT1 = 4
FIN_WAIT2 = 5
TIME_WAIT = 6
CLOSE = 7
CLOSE_WAIT = 8
LAST_ACK = 9
LISTEN = 10
CLOSING = 11
BOUND = 13

NAMES = {
    ESTABLISHED: "ESTABLISHED",
    SYN_SENT: "SYN_SENT",
    SYN_RECV: "SYN_RECV",
    FIN_WAIT1: "FIN_WAIT1",
    FIN_WAIT2: "FIN_WAIT2",
    TIME_WAIT: "TIME_WAIT",
    CLOSE: "CLOSE",
    CLOSE_WAIT: "CLOSE_WAIT",
    LAST_ACK: "LAST_ACK",
    LISTEN: "LISTEN",
    CLOSING: "CLOSING",
    BOUND: "BOUND",
}
"""netstat's names; BOUND is a socket with a port that neither listens nor is connected, which netstat does
not show."""

SHORT = {**NAMES, ESTABLISHED: "ESTAB", FIN_WAIT1: "FIN_W1", FIN_WAIT2: "FIN_W2"}
"""Names for narrow screens, which still cannot be mistaken for each other."""

ORDER = (
    ESTABLISHED,
    SYN_RECV,
    TIME_WAIT,
    CLOSE_WAIT,
    SYN_SENT,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    CLOSING,
    LISTEN,
    BOUND,
    CLOSE,
)
"""How states are listed: first those one looks for when something is wrong."""

MEANINGS = {
    ESTABLISHED: "open: both sides can send; it may still wait for the program to accept it",
    SYN_SENT: "a connection was asked for and the other side has not answered yet",
    SYN_RECV: "someone asked to connect and was answered; the last step of the handshake is missing",
    FIN_WAIT1: "this side has closed, and the other side has not confirmed that yet",
    FIN_WAIT2: "this side has closed and the other side confirmed, but has not closed itself",
    TIME_WAIT: "closed, this side first; the address pair stays reserved for 60 seconds",
    CLOSE: "neither connected nor listening",
    CLOSE_WAIT: "the other side has closed; the program here has not, and no timer ends this",
    LAST_ACK: "both sides have closed; the other side has not confirmed our close yet",
    LISTEN: "waits for connections",
    CLOSING: "both sides closed at the same time, and our close is not confirmed yet",
    BOUND: "holds a local port, but neither listens nor is connected",
}
"""What each state says about a socket."""

GATES = {
    ESTABLISHED: Gate(floor=1000, step=500, share=1.0),
    SYN_SENT: Gate(floor=64, step=32, share=0.5, creep=32, hold=60),
    SYN_RECV: Gate(floor=64, step=32, share=0.5, hold=120),
    FIN_WAIT1: Gate(floor=100, step=50, share=0.5, creep=30),
    FIN_WAIT2: Gate(floor=200, step=100, share=0.25, creep=50),
    TIME_WAIT: Gate(floor=300, step=300, share=0.05, confirm=0.9, rising=True),
    CLOSE_WAIT: Gate(floor=50, step=30, share=0.5, creep=20, hold=60),
    LAST_ACK: Gate(floor=100, step=50, share=0.5, creep=30),
    LISTEN: Gate(floor=200, step=100, share=1.0),
    CLOSING: Gate(floor=100, step=50, share=0.5, creep=30),
    BOUND: Gate(floor=1000, step=500, share=1.0),
}
"""When a state climbs (own judgement). Open and listening sockets come and go in crowds without harm, so for
these the number must double; TIME_WAIT never wavers by itself and needs the least patience."""

SECONDS = 120
"""Length of a history."""
SMOOTH = 3.0
"""Seconds over which the change per second is averaged, so that it can be read."""
LOST = 10.0
"""Seconds without a sample, or three intervals, after which the past is not compared with any more."""

_LEAST = 0.2  # seconds that a rate is computed over at least
_ORPHANS = (FIN_WAIT1, LAST_ACK, CLOSING)


@dataclass(frozen=True, eq=False, slots=True)
class StateNow:
    """A TCP state as it stands.

    `per_second` is its change, averaged over SMOOTH seconds, NaN before the second sample. `history` holds
    the highest count of each of the last SECONDS seconds (float32, NaN where it is not known), the last one
    of second `second` of the sampler's clock. `climbing` says that it rose clearly above its usual level and
    is still up, `limit` which limit it nears, if any.
    """

    state: int
    name: str
    short: str
    count: int
    per_second: float
    history: NDArray[np.float32]
    second: int
    climbing: bool = False
    limit: Limit | None = None


class StateStrip:
    """Follows the counts of all states from table `tcp_states`, and how near they are to table `limits`."""

    def __init__(self) -> None:
        self._seen: Table | None = None
        self._last: tuple[StateNow, ...] = ()
        self._many_waiting = Nearness("tcp_max_tw_buckets", 0.5)
        self._many_orphans = Nearness("tcp_max_orphans", 0.25)
        self._restart()

    def _restart(self) -> None:
        self._samples: deque[tuple[float, dict[int, int]]] = deque()
        self._rates = dict.fromkeys(ORDER, math.nan)
        self._climbs = {state: Climb(gate) for state, gate in GATES.items()}

    def advance(self, store: Store) -> tuple[StateNow, ...]:
        """All states in the order of ORDER; empty while their counts are not known."""
        table = store.now("tcp_states")
        if table is None:
            self._seen, self._last = None, ()
            self._restart()
        elif table is not self._seen:
            self._seen = table
            self._last = self._judged(store, table)
        return self._last

    def _judged(self, store: Store, table: Table) -> tuple[StateNow, ...]:
        counts = dict.fromkeys(ORDER, 0)
        counts.update(zip(table.numbers("state").tolist(), table.numbers("count").tolist(), strict=True))
        now = table.taken
        second = math.floor(now)
        history = self._history(now, second, counts, store.frame.every)
        self._sample(now, counts)
        alone = store.frame.host.netns != EVERYWHERE
        limits = self._limits(counts, store.now("limits"), alone=alone)
        return tuple(
            StateNow(
                state=state,
                name=NAMES[state],
                short=SHORT[state],
                count=counts[state],
                per_second=self._rates[state],
                history=history[place],
                second=second,
                climbing=state in self._climbs and self._climbs[state].look(now, counts[state]),
                limit=limits.get(state),
            )
            for place, state in enumerate(ORDER)
        )

    def _history(
        self, now: float, second: int, counts: dict[int, int], interval: float
    ) -> NDArray[np.float32]:
        """Histories of all states, shape (states, SECONDS); what no sample fell into is as it was before."""
        history = np.full((len(ORDER), SECONDS), np.nan, dtype=np.float32)
        passed = SECONDS
        if self._last and now >= self._samples[-1][0]:
            passed = min(SECONDS, second - self._last[0].second)
            before = np.stack([state.history for state in self._last])
            history[:, : SECONDS - passed] = before[:, passed:]
            if now - self._samples[-1][0] <= max(LOST, 3 * interval):
                history[:, SECONDS - passed :] = before[:, -1:]
            else:
                self._restart()
        elif self._last:
            self._restart()
        newest = np.array([counts[state] for state in ORDER], dtype=np.float32)
        history[:, -1] = newest if passed else np.fmax(history[:, -1], newest)
        return history

    def _sample(self, now: float, counts: dict[int, int]) -> None:
        samples = self._samples
        while len(samples) > 1 and now - samples[1][0] >= SMOOTH - _LEAST:
            samples.popleft()
        if samples and now - samples[0][0] >= _LEAST:
            then, earlier = samples[0]
            self._rates = {state: (counts[state] - earlier[state]) / (now - then) for state in ORDER}
        samples.append((now, counts))

    def _limits(self, counts: dict[int, int], table: Table | None, *, alone: bool) -> dict[int, Limit | None]:
        """Counts of several network namespaces are not held against the limit of one, unlike orphans, which
        have a limit for the machine."""
        if table is None:
            return {}
        values = table.numbers("value").tolist()
        names = table.strings("name")
        limits = {names[row]: value for row, value in enumerate(values)}
        buckets = limits.get("tcp_max_tw_buckets", -1) if alone else -1
        waiting = self._many_waiting.look(counts[TIME_WAIT], buckets)
        orphans = self._many_orphans.look(
            limits.get("sockstat.TCP.orphan", -1), limits.get("tcp_max_orphans", -1)
        )
        most = max(_ORPHANS, key=lambda state: counts[state])
        return {TIME_WAIT: waiting, most: orphans}
