"""Rows of the tab NAT: tracked connections, and what was done to their addresses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.conntrack import STATES, Status, no_entries
from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Column, Numbers, Strings, Table
from sockscope.app.model import namespaces
from sockscope.app.model.answerers import answerers
from sockscope.app.model.conntrack_use import Use, use
from sockscope.app.model.identity import mix
from sockscope.app.model.rates import Key, change
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

PLAIN, SOURCE, DESTINATION, BOTH = 0, 1, 2, 3
"""What was rewritten: column `translated`."""
WITH_PORTS = (6, 17, 33, 132, 136)
"""Protocols whose numbers are ports: TCP, UDP, DCCP, SCTP, UDP-Lite."""
ICMP = (1, 58)
"""ICMP and ICMPv6, which have an identifier."""

_COUNTERS = ("original_packets", "original_bytes", "reply_packets", "reply_bytes")
_TOLD = Status.OFFLOAD | Status.SEEN_REPLY | Status.ASSURED
_OFFLOADED, _UNREPLIED, _REPLIED, _ASSURED = "offloaded", "unreplied", "replied", "assured"


class ConntrackModel:
    """One row a tracked connection. To the columns of `conntrack` (frames/conntrack.py) it adds

    - `key` u8: the identifier, the zone, the original tuple and the network namespace
    - `namespace` (text, namespaces.py)
    - `translated` u1: PLAIN, SOURCE, DESTINATION or BOTH; `own_source` and `own_destination` (bool): the new
      address is one of this machine's, so that the source was masqueraded or the destination redirected
    - `state_name` (text): of TCP, SCTP and DCCP the state, of others what was seen
    - the change of each counter in a second under its name with `_rate` appended (f8, NaN unknown)
    - `packets` and `bytes` i8, `bytes_rate` f8: of both directions
    - who answers (answerers.py), known while sockets are collected

    Switch `translated_only` leaves out what is PLAIN.
    """

    needs = ("conntrack", "conntrack_use", "addresses")

    def __init__(self, shared: Sockets | None = None) -> None:
        """`shared` makes the rows of sockets."""
        self._sockets = Sockets() if shared is None else shared
        self._keys: list[tuple[Table, Key]] = []
        self._use = Use()

    def advance(self, store: Store) -> None:
        """Look how full the table is; tracked connections have no history."""
        self._use = use(store)

    def rows(self, store: Store, options: Options) -> Table | None:
        """All connections, or all that are translated, each once."""
        table = store.now("conntrack")
        if table is None:
            return None
        keys = self._keys_of(table)
        rewritten = translated(table)
        chosen = _once(keys, np.flatnonzero(rewritten != PLAIN) if options["translated_only"] else None)
        rows = table.take(chosen)
        source, destination = _own(rows, store.now("addresses"))
        return rows.with_columns(
            key=keys[chosen],
            namespace=namespaces.named(rows, store),
            translated=rewritten[chosen],
            own_source=source,
            own_destination=destination,
            state_name=_states(rows),
            packets=_sum(rows, "packets"),
            bytes=_sum(rows, "bytes"),
            **self._rates(rows, keys[chosen], store.before("conntrack")),
            **answerers(rows, self._sockets.rows(store)),
        )

    def count(self, store: Store) -> int | None:  # noqa: ARG002
        """How many connections are tracked, translated or not."""
        return None if self._use.tracked < 0 else self._use.tracked

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """1 where the table is nearly full or turned connections away."""
        return int(self._use.alarming)

    def _keys_of(self, table: Table) -> Key:
        """Identities of a table's rows, remembered for the last two tables."""
        for known, keys in self._keys:
            if known is table:
                return keys
        keys = identities(table)
        self._keys = [*self._keys[-1:], (table, keys)]
        return keys

    def _rates(self, rows: Table, keys: Key, then: Table | None) -> dict[str, Column]:
        seconds = 0.0 if then is None else rows.taken - then.taken
        then = no_entries() if then is None else then
        places = find(keys, self._keys_of(then))
        rates: dict[str, Numbers] = {}
        for name in _COUNTERS:
            now, before = rows.numbers(name), then.numbers(name)
            counted = (now >= 0) & (places >= 0)
            counted[counted] = before[places[counted]] >= 0
            rates[f"{name}_rate"] = change(now, before, np.where(counted, places, -1), seconds).per_second
        return {
            **rates,
            "bytes_rate": rates["original_bytes_rate"] + rates["reply_bytes_rate"],
        }


def identities(table: Table) -> Key:
    """The kernel's identifier is a hash of 32 bits, so what it was made of is mixed in."""
    small = table.numbers("family").astype(np.uint64) << np.uint64(8) | table.numbers("protocol")
    zone = table.numbers("zone").astype(np.uint64) << np.uint64(8) | table.numbers("zone_of")
    ports = (table.numbers("original_source_port").astype(np.uint64) << np.uint64(16)) | table.numbers(
        "original_destination_port"
    )
    return mix(
        small << np.uint64(32) | zone,
        ports << np.uint64(32) | table.numbers("id"),
        table.numbers("original_source"),
        table.numbers("original_destination"),
        namespaces.netns_of(table),
    )


def translated(table: Table) -> NDArray[np.uint8]:
    """What was rewritten: the reply to an untouched packet goes back the way it came."""
    source = _differ(table, "original_source", "reply_destination")
    destination = _differ(table, "original_destination", "reply_source")
    ports = np.isin(table.numbers("protocol"), WITH_PORTS)
    source |= ports & _ports_differ(table, "original_source_port", "reply_destination_port")
    destination |= ports & _ports_differ(table, "original_destination_port", "reply_source_port")
    icmp = np.isin(table.numbers("protocol"), ICMP)  # the reply has the identifier as its source too
    source |= icmp & _ports_differ(table, "original_source_port", "reply_source_port")
    return (source * SOURCE | destination * DESTINATION).astype(np.uint8)


def _differ(table: Table, one: str, other: str) -> NDArray[np.bool_]:
    left = np.ascontiguousarray(table.numbers(one)).view(np.uint64)
    right = np.ascontiguousarray(table.numbers(other)).view(np.uint64)
    differ: NDArray[np.bool_] = (left[:, 0] != right[:, 0]) | (left[:, 1] != right[:, 1])
    return differ


def _ports_differ(table: Table, one: str, other: str) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = table.numbers(one) != table.numbers(other)
    return differ


def _once(keys: Key, rows: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """Of those rows (None: of all) the first of each identity, in their order."""
    chosen = np.arange(len(keys)) if rows is None else rows
    _, first = np.unique(keys[chosen], return_index=True)
    return chosen if len(first) == len(chosen) else chosen[np.sort(first)]


def _own(rows: Table, addresses: Table | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the new source and the new destination are addresses of the own network namespace."""
    if addresses is None:
        return np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    own = mix(addresses.numbers("family"), addresses.numbers("address"), namespaces.netns_of(addresses))
    family, netns = rows.numbers("family"), namespaces.netns_of(rows)
    source = np.isin(mix(family, rows.numbers("reply_destination"), netns), own)
    destination = np.isin(mix(family, rows.numbers("reply_source"), netns), own)
    return source, destination


def _states(rows: Table) -> Strings:
    """A text for every combination of protocol, state and what was seen."""
    protocol, state = rows.numbers("protocol").astype(np.int64), rows.numbers("state").astype(np.int64)
    seen = rows.numbers("status").astype(np.int64) & _TOLD
    distinct, place = np.unique((protocol << 24) | ((state & 0xFF) << 16) | seen, return_inverse=True)
    texts = [_state(code >> 24, (code >> 16) & 0xFF, code & 0xFFFF) for code in distinct.tolist()]
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int32)
    return Strings(codes[place.ravel()], tuple(known))


def _state(protocol: int, state: int, status: int) -> str:
    names = STATES.get(protocol, ())
    if state < len(names):
        return names[state]
    if status & Status.OFFLOAD:
        return _OFFLOADED
    if not status & Status.SEEN_REPLY:
        return _UNREPLIED
    return _ASSURED if status & Status.ASSURED else _REPLIED


def _sum(rows: Table, what: str) -> Numbers:
    """Of both directions, -1 where they are not counted."""
    there, back = rows.numbers(f"original_{what}"), rows.numbers(f"reply_{what}")
    return np.where((there >= 0) & (back >= 0), there + np.maximum(back, 0), -1)
