"""Packet, netlink and vsock sockets in words and fields."""

from __future__ import annotations

from typing import Any

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.engine import Engine, Request
from sockscope.app.model.query import Query
from sockscope.app.model.tab import Options
from sockscope.app.view import catalog, layout
from sockscope.app.view.columns import Section
from sockscope.app.view.others import OTHERS
from sockscope.app.view.otherwords import local, proto, purpose, remote
from tests.fake import owners
from tests.filters import typed
from tests.model.link_tables import links_table
from tests.model.other_tables import netlinks, packets, vsocks

ANY = 2**32 - 1

PACKETS = packets(
    {"device": 2, "promiscuous": 1, "cookie": 1, "inode": 70, "fanout": 0x10007, "ring": 1},
    {"protocol": 0x0806, "type": 2, "cookie": 2, "drops": 4},
    {"protocol": 0x1234, "device": 9, "cookie": 3, "flags": 0x8},
    {"protocol": 0, "cookie": 4},
    {"promiscuous": 2, "cookie": 5},
)
NETLINKS = netlinks(
    {"cookie": 11},
    {"cookie": 12, "port": 900, "inode": 71},
    {"cookie": 13, "port": 4_000_000_000, "protocol": 15},
    {"cookie": 14, "port": 901, "protocol": 77, "peer": 5},
    groups={1: (1, 5, 7, 9), 2: (2,), 3: (3,)},
)
VSOCKS = vsocks(
    {"cookie": 21, "local_cid": 3, "local_port": 1024, "remote_cid": 2, "remote_port": 5000},
    {"cookie": 22, "state": 10, "local_cid": ANY, "local_port": 22, "remote_cid": ANY, "remote_port": ANY},
    {"cookie": 23, "state": 7, "type": 5, "local_cid": 1, "local_port": 1},
)


def snapshot_of(*switches: str, words: str = "", open_row: int | None = None, **tables: Table) -> Any:
    engine = Engine(catalog.tabs())
    tables = tables or {"packet": PACKETS, "netlink": NETLINKS, "vsock": VSOCKS}
    held = owners((70, 500, "tcpdump"), (71, 900, "networkd"))
    devices = {"links": links_table([{"index": 2, "name": "eth0"}])}
    engine.advance(Frame(1, wall=0.0, monotonic=1.0, interval=1.0, tables={**tables, **held, **devices}))
    query = typed(OTHERS, *words.split())
    return engine.snapshot(Request("other", query, Options(frozenset(switches)), open_row=open_row))


def said(section: Section) -> str:
    return "\n".join(f"{fact.label}: {fact.value}" for fact in section.facts)


def details(key: int) -> dict[str, str]:
    return {section.title: said(section) for section in snapshot_of(open_row=key).details}


def test_rows_read_as_in_ss_and_in_words() -> None:
    rows = snapshot_of().rows
    assert [(proto(rows, row), local(rows, row), remote(rows, row)) for row in range(len(rows))] == [
        ("p_raw", "*:eth0", "*"),
        ("p_dgr", "arp:*", "*"),
        ("p_raw", "0x1234:if9", "*"),
        ("p_raw", "none:*", "*"),
        ("p_raw", "*:*", "*"),
        ("nl", "rtnl:kernel", "*"),
        ("nl", "rtnl:900", "*"),
        ("nl", "uevent:4000000000", "*"),
        ("nl", "77:901", "5"),
        ("v_str", "3:1024", "2:5000"),
        ("v_str", "*:22", "*:*"),
        ("v_seq", "1:1", "0:0"),
    ]
    assert [purpose(rows, row) for row in range(len(rows))] == [
        "promiscuous: sees every frame of eth0",
        "sees arp frames of every interface",
        "sees 0x1234 frames of if9",
        "only sends",
        "sees every frame of every interface, all multicast",
        "the kernel's end",
        "hears link, ipv4-ifaddr, ipv4-route and 1 more",
        "hears udev",
        "hears 3",
        "ESTABLISHED with 2:5000",
        "LISTEN: accepts virtual machines or the host",
        "CLOSE",
    ]


def test_tones_say_who_sniffs_and_who_loses() -> None:
    rows = snapshot_of().rows
    cells = {column.id: [column.cell(rows, row) for row in range(len(rows))] for column in OTHERS.columns}
    assert [cell.tone for cell in cells["purpose"][:3]] == ["warn", "", ""]
    assert [(cell.text, cell.tone) for cell in cells["drops"][:2]] == [("0", "dim"), ("4", "warn")]
    assert cells["drops"][-1].text == cells["rmem"][-1].text == "-"


def test_many_drops_are_told_in_fewer_digits_rather_than_cut() -> None:
    engine = Engine(catalog.tabs())
    for second, drops in ((1.0, 3), (2.0, 83_996_123)):
        table = packets({"cookie": 1, "drops": drops}, taken=second)
        engine.advance(Frame(int(second), wall=0.0, monotonic=second, interval=1.0, tables={"packet": table}))
    rows = engine.snapshot(Request("other")).rows
    assert rows is not None
    (column,) = (placed for placed in layout.place(OTHERS.columns, 160) if placed.column.id == "drops")
    shown = layout.cell(column, rows, 0)
    assert layout.fit(shown, column).strip() == shown.text == "84.0M ▲"


def test_growing_drops_are_marked() -> None:
    engine = Engine(catalog.tabs())
    for second, drops in ((1.0, 3), (2.0, 8)):
        table = packets({"cookie": 1, "drops": drops}, taken=second)
        engine.advance(Frame(int(second), wall=0.0, monotonic=second, interval=1.0, tables={"packet": table}))
    shown = engine.snapshot(Request("other", open_row=1))
    assert shown.tabs["other"].attention == 1
    assert shown.rows is not None
    drops_column = next(column for column in OTHERS.columns if column.id == "drops")
    assert drops_column.cell(shown.rows, 0) == ("8 ▲", "alarm")
    assert "8 lost because it did not read fast enough, and growing" in said(shown.details[3])


def test_who_sees_most_comes_first_and_the_kernel_is_left_out() -> None:
    first = Query(sort="purpose", descending=True)
    engine = Engine(catalog.tabs())
    tables = {"packet": PACKETS, "netlink": NETLINKS}
    engine.advance(Frame(1, wall=0.0, monotonic=1.0, interval=1.0, tables=tables))
    shown = engine.snapshot(Request("other", first, OTHERS.options))
    assert shown.keys.tolist() == [1, 5, 12, 13, 14, 2, 3, 4]
    assert (*OTHERS.sort, *OTHERS.options.on) == ("purpose", True, "only_programs")


def test_searches() -> None:
    for words, keys in (
        ("promisc", [1]),
        ("arp", [2]),
        ("eth0 every", [1]),
        ("tcpdump", [1]),
        ("udev", [13]),
        ("networkd", [12]),
        ("v_str 5000", [21]),
        ("nosuchthing", []),
    ):
        assert snapshot_of(words=words).keys.tolist() == keys, words


def test_details_say_everything_in_words() -> None:
    sniffer = details(1)
    assert "all, received and sent: it may be a sniffer" in sniffer["Sees"]
    assert "promiscuous: it made the device take frames that are meant for others" in sniffer["Sees"]
    assert "fanout: group 7: its members share the frames in turn" in sniffer["Sees"]
    assert "ring: frames reach it through shared memory" in sniffer["Sees"]
    assert "tcpdump 500" in sniffer["Owner"]
    assert "user: root" in sniffer["Owner"]
    assert "without their link-layer header" in details(2)["Socket"]
    assert "asks for: offload headers" in details(3)["Sees"]
    assert "none: it only sends" in details(4)["Sees"]
    talk = details(12)["Hears"]
    assert "port: 900, the number of its process" in talk
    assert "groups: link, ipv4-ifaddr, ipv4-route, ipv6-ifaddr" in talk
    assert "an address, not a process" in details(13)["Hears"]
    assert "kernel's own end" in details(11)["Hears"]
    ends = details(21)["Ends"]
    assert "machine 3, port 1024" in ends
    assert "foreign: the host, port 5000" in ends
    assert "any, port 22" in details(22)["Ends"]


def test_fields() -> None:
    rows = snapshot_of("every_holder").rows
    told: list[dict[str, Any]] = [
        {field.name: field.value(rows, row) for field in OTHERS.fields} for row in range(len(rows))
    ]
    sniffer, talk, virtual = told[0], told[6], told[9]
    assert (sniffer["proto"], sniffer["protocol"], sniffer["interface"]) == ("p_raw", "all", "eth0")
    assert (sniffer["promiscuous"], sniffer["ring"], sniffer["fanout"], sniffer["groups"]) == (
        True,
        True,
        7,
        None,
    )
    assert (sniffer["local_address"], sniffer["local_port"], sniffer["state"]) == (None, None, None)
    assert (sniffer["uid"], sniffer["pid"], sniffer["pids"], sniffer["cookie"]) == (0, 500, [500], 1)
    assert (talk["local_port"], talk["groups"][0], talk["promiscuous"], talk["uid"]) == (
        900,
        "link",
        None,
        None,
    )
    assert (virtual["local_address"], virtual["local_port"], virtual["remote_address"]) == ("3", 1024, "2")
    assert (virtual["state"], virtual["recv_q"], virtual["drops"], virtual["protocol"]) == (
        "ESTABLISHED", None, None, None,
    )  # fmt: skip


def test_a_hostile_interface_name_stays_text() -> None:
    engine = Engine(catalog.tabs())
    named = links_table([{"index": 2, "name": "x"}]).with_columns(name=Strings.of(["e\x1b[2J[/b]"]))
    tables = {"packet": PACKETS, "links": named}
    engine.advance(Frame(1, wall=0.0, monotonic=1.0, interval=1.0, tables=tables))
    rows = engine.snapshot(Request("other")).rows
    assert rows is not None
    assert local(rows, 0) == "*:e^[[2J[/b]"


def test_an_empty_table_says_why() -> None:
    assert "no program has" in snapshot_of(packet=packets(), netlink=netlinks()).empty
