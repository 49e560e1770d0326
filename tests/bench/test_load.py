"""The load is as large as it says, renews itself, and vanishes."""

from __future__ import annotations

import os

import pytest

from tests.bench import load
from tests.bench.load import Load
from tests.lab.guard import NAMESPACES
from tests.lab.need import require_root_and
from tests.lab.states import states

pytestmark = pytest.mark.lab


def test_sockets_stand_in_both_states_and_vanish(monkeypatch: pytest.MonkeyPatch) -> None:
    require_root_and()
    monkeypatch.setattr(load, "PER_WORKER", 300)
    with Load(2000, time_wait=500) as made:
        found = states(made.namespace)
        assert (found["ESTABLISHED"], found["TIME_WAIT"]) == (2000, 500)
        assert len(set(made.pids)) == 4
        pids = made.pids
    assert not (NAMESPACES / made.namespace.name).exists()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_churn_renews_the_oldest_and_leaves_the_number() -> None:
    require_root_and()
    with Load(400) as made:
        before = inodes(made)
        assert made.churn(0.25) == 50
        after = inodes(made)
        assert states(made.namespace)["ESTABLISHED"] == 400
        assert states(made.namespace)["TIME_WAIT"] == 0
    assert len(before & after) == 300


def inodes(made: Load) -> set[str]:
    """Inodes of all established sockets."""
    lines = made.namespace.read("/proc/net/tcp").splitlines()[1:]
    return {words[9] for words in map(str.split, lines) if words[3] == "01"}


@pytest.mark.parametrize(
    ("number", "most", "parts"), [(0, 5, []), (5, 5, [5]), (11, 5, [4, 4, 3]), (1, 5, [1])]
)
def test_split_shares_evenly(number: int, most: int, parts: list[int]) -> None:
    assert load.spread_over(number, most) == parts
