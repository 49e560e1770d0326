"""What is said of the machine that figures were taken on."""

from __future__ import annotations

from tests.bench.__main__ import stolen, times


def test_the_hosts_share_is_told() -> None:
    before = (0, 0, 0, 0, 0, 0, 0, 0)
    assert stolen(before, (50, 0, 20, 26, 0, 0, 0, 4)) == "; its host gave 4% of its time to others meanwhile"
    assert stolen(before, (50, 0, 20, 30, 0, 0, 0, 0)) == ""
    assert stolen(before, before) == ""


def test_times_only_grow() -> None:
    before, after = times(), times()
    assert len(before) == 8
    assert all(later >= sooner for sooner, later in zip(before, after, strict=True))
