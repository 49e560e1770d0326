"""Which interface a socket uses, against a plain look at each row."""

from __future__ import annotations

import ipaddress
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.frame import Frame, Host
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model import socketinterfaces
from sockscope.app.model.socketinterfaces import UsedInterfaces
from sockscope.app.model.store import Store
from tests.fake import sockets
from tests.model.link_tables import addresses_table, links_table

LINKS: list[dict[str, Any]] = [{"name": "loop", "flags": 0x49}, {"name": "eth0"}, {"name": "eth1"}]
OWN = {
    "127.0.0.1": ["loop"],
    "::1": ["loop"],
    "10.0.0.5": ["eth0"],
    "10.0.0.6": ["eth0", "eth1"],
    "fe80::1": ["eth0", "eth1"],
    "fd00::5": ["eth1"],
    "2001:db8::a00:5": ["eth1"],
}
INDEX = {"loop": 1, "eth0": 2, "eth1": 3}
HERE = 4026531840
LOCAL = (
    *OWN,
    *("127.8.8.8", "0.0.0.0", "::", "::ffff:0.0.0.0", "::ffff:10.0.0.5", "::ffff:127.0.0.9"),
    *("192.0.2.1", "a00:5::", "::a00:5", "239.1.2.3", "::2"),
)


def store(*, netns: bool = False, links: bool = True) -> Store:
    made = Store()
    where = [
        {"index": INDEX[name], "address": f"{address}/{128 if ':' in address else 32}"}
        for address, names in OWN.items()
        for name in names
    ]
    tables = {"links": links_table(LINKS), "addresses": addresses_table(where)} if links else {}
    if netns:
        tables = {
            name: table.with_columns(netns=np.full(len(table), HERE, np.uint64))
            for name, table in tables.items()
        }
    made.take(Frame(0, 1.0, 1.0, 1.0, host=Host(namespace=HERE), tables=tables))
    return made


def rows(*local: str, device: list[str | None] | None = None) -> Table:
    made = sockets(*({"local_address": each, "remote_address": each} for each in local))
    return made.with_columns(device=Strings.of(device or [None] * len(made)))


def used(table: Table, of: Store) -> list[str | None]:
    texts = UsedInterfaces().put(table, of).strings("used")
    return [texts[row] for row in range(len(table))]


def plain(text: str) -> str | None:
    """One row's, by Python's own reading of addresses."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_unspecified:
        return "any"
    if address.is_loopback:
        return "loop"
    names = OWN.get(str(address), [])
    return names[0] if len(names) == 1 else None


@given(st.lists(st.tuples(st.sampled_from(LOCAL), st.sampled_from((None, "eth0", "vrf1"))), min_size=1))
def test_as_a_plain_look_at_each_row(picks: list[tuple[str, str | None]]) -> None:
    table = rows(*(address for address, _ in picks), device=[device for _, device in picks])
    expected = [device or plain(address) for address, device in picks]
    assert used(table, store()) == expected
    assert used(table, store(netns=True)) == expected


def test_without_a_list_of_addresses_only_what_needs_none_is_known() -> None:
    table = rows("10.0.0.5", "127.0.0.1", "0.0.0.0", "10.0.0.5", device=[None, None, None, "eth1"])
    assert used(table, store(links=False)) == [None, "lo", "any", "eth1"]


def test_an_address_counts_only_in_its_own_namespace() -> None:
    table = rows("10.0.0.5", "10.0.0.5").with_columns(netns=np.array([HERE, HERE + 1], np.uint64))
    assert used(table, store()) == ["eth0", None]
    assert used(table, store(netns=True)) == ["eth0", None]


def test_thousands_of_addresses_are_told_apart() -> None:
    numbers = np.random.default_rng(5).choice(2**24, 3000, replace=False).tolist()
    many = [str(ipaddress.ip_address(0x0A000000 + number)) for number in numbers]
    of = Store()
    listed = [{"index": 1 + place % 3, "address": f"{text}/8"} for place, text in enumerate(many)]
    tables = {"links": links_table(LINKS), "addresses": addresses_table(listed)}
    of.take(Frame(0, 1.0, 1.0, 1.0, tables=tables))
    names = [str(link["name"]) for link in LINKS]
    assert used(rows(*many), of) == [names[place % 3] for place in range(len(many))]
    slots = {key >> 48 for key in socketinterfaces._keys(rows(*many), "local_address", 0).tolist()}
    assert len(slots) < len(many)
