"""Letters, states, sums and identity of interfaces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.links import UNKNOWN_COUNT, UNKNOWN_NUMBER, Flag, no_links
from sockscope.app.model import linkfacts
from tests.model.link_tables import links_table

UP, RUNNING = int(Flag.UP), int(Flag.RUNNING)


@pytest.mark.parametrize(
    ("flags", "letters"),
    [
        (0x1 | 0x2 | 0x40 | 0x1000, "BMRU"),
        (0x1 | 0x8 | 0x40, "LRU"),
        (0x1 | 0x2 | 0x40 | 0x80 | 0x100 | 0x200 | 0x1000, "ABMPORU"),
        (0x1 | 0x10 | 0x80 | 0x1000, "MOpU"),
        (0xFFFF, "ABDLMdPNOpsmRU"),
        (0x10000 | 0x2000, ""),
    ],
)
def test_letters(flags: int, letters: str) -> None:
    assert linkfacts.letters(flags) == letters


def test_letters_of_many_rows() -> None:
    table = links_table([{"flags": flags} for flags in (UP, UNKNOWN_NUMBER, 0, UP)])
    column = linkfacts.letters_of(table)
    assert [column[row] for row in range(4)] == ["U", None, "", "U"]


@pytest.mark.parametrize(
    ("flags", "operstate", "word"),
    [
        (UP | RUNNING, 6, "up"),
        (UP | RUNNING, 0, "up"),
        (UP, 0, "no link"),
        (UP, 2, "no link"),
        (UP, 3, "no link"),
        (UP, 4, "testing"),
        (UP, 5, "dormant"),
        (0, 1, "absent"),
        (0, 2, "down"),
        (0, 6, "down"),
        (UNKNOWN_NUMBER, 6, "up"),
        (UNKNOWN_NUMBER, 2, "down"),
        (UP | RUNNING, 99, "up"),
    ],
)
def test_states(flags: int, operstate: int, word: str) -> None:
    assert linkfacts.states(links_table([{"flags": flags, "operstate": operstate}]))[0] == word


def in_order(names: list[str | None]) -> list[str | None]:
    table = links_table([{"name": name} for name in names])
    return [names[row] for row in np.argsort(linkfacts.natural_ranks(table), kind="stable").tolist()]


def test_natural_order() -> None:
    names = ["eth10", "wlan0", "eth2", "lo", None, "eth2.100", "eth2.20", "enp0s31f6", "10g0", "9g0"]
    assert in_order(names) == [
        None, "9g0", "10g0", "enp0s31f6", "eth2", "eth2.20", "eth2.100", "eth10", "lo", "wlan0",
    ]  # fmt: skip


@given(st.lists(st.text(), max_size=8))
def test_any_names_can_be_put_in_order(names: list[str | None]) -> None:
    assert sorted(map(str, in_order(names))) == sorted(map(str, names))


def test_identity_is_index_and_name() -> None:
    one, same, renamed, anew = linkfacts.keys(
        links_table(
            [
                {"index": 2, "name": "eth0"},
                {"index": 2, "name": "eth0"},
                {"index": 2, "name": "wan"},
                {"index": 3, "name": "eth0"},
            ]
        )
    )
    assert one == same
    assert len({int(one), int(renamed), int(anew)}) == 3
    assert len(linkfacts.keys(no_links())) == 0


def test_sums_leave_unknown_parts_out() -> None:
    table = links_table(
        [
            {"rx_dropped": 3, "rx_missed_errors": 4},
            {"rx_dropped": 3, "rx_missed_errors": UNKNOWN_COUNT},
            {"rx_dropped": UNKNOWN_COUNT, "rx_missed_errors": 4},
        ]
    )
    assert linkfacts.total(table, linkfacts.SUMS["rx_drp"]).tolist() == [7, 3, UNKNOWN_COUNT]
    assert table.numbers("rx_dropped").tolist() == [3, 3, UNKNOWN_COUNT]


def test_virtual_is_what_has_no_hardware() -> None:
    kinds = ["ether", "veth", "bridge", "loopback", "wlan", None, "tun"]
    table = links_table([{"kind": kind} for kind in kinds])
    assert linkfacts.is_virtual(table).tolist() == [False, True, True, True, False, False, True]


@pytest.mark.parametrize(
    ("row", "use"),
    [
        ({"speed_mbps": 1000}, 0.8),
        ({"speed_mbps": 1000, "duplex": "full"}, 0.8),
        ({"speed_mbps": 1000, "duplex": "half"}, 1.2),
        ({"speed_mbps": -1}, np.nan),
        ({"speed_mbps": 0}, np.nan),
        ({"speed_mbps": 10000, "kind": "veth"}, np.nan),
    ],
)
def test_utilisation(row: dict[str, object], use: float) -> None:
    received, sent = np.array([100e6]), np.array([50e6])
    np.testing.assert_allclose(linkfacts.utilisation(links_table([row]), received, sent), [use])


def test_utilisation_of_an_unknown_rate() -> None:
    unknown = np.array([np.nan])
    assert np.isnan(linkfacts.utilisation(links_table([{"speed_mbps": 1000}]), unknown, unknown)).all()
