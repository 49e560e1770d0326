"""Printed sockets: which rows, in which form."""

from __future__ import annotations

import csv
import io
import os

import pytest

from tests import fake
from tests.printing import LISTENER, OWNED, lines, objects, printed

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
