"""Interfaces of a real namespace, against netstat, ip and the kernel's own files."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sockscope.app.collectors.links import LinksCollector
from sockscope.app.collectors.netdev import links as links_from_files
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.links import OPERSTATES, STATS, UNKNOWN_COUNT
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.interfaces import InterfacesModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view.interfaces import INTERFACES
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

UNKNOWN_PROTOCOL = 0x88B5
"""EtherType for local experiments (IEEE 802); nobody here speaks it."""

IPV4 = 0x0800

IP_COUNTERS = {
    "rx": {
        "rx_packets": "packets", "rx_bytes": "bytes", "rx_errors": "errors", "rx_dropped": "dropped",
        "rx_over_errors": "over_errors", "multicast": "multicast", "rx_length_errors": "length_errors",
        "rx_crc_errors": "crc_errors", "rx_frame_errors": "frame_errors", "rx_fifo_errors": "fifo_errors",
        "rx_missed_errors": "missed_errors", "rx_nohandler": "nohandler",
        "rx_otherhost_dropped": "otherhost_dropped",
    },
    "tx": {
        "tx_packets": "packets", "tx_bytes": "bytes", "tx_errors": "errors", "tx_dropped": "dropped",
        "tx_carrier_errors": "carrier_errors", "collisions": "collisions",
        "tx_aborted_errors": "aborted_errors", "tx_fifo_errors": "fifo_errors",
        "tx_window_errors": "window_errors", "tx_heartbeat_errors": "heartbeat_errors",
    },
}  # fmt: skip
"""Counters as `ip -j -s -s link` names them in stats64."""


@contextmanager
def collector(namespace: Namespace) -> Iterator[LinksCollector]:
    """A collector of that namespace; collects from anywhere."""
    with namespace.inside():
        made = LinksCollector()
    try:
        yield made
    finally:
        made.close()


def contents(table: Table) -> dict[str, list[Any]]:
    return {
        name: [column[row] for row in range(len(column))] if isinstance(column, Strings) else column.tolist()
        for name, column in table.columns.items()
    }


def by_name(table: Table) -> dict[str, int]:
    return {table.text("name", row) or "": row for row in range(len(table))}


@pytest.fixture
def street() -> Iterator[Namespace]:
    """A namespace with every kind of interface that can be had here, and packets that went through them."""
    require_root_and("netstat")
    with Namespace() as here, Namespace() as there:
        for namespace in (here, there):
            for scope in ("all", "default"):
                namespace.sysctl(f"net/ipv6/conf/{scope}/disable_ipv6", 1)
        pair(here, there, device="eth10", their_device="far0")
        here.ip("link", "add", "eth2", "type", "veth", "peer", "name", "eth3")
        here.ip("link", "set", "eth2", "promisc", "on", "allmulticast", "on", "arp", "off", "up")
        here.ip("link", "set", "eth3", "up")
        here.ip("link", "add", "br0", "type", "bridge")
        here.ip("link", "set", "br0", "multicast", "off", "up")
        here.ip("link", "set", "eth3", "master", "br0")
        here.ip("link", "add", "vx7", "type", "vxlan", "id", "7", "dstport", "4789", "dev", "eth10")
        here.ip("link", "add", "lonely", "type", "veth", "peer", "name", "asleep")
        here.ip("link", "set", "lonely", "alias", "uplink \x1b[31m[/x]", "up")
        here.ip("link", "set", "asleep", "mtu", "900")
        here.ip("tuntap", "add", "dev", "tun0", "mode", "tun")
        here.ip("address", "add", "10.8.0.1", "peer", "10.8.0.2", "dev", "tun0")
        here.ip("link", "set", "tun0", "up")
        here.ip("address", "add", "10.0.0.9/24", "dev", "eth10", "label", "eth10:9")
        with there.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
            target.bind(("10.0.0.2", 9))
            with here.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for _ in range(40):
                    sender.sendto(bytes(100), ("10.0.0.2", 9))
                for _ in range(30):
                    sender.sendto(bytes(10), ("10.8.0.2", 9))
        frames(there, "far0", hardware_address(here, "eth10"), UNKNOWN_PROTOCOL, 7)
        frames(there, "far0", bytes.fromhex("020000000099"), IPV4, 3)
        yield here


def hardware_address(namespace: Namespace, device: str) -> bytes:
    told = json.loads(namespace.ip("-j", "link", "show", "dev", device))
    return bytes.fromhex(told[0]["address"].replace(":", ""))


def frames(namespace: Namespace, device: str, to: bytes, protocol: int, count: int) -> None:
    """Send frames to that hardware address."""
    with namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for _ in range(count):
            raw.send(to + hardware_address(namespace, device) + protocol.to_bytes(2) + bytes(46))


def at_rest(namespace: Namespace, command: list[str]) -> tuple[str, Table, Table]:
    """What a command prints while the kernel's tables stay the same: the text, `links`, `addresses`."""
    with collector(namespace) as made:
        for _ in range(20):
            before = made.collect()
            text = namespace.run(command)
            after = made.collect()
            if contents(before.tables["links"]) == contents(after.tables["links"]):
                assert before.notes == ()
                return text, before.tables["links"], before.tables["addresses"]
    pytest.fail("the counters never stood still")


def rows_of(links: Table, addresses: Table | None = None) -> Table:
    store, model = Store(), InterfacesModel()
    tables = {"links": links} if addresses is None else {"links": links, "addresses": addresses}
    store.take(Frame(0, 0.0, 0.0, 1.0, tables=tables))
    model.advance(store)
    rows = model.rows(store, Options())
    assert rows is not None
    return rows


def test_as_netstat(street: Namespace) -> None:
    text, links, _ = at_rest(street, ["netstat", "-ia"])
    rows = rows_of(links)
    fields = {field.name: field.value for field in INTERFACES.fields}
    columns = (
        "interface", "mtu", "rx_ok", "rx_err", "rx_drp", "rx_ovr", "tx_ok", "tx_err", "tx_drp", "tx_ovr",
    )  # fmt: skip
    ours = {
        str(rows.text("name", row)): [str(fields[name](rows, row)) for name in columns]
        + [str(fields["flags"](rows, row)).replace("p", "P") or "[NO FLAGS]"]
        for row in range(len(rows))
    }
    printed = [line.split() for line in text.splitlines()[2:]]
    theirs = {words[0]: words for words in printed if words[0] != "eth10:9"}
    assert ours == theirs
    assert list(ours) == [words[0] for words in printed if words[0] != "eth10:9"], "the natural order"
    assert theirs["eth10"][4] == "7"
    assert theirs["tun0"][8] == "30"
    assert theirs["eth2"][-1] == "ABMPORU"


def test_as_ip(street: Namespace) -> None:
    text, links, _ = at_rest(street, ["ip", "-j", "-d", "-s", "-s", "link"])
    rows, names = by_name(links), {links.integer("index", row): name for name, row in by_name(links).items()}
    told = json.loads(text, strict=False)  # ip leaves control characters as they are
    assert {entry["ifname"] for entry in told} == set(rows)
    for entry in told:
        row = rows[entry["ifname"]]
        numbers = {
            name: links.integer(name, row) for name in ("index", "mtu", "txqlen", "promiscuity", "allmulti")
        }
        assert numbers == {
            "index": entry["ifindex"],
            "mtu": entry["mtu"],
            "txqlen": entry.get("txqlen", 0),
            "promiscuity": entry["promiscuity"],
            "allmulti": entry.get("allmulti", numbers["allmulti"]),
        }
        assert OPERSTATES[links.integer("operstate", row)].upper() == entry["operstate"]
        assert links.text("kind", row) == entry.get("linkinfo", {}).get("info_kind", entry["link_type"])
        assert links.text("qdisc", row) == entry["qdisc"]
        assert links.text("mac", row) == entry.get("address")
        assert links.text("alias", row) == entry.get("ifalias")
        assert names.get(links.integer("master", row)) == entry.get("master")
        if "link_netnsid" in entry:
            assert links.integer("netnsid", row) == entry["link_netnsid"]
            assert links.integer("link", row) == entry["link_index"]
        else:
            assert links.integer("netnsid", row) == -1
            assert names.get(links.integer("link", row)) == entry.get("link")
        for way, counters in IP_COUNTERS.items():
            there = entry["stats64"][way]
            ours = {key: links.integer(name, row) for name, key in counters.items() if key in there}
            assert ours == {key: value for key, value in there.items() if key in ours}, entry["ifname"]
            assert len(ours) >= 8


def test_the_traps(street: Namespace) -> None:
    _, links, _ = at_rest(street, ["true"])
    rows = rows_of(links)
    at = by_name(rows)
    places = by_name(links)
    assert links.integer("rx_otherhost_dropped", places["eth10"]) == 3
    assert links.integer("allmulti", places["eth2"]) == 1
    for name, letters, promiscuous in (
        ("eth3", "BMRU", True),
        ("eth2", "ABMPORU", True),
        ("lo", "LRU", False),
    ):
        assert rows.text("letters", at[name]) == letters
        assert bool(rows.integer("promiscuous", at[name])) is promiscuous
    states = {name: rows.text("state", row) for name, row in at.items()}
    assert states == {
        "lo": "up", "eth10": "up", "eth2": "up", "eth3": "up", "br0": "up", "vx7": "down",
        "lonely": "no link", "asleep": "down", "tun0": "no link",
    }  # fmt: skip
    assert rows.text("alias", at["lonely"]) == "uplink ^[[31m[/x]"


def test_addresses_as_ip(street: Namespace) -> None:
    text, _, addresses = at_rest(street, ["ip", "-j", "address"])
    scopes = {"global": 0, "link": 253, "host": 254}
    theirs = set()
    for entry in json.loads(text, strict=False):
        for one in entry["addr_info"]:
            numbers = (one["prefixlen"], scopes[one["scope"]])
            peer = one.get("address", one["local"])
            theirs.add((entry["ifindex"], one["local"], peer, *numbers, one.get("label")))
    ours = set()
    for row in range(len(addresses)):
        family = addresses.integer("family", row)
        width = 4 if family == socket.AF_INET else 16
        own, peer = (
            socket.inet_ntop(family, addresses.numbers(name)[row].tobytes()[:width])
            for name in ("address", "peer")
        )
        numbers = (addresses.integer("prefix", row), addresses.integer("scope", row))
        ours.add((addresses.integer("index", row), own, peer, *numbers, addresses.text("label", row)))
    assert ours == theirs
    assert any(label == "eth10:9" for *_, label in ours)
    assert any(own != peer for _, own, peer, *_ in ours)


def test_files_give_the_same_where_they_know(street: Namespace) -> None:
    _, links, _ = at_rest(street, ["true"])
    with street.inside():
        files = Table(links_from_files())
    assert by_name(files).keys() == by_name(links).keys()
    for name, row in by_name(files).items():
        there = by_name(links)[name]
        for counter in STATS:
            told = files.integer(counter, row)
            if told != UNKNOWN_COUNT and counter != "rx_dropped":
                assert told == links.integer(counter, there), (name, counter)
        missed = links.integer("rx_missed_errors", there)
        assert files.integer("rx_dropped", row) == links.integer("rx_dropped", there) + missed


INSIDE = """
import json
from sockscope.app.collectors.links import LinksCollector
links = LinksCollector().collect().tables["links"]
print(json.dumps([[links.text("name", r), links.integer("speed_mbps", r), links.text("duplex", r)]
                  for r in range(len(links))]))
"""


def test_speed_needs_the_sysfs_of_the_same_namespace(street: Namespace) -> None:
    told = {name: rest for name, *rest in json.loads(street.run([sys.executable, "-c", INSIDE]))}
    assert told["eth10"] == [10000, "full"]
    assert told["lo"] == [-1, None]
    _, links, _ = at_rest(street, ["true"])
    assert links.integer("speed_mbps", by_name(links)["eth10"]) == -1


def test_packets_sent_are_counted_once_each(street: Namespace) -> None:
    store, model = Store(), InterfacesModel()

    def tick(number: int) -> None:
        tables = made.collect().tables
        store.take(Frame(number, 0.0, 0.0, 1.0, tables=tables))
        model.advance(store)

    with collector(street) as made:
        tick(0)
        store.mark()
        with street.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(1, 4):
                for _ in range(50):
                    sender.sendto(bytes(72), ("127.0.0.1", 9))
                tick(number)
    rows = model.rows(store, Options())
    assert rows is not None
    row = by_name(rows)["lo"]
    # each datagram is 100 bytes long with its headers; each is answered by an ICMP error of 128 and more
    assert rows.real("rx_bytes_delta", row) == rows.real("tx_bytes_delta", row) >= 150 * 100
    assert rows.real("rx_ok_delta", row) == rows.real("tx_ok_delta", row) >= 150
    before, now = store.before("links"), store.now("links")
    assert before is not None
    assert now is not None
    moved = now.integer("rx_bytes", by_name(now)["lo"]) - before.integer("rx_bytes", by_name(before)["lo"])
    assert rows.real("rx_rate", row) == pytest.approx(moved / (now.taken - before.taken))


def test_interfaces_that_come_and_go_while_they_are_told(street: Namespace) -> None:
    lines = "".join(
        f"link add churn{turn % 20} type veth peer name churned{turn % 20}\nlink del churn{turn % 20}\n"
        for turn in range(150)
    )

    def churn() -> None:
        subprocess.run(
            ["ip", "-n", street.name, "-force", "-batch", "-"], input=lines, text=True, check=False,
            capture_output=True,
        )  # fmt: skip

    worker = threading.Thread(target=churn)
    with collector(street) as made:
        steady = {"lo", "eth10", "eth2", "eth3", "br0", "vx7", "lonely", "asleep", "tun0"}
        worker.start()
        kinds = set()
        while worker.is_alive():
            collected = made.collect()
            kinds |= {note.kind for note in collected.notes}
            names = [
                collected.tables["links"].text("name", row) for row in range(len(collected.tables["links"]))
            ]
            assert len(set(collected.tables["links"].numbers("index").tolist())) == len(names)
            if "incomplete" not in kinds:
                assert steady <= set(names)
        worker.join()
        assert kinds <= {"incomplete"}
        assert made.collect().notes == ()


def test_a_list_that_doubles_between_two_looks(street: Namespace) -> None:
    def batch(*lines: str) -> None:
        subprocess.run(
            ["ip", "-n", street.name, "-batch", "-"], input="\n".join(lines), text=True, check=True
        )

    def told() -> list[tuple[int, str]]:
        links = made.collect().tables["links"]
        return [(links.integer("index", row), links.text("name", row) or "") for row in range(len(links))]

    def listed() -> list[tuple[int, str]]:
        words = ["ip", "-n", street.name, "-j", "link"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        return [(link["ifindex"], link["ifname"]) for link in json.loads(said, strict=False)]

    with collector(street) as made:
        for first, last in ((0, 20), (20, 60), (60, 140)):
            batch(*(f"link add twin{place} type veth peer name niwt{place}" for place in range(first, last)))
            assert told() == told() == listed()
        batch(*(f"link del twin{place}" for place in range(140)))
        assert told() == listed()
        assert not any(name.startswith(("twin", "niwt")) for _, name in told())


def test_nothing_stays_open(street: Namespace) -> None:
    def held() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = held()
    for _ in range(3):
        with collector(street) as made:
            made.collect()
    assert held() == before
