"""A wire on which every packet takes a while and some are lost: two TUN devices, and threads between them.

The usual means, `tc qdisc add ... netem`, is not in every kernel.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator

from tests.lab.namespace import Namespace

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_PACKET = 65536
_MOST = 10_000
"""Packets on the way; what is beyond that is lost."""


@contextlib.contextmanager
def far(
    one: Namespace,
    other: Namespace,
    seconds: float,
    addresses: tuple[str, str] = ("10.5.0.1", "10.5.0.2"),
    *,
    device: str = "tun0",
    loses: int = 0,
) -> Iterator[None]:
    """While this holds, `device` of both namespaces are joined by a wire of `seconds` each way, on which one
    of so many packets is lost (0: none)."""
    ends = [_device(namespace, device) for namespace in (one, other)]
    over = threading.Event()
    try:
        for namespace, (own, peer) in zip((one, other), (addresses, addresses[::-1]), strict=True):
            namespace.ip("address", "add", own, "peer", peer, "dev", device)
            namespace.ip("link", "set", device, "up")
        told = (seconds, loses, over)
        ways = [threading.Thread(target=_carry, args=(*way, *told)) for way in (ends, ends[::-1])]
        for way in ways:
            way.start()
        yield
    finally:
        over.set()
        for way in ways:
            way.join()
        for end in ends:
            os.close(end)


def _device(namespace: Namespace, name: str) -> int:
    """A new TUN device; it is gone when the descriptor is closed."""
    with namespace.inside():
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
        except OSError:
            os.close(end)
            raise
    return end


def _carry(source: int, target: int, seconds: float, loses: int, over: threading.Event) -> None:
    """Packets from one end to the other, each after so many seconds, but one of `loses`."""
    came = 0
    waiting: deque[tuple[float, bytes]] = deque(maxlen=_MOST)
    while not over.is_set():
        due = waiting[0][0] - time.monotonic() if waiting else 0.05
        readable, _, _ = select.select([source], [], [], max(0.0, min(due, 0.05)))
        if readable:
            with contextlib.suppress(OSError):
                packet = os.read(source, _PACKET)
                came += 1
                if not loses or came % loses:
                    waiting.append((time.monotonic() + seconds, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            with contextlib.suppress(OSError):
                os.write(target, waiting.popleft()[1])
