"""The help: every key, from the one list of actions."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from sockscope.app.actions import ACTIONS
from sockscope.app.view.cells import Cell
from sockscope.widgets.panel import Panel

LABEL = 12
EXAMPLE = 20
"""Cells that keys and examples of filters take."""


def help_lines(width: int) -> list[list[Cell]]:
    """Every action under its group: keys, and what they do."""
    lines: list[list[Cell]] = [[Cell(" sockscope: netstat, live", "strong")]]
    group = ""
    for action in ACTIONS:
        if action.group != group:
            group = action.group
            lines += [[], [Cell(f" {group}", "heading")]]
        words = wrap(f"{action.help}{action.where}", max(EXAMPLE, width - LABEL))
        labels = [f"  {action.label}", *[""] * (len(words) - 1)]
        lines += [
            [Cell(label.ljust(LABEL), "key"), Cell(text)] for label, text in zip(labels, words, strict=True)
        ]
    return [*lines, *_filters(), *_marks()]


def _filters() -> Sequence[list[Cell]]:
    said = (
        ("dport = :443", "a field, a comparison (= != > < >= <=), a value; Tab completes them"),
        ("state time-wait", "ss's states and groups; = may be left out"),
        ("not and or ( )", "in this order; words side by side mean and"),
        ("nginx", "text that stands anywhere in a row"),
        ("~ ^ten|x$", "a regular expression; proc ~ ^post in one field"),
        ("@name", "a filter of the settings file, table [filters]"),
    )
    lines = ([Cell(f"  {how}".ljust(EXAMPLE), "key"), Cell(text)] for how, text in said)
    return ([], [Cell(" Filter", "heading")], *lines)


def _marks() -> Sequence[list[Cell]]:
    said = (
        ("▲", "climbs, or is near its limit: look here", "alarm"),
        ("▎", "new in the last seconds; a row that is gone stays a moment, dimmed", "new"),
        ("↑", "owner of the listener: nobody has accepted this connection yet", ""),
        ("+2", "two more processes hold the same socket", ""),
        ("…", "owner not looked for yet", "dim"),
        ("▾", "more below than there is room for: J and K scroll details", "link"),
    )
    return (
        [],
        [Cell(" Marks", "heading")],
        *([Cell(f"  {mark}".ljust(LABEL), tone), Cell(text)] for mark, text, tone in said),
    )


class HelpScreen(ModalScreen[None]):
    """All keys on one page; any of the keys that opened it closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,question_mark,f1,q,enter", "dismiss", "Close"),
        ("down,j", "scroll_by(1)", "Down"),
        ("up,k", "scroll_by(-1)", "Up"),
        ("pagedown,space", "scroll_by(15)", "Page down"),
        ("pageup", "scroll_by(-15)", "Page up"),
    ]

    def compose(self) -> ComposeResult:
        """A panel in the middle."""
        yield Panel(id="help")

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(Panel).show(help_lines)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll the page."""
        panel = self.query_one(Panel)
        panel.scroll_to(y=panel.scroll_offset.y + lines, animate=False)
