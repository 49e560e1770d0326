"""What is collected to be printed once, and what is said to be missing."""

from __future__ import annotations

import os
import socket

import numpy as np
import pytest

from sockscope.app.frames.table import Strings, Table
from sockscope.app.gather import Gatherer, absent, interface_names
from tests.printing import UDP, settings


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


def test_names_of_interfaces_are_those_of_the_system() -> None:
    links = interface_names()
    known = {links.integer("index", row): links.text("name", row) for row in range(len(links))}
    assert known == dict(socket.if_nameindex())
