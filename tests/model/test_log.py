"""The log of opened and closed sockets."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from sockscope.app.collectors.destroyed import FIELDS, LOST
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.model.log import LogModel
from sockscope.app.model.logrows import ABOUT, BY_KERNEL, CLOSED, LEAST, MOST, OPENED, POLLED
from sockscope.app.model.ownership import FROM_LISTENER, NOBODY, OWNED
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from tests.fake import LISTEN, TIME_WAIT, address, frame, owners, sockets

LISTENER = {"cookie": 900, "state": LISTEN, "remote_address": "0.0.0.0", "remote_port": 0, "inode": 77}
OWNERS = owners((77, 1053, "nginx"), (70, 1054, "orders"))


def destroyed(first: int, *events: dict[str, int], taken: float = 0.0) -> dict[str, Table]:
    """Table `destroyed`; events name what differs from a TCP connection to :443 that carried nothing."""
    usual = {"cookie": 0, "protocol": socket.IPPROTO_TCP, "local_port": 443, "remote_port": 50000}
    usual |= dict.fromkeys(FIELDS, 0)
    made = [{**usual, **event} for event in events]
    kinds = {"cookie": np.uint64, "protocol": np.uint16, "local_port": np.uint16, "remote_port": np.uint16}
    columns = {name: np.array([event[name] for event in made], kinds.get(name, np.int64)) for name in usual}
    for name, text in (("local_address", "10.0.0.5"), ("remote_address", "198.51.100.7")):
        raw = np.frombuffer(address(text) * len(made), np.uint8)
        columns[name] = raw.reshape(len(made), 16)
    columns["family"] = np.full(len(made), 2, np.uint8)
    columns["interface"] = np.zeros(len(made), np.uint32)
    columns["number"] = np.arange(first, first + len(made))
    return {"destroyed": Table(columns, taken)}


class Ticks:
    """A model and the frames it is given."""

    def __init__(self, capacity: int = 1000) -> None:
        self.store = Store()
        self.shared = Sockets()
        self.model = LogModel(self.shared, capacity)
        self.number = 0

    def tick(self, rows: Table | None, *more: dict[str, Table], notes: tuple[Note, ...] = ()) -> Table:
        made = frame(self.number, sockets() if rows is None else rows, *more, notes=notes)
        tables = dict(made.tables)
        if rows is None:
            del tables["sockets"]
        self.number += 1
        if "destroyed" in tables:
            tables["destroyed"] = Table(tables["destroyed"].columns, made.monotonic)
        return self.give(Frame(**{**_fields(made), "tables": tables}))  # type: ignore[arg-type]

    def give(self, made: Frame) -> Table:
        self.store.take(made)
        self.model.advance(self.store)
        rows = self.model.rows(self.store, Options())
        return Table({}) if rows is None else rows


def _fields(made: Frame) -> dict[str, object]:
    return {name: getattr(made, name) for name in made.__dataclass_fields__}


def test_a_connection_is_opened_and_closed_with_its_owner_and_bytes() -> None:
    ticks = Ticks()
    ticks.tick(sockets(LISTENER), OWNERS)
    rows = ticks.tick(sockets(LISTENER, {"cookie": 5, "inode": 70}), OWNERS)
    assert rows.numbers("event").tolist() == [OPENED]
    ticks.tick(sockets(LISTENER, {"cookie": 5, "inode": 70}), OWNERS)
    end = {"cookie": 5, "bytes_sent": 900, "bytes_retrans": 100, "bytes_received": 41, "rtt": 1500}
    rows = ticks.tick(sockets(LISTENER), OWNERS, destroyed(0, end))
    assert rows.numbers("event").tolist() == [OPENED, CLOSED]
    assert rows.text("name", 1) == "orders"
    assert [rows.integer(name, 1) for name in ("tx", "rx", "rtt", "state", "told")] == [
        800,
        41,
        1500,
        1,
        BY_KERNEL,
    ]
    assert (rows.real("duration", 1), rows.integer("sure", 1)) == (2.0, ABOUT)
    assert len(ticks.tick(sockets(LISTENER), OWNERS)) == 2
    assert len(ticks.tick(sockets(LISTENER), OWNERS)) == 2  # nor does it vanish again


def test_what_no_tick_saw_lasted_at_most_since_the_last_one() -> None:
    ticks = Ticks()
    ticks.tick(sockets(LISTENER), OWNERS)
    rows = ticks.tick(sockets(LISTENER), OWNERS, destroyed(0, {"cookie": 5}))
    assert (rows.real("duration", 0), rows.integer("sure", 0)) == (1.0, MOST)
    assert (rows.text("name", 0), rows.integer("inherited", 0)) == ("nginx", FROM_LISTENER)
    assert ticks.model.pace(ticks.store).short == 1.0


def test_a_socket_of_a_client_that_no_tick_saw_has_no_owner() -> None:
    ticks = Ticks()
    ticks.tick(sockets(LISTENER), OWNERS)
    rows = ticks.tick(sockets(LISTENER), OWNERS, destroyed(0, {"cookie": 5, "local_port": 50001}))
    assert rows.text("name", 0) is None
    assert rows.integer("why", 0) == NOBODY


def test_a_socket_that_was_quiet_for_longer_is_not_called_short() -> None:
    """A process may keep for hours what was reset before any tick saw it."""
    ticks = Ticks()
    ticks.tick(sockets(LISTENER))
    rows = ticks.tick(sockets(LISTENER), destroyed(0, {"cookie": 5, "last_data_recv": 3_600_000}))
    assert np.isnan(rows.real("duration", 0))


def test_what_was_there_before_lasted_at_least_so_long() -> None:
    ticks = Ticks()
    ticks.tick(sockets({"cookie": 5}))
    rows = ticks.tick(sockets(), destroyed(0, {"cookie": 5}))
    assert (rows.real("duration", 0), rows.integer("sure", 0)) == (1.0, LEAST)


def test_closes_are_logged_while_no_tab_of_sockets_is_shown() -> None:
    ticks = Ticks()
    rows = ticks.tick(None, destroyed(0, {"cookie": 5}, {"cookie": 6}))
    assert rows.numbers("cookie").tolist() == [5, 6]
    assert np.isnan(rows.numbers("duration")).all()


def test_a_frame_with_nothing_new_adds_nothing() -> None:
    ticks = Ticks()
    told = destroyed(0, {"cookie": 5})
    ticks.tick(None, told)
    assert len(ticks.give(ticks.store.frame)) == 1
    assert len(ticks.tick(None, destroyed(0, {"cookie": 5}, {"cookie": 6}))) == 2


def test_a_sampler_that_was_started_anew_counts_from_the_start() -> None:
    ticks = Ticks()
    ticks.tick(None, destroyed(500, {"cookie": 5}))
    assert len(ticks.tick(None, destroyed(0, {"cookie": 6}))) == 2


def test_sockets_that_never_had_a_port_are_left_out() -> None:
    ticks = Ticks()
    assert not len(ticks.tick(None, destroyed(0, {"cookie": 5, "local_port": 0, "remote_port": 0})))


def test_without_events_polling_tells_after_two_ticks() -> None:
    ticks = Ticks()
    ticks.tick(sockets({"cookie": 5}))
    assert not len(ticks.tick(sockets()))
    rows = ticks.tick(sockets())
    assert rows.numbers("event").tolist() == [CLOSED]
    assert [rows.integer(name, 0) for name in ("told", "rx", "tx")] == [POLLED, -1, -1]


def test_what_a_process_held_on_to_gets_its_bytes_later() -> None:
    ticks = Ticks()
    ticks.tick(sockets({"cookie": 5}))
    for _ in range(3):
        ticks.tick(sockets({"cookie": 5, "state": TIME_WAIT, "timer": 3}))
    rows = ticks.tick(sockets(), destroyed(0, {"cookie": 5, "bytes_sent": 70}))
    assert rows.numbers("event").tolist() == [CLOSED]
    assert [rows.integer(name, 0) for name in ("told", "tx")] == [BY_KERNEL, 70]


def test_the_end_of_time_wait_is_no_event() -> None:
    ticks = Ticks()
    waiting = {"cookie": 5, "state": TIME_WAIT, "timer": 3}
    for rows in (sockets(waiting), sockets(waiting), sockets(), sockets(), sockets()):
        assert not len(ticks.tick(rows))


def test_a_forgotten_foreign_port_is_the_one_that_was_polled() -> None:
    ticks = Ticks()
    ticks.tick(sockets({"cookie": 5, "remote_port": 50123}))
    rows = ticks.tick(sockets(), destroyed(0, {"cookie": 5, "remote_port": 0}))
    assert rows.integer("remote_port", 0) == 50123


def test_the_owner_may_be_found_a_frame_later() -> None:
    ticks = Ticks()
    ticks.tick(sockets(LISTENER))
    there = sockets(LISTENER, {"cookie": 5, "inode": 70})
    rows = ticks.tick(there)
    assert rows.text("name", 0) is None
    rows = ticks.tick(there, OWNERS)
    assert (rows.text("name", 0), rows.integer("why", 0)) == ("orders", OWNED)


def test_the_oldest_are_dropped_and_counted() -> None:
    ticks = Ticks(capacity=10)
    for number in range(4):
        rows = ticks.tick(
            None, destroyed(4 * number, *({"cookie": 4 * number + each + 1} for each in range(4)))
        )
    assert rows.numbers("cookie").tolist() == list(range(7, 17))
    assert rows.numbers("key").tolist() == list(range(7, 17))
    assert ticks.model.pace(ticks.store).dropped == 6
    rows = ticks.tick(None, destroyed(16, *({"cookie": 100 + each} for each in range(25))))
    assert rows.numbers("cookie").tolist() == list(range(115, 125))


def test_a_full_log_grows_no_more() -> None:
    ticks = Ticks(capacity=50)
    one, none, end = sockets({"inode": 70}), sockets(), destroyed(0, {})["destroyed"]
    held = [owners((70, 1054, f"worker-{number}")) for number in range(200)]
    for number in range(1_500):
        there = one.with_columns(cookie=np.array([number + 1], np.uint64)) if number % 2 else none
        event = end.with_columns(cookie=np.array([number], np.uint64), number=np.array([number]))
        rows = ticks.tick(there, held[number % 200], {"destroyed": event})
        if number > 300 and not number % 100:
            assert len(rows) == 50
            assert len(rows.strings("name").values) <= 50
            assert len(ticks.model._moments) <= 2
            assert len(ticks.model._ticks) <= 20


def test_a_frame_that_is_kept_keeps_its_log() -> None:
    """What pausing rests on."""
    ticks = Ticks()
    ticks.tick(None, destroyed(0, {"cookie": 5}))
    paused = ticks.store.copy()
    ticks.tick(None, destroyed(1, {"cookie": 6}))
    rows = ticks.model.rows(paused, Options())
    assert rows is not None
    assert rows.numbers("cookie").tolist() == [5]
    assert ticks.model.count(ticks.store) == 2


def test_lost_events_are_counted_by_tick() -> None:
    ticks = Ticks()
    lost = (Note("destroyed", "incomplete", LOST),)
    ticks.tick(None, destroyed(0, {"cookie": 5}), notes=lost)
    ticks.tick(None, destroyed(1), notes=lost)
    ticks.tick(None, destroyed(1))
    assert ticks.model.pace(ticks.store).lost == 2


def test_rates_are_over_the_time_that_passed() -> None:
    ticks = Ticks()
    for number in range(5):
        ticks.tick(None, destroyed(number * 3, *({"cookie": number * 3 + each} for each in range(3))))
    pace = ticks.model.pace(ticks.store)
    assert (pace.opened, pace.closed) == pytest.approx((3.0, 3.0))
