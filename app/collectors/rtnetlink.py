"""Dumps of links and addresses through pyroute2, left as the datagrams the kernel sent.

pyroute2's own decoder takes 130 ms of CPU for 600 links; a marshal that decodes nothing leaves the 2 ms the
kernel needs.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

NETLINK_ROUTE = 0
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_MULTI = 0x2
NLM_F_DUMP_INTR = 0x10

What: TypeAlias = Literal["link", "addr"]
"""What can be dumped, in pyroute2's words."""

_HEADER = struct.Struct("=IHH")
_HEADER_SIZE = 16
_ERRNO = struct.Struct("=i")


class Datagram(NamedTuple):
    """One datagram and the byte offsets of the messages in it, each at its nlmsghdr."""

    data: bytes
    offsets: list[int]


@dataclass(frozen=True, slots=True)
class Dump:
    """A whole dump; `interrupted` says that the list changed while the kernel walked it."""

    datagrams: list[Datagram]
    interrupted: bool


class RouteSocket:
    """An rtnetlink socket of the network namespace in which it is made, to be used by one thread that runs no
    event loop. Raises OSError where netlink is refused."""

    def __init__(self) -> None:
        self._socket = self._open()
        self._route: Any = None

    def _open(self) -> socket.socket:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, NETLINK_ROUTE)

    def dump(self, what: What) -> Dump:
        """Everything the kernel has of that kind; OSError if it refuses."""
        if self._route is None:
            self._route = self._pyroute2()
        try:
            answers = list(getattr(self._route, what)("dump"))
        except OSError:
            self.close()
            self._socket = self._open()
            raise
        return Dump(
            [answer["datagram"] for answer in answers], any(answer["interrupted"] for answer in answers)
        )

    def _pyroute2(self) -> Any:
        from pyroute2 import IPRoute  # noqa: PLC0415 - 150 ms, and only needed here

        route = IPRoute(fileno=os.dup(self._socket.fileno()))
        route.set_marshal(_Undecoded())
        return route

    def close(self) -> None:
        """Close the socket."""
        if self._route is not None:
            self._route.close()
            self._route = None
        self._socket.close()


class _Undecoded:
    """A marshal for pyroute2's sockets that finds the ends of messages and nothing else."""

    def __init__(self) -> None:
        self.seq_map: dict[int, object] = {}

    def parse(self, data: bytes, *_: object) -> Iterator[dict[str, Any]]:
        """The messages of a datagram as one, then its end of dump or error as another."""
        offsets: list[int] = []
        interrupted = False
        at = 0
        while at + _HEADER_SIZE <= len(data):
            size, kind, flags = _HEADER.unpack_from(data, at)
            interrupted |= bool(flags & NLM_F_DUMP_INTR)
            if size < _HEADER_SIZE or at + size > len(data) or kind in (NLMSG_ERROR, NLMSG_DONE):
                break
            offsets.append(at)
            at += (size + 3) & ~3
        else:
            kind = 0
        header = {"type": 0, "flags": NLM_F_MULTI}
        yield {"header": header, "datagram": Datagram(data, offsets), "interrupted": interrupted}
        if kind in (NLMSG_ERROR, NLMSG_DONE):
            yield {"header": {"type": NLMSG_DONE, "flags": NLM_F_MULTI, "error": _error(data, at)}}

    def is_enough(self, message: dict[str, Any]) -> bool:
        """Whether the dump ends here."""
        return bool(message["header"]["type"] == NLMSG_DONE)


def _error(data: bytes, at: int) -> OSError | None:
    """The error in the payload of DONE or ERROR, None if it is 0."""
    payload = at + _HEADER_SIZE
    if payload + _ERRNO.size > len(data):
        return None
    code = abs(_ERRNO.unpack_from(data, payload)[0])
    return OSError(code, os.strerror(code)) if code else None
