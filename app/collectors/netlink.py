"""Netlink dumps in bulk: datagrams in, arrays out; no Python object a message.

Layouts: linux/netlink.h. Integers are in host order.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sockscope.app.record import dataclass

NETLINK_ROUTE = 0
NETLINK_SOCK_DIAG = 4
NETLINK_NETFILTER = 12

NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300
NLMSG_ERROR = 2
NLMSG_DONE = 3

SOL_NETLINK = 270
NETLINK_GET_STRICT_CHK = 12

HEADER = struct.Struct("=IHHII")
_HEADER_WORDS = HEADER.size // 4
_TYPE_MASK = 0x3FFF
_ATTRIBUTE = np.dtype([("length", np.uint16), ("type", np.uint16)])
_DATAGRAM = 32768
"""The kernel puts at most this much of a dump into one datagram, whatever room is offered."""


@dataclass(frozen=True, eq=False, slots=True)
class Dump:
    """The messages of one dump: `offsets` and `lengths` in bytes (intp), each at its nlmsghdr in `buffer`.

    `error` is the errno with which the kernel refused or ended the dump (0 = it was answered); what had come
    before that is there. `interrupted` says that the tables changed while they were walked.
    """

    buffer: bytes
    offsets: NDArray[np.intp]
    lengths: NDArray[np.intp]
    error: int = 0
    interrupted: bool = False

    def __len__(self) -> int:
        return len(self.offsets)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Dump:
        """Only those messages; the buffer is shared."""
        return Dump(self.buffer, self.offsets[rows], self.lengths[rows], self.error, self.interrupted)


def failed(error: int) -> Dump:
    """A dump without messages that ended with this errno."""
    return Dump(b"", np.empty(0, np.intp), np.empty(0, np.intp), error)


@dataclass(frozen=True, eq=False, slots=True)
class Attribute:
    """Where one attribute lies in each message: byte `offsets` of its payload (-1: absent) and `lengths`."""

    offsets: NDArray[np.intp]
    lengths: NDArray[np.intp]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which messages carry it."""
        return self.offsets >= 0


@dataclass(frozen=True, eq=False, slots=True)
class Attributes:
    """Every attribute of many messages: its message (`rows`), `kinds`, byte `offsets` of payloads, `lengths`.
    Those of one message are in their order. Where messages have many, this is cheaper than looking for each
    kind."""

    messages: int
    rows: NDArray[np.intp]
    kinds: NDArray[np.uint16]
    offsets: NDArray[np.intp]
    lengths: NDArray[np.intp]

    def of(self, kind: int) -> Attribute:
        """Where the first of that kind lies in each message."""
        hits = np.flatnonzero(self.kinds == kind)[::-1]
        found = Attribute(np.full(self.messages, -1, np.intp), np.zeros(self.messages, np.intp))
        found.offsets[self.rows[hits]] = self.offsets[hits]
        found.lengths[self.rows[hits]] = self.lengths[hits]
        return found


class NetlinkSocket:
    """A netlink socket of the network namespace it is opened in. Raises OSError where the kernel has no such
    protocol."""

    def __init__(self, protocol: int) -> None:
        self._protocol = protocol
        self._sequence = count(1)
        self._socket = self._open()

    def _open(self) -> socket.socket:
        made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, self._protocol)
        made.bind((0, 0))
        with contextlib.suppress(OSError):
            made.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
        return made

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def dump(self, message_type: int, payload: bytes, flags: int = 0) -> Dump:
        """Ask for a dump and read it to its end. A refusal is in the answer's `error`, never an exception."""
        return self._exchange(message_type, payload, NLM_F_REQUEST | NLM_F_DUMP | flags)

    def ask(self, message_type: int, payload: bytes) -> Dump:
        """Ask for one thing; one message, or none and why in `error`."""
        return self._exchange(message_type, payload, NLM_F_REQUEST | NLM_F_ACK)

    def _exchange(self, message_type: int, payload: bytes, request_flags: int) -> Dump:
        sequence = next(self._sequence)
        header = HEADER.pack(HEADER.size + len(payload), message_type, request_flags, sequence, 0)
        chunks: list[bytes] = []
        starts = [np.empty(0, np.intp)]
        try:
            self._socket.send(header + payload)
            error, interrupted = self._receive(sequence, chunks, starts)
        except OSError as refused:
            self._socket.close()
            self._socket = self._open()
            error, interrupted = refused.errno or 1, False
        return _dump(b"".join(chunks), np.concatenate(starts) * 4, error, interrupted)

    def _receive(
        self, sequence: int, chunks: list[bytes], starts: list[NDArray[np.intp]]
    ) -> tuple[int, bool]:
        """Read to the end of the dump into datagrams and, in words, where messages start in them; the errno
        it ended with, and whether its end says that it was interrupted."""
        base = 0
        while True:
            chunk = self._socket.recv(_DATAGRAM)
            words = memoryview(chunk).cast("I")
            if len(words) < _HEADER_WORDS or words[2] != sequence:
                continue  # left over from a dump that was broken off
            found = _walk(words)
            last = int(found[-1])
            kind = words[last + 1] & 0xFFFF
            ended = kind in (NLMSG_DONE, NLMSG_ERROR)
            starts.append((found[:-1] if ended else found) + base)
            chunks.append(chunk)
            base += len(words)
            if ended:
                return _errno(words, last), bool(words[last + 1] >> 16 & NLM_F_DUMP_INTR)


def _walk(words: memoryview) -> NDArray[np.intp]:
    """Where each message of a datagram starts, in words."""
    end = len(words)
    step, odd = divmod(words[0], 4)
    if step >= _HEADER_WORDS and not odd and not end % step and (np.asarray(words)[::step] == words[0]).all():
        return np.arange(0, end, step)  # all are as long as the first, as in most dumps
    starts: list[int] = []
    at = 0
    while at < end:
        starts.append(at)
        size = words[at]
        if size < HEADER.size:
            break
        at += (size + 3) >> 2
    return np.array(starts, dtype=np.intp)


def _errno(words: memoryview, last: int) -> int:
    """The negative errno in the payload of DONE or ERROR; both carry one (an unsupported protocol of a known
    family answers with DONE)."""
    if len(words) <= last + _HEADER_WORDS:
        return 0
    value = words[last + _HEADER_WORDS]
    return 2**32 - value if value >= 2**31 else 0


def _dump(buffer: bytes, offsets: NDArray[np.intp], error: int, interrupted: bool) -> Dump:
    lengths = gather(buffer, offsets, np.uint32).astype(np.intp)
    flags = gather(buffer, offsets + 6, np.uint16)
    return Dump(buffer, offsets, lengths, error, interrupted or bool((flags & NLM_F_DUMP_INTR).any()))


def gather(buffer: bytes, offsets: NDArray[np.intp], dtype: DTypeLike) -> NDArray[Any]:
    """Copy one value of `dtype` from each byte offset (any, inside the buffer)."""
    kind = np.dtype(dtype)
    whole = kind if kind.fields is None else np.dtype((np.void, kind.itemsize))  # in one piece, not by field
    found = records(buffer, offsets, whole)
    return (found if found.flags.owndata else found.copy()).view(kind)


def records(buffer: bytes, offsets: NDArray[np.intp], dtype: DTypeLike) -> NDArray[Any]:
    """As `gather`, to be read at once and not kept: where the offsets are equally far apart, as they are in
    most dumps, nothing is copied."""
    kind = np.dtype(dtype)
    room = len(buffer) - kind.itemsize + 1
    if room <= 0 or not len(offsets):
        return np.empty(len(offsets), dtype=kind)
    if len(offsets) > 1:
        first, step = int(offsets[0]), int(offsets[1] - offsets[0])
        if step > 0 and _equally_far(offsets, step) and first >= 0 and offsets[-1] < room:
            return np.ndarray((len(offsets),), kind, buffer, first, (step,))
    window: NDArray[Any] = np.ndarray((room,), dtype=kind, buffer=buffer, strides=(1,))
    return window[offsets]


def _equally_far(offsets: NDArray[np.intp], step: int) -> bool:
    reach = int(offsets[-1] - offsets[0])
    return reach == step * (len(offsets) - 1) and bool((offsets[1:] - offsets[:-1] == step).all())


def gather_octets(buffer: bytes, offsets: NDArray[np.intp], size: int) -> NDArray[np.uint8]:
    """Copy `size` bytes from each byte offset (any, inside the buffer), shape (n, size)."""
    return gather(buffer, offsets, f"V{size}").view(np.uint8).reshape(len(offsets), size)


def fields(dump: Dump, dtype: DTypeLike, at: int = HEADER.size) -> NDArray[Any]:
    """The fixed header of every message as a structured array; `at` is its distance from the nlmsghdr.

    A message too short for it would read its neighbour: drop those first with `whole`.
    """
    return gather(dump.buffer, dump.offsets + at, dtype)


def whole(dump: Dump, message_type: int, size: int) -> Dump:
    """Only the messages of that type that hold a fixed header of `size` bytes and lie inside the buffer."""
    if not len(dump):
        return dump
    head = gather(dump.buffer, dump.offsets + 4, np.uint16)
    ends = dump.offsets + dump.lengths
    good = (head == message_type) & (dump.lengths >= HEADER.size + size) & (ends <= len(dump.buffer))
    return dump if good.all() else dump.take(good)


def each_once(dump: Dump, keys: NDArray[np.uint64]) -> Dump:
    """Of messages with the same key only the last: a dump that walks a hash table in steps may meet a thing
    twice that moved meanwhile."""
    ordered = np.sort(keys)
    if not (ordered[1:] == ordered[:-1]).any():
        return dump
    _, last = np.unique(keys[::-1], return_index=True)
    return dump.take(np.sort(len(keys) - 1 - last))


def attributes(
    dump: Dump, fixed: int, wanted: Iterable[int], rows: NDArray[np.intp] | None = None
) -> dict[int, Attribute]:
    """Find attributes behind the fixed header of `fixed` bytes, all messages in step; the first of its kind
    counts. With `rows` only those messages are walked; the answers still have one place a message."""
    start = dump.offsets + HEADER.size + ((fixed + 3) & ~3)
    return nested(dump.buffer, start, dump.offsets + dump.lengths, wanted, rows)


def nested(
    buffer: bytes,
    start: NDArray[np.intp],
    end: NDArray[np.intp],
    wanted: Iterable[int],
    rows: NDArray[np.intp] | None = None,
) -> dict[int, Attribute]:
    """Find attributes in the stretches from `start` to `end` (bytes), all stretches in step."""
    found = {
        kind: Attribute(np.full(len(start), -1, np.intp), np.zeros(len(start), np.intp)) for kind in wanted
    }
    active = np.arange(len(start)) if rows is None else rows
    for which, kinds, offsets, lengths in _in_step(buffer, active, start[active], end[active]):
        for kind, attribute in found.items():
            hit = kinds == kind
            if rows is None and len(which) == len(start) and hit.all() and not attribute.present.any():
                found[kind] = Attribute(offsets, lengths)
            elif hit.any():
                rows_hit = which[hit]
                new = attribute.offsets[rows_hit] < 0
                attribute.offsets[rows_hit[new]] = offsets[hit][new]
                attribute.lengths[rows_hit[new]] = lengths[hit][new]
    return found


def every(buffer: bytes, start: NDArray[np.intp], end: NDArray[np.intp]) -> Attributes:
    """All attributes in the stretches from `start` to `end` (bytes)."""
    none = np.empty(0, np.intp)
    steps = [(none, none.astype(np.uint16), none, none), *_in_step(buffer, np.arange(len(start)), start, end)]
    rows, kinds, offsets, lengths = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    return Attributes(len(start), rows, kinds, offsets, lengths)


_Step: TypeAlias = tuple[NDArray[np.intp], NDArray[np.uint16], NDArray[np.intp], NDArray[np.intp]]


def _in_step(
    buffer: bytes, rows: NDArray[np.intp], at: NDArray[np.intp], stop: NDArray[np.intp]
) -> Iterator[_Step]:
    """The first attribute of every stretch from `at` to `stop`, then the second, and so on: rows, kinds, byte
    offsets of payloads, lengths. One that is malformed ends its stretch."""
    while True:
        inside = (at >= 0) & (at + 4 <= stop)
        if not inside.all():
            rows, at, stop = rows[inside], at[inside], stop[inside]
        if not len(rows):
            return
        head = gather(buffer, at, _ATTRIBUTE)
        size = head["length"].astype(np.intp)
        kinds: NDArray[np.uint16] = head["type"] & np.uint16(_TYPE_MASK)
        sound = (size >= 4) & (at + size <= stop)
        if not sound.all():
            rows, at, stop, size, kinds = rows[sound], at[sound], stop[sound], size[sound], kinds[sound]
        yield rows, kinds, at + 4, size - 4
        at = at + ((size + 3) & ~3)


def within(
    buffer: bytes, container: Attribute, wanted: Iterable[int], rows: NDArray[np.intp] | None = None
) -> dict[int, Attribute]:
    """Find attributes nested in an attribute; none where that is absent."""
    return nested(buffer, container.offsets, container.offsets + container.lengths, wanted, rows)


def octets(buffer: bytes, attribute: Attribute, size: int, room: int) -> NDArray[np.uint8]:
    """The payload as bytes, shape (messages, room); zeros where it is missing or not `size` bytes long."""
    out = np.zeros((len(attribute.offsets), room), np.uint8)
    rows = np.flatnonzero(attribute.present & (attribute.lengths == size))
    out[rows, :size] = gather_octets(buffer, attribute.offsets[rows], size)
    return out


def values(buffer: bytes, attribute: Attribute, dtype: DTypeLike, absent: Any) -> NDArray[Any]:
    """The payload of an attribute as one value a message; `absent` where it is missing or too short."""
    kind = np.dtype(dtype)
    out = np.full(len(attribute.offsets), absent, dtype=kind)
    good = attribute.present & (attribute.lengths >= kind.itemsize)
    if good.any():
        out[good] = gather(buffer, attribute.offsets[good], kind)
    return out


def strerror(errno: int) -> str:
    """The system's words for an errno, without capital: `operation not permitted`."""
    text = os.strerror(errno)
    return text[:1].lower() + text[1:]
