"""Names of network namespaces, and sockets that only their namespace tells apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sockscope.app.frames.frame import EVERYWHERE
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.namespaces import named, names
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.states import StateStrip
from sockscope.app.model.store import Store
from sockscope.app.settings import Settings
from tests import fake
from tests.model.namespace_tables import DB, OWN, THREE, WEB, frame, namespaces
from tests.model.state_tables import Watched

LISTEN, SYN_RECV, TIME_WAIT = 10, 3, 6


def store(*arguments: object, **changes: object) -> Store:
    made = Store()
    made.take(frame(*arguments, **changes))  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ((WEB, "web", 800, "nginx", "/"), "web"),
        ((WEB, None, 800, "nginx", "/system.slice/nginx.service"), "nginx"),
        ((WEB, None, 800, "nginx", f"/docker/{'ab' * 32}"), "docker abababababab"),
        ((WEB, None, 800, "nginx", "/user.slice/user-0.slice/session-3.scope"), "nginx 800"),
        ((WEB, None, 800, None, None), "? 800"),
        ((WEB, None, -1, None, None), f"net:[{WEB}]"),
    ],
)
def test_a_namespace_is_called_by_what_tells_most(
    row: tuple[int, str | None, int, str | None, str | None], name: str
) -> None:
    assert names(namespaces((OWN, "lab", 1, "init", "/"), row)) == ("own", name)


def test_every_row_has_the_name_of_its_namespace() -> None:
    rows = fake.sockets({}, {}, {}, {})
    taken = store(0, rows, [WEB, OWN, 77, DB])
    found = Sockets().rows(taken)
    assert found is not None
    told = [found.text("namespace", row) for row in range(4)]
    assert told == ["web", "own", None, "docker abababababab"]


@pytest.mark.parametrize(("netns", "name"), [("", "own"), ("web", "web"), ("4711", "4711")])
def test_where_there_is_one_only_all_rows_are_of_it(netns: str, name: str) -> None:
    taken = Store()
    made = fake.frame(0, fake.sockets({}, {}))
    taken.take(replace(made, host=replace(made.host, netns=netns)))
    rows = fake.sockets({}, {})
    assert [named(rows, taken)[row] for row in range(2)] == [name, name]


def test_before_namespaces_are_known_they_have_no_names() -> None:
    rows = fake.sockets({}).with_columns(netns=np.array([WEB], np.uint64))
    assert named(rows, Store())[0] is None


def test_a_connection_on_its_way_belongs_to_a_listener_of_its_own_namespace() -> None:
    listener = {"state": LISTEN, "local_address": "0.0.0.0", "remote_port": 0, "local_port": 80}
    waiting = {"state": SYN_RECV, "local_port": 80}
    rows = fake.sockets(listener, waiting, listener, waiting, waiting)
    found = Sockets().rows(store(0, rows, [WEB, WEB, DB, DB, OWN]))
    assert found is not None
    assert found.numbers("listener").tolist() == [-1, 0, -1, 2, -1]


def test_sockets_without_cookie_are_told_apart_by_their_namespace() -> None:
    same = {"cookie": 0, "remote_port": 5}
    found = Sockets().rows(store(0, fake.sockets(same, same, same), [WEB, DB, DB]))
    assert found is not None
    web, db, other = found.numbers("key").tolist()
    assert web != db == other


@pytest.mark.parametrize(("netns", "near"), [("", True), ("web", True), (EVERYWHERE, False)])
def test_counts_of_all_namespaces_are_not_held_against_the_limit_of_one(netns: str, near: bool) -> None:
    watched = Watched()
    watched.sample(1.0, {TIME_WAIT: 900}, {"tcp_max_tw_buckets": 1000})
    taken = watched.store
    taken.frame = replace(taken.frame, host=replace(taken.frame.host, netns=netns))
    told = StateStrip().advance(taken)
    assert any(state.limit is not None for state in told) == near


def test_settings_and_frames_have_the_same_word_for_all() -> None:
    assert Settings(netns=EVERYWHERE).everywhere
    assert not Settings(netns="web").everywhere


def test_the_table_of_namespaces_may_have_any_order() -> None:
    taken = store(0, fake.sockets({}), [OWN], THREE.take(np.array([2, 0, 1])))
    rows = fake.sockets({}, {}).with_columns(netns=np.array([DB, WEB], np.uint64))
    assert [named(rows, taken)[row] for row in range(2)] == ["docker abababababab", "web"]


def test_a_bound_interface_has_the_name_of_its_namespace() -> None:
    bound = {"interface": 2}
    made = frame(0, fake.sockets(bound, bound, bound, {}), [OWN, WEB, DB, WEB])
    links = Table(
        {
            "index": np.array([2, 2, 3], np.uint32),
            "name": Strings.of(["eth0", "wire", "eth0"]),
            "netns": np.array([OWN, WEB, DB], np.uint64),
        }
    )
    taken = Store()
    taken.take(replace(made, tables={**made.tables, "links": links}))
    found = Sockets().rows(taken)
    assert found is not None
    assert [found.text("device", row) for row in range(4)] == ["eth0", "wire", "if2", None]
