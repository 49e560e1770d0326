"""Whether a namespace has sockets of the internet, told without a dump."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockscope.app.collectors import netns
from sockscope.app.collectors.procnet import PROC_NET, deserted
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.sockets import Sockets, wait_for

SOCKSTAT = "sockets: used {used}\nTCP: inuse {tcp} orphan 65 tw {tw} alloc 121 mem 395\nUDP: inuse 0 mem 0\n"
PROTOCOLS = (
    "protocol size sockets memory\nTCP 2304 {tcp} -1\nUDPv6 1088 {udp} -1\nNETLINK 1096 {netlink} -1\n"
)


@pytest.mark.parametrize(
    ("numbers", "answer"),
    [
        ({}, True),
        ({"used": 3, "netlink": 3}, True),
        ({"used": 4, "netlink": 3}, False),
        ({"tw": 1}, False),
        ({"tcp": 1}, False),
        ({"udp": 1}, False),
    ],
)
def test_only_netlink_sockets_make_a_desert(tmp_path: Path, numbers: dict[str, int], answer: bool) -> None:
    told = {"used": 0, "tcp": 0, "tw": 0, "udp": 0, "netlink": 0, **numbers}
    (tmp_path / "sockstat").write_text(SOCKSTAT.format(**told))
    (tmp_path / "protocols").write_text(PROTOCOLS.format(**told))
    assert deserted(str(tmp_path)) is answer


@pytest.mark.parametrize(
    "text", ["", "sockets: used\n", "sockets: used 0\n", "sockets: used 0\nTCP: inuse 0\n"]
)
def test_what_cannot_be_known_is_no_desert(tmp_path: Path, text: str) -> None:
    (tmp_path / "protocols").write_text(PROTOCOLS.format(tcp=0, udp=0, netlink=0))
    assert not deserted(str(tmp_path))
    (tmp_path / "sockstat").write_text(text)
    assert not deserted(str(tmp_path))


def test_counts_that_cannot_be_read_are_no_desert(tmp_path: Path) -> None:
    (tmp_path / "sockstat").write_text(SOCKSTAT.format(used=0, tcp=0, tw=0))
    assert not deserted(str(tmp_path))


@pytest.fixture
def here() -> Iterator[Sockets]:
    require_root_and("ip")
    with Namespace() as namespace, Sockets(namespace) as made:
        yield made


def _deserted(here: Sockets) -> bool:
    named = netns.find(here.namespace.name)
    return netns.inside(named, lambda: deserted(PROC_NET))


@pytest.mark.lab
def test_a_namespace_that_was_just_made(here: Sockets) -> None:
    wait_for(lambda: _deserted(here), "the end of the sockets of ip(8)")
    with here.namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW):
        assert _deserted(here)


@pytest.mark.lab
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_is_bound_and_does_nothing_is_there(here: Sockets, host: str) -> None:
    here.bind(host)
    assert not _deserted(here)


@pytest.mark.lab
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_udp_is_there(here: Sockets, host: str) -> None:
    here.udp((host, 0))
    assert not _deserted(here)


@pytest.mark.lab
def test_what_only_the_kernel_still_has_is_there(here: Sockets) -> None:
    """An orphan, and then TIME_WAIT, that no program holds."""
    namespace = here.namespace
    listener = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.closing(listener):
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
    client.close()
    assert not _deserted(here)  # FIN_WAIT2 of the client, CLOSE_WAIT of the server
    server.close()
    assert not _deserted(here)  # TIME_WAIT alone
