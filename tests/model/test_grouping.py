"""Groups sum to the whole, whatever they are made by, and their change is that of their counts."""

from __future__ import annotations

import math
from collections import Counter
from ipaddress import ip_address

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.grouping import STATE_COUNTS, Growth, grouped
from sockscope.app.model.identity import alike
from sockscope.app.model.states import ORDER
from sockscope.app.view.socketgroups import GROUPINGS

SPLITS = {each.id: each.split for each in GROUPINGS}
ADDRESSES = ("10.0.0.1", "10.0.0.9", "10.0.1.9", "2001:db8::1", "2001:db8::2", "::ffff:10.0.0.1")


def sockets(picks: list[tuple[int, int, int, int, int]]) -> Table:
    remote = [ip_address(ADDRESSES[pick[0]]) for pick in picks]
    packed = b"".join(address.packed.ljust(16, b"\0") for address in remote)
    size = len(picks)
    column = np.array(picks, dtype=np.int64).reshape(size, 5)
    return Table(
        {
            "family": np.array([2 if address.version == 4 else 10 for address in remote], np.uint8),
            "protocol": np.where(column[:, 4] % 3 == 0, 17, 6).astype(np.uint8),
            "state": column[:, 1].astype(np.uint8),
            "tcp_state": np.where(column[:, 4] % 3 == 0, 0, column[:, 1]).astype(np.uint8),
            "local_port": column[:, 2].astype(np.uint16),
            "remote_port": column[:, 3].astype(np.uint16),
            "remote_address": np.frombuffer(packed, np.uint8).reshape(size, 16),
            "name": Strings.of([None, "nginx", "psql"][pick[4] % 3] for pick in picks),
            "why": np.where(column[:, 4] % 3 == 0, 2, 0).astype(np.uint8),
            "uid": (column[:, 4] % 2).astype(np.uint32),
            "unit": Strings.of(["nginx", None, "docker 0123"][pick[4] % 3] for pick in picks),
            "namespace": Strings.of(["own", None, "web"][pick[4] % 3] for pick in picks),
            "used": Strings.of(["eth0", None][pick[4] % 2] for pick in picks),
            "rx_queue": column[:, 4].astype(np.uint32),
            "rate": np.where(column[:, 4] % 2 == 0, np.nan, column[:, 4]).astype(np.float64),
        }
    )


PICKS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 11), st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("name", SPLITS)
@given(PICKS, st.randoms(use_true_random=False))
def test_groups_sum_to_the_whole(
    name: str, picks: list[tuple[int, int, int, int, int]], chance: object
) -> None:
    rows = sockets(picks)
    chosen = np.array([row for row in range(len(rows)) if chance.random() < 0.7], np.intp)  # type: ignore[attr-defined]
    groups = grouped(rows, chosen, SPLITS[name], ("rx_queue", "rate", "missing"))
    members = rows.take(chosen)
    plain = Counter(zip(*(column.tolist() for column in SPLITS[name](members)), strict=True))
    assert Counter(groups.numbers("count").tolist()) == Counter(plain.values())
    assert len(set(groups.numbers("key").tolist())) == len(groups)
    assert np.nansum(groups.numbers("sum_rx_queue")) == members.numbers("rx_queue").sum()
    assert np.nansum(groups.numbers("sum_rate")) == np.nansum(members.numbers("rate"))
    assert "sum_missing" not in groups
    for column, state in zip(STATE_COUNTS, ORDER, strict=True):
        assert groups.numbers(column).sum() == (members.numbers("tcp_state") == state).sum()
    assert groups.numbers("count").tolist() == sorted(groups.numbers("count").tolist(), reverse=True)


def test_mapped_addresses_and_their_ipv4_are_one_group() -> None:
    rows = sockets([(0, 1, 0, 0, 1), (5, 1, 0, 0, 1)])
    assert grouped(rows, np.arange(2), SPLITS["remote"]).numbers("count").tolist() == [2]


def test_networks_are_a_24_and_a_64() -> None:
    rows = sockets([(place, 1, 0, 0, 1) for place in range(6)])
    assert grouped(rows, np.arange(6), SPLITS["remote-network"]).numbers("count").tolist() == [3, 2, 1]


def test_a_group_has_the_same_key_in_every_frame() -> None:
    one = grouped(sockets([(0, 1, 0, 0, 1), (1, 1, 0, 0, 1)]), np.arange(2), SPLITS["remote"])
    two = grouped(
        sockets([(1, 6, 3, 3, 2), (0, 1, 0, 0, 1), (1, 1, 0, 0, 1)]), np.arange(3), SPLITS["remote"]
    )
    assert set(one.numbers("key").tolist()) == set(two.numbers("key").tolist())


def _counted(**counts: int) -> Table:
    keys = np.array([ord(name) for name in counts], np.uint64)
    return Table({"key": keys, "count": np.array(list(counts.values()), np.int64)})


def test_change_is_over_real_time_and_a_new_group_had_none() -> None:
    growth = Growth()
    assert np.isnan(growth.per_second(_counted(a=5, b=5), 10.0, "remote")).all()
    assert growth.per_second(_counted(a=7, b=5, c=4), 12.0, "remote").tolist() == [1.0, 0.0, 2.0]
    assert growth.per_second(_counted(a=1), 13.0, "remote").tolist() == [-4 / 3]


def test_another_question_begins_anew() -> None:
    growth = Growth()
    growth.per_second(_counted(a=5), 10.0, "remote")
    assert math.isnan(growth.per_second(_counted(a=9), 11.0, "process")[0])


def test_samples_older_than_needed_are_forgotten() -> None:
    growth = Growth()
    for second in range(100):
        growth.per_second(_counted(a=second), float(second), "remote")
    assert len(growth._samples) <= 5
    assert growth.per_second(_counted(a=103), 100.0, "remote").tolist() == [2.0]


@given(st.lists(st.integers(0, 40).map(lambda value: value * 3), max_size=60))
def test_places_are_put_together_whatever_the_keys(values: list[int]) -> None:
    keys = np.array(values, np.uint64)  # not mixed: most of them are alike in their high bits
    first, group = alike(keys)
    assert keys[first][group].tolist() == values
    assert len(first) == len(set(values))
    assert all(values.index(int(keys[place])) == place for place in first.tolist())


def test_rows_that_are_gone_count_as_nothing_and_their_group_is_gone() -> None:
    rows = sockets([(0, 1, 0, 0, 1), (0, 6, 0, 0, 1), (1, 1, 0, 0, 1)])
    rows = rows.with_columns(presence=np.array([0, 2, 2], np.uint8))
    groups = grouped(rows, np.arange(3), SPLITS["remote"], ("rx_queue",))
    assert groups.numbers("count").tolist() == [1, 0]
    assert groups.numbers("presence").tolist() == [0, 2]
    assert groups.numbers("state_6").tolist() == [0, 0]
    assert groups.numbers("share").tolist() == [1.0, 0.0]
    assert np.isnan(groups.numbers("sum_rx_queue")[1])


def test_names_have_the_same_key_whatever_their_codes() -> None:
    rows = sockets([(0, 1, 0, 0, 1), (0, 1, 0, 0, 2)])
    other = rows.with_columns(name=Strings(np.array([5, 2], np.int32), ("a", "b", "PSQL", "c", "d", "nginx")))
    keys = [
        set(grouped(each, np.arange(2), SPLITS["process"]).numbers("key").tolist()) for each in (rows, other)
    ]
    assert keys[0] == keys[1]
