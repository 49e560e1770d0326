"""Printing of made-up frames: which rows, in which form, and what is said of what is missing."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from sockscope.app import once
from sockscope.app.frames.frame import Frame, Kind, Note
from sockscope.app.frames.table import Strings, Table
from sockscope.app.gather import Gatherer, absent, interface_names
from sockscope.app.once import Complaints, Printer
from sockscope.app.options import apply, parse
from sockscope.app.settings import Settings
from tests import fake
from tests.model.counter_tables import counters
from tests.model.link_tables import addresses_table, links_table

UDP, RAW, UDPLITE = socket.IPPROTO_UDP, socket.IPPROTO_RAW, 136
SOCKET_KEYS = [
    "proto",
    "state",
    "recv_q",
    "send_q",
    "local_address",
    "local_port",
    "remote_address",
    "remote_port",
    "uid",
    "user",
    "inode",
    "pid",
    "process",
    "inherited",
    "unit",
    "container",
    "cgroup",
    "netns",
    "netns_inode",
    "pids",
    "timer",
    "timer_seconds",
    "timer_count",
    "interface",
    "cookie",
    "mptcp_token",
]


def settings(arguments: str) -> Settings:
    return apply(parse(arguments.split()), Settings())


def printed(arguments: str, *frames: Frame) -> str:
    out = io.StringIO()
    printer = Printer(settings(arguments), out)
    for frame in frames:
        printer.print(frame)
    return out.getvalue()


def lines(arguments: str, *frames: Frame) -> list[str]:
    return [" ".join(line.split()) for line in printed(arguments, *frames).splitlines()]


def objects(arguments: str, *frames: Frame) -> list[dict[str, object]]:
    return [json.loads(line) for line in printed(f"{arguments} --json", *frames).splitlines()]


def with_tables(**tables: Table) -> Frame:
    return Frame(0, 1.7e9, 1000.0, 1.0, tables=tables)


LISTENER = {"state": 10, "remote_address": "0.0.0.0", "remote_port": 0, "tx_queue": 128, "inode": 7}
SCENE = fake.sockets(
    LISTENER,
    {"local_port": 22, "inode": 8, "rx_queue": 52, "uid": 12345},
    {"state": 6, "timer": 3, "expires": 41250},
    {"state": 13, "local_port": 99, "remote_address": "0.0.0.0", "remote_port": 0},
    {
        "local_address": "fd00::1",
        "remote_address": "fd00::2",
        "state": 8,
        "timer": 4,
        "retrans": 3,
        "inode": 8,
    },
    {"local_address": "::ffff:10.0.0.5", "remote_address": "::ffff:10.0.0.9", "timer": 1, "retrans": 2},
    {"protocol": UDP, "state": 7, "local_port": 53, "remote_address": "0.0.0.0", "remote_port": 0},
    {"protocol": UDP, "state": 1, "timer": 2, "local_port": 1234, "remote_port": 53},
    {
        "protocol": UDPLITE,
        "state": 7,
        "local_address": "::",
        "local_port": 9,
        "remote_address": "::",
        "remote_port": 0,
    },
    {"protocol": RAW, "state": 7, "local_port": 1, "remote_address": "0.0.0.0", "remote_port": 0},
)
OWNED = fake.frame(
    0, SCENE, fake.owners((7, 900, "nginx"), (7, 901, "nginx"), (7, 902, "nginx"), (8, 77, "sshd"))
)


def test_which_rows_there_are_goes_by_address() -> None:
    assert [line.split()[3] for line in lines("-n", OWNED)[2:]] == [
        "10.0.0.5:22",
        "10.0.0.5:443",
        "fd00::1:443",
        "10.0.0.5:443",
        "10.0.0.5:1234",
    ]
    assert [line.split()[3] for line in lines("-ln", OWNED)[2:]] == [
        "10.0.0.5:443",
        "10.0.0.5:53",
        ":::9",
        "10.0.0.5:1",
    ]
    assert len(lines("-an", OWNED)) == 2 + 5 + 4


@pytest.mark.parametrize(
    ("arguments", "heading"),
    [
        ("-n", "Active Internet connections (w/o servers)"),
        ("-ln", "Active Internet connections (only servers)"),
        ("-an", "Active Internet connections (servers and established)"),
        ("-aln", "Active Internet connections (servers and established)"),
    ],
)
def test_headings(arguments: str, heading: str) -> None:
    assert lines(arguments, OWNED)[0] == heading


def test_every_column() -> None:
    assert lines("-anoep", OWNED)[1:] == [
        "Proto Recv-Q Send-Q Local Address Foreign Address State User Inode PID/Program name Timer",
        "tcp 0 128 10.0.0.5:443 0.0.0.0:* LISTEN 0 7 900/nginx +2 off (0.00/0/0)",
        "tcp 52 0 10.0.0.5:22 198.51.100.7:50002 ESTABLISHED 12345 8 77/sshd off (0.00/0/0)",
        "tcp 0 0 10.0.0.5:443 198.51.100.7:50003 TIME_WAIT - 0 - timewait (41.25/0/0)",
        "tcp6 0 0 fd00::1:443 fd00::2:50005 CLOSE_WAIT 0 8 77/sshd probe (0.00/0/3)",
        "tcp6 0 0 10.0.0.5:443 10.0.0.9:50006 ESTABLISHED - 0 - on (0.00/2/0)",
        "udp 0 0 10.0.0.5:53 0.0.0.0:* - 0 - off (0.00/0/0)",
        "udp 0 0 10.0.0.5:1234 198.51.100.7:53 ESTABLISHED - 0 - on2 (0.00/0/0)",
        "udpl6 0 0 :::9 :::* - 0 - off (0.00/0/0)",
        "raw 0 0 10.0.0.5:1 0.0.0.0:* 7 - 0 - off (0.00/0/0)",
    ]


def test_columns_stand_below_each_other() -> None:
    text = printed("-anoep", OWNED).splitlines()[1:]
    head = text[0]
    assert len(text) > 3
    for line in text[1:-2]:  # udpl6 is wider than its column
        assert line[head.index("PID") - 1] == " "
        assert line[head.index("Timer") - 1] == " "
        assert line[head.index("Local") :][:4].strip()


def test_a_handshake_is_not_the_programs_yet() -> None:
    rows = fake.sockets(LISTENER, {"state": 3, "timer": 1})
    frame = fake.frame(0, rows, fake.owners((7, 900, "nginx")))
    assert lines("-anp", frame)[3].endswith("SYN_RECV -")
    assert objects("-a", frame)[1]["process"] == "nginx"


def test_long_addresses_are_whole() -> None:
    long = "fd00:1111:2222:3333:4444:5555:6666:7777"
    frame = fake.frame(0, fake.sockets({"local_address": long, "remote_address": long}))
    assert lines("-n", frame)[2] == f"tcp6 0 0 {long}:443 {long}:50001 ESTABLISHED"


def test_names_of_ports_without_n() -> None:
    frame = fake.frame(0, fake.sockets(LISTENER, {"local_port": 45678, "remote_port": 5432}))
    assert lines("-a", frame)[2:] == [
        "tcp 0 128 10.0.0.5:https 0.0.0.0:* LISTEN",
        "tcp 0 0 10.0.0.5:45678 198.51.100.7:postgresql ESTABLISHED",
    ]
    assert "10.0.0.5:443" in lines("-a --numeric-ports", frame)[2]


def test_names_of_users_without_n() -> None:
    rows = fake.sockets({"inode": 1, "uid": os.getuid()}, {"inode": 2, "uid": 54321})
    root, other = lines("-e", fake.frame(0, rows))[2:]
    assert root.endswith("ESTABLISHED root 1") or os.getuid()
    assert other.endswith("ESTABLISHED 54321 2")
    assert lines("-e --numeric-users", fake.frame(0, rows))[2].endswith(f"ESTABLISHED {os.getuid()} 1")


def test_json_of_sockets_has_the_promised_names() -> None:
    (first, *_) = connected = objects("-n", OWNED)
    assert all(list(each) == SOCKET_KEYS for each in connected)
    assert first == {
        "proto": "tcp",
        "state": "ESTABLISHED",
        "recv_q": 52,
        "send_q": 0,
        "local_address": "10.0.0.5",
        "local_port": 22,
        "remote_address": "198.51.100.7",
        "remote_port": 50002,
        "uid": 12345,
        "user": "12345",
        "inode": 8,
        "pid": 77,
        "process": "sshd",
        "inherited": None,
        "unit": None,
        "container": None,
        "cgroup": None,
        "netns": "own",
        "netns_inode": None,
        "pids": [77],
        "timer": "off",
        "timer_seconds": None,
        "timer_count": None,
        "interface": None,
        "cookie": 2,
        "mptcp_token": None,
    }


def test_json_of_listeners_has_their_queues() -> None:
    listener, *others = objects("-a", OWNED)
    assert list(listener) == [*SOCKET_KEYS, "accept_queue", "backlog"]
    assert (listener["accept_queue"], listener["backlog"]) == (0, 128)
    assert listener["pids"] == [900, 901, 902]
    assert all(each["backlog"] is None for each in others)
    assert objects("-l", OWNED)[0] == listener


def test_unknown_is_null_not_zero() -> None:
    waiting = objects("-n", OWNED)[1]
    assert waiting["state"] == "TIME_WAIT"
    nothing = ("uid", "user", "inode", "pid", "process", "pids", "interface")
    assert [waiting[name] for name in nothing] == [None] * 7
    assert waiting["timer_seconds"] == 41.25


def test_json_and_csv_and_text_have_the_same_rows() -> None:
    rows = [(each["local_address"], each["local_port"]) for each in objects("-l", OWNED)]
    table = list(csv.DictReader(io.StringIO(printed("-l --csv", OWNED))))
    assert [(row["local_address"], int(row["local_port"])) for row in table] == rows
    assert table[0]["pids"] == "900 901 902"
    assert table[0]["interface"] == ""
    assert len(lines("-ln", OWNED)) == 2 + len(rows)


def test_csv_has_one_heading_however_often_it_repeats() -> None:
    text = printed("-l --csv", OWNED, OWNED)
    assert text.count("proto,state") == 1
    assert len(text.splitlines()) == 1 + 2 * 4


def test_words_filter_over_all_that_a_row_shows() -> None:
    assert [line.split()[5] for line in lines("-an --filter sshd", OWNED)[2:]] == [
        "ESTABLISHED",
        "CLOSE_WAIT",
    ]
    assert len(lines("-an --filter=nginx --once", OWNED)) == 3
    assert len(lines("-an --filter=nosuch", OWNED)) == 2
    assert lines("-an --filter=TIME_", OWNED)[2].split()[5] == "TIME_WAIT"


HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "two\nlines",
    "[@click=app.quit]x[/]",
    "a\x9bb",
    "\u202egnp.exe",
    "\udcff",
)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["", "--json", "--csv"])
def test_a_process_cannot_write_to_the_terminal(name: str, form: str) -> None:
    frame = fake.frame(0, fake.sockets({"inode": 8}), fake.owners((8, 77, name)))
    text = printed(f"-np {form}", frame)
    assert len(text.splitlines()) == {"": 3, "--json": 1, "--csv": 2}[form]
    assert all(line.isprintable() for line in text.split("\n"))
    text.encode("utf-8")


def test_interfaces() -> None:
    links = links_table(
        [
            {
                "name": "wlan0",
                "rx_packets": 123456789,
                "rx_dropped": 3,
                "rx_missed_errors": 4,
                "rx_errors": 1,
                "tx_fifo_errors": 9,
            },
            {"name": "dum0", "flags": 0x82, "mtu": 9000},
            {"name": "averylongname0x", "flags": 0x1, "mtu": 2**32 - 1, "rx_packets": 2**64 - 1},
        ]
    )
    frame = with_tables(links=links, addresses=addresses_table([{"index": 1, "address": "10.0.0.1/24"}]))
    up = [
        "averylongname0x - - 0 0 0 0 0 0 0 U",
        "wlan0 1500 123456789 1 7 0 0 0 0 9 BMRU",
    ]
    assert lines("-i", frame)[2:] == up
    assert lines("-ia", frame)[2:] == [up[0], "dum0 9000 0 0 0 0 0 0 0 0 BO", up[1]]
    assert lines("-ia --filter 9000", frame)[2:] == ["dum0 9000 0 0 0 0 0 0 0 0 BO"]
    first, second = objects("-i", frame)
    assert (first["mtu"], first["rx_ok"], first["addresses"]) == (None, None, [])
    assert (second["rx_drp"], second["addresses"], second["flags"]) == (7, ["10.0.0.1/24"], "BMRU")
    assert list(first) == [
        *("interface", "mtu", "rx_ok", "rx_err", "rx_drp", "rx_ovr", "tx_ok", "tx_err", "tx_drp", "tx_ovr"),
        *("rx_bytes", "tx_bytes", "flags", "operstate", "mac", "addresses", "speed_mbps"),
        *("netns", "netns_inode"),
    ]


def test_an_interface_without_flags_says_so() -> None:
    frame = with_tables(links=links_table([{"name": "x", "flags": 0}]), addresses=addresses_table([]))
    assert lines("-ia", frame)[2].endswith(" [NO FLAGS]")


COUNTED = with_tables(
    counters=counters(
        {
            ("Ip", "InReceives"): 5,
            ("Icmp", "InMsgs"): 0,
            ("Tcp", "ActiveOpens"): 12345,
            ("Udp", "InDatagrams"): 6,
            ("UdpLite", "InDatagrams"): 7,
            ("TcpExt", "ListenDrops"): 8,
            ("TcpExt", "NotKnownYet"): 1,
            ("Ip6", "Ip6InReceives"): 9,
            ("Udp6", "Udp6InDatagrams"): 10,
        },
        1000.0,
    )
)


@pytest.mark.parametrize(
    ("arguments", "sections"),
    [
        ("-s", "Ip Icmp Tcp Udp UdpLite TcpExt"),
        ("-sa", "Ip Icmp Tcp Udp UdpLite TcpExt"),
        ("-st", "Tcp UdpLite TcpExt"),
        ("-su", "Udp UdpLite"),
        ("-sU", "UdpLite"),
        ("-sw", "Ip Icmp UdpLite"),
        ("-s4", "Ip Icmp Tcp Udp UdpLite TcpExt"),
        ("-s6", "Ip6 Udp6 Tcp"),
        ("-s6u", "Udp6"),
        ("-stu4", "Tcp Udp UdpLite TcpExt"),
        ("-s46t", "Tcp UdpLite TcpExt"),
        ("-s46", "Ip Icmp Tcp Udp UdpLite TcpExt Ip6 Udp6"),
    ],
)
def test_sections_of_statistics(arguments: str, sections: str) -> None:
    heads = [line[:-1] for line in printed(arguments, COUNTED).splitlines() if not line.startswith(" ")]
    assert heads == sections.split()


def test_lines_of_statistics() -> None:
    assert [line.split(maxsplit=2)[:2] for line in lines("-st", COUNTED)] == [
        ["Tcp:"],
        ["12345", "ActiveOpens"],
        ["UdpLite:"],
        ["7", "InDatagrams"],
        ["TcpExt:"],
        ["8", "ListenDrops"],
        ["1", "NotKnownYet"],
    ]
    assert " Connections this host started" in printed("-st", COUNTED)


def test_json_of_statistics_leaves_no_counter_out() -> None:
    told = objects("-s", COUNTED)
    assert len(told) == 9
    assert told[1]["value"] == 0
    assert list(told[0]) == [
        "section",
        "name",
        "value",
        "kind",
        "meaning",
        "interface",
        "netns",
        "netns_inode",
    ]


def test_without_its_table_nothing_is_printed() -> None:
    empty = with_tables()
    assert [printed(arguments, empty) for arguments in ("-an", "-i", "-s", "-rn")] == [""] * 4


def test_complaints_are_told_once() -> None:
    err = io.StringIO()
    complaints = Complaints(err)
    note = Note("owners", "forbidden", "2 processes\x1b may not be read")
    complaints.tell([note, Note("sockets", "fallback", "read from /proc/net instead")])
    complaints.tell([note])
    assert err.getvalue() == (
        "sockscope: owners: 2 processes^[ may not be read\nsockscope: sockets: read from /proc/net instead\n"
    )
    Complaints(None).tell([note])


class Scripted:
    """In the place of what collects: frames that a test has made."""

    frames: Iterator[Frame]

    def __init__(self, _: Settings, also: frozenset[str] = frozenset()) -> None:
        self.closed = False

    def frame(self) -> Frame:
        try:
            return next(self.frames)
        except StopIteration:
            raise KeyboardInterrupt from None

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("kind", "tables", "status"),
    [
        ("failed", {}, 1),
        ("failed", OWNED.tables, 1),
        ("fallback", OWNED.tables, 0),
        ("forbidden", OWNED.tables, 0),
        ("incomplete", OWNED.tables, 0),
    ],
)
def test_exit_status(
    monkeypatch: pytest.MonkeyPatch, kind: Kind, tables: Mapping[str, Table], status: int
) -> None:
    made = Frame(0, 0.0, 0.0, 1.0, tables=tables, notes=(Note("sockets", kind, "because"),))
    monkeypatch.setattr(Scripted, "frames", iter([made]), raising=False)
    monkeypatch.setattr(once, "Gatherer", Scripted)
    err = io.StringIO()
    assert once.run(settings("-tan"), io.StringIO(), err) == status
    assert err.getvalue() == "sockscope: sockets: because\n"


def test_it_repeats_every_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    now = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds + 0.25  # the next look takes a while

    monkeypatch.setattr(Scripted, "frames", iter([OWNED] * 4), raising=False)
    monkeypatch.setattr(once, "Gatherer", Scripted)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    out = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        once.run(settings("-tan 2"), out, None)
    assert out.getvalue().count("Active Internet") == 4
    assert slept == [2.0, 1.75, 1.75, 1.75]


def test_only_what_is_needed_is_collected() -> None:
    gatherer = Gatherer(settings("-s"))
    try:
        assert set(gatherer.frame().tables) == {"counters"}
    finally:
        gatherer.close()


def test_owners_are_looked_for_where_they_show(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        inode = os.fstat(server.fileno()).st_ino
        plain, named = Gatherer(settings("-tln")), Gatherer(settings("-tlnp"))
        try:
            assert "owners" not in plain.frame().tables
            owners = named.frame().tables["owners"]
        finally:
            plain.close()
            named.close()
    assert os.getpid() in owners.numbers("pid")[owners.numbers("inode") == inode]


def test_protocols_are_narrowed_before_owners_are_looked_for() -> None:
    gatherer = Gatherer(settings("-u4p"))
    try:
        sockets = gatherer.frame().tables["sockets"]
    finally:
        gatherer.close()
    assert np.isin(sockets.numbers("protocol"), [UDP]).all()
    assert np.isin(sockets.numbers("family"), [socket.AF_INET]).all()


@pytest.mark.parametrize(
    ("arguments", "lacking"),
    [
        ("-v", ["sctp"]),
        ("-vt", []),
        ("-vtS", ["sctp"]),
        ("-v --mptcp", ["mptcp"]),
        ("-v6t", ["inet6"]),
        ("-vx", []),
        ("-vr", []),
    ],
)
def test_verbose_tells_what_the_kernel_does_not_have(arguments: str, lacking: list[str]) -> None:
    protocols = Table({"name": Strings.of(["TCP", "UDP", "UDP-Lite", "RAW", "UNIX"])}, 0.0)
    notes = absent(protocols, settings(arguments))
    assert [note.table for note in notes] == lacking
    assert {note.kind for note in notes} <= {"missing"}


def test_the_protocols_are_read_only_to_tell_of_them() -> None:
    plain, verbose = Gatherer(settings("-tn")), Gatherer(settings("-tnv"))
    try:
        assert "protocols" not in plain.frame().tables
        assert "protocols" in verbose.frame().tables
    finally:
        plain.close()
        verbose.close()


def test_an_interface_of_which_little_is_known_in_the_long_form() -> None:
    unknown = 2**32 - 1
    links = links_table([{"name": "x", "flags": unknown, "mtu": unknown, "txqlen": unknown, "mac": None}])
    told = lines("-iae", with_tables(links=links))
    assert told[1] == "x: <-> mtu - txqueuelen -"
    assert told[3] == "RX packets 0 bytes 0 errors 0 dropped 0 overruns 0 frame 0"


def test_further_names_of_an_interface_are_lines_without_counts() -> None:
    address = {"index": 1, "address": "10.0.0.1/24", "label": "eth0:1"}
    frame = with_tables(links=links_table([{"name": "eth0"}]), addresses=addresses_table([address]))
    assert lines("-i", frame)[3:] == [f"eth0:1 1500 {'- ' * 8}BMRU"]


def test_names_of_interfaces_are_those_of_the_system() -> None:
    links = interface_names()
    known = {links.integer("index", row): links.text("name", row) for row in range(len(links))}
    assert known == dict(socket.if_nameindex())
