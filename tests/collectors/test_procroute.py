"""Routes read from the files of /proc say as much as the files do."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import procroute
from sockscope.app.frames.table import Table
from tests.collectors.route_messages import packed
from tests.collectors.test_rtmsg import has_promised_columns

DEVICES = {"v0": 3, "lo": 1, "eth0": 2}

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the files below are of such a machine")

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
ROUTE = HEAD + "".join(
    line.ljust(127) + "\n"
    for line in (
        "v0\t00000000\t0200010A\t0003\t0\t0\t0\t00000000\t1340\t20000\t500",
        "v0\t0000010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        "v0\t0303030A\t0200010A\t0007\t0\t0\t-2\tFFFFFFFF\t0\t0\t0",
        "*\t0000060A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0",
        "*\t0000080A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
        "gone\t00000B0A\t00000000\t0003\t0\t0\t50\t0000FFFF\t0\t0\t0",
    )
)


def line_6(
    destination: str,
    flags: int,
    device: str,
    *,
    gateway: str = "::",
    source: str = "::/0",
    metric: int = 1024,
) -> str:
    """A line as rt6_info_route prints it."""
    (to, length), (origin, origin_length) = destination.split("/"), source.split("/")
    return (
        f"{packed(to).hex()} {int(length):02x} {packed(origin).hex()} {int(origin_length):02x} "
        f"{packed(gateway).hex()} {metric:08x} {1:08x} {0:08x} {flags:08x} {device:>8}"
    )


LINES_6 = {
    "prefix": line_6("2001:db8:1::/64", 0x1, "v0", metric=256),
    "gateway": line_6("2001:db8:2::/48", 0x3, "v0", gateway="fe80::1"),
    "unreachable": line_6("2001:db8:6::/48", 0x200200, "lo"),
    "own": line_6("2001:db8:1::1/128", 0x80200001, "v0", metric=0),
    "local in main": line_6("2001:db8:12::/48", 0x80000001, "lo"),
    "router": line_6("::/0", 0x0C450003, "eth0", gateway="fe80::1"),
    "advertised route": line_6("fd21::/48", 0xC40003, "eth0", gateway="fe80::1"),
    "advertised prefix": line_6("fd20::/64", 0x4C0001, "eth0", metric=256),
    "multicast": line_6("ff00::/8", 0x1, "v0", metric=256),
    "from": line_6("::/0", 0x1, "v0", source="2001:db8:9::/48"),
    "null": line_6("::/0", 0x200200, "lo", metric=0xFFFFFFFF),
}
IPV6_ROUTE = "".join(line + "\n" for line in LINES_6.values())


def index_of(name: str) -> int:
    return DEVICES.get(name, 0)


def four(text: str = ROUTE) -> Table:
    table = procroute.routes_4(text.encode(), index_of)
    has_promised_columns(table, "routes")
    return table


def six(name: str) -> Table:
    table = procroute.routes_6((LINES_6[name] + "\n").encode(), index_of)
    has_promised_columns(table, "routes")
    return table


def test_ipv4_columns() -> None:
    table = four()
    assert [raw[:4].tobytes() for raw in table.numbers("destination")][:2] == [bytes(4), bytes([10, 1, 0, 0])]
    assert table.numbers("destination_length").tolist() == [0, 24, 32, 16, 16, 16]
    assert table.numbers("gateway")[0, :4].tolist() == [10, 1, 0, 2]
    assert table.numbers("gateway_family").tolist() == [2, 0, 2, 0, 0, 2]
    assert table.numbers("device").tolist() == [3, 3, 3, 0, 0, 0]
    assert table.numbers("type").tolist() == [1, 1, 1, 7, 6, 1]
    assert table.numbers("metric").tolist() == [0, 0, 2**32 - 2, 0, 0, 50]
    assert set(table.numbers("table").tolist()) == {254}
    assert table.numbers("scope").tolist() == [0, 253, 0, 0, 0, 0]


def test_ipv4_metrics_are_the_kernels_again() -> None:
    table = four()
    assert table.numbers("advmss").tolist() == [1300, 0, 0, 0, 0, 0]
    assert table.integer("window", 0) == 20000
    assert table.integer("rtt", 0) == 500 * 8


def test_a_line_cut_short_is_left_out() -> None:
    assert len(four(ROUTE[: ROUTE.rindex("gone") + 20])) == 5
    assert len(four(HEAD)) == len(four("")) == 0
    assert len(procroute.routes_6(IPV6_ROUTE[:-40].encode(), index_of)) == len(LINES_6) - 1


@pytest.mark.parametrize(
    ("name", "kind", "table", "protocol"),
    [
        ("prefix", 1, 254, 0),
        ("gateway", 1, 254, 0),
        ("unreachable", 7, 254, 0),
        ("own", 2, 255, 2),
        ("local in main", 2, 254, 0),
        ("router", 1, 254, 9),
        ("advertised route", 1, 254, 9),
        ("advertised prefix", 1, 254, 2),
        ("multicast", 5, 255, 2),
        ("from", 1, 254, 0),
    ],
)
def test_ipv6_kinds(name: str, kind: int, table: int, protocol: int) -> None:
    row = six(name)
    assert (row.integer("type", 0), row.integer("table", 0), row.integer("protocol", 0)) == (
        kind,
        table,
        protocol,
    )
    assert row.integer("advertised", 0) == (name == "advertised prefix")
    assert (row.integer("expires", 0) != 0) == (name in {"router", "advertised route", "advertised prefix"})
    assert row.integer("source_length", 0) == (48 if name == "from" else 0)


def test_ipv6_addresses_and_preference() -> None:
    row = six("router")
    assert row.numbers("gateway")[0].tobytes() == packed("fe80::1")
    assert (row.integer("gateway_family", 0), row.integer("device", 0)) == (10, 2)
    assert (row.integer("metric", 0), row.integer("pref", 0)) == (1024, 1)
    assert six("from").numbers("source_prefix")[0].tobytes() == packed("2001:db8:9::")


def test_the_kernels_null_entries_are_no_routes() -> None:
    assert len(six("null")) == 0
    assert len(procroute.routes_6(IPV6_ROUTE.encode(), index_of)) == len(LINES_6) - 1


@given(st.binary(max_size=200), st.integers(0, len(IPV6_ROUTE)), st.integers(0, len(ROUTE)))
def test_damaged_files_give_fewer_rows_and_no_failure(damage: bytes, at_6: int, at_4: int) -> None:
    six_text, four_text = IPV6_ROUTE.encode(), ROUTE.encode()
    assert len(procroute.routes_6(six_text[:at_6] + damage + six_text[at_6:], index_of)) >= len(LINES_6) - 2
    assert len(procroute.routes_4(four_text[:at_4] + damage, index_of)) <= 6


def test_the_same_types_with_and_without_rows() -> None:
    assert [four("").numbers(name).dtype for name in four().columns] == [
        four().numbers(name).dtype for name in four().columns
    ]
