"""Histories follow rows by identity."""

from __future__ import annotations

import numpy as np

from sockscope.app.model.history import History


def keys(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(numbers, dtype=np.uint64)


def test_rows_keep_their_samples_when_they_move() -> None:
    history = History(3)
    history.push(keys(1, 2), np.array([1.0, 2.0]))
    history.push(keys(2, 3, 1), np.array([20.0, 30.0, 10.0]))
    samples = history.of(keys(1, 2, 3, 4))
    np.testing.assert_equal(
        samples,
        np.array(
            [[np.nan, 1, 10], [np.nan, 2, 20], [np.nan, np.nan, 30], [np.nan, np.nan, np.nan]], np.float32
        ),
    )


def test_who_was_away_begins_anew() -> None:
    history = History(3)
    history.push(keys(1), np.array([1.0]))
    history.push(keys(2), np.array([2.0]))
    history.push(keys(1), np.array([3.0]))
    assert np.isnan(history.of(keys(1))[0]).tolist() == [True, True, False]


def test_what_was_handed_out_stays_as_it_was() -> None:
    history = History(2)
    history.push(keys(1), np.array([1.0]))
    held = history.of(keys(1))
    history.push(keys(1), np.array([2.0]))
    np.testing.assert_equal(held, np.array([[np.nan, 1.0]], np.float32))


def test_no_rows() -> None:
    history = History(2)
    history.push(keys(), np.array([]))
    assert history.of(keys()).shape == (0, 2)
