"""Questions about peers and addresses, and the kernel's answers in words."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.route_names import BLACKHOLE
from sockscope.app.model.store import Store
from sockscope.app.view import ways
from tests.fake import LISTEN, sockets
from tests.model.route_tables import Played, Row, links, packed, route, tables

V4, V6 = 2, 10


def answered(*given: tuple[Lookup, Row], error: int = 0, match: Row | None = None) -> Table:
    """Table `lookups`; of every answer the route that decides is the one given."""
    found = tables([row for _, row in given])["routes"]
    row = match or {"table": 0, "destination": bytes(16), "destination_length": 0, "metric": 0}
    count = len(given)
    return found.with_columns(
        asked=Strings.of(question.name for question, _ in given),
        error=np.full(count, error, np.int32),
        match_known=np.full(count, match is not None, np.uint8),
        match_table=np.full(count, row["table"], np.uint32),
        match_destination=np.frombuffer(row["destination"] * count, np.uint8).reshape(-1, 16),
        match_length=np.full(count, row["destination_length"], np.uint8),
        match_metric=np.full(count, row.get("metric", 0), np.uint32),
    )


def store(table: Table) -> Store:
    made = Store()
    made.take(Frame(0, 0.0, 0.0, 1.0, tables={"lookups": table, "links": links({2: "eth0", 3: "eth1"})}))
    return made


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("10.0.0.9", Lookup(V4, "10.0.0.9")),
        (" [FD00::9] ", Lookup(V6, "fd00::9")),
        ("fe80::1%eth0", Lookup(V6, "fe80::1")),
        ("", None),
        ("10.0.0.0/8", None),
        ("example.org", None),
    ],
)
def test_addresses_that_are_typed(text: str, question: Lookup | None) -> None:
    assert ways.typed(text) == question


def peers(**more: object) -> Table:
    given = {"local_address": "10.0.0.5", "remote_address": "10.9.0.9", "remote_port": 443}
    return sockets({**given, **more})


def test_two_questions_about_a_peer() -> None:
    rows = peers(interface=2, uid=33, inode=7)
    own = Lookup(V4, "10.9.0.9", "10.0.0.5", 2, 0, 33)
    assert ways.about(rows, 0) == (own, own._replace(source=""))


def test_a_mapped_address_is_asked_for_as_ipv4() -> None:
    mapped = {
        "family": V6,
        "inode": 0,
        "local_address": "::ffff:10.0.0.5",
        "remote_address": "::ffff:10.0.0.6",
    }
    assert ways.about(peers(**mapped), 0)[0] == Lookup(V4, "10.0.0.6", "10.0.0.5")


def test_nothing_is_asked_without_a_peer() -> None:
    assert ways.about(peers(remote_address="0.0.0.0", remote_port=0, state=LISTEN), 0) == ()
    assert list(ways.path(Store(), peers(remote_address="0.0.0.0", remote_port=0), 0)) == []


def said(made: Store, rows: Table) -> dict[str, str]:
    return {fact.label: fact.value for fact in ways.path(made, rows, 0)}


def test_a_route_not_yet_known() -> None:
    assert said(Store(), peers()) == {"route": "not asked yet"}
    other = answered((Lookup(V4, "192.0.2.1"), route("0.0.0.0/0")))
    assert said(store(other), peers()) == {"route": "not asked yet"}


def test_the_route_of_a_connection() -> None:
    rows = peers()
    own, new = ways.about(rows, 0)
    way = route("10.9.0.9/32", "10.0.0.1", mtu=1300, expires=59_900)
    sourced = {**way, "preferred_source_known": 1, "preferred_source": packed("10.0.0.5")}
    made = store(answered((own, way), (new, sourced), match=route("10.9.0.0/16", metric=5)))
    assert said(made, rows) == {
        "route": "via 10.0.0.1 on eth0",
        "by": "10.9.0.0/16 of table main",
        "path MTU": "1,300 bytes, cached for another 9m59s",
        "source": "10.0.0.5, which the kernel would choose too",
    }


def test_a_new_connection_would_go_another_way() -> None:
    rows = peers()
    own, new = ways.about(rows, 0)
    made = store(
        answered(
            (own, route("10.9.0.9/32", "10.0.0.1")),
            (new, route("10.9.0.9/32", device=3, source="10.1.0.5")),
        )
    )
    assert said(made, rows)["a new one"] == "directly on eth1, from 10.1.0.5"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.ENETUNREACH, "none: no route leads there"),
        (errno.EACCES, "refused: a route or rule prohibits it"),
        (99, "none: the kernel answers with error 99"),
    ],
)
def test_refusals_in_words(error: int, words: str) -> None:
    rows = peers()
    own, new = ways.about(rows, 0)
    made = store(answered((own, route("0.0.0.0/0")), (new, route("0.0.0.0/0")), error=error))
    assert said(made, rows) == {"route": words}


def test_a_route_that_throws_away_is_no_way() -> None:
    question = Lookup(V4, "10.8.0.1")
    made = store(answered((question, route("10.8.0.1/32", device=0, type=BLACKHOLE))))
    section = ways.answers(made)[0]
    assert section.title == "Which way to 10.8.0.1"
    assert [fact.value for fact in section.facts] == ["thrown away without a word (blackhole)"]


def test_the_route_that_decides_is_found_among_the_rows() -> None:
    wanted = route("10.9.0.0/16", "10.0.0.1", metric=5)
    it = Played(route("10.9.0.0/16", "10.0.0.1", metric=6), wanted, route("10.9.0.0/24"))
    rows = it.rows()
    made = store(answered((Lookup(V4, "10.9.1.1"), route("10.9.1.1/32", "10.0.0.1")), match=wanted))
    key = ways.deciding(made, rows)
    places = np.flatnonzero(rows.numbers("key") == np.uint64(key or 0))
    assert [rows.integer("metric", int(place)) for place in places] == [5]
    gone = store(answered((Lookup(V4, "1.1.1.1"), wanted), match=route("1.0.0.0/8")))
    assert ways.deciding(gone, rows) is ways.deciding(Store(), rows) is None
