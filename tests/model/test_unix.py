"""Rows of the Unix tab: names, states, and what becomes of peers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.unix import NO_PEER, NO_UID, UNTOLD
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model import unix
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.unix import UnixModel
from tests import fake
from tests.model.unix_tables import listed_table, unix_table, waiting_table

LISTENER = {"inode": 10, "state": 10, "path": "srv", "abstract": 1, "rx_queue": 1, "tx_queue": 5}
ACCEPTED = {"inode": 11, "peer": 12, "path": "srv", "abstract": 1}
CLIENT = {"inode": 12, "peer": 11}
PATIENT = {"inode": 13, "peer": 0}
LEFT = {"inode": 14, "peer": 0, "shutdown": 3}
ABROAD = {"inode": 15, "peer": 99}
LONE = {"inode": 16, "state": 7, "path": "/run/lone"}
ORPHAN = {"inode": 17, "peer": 0, "type": 2}
SCENE = unix_table(LISTENER, ACCEPTED, CLIENT, PATIENT, LEFT, ABROAD, LONE, ORPHAN)
WAITING = waiting_table((10, 13))
OWNERS = fake.owners((10, 100, "server"), (11, 100, "server"), (12, 200, "client"), (99, 300, "far"))


def store(**tables: Table) -> Store:
    made = Store()
    made.take(Frame(0, 1.7e9, 1000.0, 1.0, tables=tables))
    return made


def rows(*switches: str, **tables: Table) -> Table:
    made = UnixModel().rows(store(**tables), Options(frozenset(switches)))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def scene() -> dict[int, dict[str, object]]:
    """The scene's rows by inode."""
    made = rows(unix=SCENE, unix_waiting=WAITING, **OWNERS)
    return {int(inode): told(made, row) for row, inode in enumerate(made.numbers("inode").tolist())}


def told(table: Table, row: int) -> dict[str, object]:
    return {
        name: column[row] if isinstance(column, Strings) else column[row].item()
        for name, column in table.columns.items()
    }


def test_fates_of_peers(scene: dict[int, dict[str, object]]) -> None:
    fates = {inode: row["fate"] for inode, row in scene.items()}
    assert fates == {
        10: unix.ALONE,
        11: unix.HERE,
        12: unix.HERE,
        13: unix.WAITING,
        14: unix.CLOSED,
        15: unix.ELSEWHERE,
        16: unix.ALONE,
        17: unix.CLOSED,
    }


def test_the_process_at_the_other_end(scene: dict[int, dict[str, object]]) -> None:
    peers = {inode: (row["peer_pid"], row["peer_process"]) for inode, row in scene.items()}
    assert peers[12] == (100, "server")
    assert peers[11] == (200, "client")
    assert peers[13] == (100, "server"), "the listener's, for it has not accepted yet"
    assert peers[15] == (300, "far"), "in another namespace, but its process is known"
    assert peers[14] == peers[16] == (-1, None)


def test_rows_lead_to_one_another(scene: dict[int, dict[str, object]]) -> None:
    keys = {inode: row["key"] for inode, row in scene.items()}
    leads = {inode: row["peer_key"] for inode, row in scene.items()}
    assert leads[11] == keys[12]
    assert leads[12] == keys[11]
    assert leads[13] == keys[10]
    assert {leads[inode] for inode in (10, 14, 15, 16, 17)} == {0}


def test_names(scene: dict[int, dict[str, object]]) -> None:
    assert [scene[inode]["path"] for inode in (10, 12, 16)] == ["@srv", None, "/run/lone"]
    assert [scene[inode]["peer_name"] for inode in (12, 13, 11)] == ["@srv", "@srv", None]


def test_hostile_names_are_made_visible() -> None:
    made = rows(
        unix=unix_table(
            {"inode": 1, "path": "a\0b", "abstract": 1},
            {"inode": 2, "path": "/run/\x1b[2Jx\n\udcff"},
            {"inode": 3, "path": "", "abstract": 1},
        )
    )
    assert [made.text("path", row) for row in range(3)] == ["@a^@b", "/run/^[[2Jx^J\\xff", "@"]


def test_states_as_netstat_names_them(scene: dict[int, dict[str, object]]) -> None:
    named = {inode: unix.STATES[row["condition"]] for inode, row in scene.items()}  # type: ignore[index]
    assert (named[10], named[12], named[16]) == ("LISTENING", "CONNECTED", "")


def test_references_come_by_inode() -> None:
    made = rows(unix=SCENE, unix_listed=listed_table((12, 3, None), (10, 2, None), (12345, 9, None)))
    known = dict(zip(made.numbers("inode").tolist(), made.numbers("references").tolist(), strict=True))
    assert (known[10], known[12], known[13]) == (2, 3, -1)
    assert len(made) == len(SCENE)


def test_what_nobody_has_accepted_is_a_row_where_that_is_asked_for() -> None:
    nul = {**LISTENER, "inode": 20, "path": "n\0ul"}
    tables = {
        "unix": unix_table(LISTENER, nul),
        "unix_listed": listed_table((0, 3, "srv"), (10, 2, None), (0, 3, "n@ul")),
    }
    made = rows("waiting", **tables)
    late = [told(made, row) for row in range(2, len(made))]
    assert [(row["path"], unix.STATES[row["condition"]]) for row in late] == [  # type: ignore[index]
        ("@srv", "CONNECTING"),
        ("@n^@ul", "CONNECTING"),
    ]
    assert len(set(made.numbers("key").tolist())) == 4
    assert late[0]["references"] == 3
    assert late[0]["user"] is None
    assert len(rows(**tables)) == 2
    assert len(rows("waiting", unix=SCENE)) == len(SCENE)


def test_only_listeners() -> None:
    made = rows("only_listeners", unix=SCENE)
    assert made.numbers("inode").tolist() == [10]


def test_without_cookies_rows_still_have_identities() -> None:
    bare = [{**row, "cookie": 0} for row in (LISTENER, CLIENT, LONE)]
    one, other = rows(unix=unix_table(*bare)), rows(unix=unix_table(*bare[::-1]))
    assert one.numbers("key").tolist() == other.numbers("key").tolist()[::-1]
    assert len(set(one.numbers("key").tolist())) == 3


def test_all_pids_where_they_are_asked_for() -> None:
    held = fake.owners((10, 100, "server"), (10, 101, "worker"), (12, 200, "client"))
    made = rows("every_holder", unix=SCENE, **held)
    assert [made.text("pids", row) for row in (0, 1, 2)] == ["100 101", None, "200"]


def test_what_the_file_cannot_tell() -> None:
    made = rows(unix=unix_table({"inode": 1, "peer": UNTOLD, "shutdown": -1, "rx_queue": -1, "uid": NO_UID}))
    assert made.integer("fate", 0) == unix.UNTOLD
    assert made.text("user", 0) is None


def test_no_rows_while_nothing_was_collected() -> None:
    assert UnixModel().rows(store(), Options()) is None
    assert len(rows(unix=unix_table())) == 0
    assert len(rows("waiting", "every_holder", unix=unix_table(), unix_listed=listed_table((0, 3, "x")))) == 1


def protocols(**counts: int) -> Table:
    names = Strings.of(name.replace("_", "-") for name in counts)
    return Table({"name": names, "sockets": np.array(list(counts.values()), np.int64)})


def test_the_count() -> None:
    model = UnixModel()
    assert model.count(store()) is None
    assert model.count(store(protocols=protocols(TCP=9))) is None
    assert model.count(store(protocols=protocols(TCP=9, UNIX_STREAM=13, UNIX=2))) == 15
    assert model.count(store(protocols=protocols(UNIX=13), unix=SCENE)) == len(SCENE)


@pytest.mark.parametrize(
    ("waiting", "backlog", "full"), [(0, 0, 0), (1, 0, 1), (4, 5, 0), (5, 5, 1), (6, 5, 1), (-1, -1, 0)]
)
def test_full_accept_queues_want_looking_at(waiting: int, backlog: int, full: int) -> None:
    listener = {**LISTENER, "rx_queue": waiting, "tx_queue": backlog}
    model = UnixModel()
    for name in ("unix", "unix_listeners"):
        made = store(
            **{
                name: unix_table(
                    listener, {**CLIENT, "rx_queue": 9, "tx_queue": 1} if name == "unix" else listener
                )
            }
        )
        model.advance(made)
        assert model.attention(made) == full * (1 if name == "unix" else 2)


links = st.lists(
    st.tuples(st.integers(1, 30), st.integers(-2, 40), st.integers(0, 3), st.sampled_from((1, 2, 5))),
    max_size=20,
    unique_by=lambda row: row[0],
)


@given(
    links, st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=5, unique_by=lambda p: p[1])
)
def test_the_join_of_peers_is_a_plain_look_up(
    sockets: list[tuple[int, int, int, int]], queue: list[tuple[int, int]]
) -> None:
    told_rows = [
        {"inode": inode, "peer": peer, "shutdown": shut, "type": kind} for inode, peer, shut, kind in sockets
    ]
    made = rows(unix=unix_table(*told_rows), unix_waiting=waiting_table(*queue))
    inodes = {inode for inode, *_ in sockets}
    listener_of = {client: listener for listener, client in queue}
    for row, (inode, peer, shut, kind) in enumerate(sockets):
        target = peer if peer > 0 else listener_of.get(inode, 0) if peer == 0 else 0
        if peer > 0:
            fate = unix.HERE if peer in inodes else unix.ELSEWHERE
        elif peer == 0:
            lost = (shut == 3 or kind == 2) and inode not in listener_of
            fate = unix.CLOSED if lost else unix.WAITING
        else:
            fate = unix.UNTOLD if peer == UNTOLD else unix.ALONE
        assert made.integer("fate", row) == fate
        assert int(made.numbers("peer_key")[row]) == (500 + target if target in inodes else 0)
    assert NO_PEER == -1
