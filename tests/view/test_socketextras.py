"""Mark, device and cookie of a socket as they read."""

from __future__ import annotations

import numpy as np
import pytest

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.store import Store
from sockscope.app.view.socketextras import COOKIE, DEVICE, MARK, mark_facts
from tests.fake import frame, sockets


def rows(marks: list[int] | None, taken: float = 1000.0) -> tuple[Store, Table]:
    """Two sockets, and their marks if such are collected."""
    store = Store()
    table = sockets({"cookie": 0xAB12}, {"cookie": 0})
    more = {} if marks is None else {"marks": Table({"mark": np.array(marks, np.int64)}, taken)}
    store.take(frame(0, table, more))
    made = Sockets().rows(store)
    assert made is not None
    return store, made


@pytest.mark.parametrize(("mark", "text"), [(-1, "-"), (0, "0"), (42, "0x2a"), (2**32 - 1, "0xffffffff")])
def test_a_mark_reads_as_ss_writes_it(mark: int, text: str) -> None:
    store, made = rows([mark, 1])
    assert MARK.cell(made, 0).text == text
    assert mark_facts(store, made, 0)[0].label == "mark"


def test_marks_of_another_dump_are_not_these() -> None:
    assert MARK.cell(rows([7, 7], taken=5.0)[1], 0).text == "-"
    assert MARK.cell(rows([7])[1], 0).text == "-"


def test_details_say_why_a_mark_is_not_known() -> None:
    store, made = rows([-1, -1])
    assert "CAP_NET_ADMIN" in mark_facts(store, made, 0)[0].value
    store, made = rows([-1, 3])
    assert "of this socket" in mark_facts(store, made, 0)[0].value
    store, made = rows(None)
    assert not mark_facts(store, made, 0)


def test_cookies_are_hexadecimal_and_no_device_is_a_star() -> None:
    _, made = rows(None)
    assert [COOKIE.cell(made, row).text for row in (0, 1)] == ["ab12", "-"]
    assert DEVICE.cell(made, 0).text == "*"
    bound = made.with_columns(device=Strings.of(["eth0", None]))
    assert DEVICE.cell(bound, 0).text == "eth0"
