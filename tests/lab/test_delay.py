"""A wire with delay loses what it is told to lose, and nothing else."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests.lab.delay import far
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and, require_tun

SENT = 12


@pytest.mark.lab
@pytest.mark.parametrize(("loses", "lost"), [(0, set()), (4, {3, 7, 11}), (5, {4, 9})])
def test_every_so_manyth_packet_is_lost(loses: int, lost: set[int]) -> None:
    require_root_and("ip")
    require_tun()
    with Namespace() as one, Namespace() as other:
        for each in (one, other):
            each.sysctl("net/ipv6/conf/default/disable_ipv6", 1)  # no packets but those sent here
        with (
            far(one, other, 0.001, device="slow0", loses=loses),
            one.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
            other.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        ):
            receiver.bind(("10.5.0.2", 5000))
            receiver.settimeout(5)
            for number in range(SENT):
                sender.sendto(bytes((number,)), ("10.5.0.2", 5000))
            came = {receiver.recv(1)[0] for _ in range(SENT - len(lost))}
            receiver.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                came.add(receiver.recv(1)[0])
    assert came == set(range(SENT)) - lost
