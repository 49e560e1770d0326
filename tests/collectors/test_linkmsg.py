"""Messages about links and addresses become columns."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.linkmsg import Addresses, Links
from sockscope.app.frames.links import LINK_NUMBERS, STATS, UNKNOWN_COUNT, UNKNOWN_NUMBER, no_links
from sockscope.app.frames.table import Strings, Table
from tests.collectors.netlink_messages import address, attribute, link
from tests.collectors.route_messages import dump


def links(*messages: bytes) -> Table:
    return Table(Links().columns(dump(messages)))


def addresses(*messages: bytes) -> Table:
    return Table(Addresses().columns(dump(messages)))


def stats(*values: int) -> bytes:
    return attribute(23, struct.pack(f"={len(values)}Q", *values))


FULL = link(
    4,
    [
        attribute(3, b"eth0\0"),
        attribute(4, struct.pack("=I", 1500)),
        attribute(5, struct.pack("=I", 7)),
        attribute(10, struct.pack("=I", 9)),
        attribute(13, struct.pack("=I", 1000)),
        attribute(16, b"\x06"),
        attribute(6, b"fq_codel\0"),
        attribute(30, struct.pack("=I", 2)),
        attribute(61, struct.pack("=I", 1)),
        attribute(33, b"\x01"),
        attribute(35, struct.pack("=I", 12)),
        attribute(37, struct.pack("=i", -1)),
        attribute(0x8012, attribute(1, b"veth\0")),
        attribute(1, bytes.fromhex("0242ac110002")),
        attribute(20, b"uplink \x1b[31m\0"),
        stats(*range(1, len(STATS) + 1)),
    ],
    flags=0x11043,
)


def test_every_column_is_filled() -> None:
    table = links(FULL)
    expected = {
        "index": 4, "mtu": 1500, "link": 7, "master": 9, "txqlen": 1000, "operstate": 6, "promiscuity": 2,
        "allmulti": 1, "carrier": 1, "carrier_changes": 12, "netnsid": -1, "flags": 0x11043,
    }  # fmt: skip
    assert {name: table.integer(name, 0) for name in expected} == expected
    texts = {"name": "eth0", "kind": "veth", "mac": "02:42:ac:11:00:02", "qdisc": "fq_codel"}
    assert {name: table.text(name, 0) for name in texts} == texts
    assert table.text("alias", 0) == "uplink \x1b[31m"
    assert [table.integer(name, 0) for name in STATS] == list(range(1, len(STATS) + 1))
    for name, kind in LINK_NUMBERS.items():
        assert table.numbers(name).dtype == kind


def test_what_the_kernel_leaves_out_is_unknown_not_zero() -> None:
    table = links(link(1, [attribute(3, b"x\0")], arphrd=9999))
    for name in ("mtu", "promiscuity", "allmulti", "carrier_changes", "txqlen"):
        assert table.integer(name, 0) == UNKNOWN_NUMBER
    assert table.integer("carrier", 0) == -1
    assert table.integer("netnsid", 0) == -1
    assert table.integer("master", 0) == 0
    assert {table.integer(name, 0) for name in STATS} == {UNKNOWN_COUNT}
    assert table.text("kind", 0) is None
    assert table.text("mac", 0) is None


def test_older_and_newer_kernels_have_fewer_and_more_counters() -> None:
    table = links(link(1, [stats(*range(23))]), link(2, [stats(*range(30))]))
    assert table.integer("tx_compressed", 0) == 22
    assert table.integer("rx_nohandler", 0) == UNKNOWN_COUNT
    assert table.integer("rx_otherhost_dropped", 1) == 24


def test_kind_falls_back_to_the_hardware_type() -> None:
    assert [links(link(1, [], arphrd=kind)).text("kind", 0) for kind in (1, 772, 32)] == [
        "ether",
        "loopback",
        "infiniband",
    ]


def test_the_later_message_about_an_interface_counts() -> None:
    table = links(link(1, [attribute(3, b"old\0")]), link(2, []), link(1, [attribute(3, b"new\0")]))
    assert table.numbers("index").tolist() == [1, 2]
    assert table.text("name", 0) == "new"


def test_other_families_are_not_interfaces() -> None:
    assert len(links(link(1, [], family=7), FULL)) == 1


def test_a_name_that_is_no_utf8_survives() -> None:
    name = links(link(1, [attribute(3, b"\xff\xfe\0")])).text("name", 0)
    assert name is not None
    assert name.encode("utf-8", "surrogateescape") == b"\xff\xfe"


def test_no_message_gives_typed_empty_columns() -> None:
    table, empty = links(), no_links()
    assert len(table) == 0
    for name, column in table.columns.items():
        wanted = empty.columns[name]
        if isinstance(column, Strings):
            assert isinstance(wanted, Strings)
        else:
            assert column.dtype == empty.numbers(name).dtype


def test_addresses_of_both_families_and_a_peer() -> None:
    here, there = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
    six = bytes(15) + b"\x01"
    labelled = [attribute(1, there), attribute(2, here), attribute(3, b"ppp0:1\0")]
    table = addresses(
        address(3, 2, 32, [*labelled, attribute(8, struct.pack("=I", 0x280))]),
        address(1, 10, 128, [attribute(1, six)], flags=0x80, scope=254),
        address(1, 2, 8, [attribute(1, b"\x7f")]),
        address(1, 28, 8, [attribute(1, bytes(4))]),
    )
    assert table.numbers("index").tolist() == [3, 1]
    assert table.numbers("prefix").tolist() == [32, 128]
    assert table.numbers("scope").tolist() == [0, 254]
    assert table.numbers("flags").tolist() == [0x280, 0x80]
    assert table.numbers("address")[0].tobytes() == here + bytes(12)
    assert table.numbers("peer")[0].tobytes() == there + bytes(12)
    assert table.numbers("peer")[1].tobytes() == six
    assert [table.text("label", row) for row in range(2)] == ["ppp0:1", None]


@given(st.binary(max_size=120), st.integers(0, 60))
def test_attributes_that_lie_about_their_length_harm_nobody(noise: bytes, cut: int) -> None:
    noise = noise[: len(noise) & ~3]
    broken = link(1, [FULL[32 : 32 + (cut & ~3)], noise])
    table = links(broken, FULL)
    assert table.text("name", len(table) - 1) == "eth0"
    addresses(address(1, 10, 64, [noise]))
