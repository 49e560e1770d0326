"""The Log tab on the screen: what is asked for, the way there from a row and back, standing still."""

from __future__ import annotations

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from tests.fake import frame
from tests.model.test_log import destroyed
from tests.test_dashboard import OWNERS, ROWS, stage


def told(number: int, first: int, *events: dict[str, int]) -> Frame:
    """Frame `number` with these events."""
    table = destroyed(first, *events)["destroyed"]
    return frame(number, ROWS, OWNERS, {"destroyed": Table(table.columns, 1000.0 + number)})


async def test_closes_are_counted_whatever_tab_is_shown() -> None:
    async with stage() as on:
        on.source.push(told(1, 0, {"cookie": 91}, {"cookie": 92}))
        await on.until(lambda: "0 Log 2" in on.line("tabs"))
        await on.press("0")
        await on.until(lambda: {"destroyed", "sockets", "owners"} <= on.source.orders[-1].wanted)
        await on.until(lambda: len(on.lines()) == 2)
        assert all("closed" in line and "198.51.100.7:50000" in line for line in on.lines())
        assert "closed 2.0/s" in on.line("filter") or "closed 2/s" in on.line("filter")


async def test_a_key_leads_to_the_history_of_a_peer_and_back() -> None:
    async with stage() as on:
        on.source.push(told(1, 0, {"cookie": 91}))
        await on.until(lambda: "0 Log 1" in on.line("tabs"))
        await on.press("j", "H")  # the second row's peer is 198.51.100.8
        await on.until(lambda: "dst 198.51.100.8" in on.line("filter"))
        await on.until(lambda: "the filter hides" in "".join(on.lines()))
        await on.press("escape")
        await on.until(lambda: len(on.lines()) == 5)
        assert "Recv-Q" in "".join(segment.text for segment in on.grid.render_line(0))
        await on.press("k", "H")
        await on.until(lambda: "dst 198.51.100.7" in on.line("filter"))
        await on.until(lambda: len(on.lines()) == 1 and "closed" in on.lines()[0])
        await on.press("1", "0", "escape")  # whoever left by another key is not led back
        await on.until(lambda: "dst" not in on.line("filter") and "closed" in on.lines()[0])


async def test_a_paused_log_stands_still_while_events_go_on() -> None:
    async with stage(tab="log") as on:
        on.source.push(told(1, 0, {"cookie": 91}))
        await on.until(lambda: len(on.lines()) == 1)
        await on.press("p")
        await on.until(lambda: "paused" in on.line("header"))
        on.source.push(told(2, 1, {"cookie": 92}, {"cookie": 93}))
        on.source.push(told(3, 3, {"cookie": 94}))
        await on.press("m")  # has everything worked out anew
        await on.until(lambda: "mark" in on.line("header"))
        assert len(on.lines()) == 1
        await on.press("p")
        await on.until(lambda: len(on.lines()) == 4)


async def test_details_at_the_least_size() -> None:
    async with stage(80, 24, tab="log") as on:
        on.source.push(told(1, 0, {"cookie": 91, "bytes_sent": 1234}))
        await on.until(lambda: ":50000" in "".join(on.lines()))
        await on.press("enter")
        await on.until(lambda: "the kernel told that it destroyed the socket" in on.details())
