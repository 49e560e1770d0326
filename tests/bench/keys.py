"""How long a key's answer takes to be on the screen, in every tab, while a crowd is polled each second."""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pyte

from sockscope.app.actions import ACTIONS
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.columns import TabView
from tests.bench import screens
from tests.bench.figure import Figure, spread
from tests.bench.load import Load
from tests.bench.screens import Feature, Replay
from tests.bench.terminal import Terminal

PROGRAM = (sys.executable, "-P", "-m", "sockscope.app")
FIRST_ROW = r"127\.1\.\d+\.\d+"
BUDGET = 50.0
"""Milliseconds to the answer, at the 95th percentile."""
ROUNDS = 6
_APART = (0.2, 0.35)
"""Seconds between two keys, at least and at most."""
_STEADY = {"connections": 70}
"""Cells from the left that no tick changes while nothing moves; in other tabs:"""
_STEADY_ELSE = 30

ROWS = {"rows after leaving": "leave tab", "rows after coming back": "back to tab"}
"""What takes as long as the kernel needs to tell it, where nobody had asked before, by the key that asks."""

Keys = list[tuple[str, bytes]]


def settling(sockets: int) -> float:
    """Seconds until owners are known and the first ticks are forgotten."""
    return 5.0 + sockets / 5_000


def furnish(load: Load, held: ExitStack) -> None:
    """Something to move about in for the tabs that have no use for TCP sockets."""
    for number in range(20):
        load.namespace.ip("link", "add", f"left{number}", "type", "veth", "peer", "name", f"right{number}")
        load.namespace.ip("route", "add", f"10.{number}.0.0/16", "dev", "lo")
    held.callback(_unfurnish, load)
    for _ in range(100):
        for end in socket.socketpair():
            held.enter_context(end)


def _unfurnish(load: Load) -> None:
    for number in range(20):
        load.namespace.ip("link", "delete", f"left{number}")


def measure(load: Load) -> Iterator[Figure]:
    """Every tab: 50th and 95th percentile and the worst of each key, in milliseconds."""
    with ExitStack() as held:
        furnish(load, held)
        with Terminal(PROGRAM) as terminal:
            terminal.wait_for(FIRST_ROW)
            terminal.watch(settling(load.sockets))
            replay = Replay(terminal)
            for place, view in enumerate(VIEWS):
                terminal.press(_digit(view))
                terminal.watch(2.0)
                letter = rare_letter(replay.now())
                _rounds(terminal, view, VIEWS[place - 1], letter)
    features = {f"{view.id}: {key}": _named(view.id, key) for view in VIEWS for key in features_of(view.id)}
    taken = screens.answers(terminal, features)
    for view in VIEWS:
        every: list[float] = []
        for key in (*features_of(view.id), *ROWS):
            times = [seconds * 1000 for seconds in taken.get(f"{view.id}: {key}", ())]
            budget = None if key in ROWS else BUDGET
            every += times if budget else []
            if times:
                yield spread(key, view.title, times, "ms", budget)
        if every:
            yield spread("any of these keys", view.title, every, "ms", BUDGET)


def features_of(tab: str) -> dict[str, Feature]:
    """What each key changes on the screen."""
    return {
        "move": screens.band,
        "open details": screens.details,
        "close details": screens.details,
        "open filter": screens.entry,
        "type a letter": screens.typed,
        "keep filter": screens.filter_line,
        "clear filter": screens.rows(_STEADY.get(tab, _STEADY_ELSE)),
        "sort by next": screens.heading,
        "leave tab": screens.tab,
        "back to tab": screens.tab,
        "only a state": screens.states,
        "all states": screens.states,
    }


def _named(tab: str, key: str) -> dict[str, Feature]:
    """The answers of a key, by the name under which they are told."""
    answers = {
        key: features_of(tab)[key],
        **{name: screens.tab_with_rows for name in ROWS if ROWS[name] == key},
    }
    return {f"{tab}: {name}": feature for name, feature in answers.items()}


def _rounds(terminal: Terminal, view: TabView, other: TabView, letter: bytes) -> None:
    for _ in range(ROUNDS):
        keys = [
            ("move", b"j"),
            ("move", b"k"),
            ("open details", b"\r"),
            ("close details", b"\r"),
            ("open filter", b"/"),
            ("type a letter", letter),
            ("keep filter", b"\r"),
            ("clear filter", b"\x1b"),
            ("sort by next", b"s"),
            *_state_keys(view.id),
            ("leave tab", _digit(other)),
            ("back to tab", _digit(view)),
        ]
        terminal.play([(f"{view.id}: {name}", key) for name, key in keys], *_APART)


def _state_keys(tab: str) -> Keys:
    actions = {action.id: action.keys.encode() for action in ACTIONS if tab in action.tabs}
    if not {"only_established", "all_states"} <= set(actions):
        return []
    return [("only a state", actions["only_established"]), ("all states", actions["all_states"])]


def _digit(view: TabView) -> bytes:
    action = next(each for each in ACTIONS if each.action == f"tab('{view.id}')")
    return action.keys.partition(",")[0].encode()


def rare_letter(screen: pyte.Screen) -> bytes:
    """A letter or digit that a few rows on the screen have, so that a filter for it leaves some rows."""
    lines = [
        screens.table_part(screen, line) for line in range(screens.FIRST_ROW, screen.lines + screens.FILTER)
    ]
    held = Counter(sign for line in lines for sign in set(line.lower()) if sign.isascii() and sign.isalnum())
    filled = sum(map(bool, lines))
    some = [sign for sign, number in held.items() if number < filled] or list(held) or ["1"]
    return min(some, key=lambda sign: (held[sign], sign)).encode()
