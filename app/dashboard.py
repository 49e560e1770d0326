"""The Textual app: frames in, the active tab out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from sockscope.app.actions import ACTIONS, APP, holding
from sockscope.app.model.engine import Engine, Snapshot
from sockscope.app.model.states import NAMES
from sockscope.app.model.worker import Lost, Reader, Worker
from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import Source
from sockscope.app.view import bars, catalog, facts, strip
from sockscope.app.view.session import Session
from sockscope.app.view.window import Window
from sockscope.styles.themes import THEMES
from sockscope.widgets.grid import Grid, Place
from sockscope.widgets.help import HelpScreen
from sockscope.widgets.keys import bindings
from sockscope.widgets.line import Line
from sockscope.widgets.panel import Panel
from sockscope.widgets.picker import StatePicker

SMALLEST = (60, 15)
"""Columns and rows below which only a word fits."""
RESTART_AFTER = (0.5, 1.0, 2.0, 5.0)
"""Seconds until a lost sampler is started again, the first time and each time after."""


class Arrived(Message):
    """A snapshot from the engine's thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, Arrived)


class SourceGone(Message):
    """The stream of frames has ended."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Dashboard(App[None]):
    """Header, state strip, tabs, table, details, filter, footer."""

    CSS_PATH: ClassVar[list[str]] = []
    TITLE = "sockscope"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = bindings(APP)
