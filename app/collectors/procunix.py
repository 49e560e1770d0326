"""Unix sockets as /proc/net/unix lists them: `unix_listed`, for the file alone has reference counts and the
connections that nobody has accepted yet.

Layout: unix_seq_show in net/unix/af_unix.c, `%pK: %08X %08X %08X %04X %02X %5lu`, then a blank and the name.

The columns are address u8 (of the kernel's object, hashed; 0 where it is hidden), references u4, flags u4
(ACCEPTING), type u1, condition u1 (enum socket_state: UNCONNECTED ...), inode u8 (0: no process has it), path
and abstract as in unix.py, but with `@` for every NUL, as the file has them.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import strerror
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Numbers, Strings, Table

PROC_NET = "/proc/thread-self/net"
"""The tables of the namespace that this thread is in; /proc/net is the main thread's."""
ACCEPTING = 0x10000
"""__SO_ACCEPTCON of linux/net.h."""
UNCONNECTED, CONNECTING, CONNECTED, DISCONNECTING = 1, 2, 3, 4

_FIELDS = {"references": (0, 8), "flags": (18, 8), "type": (27, 4), "condition": (32, 2)}
"""Place and digits of each hexadecimal field, counted from the first behind the address."""
_INODE = 35
_SHORTEST = 40
"""Bytes behind the address and its colon that a line has at least."""
_MOST_DIGITS = 20
_NO_DIGIT = 255

_DIGITS = np.full(256, _NO_DIGIT, dtype=np.uint8)
_DIGITS[np.frombuffer(b"0123456789", np.uint8)] = range(10)
_DIGITS[np.frombuffer(b"ABCDEF", np.uint8)] = range(10, 16)
_DIGITS[np.frombuffer(b"abcdef", np.uint8)] = range(10, 16)


class UnixFileCollector:
    """Reads the file for what netlink does not tell; names only of rows without inode."""

    provides: tuple[str, ...] = ("unix_listed",)

    def __init__(self, proc_net: str = PROC_NET) -> None:
        self._proc_net = proc_net

    def collect(self) -> Collected:
        """The table, or a note why there is none."""
        taken = time.monotonic()
        try:
            listed = read(self._proc_net, every_name=False)
        except OSError as refused:
            why = f"/proc/net/unix: {strerror(refused.errno or 1)}; no reference counts"
            return Collected({}, (Note("unix_listed", "missing", why),))
        return Collected({"unix_listed": Table(listed.columns, taken)})

    def close(self) -> None:
        """Nothing is held."""


def read(proc_net: str = PROC_NET, *, every_name: bool = True) -> Table:
    """The file's rows; OSError where it cannot be read."""
    return parse(Path(proc_net, "unix").read_bytes(), every_name=every_name)


def parse(text: bytes, *, every_name: bool = True) -> Table:
    """The rows of the file, with the names of all or only of those without inode.

    Line ends in names are not marked, so a line that does not look like a socket belongs to the name before
    it; a last line that was cut short is left out.
    """
    body = text.partition(b"\n")[2]
    octets = np.frombuffer(body, dtype=np.uint8)
    address = max(0, body.find(b":"))
    starts = np.append(0, np.flatnonzero(octets == ord("\n")) + 1)
    starts = starts[starts + address + 2 + _SHORTEST <= len(body)]
    at = starts + address + 2
    columns = {name: _hexadecimal(octets, at + place, digits) for name, (place, digits) in _FIELDS.items()}
    columns["address"] = _hexadecimal(octets, starts, address)
    inode, behind = _decimal(octets, at + _INODE)
    sound = (octets[at - 2] == ord(":")) & (octets[at - 1] == ord(" ")) & (behind > at + _INODE)
    for values in columns.values():
        sound &= values >= 0
    columns = {name: values[sound] for name, values in columns.items()}
    starts, inode, behind = starts[sound], inode[sound], behind[sound]
    ends = np.append(starts[1:], len(body) + (not body.endswith(b"\n"))) - 1
    named = behind < ends
    named[named] = octets[behind[named]] == ord(" ")
    if not every_name:
        named &= inode == 0
    path, abstract = _names(body, behind + 1, ends, np.flatnonzero(named))
    return Table(
        {
            "address": columns["address"].astype(np.uint64),
            "references": columns["references"].astype(np.uint32),
            "flags": columns["flags"].astype(np.uint32),
            "type": columns["type"].astype(np.uint8),
            "condition": columns["condition"].astype(np.uint8),
            "inode": inode.astype(np.uint64),
            "path": path,
            "abstract": abstract,
        }
    )


def _hexadecimal(octets: NDArray[np.uint8], at: NDArray[np.intp], digits: int) -> Numbers:
    """A number of so many digits at each place, -1 where there are others; addresses lose their sign bit."""
    value = np.zeros(len(at), dtype=np.int64)
    good = np.ones(len(at), dtype=np.bool_)
    for place in range(digits):
        digit = _DIGITS[octets[at + place]]
        good &= digit != _NO_DIGIT
        value = (value << 4 | digit) & 0x7FFFFFFFFFFFFFFF
    return np.where(good, value, -1)


def _decimal(octets: NDArray[np.uint8], at: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """A number at each place, blanks before it, and where it ends; where there is none it ends at `at`."""
    value = np.zeros(len(at), dtype=np.int64)
    behind = at.copy()
    begun = np.zeros(len(at), dtype=np.bool_)
    going = np.ones(len(at), dtype=np.bool_)
    last = len(octets) - 1
    for place in range(_MOST_DIGITS):
        octet = octets[np.minimum(at + place, last)] if len(at) else octets[:0]
        digit = _DIGITS[octet]
        number = going & (digit < 10) & (at + place <= last)
        value = np.where(number, value * 10 + digit, value)
        behind = np.where(number, at + place + 1, behind)
        going &= number | (~begun & (octet == ord(" ")))
        begun |= number
        if not going.any():
            break
    return value, behind


def _names(
    body: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp], rows: NDArray[np.intp]
) -> tuple[Strings, NDArray[np.uint8]]:
    """Every distinct name of these rows decoded once, and which are abstract."""
    known: dict[bytes, int] = {}
    told = [
        known.setdefault(body[start:end], len(known))
        for start, end in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)
    ]
    codes = np.full(len(starts), -1, dtype=np.int32)
    codes[rows] = told
    bare = (name.removeprefix(b"@") for name in known)
    names = Strings(codes, tuple(name.decode("utf-8", "surrogateescape") for name in bare))
    abstract = np.array([name.startswith(b"@") for name in known] + [False], dtype=np.uint8)[codes]
    return names, abstract
