"""When the sampler asks which collector, with made-up collectors and a clock of our own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.questions import Lookup, OneSocket, Question
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control, Lines, decode
from sockscope.app.sampler.governor import SHARE, Governor
from sockscope.app.sampler.sampler import CROWD, OWNERS_SLICE, Sampler
from sockscope.app.sampler.tasks import Task, plan
from tests.model.unix_tables import unix_table, waiting_table


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A collector that counts how often it is asked."""

    made: dict[str, Counting] = {}  # noqa: RUF012

    def __init__(self, name: str) -> None:
        self.provides = (name,)
        self.asked = 0
        self.closed = False
        self.fails = False
        Counting.made[name] = self

    def collect(self) -> Collected:
        self.asked += 1
        if self.fails:
            raise RuntimeError("the kernel said something odd")
        columns = (
            {"inode": np.array([5, 6, 0], np.uint64)}
            if self.provides == ("sockets",)
            else {"n": np.arange(1)}
        )
        return Collected({self.provides[0]: Table(columns)})

    def close(self) -> None:
        self.closed = True


def always() -> Counting:
    return Counting("sockets")


def sometimes() -> Counting:
    return Counting("routes")


class FakeOwners:
    """Finds one socket a slice."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.left = 3
        self.budgets: list[float] = []

    @property
    def busy(self) -> bool:
        return self.left > 0

    def look(self, wanted: np.ndarray, budget: float) -> None:
        assert 0 not in wanted
        self.budgets.append(budget)
        self.clock.now += budget
        if budget and self.left:
            self.left -= 1

    def found(self) -> Collected:
        reason = np.full(self.left, 1, np.uint8)
        return Collected(
            {"unowned": Table({"inode": np.arange(self.left, dtype=np.uint64), "reason": reason})}
        )

    def close(self) -> None:
        pass


@pytest.fixture
def clock() -> Clock:
    Counting.made.clear()
    return Clock()


def sampler(clock: Clock) -> tuple[Sampler, FakeOwners]:
    here = __name__
    tasks = [
        Task(f"{here}:always", ("sockets",), hidden=0.0),
        Task(f"{here}:sometimes", ("routes",), hidden=5.0, rests=True),
    ]
    owners = FakeOwners(clock)
    return Sampler(tasks, lambda: owners, clock, lambda: 0.0), owners


def drain(made: Sampler, control: Control, clock: Clock, until: float) -> list[object]:
    frames: list[object] = []
    while made.busy(control):
        frame = made.background(control, until)
        if frame is not None:
            frames.append(frame)
        assert clock.now < until + 10
    return frames


def test_a_tick_asks_only_for_what_is_shown_or_always_needed(clock: Clock) -> None:
    made, _ = sampler(clock)
    made.tick(Control(frozenset({"counters"})))
    assert set(Counting.made) == {"sockets"}  # the other is not even made
    frame = made.tick(Control(frozenset({"routes"})))
    assert set(frame.tables) == {"routes"}
    assert Counting.made["routes"].asked == 1


def test_rows_of_sockets_travel_only_when_they_are_wanted(clock: Clock) -> None:
    made, _ = sampler(clock)
    assert "sockets" not in made.tick(Control(frozenset({"routes"}))).tables
    assert "sockets" in made.tick(Control(frozenset({"sockets"}))).tables


def test_hidden_tables_are_collected_between_ticks_on_their_slow_beat(clock: Clock) -> None:
    made, _ = sampler(clock)
    control = Control(frozenset({"sockets"}))
    made.tick(control)
    followed = drain(made, control, clock, clock.now + 1)
    assert len(followed) == 1  # so that the first counts show at once
    for _ in range(9):
        clock.now += 1
        made.tick(control)
        assert drain(made, control, clock, clock.now + 1) == []
    assert Counting.made["routes"].asked == 2


def test_a_table_that_rested_is_the_same_object(clock: Clock) -> None:
    made, _ = sampler(clock)
    control = Control(frozenset({"sockets"}))
    made.tick(control)
    drain(made, control, clock, clock.now + 1)
    clock.now += 1
    first = made.tick(control).tables["routes"]
    clock.now += 1
    assert made.tick(control).tables["routes"] is first


def test_a_pause_rests_tables_without_a_history(clock: Clock) -> None:
    made, owners = sampler(clock)
    control = Control(frozenset({"sockets", "routes", "owners"}), paused=True)
    made.tick(control)
    assert "routes" not in Counting.made
    assert not owners.budgets
    assert Counting.made["sockets"].asked == 1


def test_owners_never_delay_a_tick_and_keep_to_their_share(clock: Clock) -> None:
    made, owners = sampler(clock)
    control = Control(frozenset({"sockets", "owners"}), interval=0.3)
    made.tick(control)
    assert owners.budgets == [0.0]
    drain(made, control, clock, clock.now + 0.3)
    spent = sum(owners.budgets)
    assert SHARE * 0.3 <= spent < SHARE * 0.3 + OWNERS_SLICE
    assert owners.left == 1
    made.tick(control)
    followed = drain(made, control, clock, clock.now + 0.3)
    assert owners.left == 0
    assert followed  # found: shown before the next tick
    assert not made.busy(control)


def test_a_broken_collector_is_a_note_and_the_others_go_on(clock: Clock) -> None:
    made, _ = sampler(clock)
    control = Control(frozenset({"sockets", "routes"}))
    before = made.tick(control)
    Counting.made["routes"].fails = True
    clock.now += 1
    frame = made.tick(control)
    assert [note.kind for note in frame.notes] == ["failed"]
    assert "something odd" in frame.notes[0].why
    assert frame.tables["routes"] is before.tables["routes"]
    Counting.made["routes"].fails = False
    clock.now += 1
    assert made.tick(control).notes == ()


def test_everything_made_is_closed(clock: Clock) -> None:
    made, _ = sampler(clock)
    made.tick(Control(frozenset({"routes"})))
    made.close()
    assert all(collector.closed for collector in Counting.made.values())


def test_the_plan_provides_each_table_once() -> None:
    names = [name for task in plan() for name in task.provides]
    assert len(names) == len(set(names))


def test_orders_survive_the_way_through_a_line() -> None:
    order = Control(frozenset({"b", "a"}), 0.5, paused=True, refresh=3, states=frozenset({6, 1}))
    assert decode(order.encode().rstrip(b"\n")) == order
    assert decode(Control().encode()) == Control()


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b'"x"', b'{"interval": "x"}'])
def test_what_is_no_order_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode(line)


def test_no_interval_is_shorter_than_makes_sense() -> None:
    assert decode(b'{"interval": 0}').interval == 0.1


def test_lines_come_together_from_pieces() -> None:
    lines = Lines()
    assert lines.feed(b"ab") == []
    assert lines.feed(b"c\nd\ne") == [b"abc", b"d"]
    assert lines.feed(b"\n") == [b"e"]
    assert lines.feed(b"x" * (Lines.LONGEST + 1)) == []
    assert lines.feed(b"\n") == [b""]


class Choosing:
    """A collector that may bring less, and says what it was told."""

    provides = ("sockets", "tcp_states", "tcp_info", "inodes")
    told: list[tuple[frozenset[str], frozenset[int] | None]] = []  # noqa: RUF012

    def choose(self, wanted: frozenset[str], states: frozenset[int] | None) -> None:
        self.told.append((wanted, states))

    def collect(self) -> Collected:
        column = np.array([7, 8], np.uint64)
        return Collected({name: Table({"inode": column}) for name in self.provides})

    def close(self) -> None:
        pass


class Narrow(Choosing):
    """Leaves one row out."""

    def collect(self) -> Collected:
        rows = super().collect().tables["sockets"]
        return Collected({"sockets": rows, "inodes": Table({"inode": np.array([7, 8, 9], np.uint64)})})


def choosing(clock: Clock) -> Sampler:
    Choosing.told = []
    task = Task(f"{__name__}:Choosing", Choosing.provides, hidden=0.0)
    return Sampler([task], lambda: FakeOwners(clock), clock, lambda: 0.0)


def test_a_collector_that_can_bring_less_is_told_what_is_needed(clock: Clock) -> None:
    made = choosing(clock)
    made.tick(Control(frozenset({"routes"})))
    made.tick(Control(frozenset({"sockets"}), states=frozenset({6})))
    assert Choosing.told == [(frozenset({"routes"}), None), (frozenset({"sockets"}), frozenset({6}))]


def test_rows_nobody_wants_do_not_travel_and_inodes_never_do(clock: Clock) -> None:
    made = choosing(clock)
    assert set(made.tick(Control(frozenset({"routes"}))).tables) == {"tcp_states"}
    clock.now += 1
    assert set(made.tick(Control(frozenset({"sockets"}))).tables) == {"tcp_states", "sockets"}
    clock.now += 1
    told = made.tick(Control(frozenset({"sockets", "tcp_info"}))).tables
    assert set(told) == {"tcp_states", "sockets", "tcp_info"}


def test_owners_are_looked_for_also_of_sockets_without_a_row(clock: Clock) -> None:
    looked: list[list[int]] = []

    class Listening(FakeOwners):
        def look(self, wanted: np.ndarray, budget: float) -> None:
            looked.append(wanted.tolist())
            super().look(wanted, budget)

    task = Task(f"{__name__}:Narrow", ("sockets", "inodes"), hidden=0.0)
    made = Sampler([task], lambda: Listening(clock), clock, lambda: 0.0)
    made.tick(Control(frozenset({"sockets", "owners"})))
    assert looked == [[7, 8, 9]]


class Crowd:
    """A crowd of sockets, others in every tick."""

    provides = ("sockets",)
    first = 1

    def collect(self) -> Collected:
        Crowd.first += CROWD
        inodes = np.arange(self.first, self.first + CROWD, dtype=np.uint64)
        return Collected({"sockets": Table({"inode": inodes})})

    def close(self) -> None:
        pass


def test_no_frame_waits_for_the_owners_of_a_crowd(clock: Clock) -> None:
    owners = FakeOwners(clock)
    task = Task(f"{__name__}:Crowd", ("sockets",), hidden=0.0)
    made = Sampler([task], lambda: owners, clock, lambda: 0.0)
    control = Control(frozenset({"sockets", "owners"}))
    made.tick(control)
    assert owners.budgets == []
    drain(made, control, clock, clock.now + 1.0)
    assert owners.left == 0
    known = made.answer(control).tables["unowned"]
    owners.left, looked = 1000, len(owners.budgets)
    clock.now += 1.0
    assert made.tick(control).tables["unowned"] is known  # whole, and not in pieces
    assert len(owners.budgets) == looked
    drain(made, control, clock, clock.now + 1.0)
    assert 0 < owners.left < 1000
    clock.now += 1.0
    assert len(made.tick(control).tables["unowned"]) == owners.left  # what took longer than an interval


class Unix:
    """A collector of unix sockets, and how often it was asked."""

    provides = ("unix", "unix_waiting")
    asked = 0

    def collect(self) -> Collected:
        Unix.asked += 1
        return Collected({"unix": unix_table({"inode": 3, "peer": 4}), "unix_waiting": waiting_table()})

    def close(self) -> None:
        pass


def test_unix_sockets_cost_nothing_once_nobody_wants_them(clock: Clock) -> None:
    looked: list[list[int]] = []

    class Listening(FakeOwners):
        def look(self, wanted: np.ndarray, budget: float) -> None:
            looked.append(wanted.tolist())
            super().look(wanted, budget)

    Unix.asked = 0
    tasks = [
        Task(f"{__name__}:Unix", Unix.provides),
        Task(f"{__name__}:Choosing", Choosing.provides, hidden=0.0),
    ]
    made = Sampler(tasks, lambda: Listening(clock), clock, lambda: 0.0)
    shown = made.tick(Control(frozenset({"unix", "unix_waiting", "owners"})))
    assert {"unix", "unix_waiting"} <= shown.tables.keys()
    clock.now += 1
    hidden = made.tick(Control(frozenset({"sockets", "owners"})))
    assert {"unix", "unix_waiting"}.isdisjoint(hidden.tables)
    assert Unix.asked == 1
    assert looked == [[3, 4], [7, 8]]


def test_ticks_that_cost_much_are_stretched_and_say_so(clock: Clock) -> None:
    spent = 0.0
    task = Task(f"{__name__}:always", ("sockets",), hidden=0.0)
    made = Sampler([task], lambda: FakeOwners(clock), clock, lambda: spent)
    control = Control(frozenset({"sockets"}))
    for _ in range(6):
        frame = made.tick(control)
        spent += 0.24
    assert (frame.interval, frame.every, round(frame.cost["usual"], 3)) == (1.0, 2.4, 0.24)
    for _ in range(4):
        frame = made.tick(control)
    assert (frame.every, frame.stretch) == (1.0, 0.0)


def test_what_only_a_tab_wants_is_never_collected_while_it_is_hidden(clock: Clock) -> None:
    task = Task(f"{__name__}:sometimes", ("routes",))
    made = Sampler([task], lambda: FakeOwners(clock), clock, lambda: 0.0)
    hidden, shown = Control(frozenset({"sockets"})), Control(frozenset({"routes"}))
    for control, asked in ((hidden, 0), (shown, 1), (hidden, 1), (hidden, 1), (shown, 2)):
        clock.now += 1.0
        made.tick(control)
        drain(made, control, clock, clock.now + 1.0)
        assert (Counting.made["routes"].asked if Counting.made else 0) == asked


def test_the_share_is_what_was_asked_for(clock: Clock) -> None:
    spent = 0.0
    task = Task(f"{__name__}:always", ("sockets",), hidden=0.0)
    owners = FakeOwners(clock)
    owners.left = 1000
    made = Sampler([task], lambda: owners, clock, lambda: spent, Governor(0.3))
    control = Control(frozenset({"sockets", "owners"}))
    for _ in range(6):
        frame = made.tick(control)
        spent += 0.6
    assert frame.every == 2.0
    before = sum(owners.budgets)
    drain(made, control, clock, clock.now + 2.0)
    assert sum(owners.budgets) - before == pytest.approx(0.6, abs=1.5 * OWNERS_SLICE)


def test_looking_for_owners_does_not_count_against_ticks(clock: Clock) -> None:
    task = Task(f"{__name__}:always", ("sockets",), hidden=0.0)
    owners = FakeOwners(clock)
    owners.left = 1000
    made = Sampler([task], lambda: owners, clock, clock)  # all time is CPU time
    control = Control(frozenset({"sockets", "owners"}), interval=1.0)
    for _ in range(6):
        frame = made.tick(control)
        drain(made, control, clock, clock.now + 1)
    assert owners.left < 1000
    assert (round(frame.cost["usual"], 9), frame.stretch) == (0.0, 0.0)


def test_an_order_that_shows_more_is_told_from_one_that_shows_less() -> None:
    few, more, every = (Control(states=states) for states in (frozenset({6}), frozenset({1, 6}), None))
    assert [each.widens(few) for each in (few, more, every)] == [False, True, True]
    assert not any(each.widens(every) for each in (few, more, every))
    assert Control(frozenset({"a"})).widens(every)


class Answers(Counting):
    """Has one row a question."""

    def __init__(self) -> None:
        super().__init__("lookups")
        self.questions: list[Question] = []

    def ask(self, questions: Iterable[Question]) -> None:
        self.questions = list(questions)

    def collect(self) -> Collected:
        super().collect()
        return Collected({"lookups": Table({"n": np.arange(len(self.questions))})})


def test_an_answer_collects_nothing_else(clock: Clock) -> None:
    here = __name__
    tasks = [
        Task(f"{here}:always", ("sockets",), hidden=0.0),
        Task(f"{here}:Answers", ("lookups",), rests=True),
    ]
    made = Sampler(tasks, lambda: FakeOwners(clock), clock, lambda: 0.0)
    plain = Control(frozenset({"sockets"}))
    first = made.tick(plain)
    assert "lookups" not in first.tables
    of_socket = OneSocket(2, 6, "10.0.0.1", 1, "10.0.0.2", 2, 0, 7)
    asking = Control(frozenset({"sockets", "lookups"}), questions=(Lookup(2, "10.0.0.1"), of_socket))
    for number in (1, 2):
        frame = made.answer(asking)
        assert len(frame.tables["lookups"]) == 1  # the other question is none for it
        assert frame.tables["sockets"] is first.tables["sockets"]
        assert Counting.made["lookups"].asked == number
    assert Counting.made["sockets"].asked == 1
    assert "lookups" in made.tick(asking).tables
    assert "lookups" not in made.tick(plain).tables
