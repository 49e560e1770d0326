"""The rows of the tab Interfaces."""

from __future__ import annotations

import socket
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.links import STATS, Flag, known, no_links
from sockscope.app.frames.table import Column, Numbers, Strings, Table
from sockscope.app.model import linkfacts, namespaces
from sockscope.app.model.history import History
from sockscope.app.model.rates import Change, Key, change
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

SAMPLES = 120
"""Length of the histories of traffic."""

_LIFE = ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
"""Counters that go down only when an interface starts anew; others are known to waver in some drivers."""


class InterfacesModel:
    """One row an interface, in natural order of names, of several network namespaces one after the other.

    To the columns of `links` it adds:

    - `key` u8
    - `state`, `letters`, `addresses` (texts), `namespace` (text, namespaces.py)
    - `virtual` and `promiscuous` (bool; whether it takes in all frames, even where the flags do not say so)
    - `rx_rate`, `tx_rate` (bytes/s), `rx_packet_rate`, `tx_packet_rate`, `use` (share of the speed): f8, over
      the last interval, NaN unknown
    - `rx_history`, `tx_history`: the last SAMPLES of the rates, f4, shape (rows, SAMPLES)
    - netstat's columns `rx_ok` to `tx_ovr` (u8)
    - the change of each of those, of each counter and of `carrier_changes` since the store's base, under the
      name with `_delta` appended: f8, NaN where there is nothing to compare with
    - `reset` (bool): the counters began anew since the base

    Switches: `hide_down` leaves out what is switched off, as netstat does without -a; `hide_virtual` what has
    no hardware behind it.
    """

    needs: tuple[str, ...] = ("links", "addresses")

    def __init__(self) -> None:
        self._seen: Table | None = None
        self._received = History(SAMPLES)
        self._sent = History(SAMPLES)
        self._resets: dict[int, float] = {}
        self._attention = 0
        self._addresses: tuple[bytes, dict[tuple[int, int], str]] = (b"", {})

    def advance(self, store: Store) -> None:
        """Take a sample of the rates, notice what began anew and what is in trouble."""
        links = store.now("links")
        if links is None or links is self._seen:
            return
        self._seen = links
        keys = linkfacts.keys(links)
        since = _Since(links, keys, store.before("links"))
        self._received.push(keys, since.change("rx_bytes").per_second)
        self._sent.push(keys, since.change("tx_bytes").per_second)
        self._note_resets(keys, since, links.taken)
        trouble = np.zeros(len(links), dtype=np.bool_)
        for name in (*linkfacts.HARD, "carrier_changes"):
            trouble |= since.change(name).delta > 0
        self._attention = int(trouble.sum())

    def _note_resets(self, keys: Key, since: _Since, taken: float) -> None:
        anew = np.zeros(len(keys), dtype=np.bool_)
        for name in _LIFE:
            anew |= since.change(name).reset
        present = set(keys.tolist()) if self._resets else set()
        self._resets = {key: when for key, when in self._resets.items() if key in present}
        self._resets.update(dict.fromkeys(keys[anew].tolist(), taken))

    def rows(self, store: Store, options: Options) -> Table | None:
        """All interfaces but the hidden ones."""
        now = store.now("links")
        if now is None:
            return None
        links = self._shown(now.with_columns(namespace=namespaces.named(now, store)), options)
        keys = linkfacts.keys(links)
        last = _Since(links, keys, store.before("links"))
        rates: dict[str, Column] = {
            "rx_rate": last.change("rx_bytes").per_second,
            "tx_rate": last.change("tx_bytes").per_second,
            "rx_packet_rate": last.change("rx_packets").per_second,
            "tx_packet_rate": last.change("tx_packets").per_second,
            "rx_history": self._received.of(keys),
            "tx_history": self._sent.of(keys),
        }
        return self._described(links.with_columns(**rates), keys, store).with_columns(
            **self._changes(links, keys, store)
        )

    def _shown(self, links: Table, options: Options) -> Table:
        of = namespaces.order_of(links.strings("namespace"))
        links = links.take(np.lexsort((linkfacts.natural_ranks(links), of)))
        if options["hide_down"]:
            links = links.take(linkfacts.is_up(links))
        if options["hide_virtual"]:
            links = links.take(~linkfacts.is_virtual(links))
        return links

    def _described(self, links: Table, keys: Key, store: Store) -> Table:
        promiscuity = links.numbers("promiscuity")
        addresses = self._addresses_by_index(store.now("addresses"))
        return links.with_columns(
            key=keys,
            state=linkfacts.states(links),
            letters=linkfacts.letters_of(links),
            virtual=linkfacts.is_virtual(links),
            promiscuous=_promiscuous(links.numbers("flags"), promiscuity),
            use=linkfacts.utilisation(links, links.numbers("rx_rate"), links.numbers("tx_rate")),
            addresses=Strings.of(addresses.get(place) for place in _places(links)),
        )

    def _changes(self, links: Table, keys: Key, store: Store) -> dict[str, Column]:
        base = store.base("links")
        anew = np.zeros(len(links), dtype=np.bool_)
        if self._resets and base is not None:
            when = [self._resets.get(key, -np.inf) for key in keys.tolist()]
            moments = np.array(when, dtype=np.float64)
            anew = (moments > base.taken) & (moments <= links.taken)
        since = _Since(links, keys, base, anew)
        columns: dict[str, Column] = {"reset": anew}
        for name in (*STATS, "carrier_changes"):
            columns[f"{name}_delta"] = since.change(name).delta
        for name, parts in linkfacts.SUMS.items():
            columns[name] = linkfacts.total(links, parts)
            columns[f"{name}_delta"] = since.sum(parts).delta
        return columns

    def _addresses_by_index(self, addresses: Table | None) -> dict[tuple[int, int], str]:
        """Addresses as they read, by network namespace and index of the interface; remembered while they stay
        the same."""
        if addresses is None:
            return {}
        columns = [addresses.numbers(name) for name in ("index", "family", "prefix", "address")]
        told = [*columns, namespaces.netns_of(addresses)]
        content = b"".join(column.tobytes() for column in told)
        if self._addresses[0] != content or not content:
            listed: dict[tuple[int, int], list[str]] = {}
            _, families, prefixes, raw = columns
            for row, place in enumerate(_places(addresses)):
                text = address_text(int(families[row]), raw[row].tobytes())
                listed.setdefault(place, []).append(f"{text}/{prefixes[row]}")
            self._addresses = (content, {place: " ".join(texts) for place, texts in listed.items()})
        return self._addresses[1]

    def count(self, store: Store) -> int | None:
        """How many interfaces there are, hidden ones too."""
        links = store.now("links")
        return None if links is None else len(links)

    def attention(self, store: Store) -> int:  # noqa: ARG002 - the contract of tabs
        """How many interfaces had errors, hard drops or a change of carrier in the last interval."""
        return self._attention


def _places(rows: Table) -> Iterable[tuple[int, int]]:
    """Network namespace and index of the interface of each row."""
    return zip(namespaces.netns_of(rows).tolist(), rows.numbers("index").tolist(), strict=True)


class _Since:
    """Changes of counters of `links` since the rows of the same identity in an earlier table.

    Rows that are `anew` are compared with nothing.
    """

    def __init__(
        self, links: Table, keys: Key, then: Table | None, anew: NDArray[np.bool_] | None = None
    ) -> None:
        self._links = links
        self._then = no_links() if then is None else then
        self._seconds = 0.0 if then is None else links.taken - then.taken
        rows = find(keys, linkfacts.keys(self._then))
        self._rows = rows if anew is None else np.where(anew, -1, rows)

    def change(self, name: str) -> Change:
        """Change of one counter."""
        return self.sum((name,))

    def sum(self, names: tuple[str, ...]) -> Change:
        """Change of the sum of counters."""
        now = linkfacts.total(self._links, names)
        then = linkfacts.total(self._then, names)
        rows = np.where(known(now), self._rows, -1)
        rows[rows >= 0] = np.where(known(then)[rows[rows >= 0]], rows[rows >= 0], -1)
        return change(now, then, rows, self._seconds)


def _promiscuous(flags: Numbers, promiscuity: Numbers) -> NDArray[np.bool_]:
    counted = known(promiscuity) & (promiscuity > 0)
    flagged = known(flags) & ((flags & Flag.PROMISC) != 0)
    both: NDArray[np.bool_] = counted | flagged
    return both


def address_text(family: int, raw: bytes) -> str:
    """An address of an interface as it is written, from its 16 bytes."""
    return socket.inet_ntop(family, raw[:4] if family == socket.AF_INET else raw)
