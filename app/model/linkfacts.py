"""What the numbers of the table `links` say of an interface: its state, its letters, its sums."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.links import UNKNOWN_COUNT, Flag, known
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.identity import mix
from sockscope.app.model.namespaces import netns_of
from sockscope.app.model.rates import Key

LETTERS = (
    ("A", Flag.ALLMULTI),
    ("B", Flag.BROADCAST),
    ("D", Flag.DEBUG),
    ("L", Flag.LOOPBACK),
    ("M", Flag.MULTICAST),
    ("d", Flag.DYNAMIC),
    ("P", Flag.PROMISC),
    ("N", Flag.NOTRAILERS),
    ("O", Flag.NOARP),
    ("p", Flag.POINTOPOINT),
    ("s", Flag.SLAVE),
    ("m", Flag.MASTER),
    ("R", Flag.RUNNING),
    ("U", Flag.UP),
)
"""netstat's letters in its order, but for `p`: netstat 2.10 prints P for it too."""

SUMS = {
    "rx_ok": ("rx_packets",),
    "rx_err": ("rx_errors",),
    "rx_drp": ("rx_dropped", "rx_missed_errors"),
    "rx_ovr": ("rx_fifo_errors",),
    "tx_ok": ("tx_packets",),
    "tx_err": ("tx_errors",),
    "tx_drp": ("tx_dropped",),
    "tx_ovr": ("tx_fifo_errors",),
}
"""netstat's columns and the counters they add up."""

HARD = ("rx_errors", "tx_errors", "rx_crc_errors", "rx_missed_errors", "rx_fifo_errors", "tx_fifo_errors")
"""Counters that grow only when something is wrong. rx_dropped is none of them: it grows with every frame of a
protocol that nobody here speaks."""

PHYSICAL = frozenset(
    {"ether", "can", "fddi", "ieee1394", "infiniband", "ipoib", "ppp", "rawip", "wlan", "wpan", "wwan"}
)
"""Kinds that stand for hardware or a line."""

NOMINAL_SPEED = frozenset({"veth", "tun", "netkit", "dummy", "ifb"})
"""Kinds whose speed is made up, so that it limits nothing."""

_OPERSTATE_WORDS = ("up", "absent", "no link", "no link", "testing", "dormant", "up")
_DOWN = "down"
_STATE_WORDS = (*_OPERSTATE_WORDS, _DOWN)


def keys(links: Table) -> Key:
    """Identity of interfaces: network namespace, index and name, so that one renamed, moved or made anew is
    another."""
    hashes = (zlib.crc32(name.encode("utf-8", "surrogatepass")) for name in links.strings("name").values)
    names = links.strings("name").lookup(hashes, 0, np.uint64)
    identity: Key = (links.numbers("index").astype(np.uint64) << np.uint64(32)) | names
    return mix(identity, netns_of(links))


def natural_ranks(links: Table) -> NDArray[np.int32]:
    """Place of each row by name with numbers in it compared as numbers: eth2 before eth10, no name first."""
    names = links.strings("name")
    ranks: NDArray[np.int32] = names.lookup(_ranks(names.values), -1, np.int32)
    return ranks


@lru_cache(maxsize=8)
def _ranks(names: tuple[str, ...]) -> tuple[int, ...]:
    place = {name: rank for rank, name in enumerate(sorted(set(names), key=_natural))}
    return tuple(place[name] for name in names)


def _natural(name: str) -> tuple[tuple[str, int], ...]:
    return tuple((text, int(number or -1)) for text, number in re.findall(r"([^0-9]*)([0-9]*)", name))


def letters(flags: int) -> str:
    """The flags as netstat's letters, empty if none of them is set."""
    return "".join(letter for letter, flag in LETTERS if flags & flag)


def letters_of(links: Table) -> Strings:
    """The letters of every interface, unknown where the flags are."""
    flags = links.numbers("flags")
    distinct, codes = np.unique(flags, return_inverse=True)
    spread: NDArray[np.int32] = np.where(known(flags), codes, -1).astype(np.int32)
    return Strings(spread, tuple(letters(int(value)) for value in distinct))


def is_up(links: Table) -> NDArray[np.bool_]:
    """Which interfaces the administrator switched on; where flags are unknown, which are not down."""
    flags = links.numbers("flags")
    told: NDArray[np.bool_] = (flags & Flag.UP) != 0
    return np.where(known(flags), told, np.isin(links.numbers("operstate"), (0, 6)))


def states(links: Table) -> Strings:
    """One word a state: up, down (switched off), no link (switched on, but no carrier), absent, dormant,
    testing."""
    flags = links.numbers("flags")
    operstate = links.numbers("operstate")
    codes = np.minimum(operstate, len(_OPERSTATE_WORDS) - 1).astype(np.int32)
    silent = (operstate == 0) & known(flags) & ((flags & Flag.RUNNING) == 0)
    codes[silent] = _OPERSTATE_WORDS.index("no link")
    codes[~is_up(links) & (operstate != 1)] = _STATE_WORDS.index(_DOWN)
    return Strings(codes, _STATE_WORDS)


def is_virtual(links: Table) -> NDArray[np.bool_]:
    """Which interfaces exist only in this kernel; one of unknown kind counts as real."""
    kinds = links.strings("kind")
    return kinds.lookup((kind not in PHYSICAL for kind in kinds.values), False, np.bool_)


def total(links: Table, names: tuple[str, ...]) -> Numbers:
    """Sum of counters; parts that are unknown are left out, and without the first it is unknown."""
    first, *others = (links.numbers(name) for name in names)
    if not others:
        return first
    whole = first.copy()
    for part in others:
        whole += np.where(known(part), part, np.uint64(0))
    return np.where(known(first), whole, np.uint64(UNKNOWN_COUNT))


def utilisation(links: Table, received: Numbers, sent: Numbers) -> NDArray[np.float64]:
    """Share of the speed in use by bytes/s received and sent, NaN where the speed is not known.

    Both directions have the whole speed, but on a half-duplex line they share it.
    """
    speed = links.numbers("speed_mbps").astype(np.float64)
    kinds = links.strings("kind")
    nominal = kinds.lookup((kind in NOMINAL_SPEED for kind in kinds.values), False, np.bool_)
    speed[(speed <= 0) | nominal] = np.nan
    duplex = links.strings("duplex")
    half = duplex.lookup((word == "half" for word in duplex.values), False, np.bool_)
    busiest = np.where(half, received + sent, np.fmax(received, sent))
    return busiest * 8 / (speed * 1e6)
