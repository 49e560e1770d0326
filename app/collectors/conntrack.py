"""Tracked connections from ctnetlink; from /proc/net/nf_conntrack where that is refused."""

from __future__ import annotations

import errno
import struct
import time
from collections.abc import Callable
from pathlib import Path

from sockscope.app.collectors import ctmsg, procconntrack
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import NETLINK_NETFILTER, Dump, NetlinkSocket, failed, strerror
from sockscope.app.frames.conntrack import no_entries
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table

_REQUEST = struct.Struct("=BBH")
"""struct nfgenmsg: family (0: all), version, resource."""
_TRIES = 3
"""How often the list is asked for when the kernel breaks it off."""
_BROKEN_OFF = (errno.ENOBUFS, errno.EINTR, errno.ENOMEM)
_FORBIDDEN = (errno.EPERM, errno.EACCES)
_NEEDS_ROOT = "listing tracked connections needs root (CAP_NET_ADMIN)"
_SIGNS = ("sys/net/netfilter/nf_conntrack_count", "thread-self/net/stat/nf_conntrack")
"""Files that are there once the kernel can track connections; the first one tells how many it does."""


class ConntrackCollector:
    """Asks the kernel for all tracked connections of the network namespace it first collects in.

    Where the kernel does not track connections it is not asked, because asking would load the modules.
    `proc` is where procfs is mounted, or what stands for it.
    """

    provides: tuple[str, ...] = ("conntrack",)

    def __init__(self, proc: str = "/proc", connect: Callable[[int], NetlinkSocket] = NetlinkSocket) -> None:
        self._proc = Path(proc)
        self._connect = connect
        self._socket: NetlinkSocket | None = None

    def collect(self) -> Collected:
        """Table `conntrack`, in the kernel's order. An entry may be there twice: the list is no snapshot."""
        taken = time.monotonic()
        if not any((self._proc / sign).exists() for sign in _SIGNS):
            why = "this kernel tracks no connections (nf_conntrack is not loaded)"
            return Collected({}, (Note("conntrack", "missing", why),))
        if self._none():
            return Collected({"conntrack": Table(no_entries().columns, taken)})
        dump = self._dump()
        table = ctmsg.decode(dump)
        if not dump.error or (dump.error in _BROKEN_OFF and len(table)):
            notes = _incomplete(dump, len(table))
            return Collected({"conntrack": Table(table.columns, taken)}, notes)
        return self._from_file(dump.error, taken)

    def close(self) -> None:
        """Close the netlink socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _none(self) -> bool:
        """Whether no connection is tracked: the list of them walks the machine's table, which is large."""
        try:
            return int((self._proc / _SIGNS[0]).read_bytes()) == 0
        except (OSError, ValueError):
            return False

    def _dump(self) -> Dump:
        try:
            if self._socket is None:
                self._socket = self._connect(NETLINK_NETFILTER)
            for _ in range(_TRIES):
                dump = self._socket.dump(ctmsg.CT_GET, _REQUEST.pack(0, 0, 0))
                if dump.error not in _BROKEN_OFF and not dump.interrupted:
                    break
        except OSError as refused:
            return failed(refused.errno or 1)
        return dump

    def _from_file(self, error: int, taken: float) -> Collected:
        """The file has the same entries, but needs only to be readable."""
        reason = f"netlink: {strerror(error)}"
        try:
            text = (self._proc / "thread-self/net/nf_conntrack").read_text("ascii", "surrogateescape")
        except OSError as refused:
            if error in _FORBIDDEN:
                note = Note(
                    "conntrack", "forbidden", "listing tracked connections needs root (CAP_NET_ADMIN)"
                )
            else:
                why = f"{reason}; /proc/net/nf_conntrack: {strerror(refused.errno or 1)}"
                note = Note("conntrack", "failed", why)
            return Collected({}, (note,))
        table = procconntrack.entries(text)
        note = Note("conntrack", "fallback", f"{reason}; from /proc/net/nf_conntrack: some facts are missing")
        return Collected({"conntrack": Table(table.columns, taken)}, (note,))


def _incomplete(dump: Dump, entries: int) -> tuple[Note, ...]:
    if dump.error:
        why = f"the kernel broke the list off after {entries:,} connections: {strerror(dump.error)}"
    elif dump.interrupted:
        why = "connections came and went while the kernel listed them"
    else:
        return ()
    return (Note("conntrack", "incomplete", why),)
