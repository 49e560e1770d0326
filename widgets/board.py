"""The screen of the dashboard, and what its widgets lie in."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Container
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from sockscope.widgets.pieces import Pieces


class Board(Screen[object]):
    """A screen that draws what shows; where the keys go, the widget that has them tells."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    """Nothing has the keys by itself."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self) -> None:
        super().__init__(id="_default")
        self._compositor = Pieces()


class Holder(Container):
    """Has its children draw everything; what lies in it needs no second layout."""

    BLANK: ClassVar[bool] = True
    virtual_size = Reactive(Size(0, 0), repaint=False)
