"""Memberships in multicast groups: `groups`, one row an interface and group.

Read from /proc/net/igmp, igmp6 and dev_mcast. RTM_GETMULTICAST knows IPv6 on every kernel but IPv4 only on
new ones, the link layer never, and neither tells of timers.

Columns: `index` u4 and `interface` (text); `family` u1, AF_INET, AF_INET6 or AF_PACKET for the link layer;
`address` u1 (rows, 32), network order, and `length` u1 of it; `users` u4, how often it was joined; `timer`
f8, seconds until it is reported to routers, NaN while no report is due or where that is not told; `reporter`
i1, whether this host was the last to report it (-1: not told); `static` i1, whether the link layer keeps it
because an administrator said so (-1: not told); `version` u1, of IGMP spoken on the interface (0: not told).
"""

from __future__ import annotations

import errno
import math
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Column, Strings, Table

PROC_NET = "/proc/thread-self/net"
"""The files of the namespace that this thread is in; /proc/net is the main thread's."""

LIMIT = 100_000
"""Memberships that are told at most."""
WIDTH = 32
"""The longest address of a link, MAX_ADDR_LEN (netdevice.h)."""

_TICKS = 100.0
"""USER_HZ: what the kernel's timers in these files count, on every architecture."""
_TIMER_RUNNING, _LAST_REPORTER = 0x01, 0x02
"""MAF_TIMER_RUNNING, MAF_LAST_REPORTER (if_inet6.h)."""
_ABSENT = (errno.ENOENT, errno.ENOTDIR)


class Membership(NamedTuple):
    """One row, in the order of the columns."""

    device: int
    interface: str
    family: int
    address: bytes
    users: int
    timer: float = math.nan
    reporter: int = -1
    static: int = -1
    version: int = 0


def igmp(text: bytes) -> Iterator[Membership | None]:
    """The groups of /proc/net/igmp, each below the line of its interface; None for a line that is none."""
    above: tuple[int, str, int] | None = None
    for line in text.splitlines()[1:]:
        words = line.split()
        try:
            if not line[:1].isspace():
                above = None
                number, name, *_, spoken = words
                above = int(number), _text(name.removesuffix(b":")), int(spoken.removeprefix(b"V"))
                continue
            group, users, timer, reporter = words
            running, ticks = timer.split(b":")
            left = int(ticks, 16) / _TICKS if int(running) else math.nan
            joined = int(users)
            address, told = _from_host_order(group), int(int(reporter) != 0)
        except (ValueError, OverflowError):
            yield None
            continue
        if above is None:
            yield None
        else:
            index, interface, version = above
            yield Membership(index, interface, socket.AF_INET, address, joined, left, told, version=version)


def igmp6(text: bytes) -> Iterator[Membership | None]:
    """The groups of /proc/net/igmp6; None for a line that is none."""
    for line in text.splitlines():
        try:
            index, name, group, users, flags, ticks = line.split()
            told = int(flags, 16)
            yield Membership(
                int(index),
                _text(name),
                socket.AF_INET6,
                _address(group, 16),
                int(users),
                int(ticks) / _TICKS if told & _TIMER_RUNNING else math.nan,
                int(told & _LAST_REPORTER != 0),
            )
        except (ValueError, OverflowError):
            yield None


def dev_mcast(text: bytes) -> Iterator[Membership | None]:
    """The addresses of /proc/net/dev_mcast, which interfaces listen to; None for a line that is none."""
    for line in text.splitlines():
        try:
            index, name, users, static, address = line.split()
            yield Membership(
                int(index),
                _text(name),
                socket.AF_PACKET,
                _address(address),
                int(users),
                static=int(int(static) != 0),
            )
        except ValueError:
            yield None


_FILES: Mapping[str, Callable[[bytes], Iterator[Membership | None]]] = {
    "igmp": igmp,
    "igmp6": igmp6,
    "dev_mcast": dev_mcast,
}
"""In netstat's order, the link layer last."""


def _from_host_order(text: bytes) -> bytes:
    """The kernel prints the word as the processor has it."""
    return int(text, 16).to_bytes(4, sys.byteorder) if len(text) == 8 else _address(text, 4)


def _address(text: bytes, length: int | None = None) -> bytes:
    address = bytes.fromhex(text.decode("ascii"))
    if not 0 < len(address) <= WIDTH or length not in (None, len(address)):
        raise ValueError("an address of that length there is not")
    return address


def _fits(row: Membership) -> bool:
    return 0 <= row.device < 1 << 32 and 0 <= row.users < 1 << 32 and 0 <= row.version < 1 << 8


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def columns(rows: list[Membership]) -> dict[str, Column]:
    """The columns of these memberships."""
    device, interface, family, address, users, timer, reporter, static, version = (
        zip(*rows, strict=True) if rows else ((),) * len(Membership._fields)
    )
    packed = b"".join(each.ljust(WIDTH, b"\0") for each in address)
    return {
        "index": np.array(device, dtype=np.uint32),
        "interface": Strings.of(interface),
        "family": np.array(family, dtype=np.uint8),
        "address": np.frombuffer(packed, dtype=np.uint8).reshape(-1, WIDTH),
        "length": np.array([len(each) for each in address], dtype=np.uint8),
        "users": np.array(users, dtype=np.uint32),
        "timer": np.array(timer, dtype=np.float64),
        "reporter": np.array(reporter, dtype=np.int8),
        "static": np.array(static, dtype=np.int8),
        "version": np.array(version, dtype=np.uint8),
    }


class GroupsCollector:
    """Reads the memberships of the network namespace it is used in. What reads the same is decoded once."""

    provides = ("groups",)

    def __init__(self, directory: str = PROC_NET) -> None:
        """`directory` holds the files, /proc/thread-self/net or what stands for it."""
        self._directory = directory
        self._texts: dict[str, bytes] = {}
        self._columns = columns([])
        self._faults: tuple[Note, ...] = ()

    def collect(self) -> Collected:
        """Every membership; that a kernel has no IPv6 is no fault."""
        taken = time.monotonic()
        texts: dict[str, bytes] = {}
        notes: list[Note] = []
        for name in _FILES:
            path = f"{self._directory}/{name}"
            try:
                texts[name] = Path(path).read_bytes()
            except OSError as refused:
                if refused.errno not in _ABSENT:
                    notes.append(Note("groups", "missing", f"{path}: {os.strerror(refused.errno or 0)}"))
        if texts != self._texts:
            self._columns, self._faults = _decoded(texts)
            self._texts = texts
        return Collected({"groups": Table(self._columns, taken)}, (*notes, *self._faults))

    def close(self) -> None:
        """Nothing is held."""


def _decoded(texts: Mapping[str, bytes]) -> tuple[dict[str, Column], tuple[Note, ...]]:
    """The columns that these files make, and what in them made no sense or was too much."""
    rows: list[Membership] = []
    faults: list[str] = []
    for name, text in texts.items():
        read = list(islice(_FILES[name](text), LIMIT - len(rows) + 1))
        sound = [row for row in read if row is not None and _fits(row)]
        if len(sound) < len(read):
            faults.append(f"lines of {name} not understood: {len(read) - len(sound)}")
        rows += sound
    if len(rows) > LIMIT:
        faults.append(f"only the first {LIMIT:,} memberships are shown")
    return columns(rows[:LIMIT]), tuple(Note("groups", "incomplete", fault) for fault in faults)
