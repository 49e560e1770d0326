"""The state strip: every TCP state with its count, laid out for a width.

Whatever the width, a state that any socket is in is named, or counted in the named rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sockscope.app.model.states import (
    BOUND,
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    StateNow,
)
from sockscope.app.view.columns import Cell
from sockscope.app.view.format import count, per_second, short, sparkline
from sockscope.app.view.sockets import TONES

ALARM = "▲"
GAP = 2
"""Blank cells between items."""
OTHERS = 0
"""Stands for the state of the item that counts the rest."""

ALWAYS = (ESTABLISHED, SYN_RECV, TIME_WAIT, CLOSE_WAIT)
"""States that keep their place at zero too: one looks for them, and seeing none is an answer."""
LEAVES = (
    CLOSE,
    BOUND,
    LISTEN,
    CLOSING,
    LAST_ACK,
    FIN_WAIT1,
    FIN_WAIT2,
    SYN_SENT,
    CLOSE_WAIT,
    TIME_WAIT,
    SYN_RECV,
    ESTABLISHED,
)
"""Order in which states leave for the rest when there is no room; those with an alarm leave last."""

LINGER = 10
"""Seconds for which a state that fell to zero keeps its place, so that its neighbours stay where they are."""
SPARKS = (24, 20, 15, 12, 8, 6)
"""Widths that a sparkline may have; each cell stands for a whole number of seconds."""

_RATE_ROOM = 6  # `+120/s`, the usual


@dataclass(frozen=True, slots=True)
class StripItem:
    """One state (or OTHERS) at cell `x`, `width` cells wide; `parts` are drawn one after the other and may be
    shorter than that."""

    state: int
    parts: tuple[Cell, ...]
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class _Step:
    """How much is said of each state: whole names, the change of all states or only of those with an alarm,
    whole numbers."""

    full: bool
    rates: bool
    alarm_rates: bool
    exact: bool = True


_STEPS = (
    _Step(full=True, rates=True, alarm_rates=True),
    _Step(full=True, rates=False, alarm_rates=True),
    _Step(full=False, rates=False, alarm_rates=True),
    _Step(full=False, rates=False, alarm_rates=False),
)
_TIGHT = _Step(full=False, rates=False, alarm_rates=False, exact=False)
