"""Packet, netlink and vsock sockets as rows of one tab."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.others import GROWS_FOR, NETLINK, PACKET, VSOCK, OthersModel
from sockscope.app.model.ownership import KERNEL, NOBODY, OWNED
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from tests.fake import owners
from tests.model.other_tables import netlinks, packets, vsocks


class Played:
    """A model fed frame by frame."""

    def __init__(self) -> None:
        self.model = OthersModel()
        self.store = Store()
        self._number = 0

    def sample(self, **tables: Table) -> None:
        self._number += 1
        taken = max((table.taken for table in tables.values()), default=0.0)
        self.store.take(Frame(self._number, wall=0.0, monotonic=taken, interval=1.0, tables=tables))
        self.model.advance(self.store)

    def rows(self, *switches: str) -> Table:
        rows = self.model.rows(self.store, Options(frozenset(switches)))
        assert rows is not None
        return rows


def test_one_row_a_socket_of_every_kind() -> None:
    it = Played()
    it.sample(
        packet=packets({"inode": 1, "cookie": 11}),
        netlink=netlinks({"port": 7, "peer": 3, "inode": 2, "cookie": 12}),
        vsock=vsocks({"local_cid": 3, "local_port": 9, "remote_cid": 2, "cookie": 13}),
        **owners((1, 500, "tcpdump")),
    )
    rows = it.rows()
    assert rows.numbers("family").tolist() == [PACKET, NETLINK, VSOCK]
    assert rows.numbers("key").tolist() == [11, 12, 13]
    assert rows.numbers("local_port").tolist() == [0, 7, 9]
    assert rows.numbers("remote_port").tolist() == [0, 3, 0]
    assert rows.numbers("drops").tolist() == [0, 0, -1]
    assert rows.numbers("rmem").tolist() == [0, 0, -1]
    assert rows.numbers("why").tolist()[0] == OWNED
    assert rows.text("name", 0) == "tcpdump"
    assert rows.text("user", 1) is None
    assert it.model.count(it.store) == 3


def test_nothing_collected_is_not_nothing_there() -> None:
    it = Played()
    it.sample()
    assert it.model.rows(it.store, Options()) is None
    assert it.model.count(it.store) is None
    assert it.model.attention(it.store) == 0
    it.sample(packet=packets(), netlink=netlinks())
    assert len(it.rows()) == 0
    assert it.model.count(it.store) == 0


def test_the_kernels_own_ends_are_not_looked_for_and_left_out_by_a_switch() -> None:
    it = Played()
    it.sample(netlink=netlinks({"cookie": 1, "inode": 5}, {"cookie": 2, "port": 77, "inode": 6}), **owners())
    assert it.rows().numbers("why").tolist()[0] == KERNEL
    assert it.rows("only_programs").numbers("cookie").tolist() == [2]
    assert it.model.count(it.store) == 1


def test_pids_of_every_holder() -> None:
    it = Played()
    it.sample(packet=packets({"inode": 4, "cookie": 1}, {"cookie": 2}), **owners((4, 9, "a"), (4, 10, "b")))
    rows = it.rows("every_holder")
    assert [rows.text("pids", row) for row in range(2)] == ["9 10", None]
    assert rows.numbers("why").tolist() == [OWNED, NOBODY]


def test_without_cookies_rows_are_told_apart() -> None:
    it = Played()
    it.sample(
        packet=packets({"inode": 4}, {"inode": 5}),
        netlink=netlinks({"port": 4}, {"port": 5}, {"protocol": 9}),
    )
    assert len(set(it.rows().numbers("key").tolist())) == 5


def drops(taken: float, *numbers: int) -> Table:
    return netlinks(
        *({"cookie": place, "port": place, "drops": number} for place, number in enumerate(numbers, 1)),
        taken=taken,
    )


def test_growing_drops_want_looking_at_for_a_while() -> None:
    it = Played()
    it.sample(netlink=drops(0.0, 5, 0))
    assert it.model.attention(it.store) == 0  # what was lost before anyone looked does not grow
    it.sample(netlink=drops(1.0, 6, 0))
    assert it.rows().numbers("growing").tolist() == [True, False]
    it.sample(netlink=drops(1.0 + GROWS_FOR, 6, 0))
    assert it.model.attention(it.store) == 1
    it.sample(netlink=drops(1.1 + GROWS_FOR, 6, 0))
    assert it.model.attention(it.store) == 0


def test_a_socket_that_is_gone_is_forgotten_and_an_unknown_number_does_not_grow() -> None:
    it = Played()
    it.sample(netlink=drops(0.0, 5))
    it.sample(netlink=drops(1.0, 9))
    it.sample(netlink=netlinks(taken=2.0))
    assert it.model.attention(it.store) == 0
    it.sample(netlink=drops(3.0, 12))
    assert it.model.attention(it.store) == 0
    it.sample(netlink=drops(4.0, -1))
    it.sample(netlink=drops(5.0, 3))
    assert it.model.attention(it.store) == 0


def test_a_frame_that_brings_nothing_new_is_no_sample() -> None:
    it = Played()
    table = drops(0.0, 5)
    for _ in range(3):
        it.sample(netlink=table)
    assert not it.rows().numbers("growing").any()


def test_a_hundred_thousand_sockets_are_rows_too() -> None:
    size = 100_000
    numbers = np.arange(1, size + 1)
    table = netlinks({})
    many = table.take(np.zeros(size, np.intp)).with_columns(
        cookie=numbers.astype(np.uint64), port=numbers.astype(np.uint32)
    )
    it = Played()
    it.sample(netlink=many)
    assert len(it.rows("only_programs")) == size
