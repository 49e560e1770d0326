"""What README says of keys is what the list of actions says."""

from __future__ import annotations

from pathlib import Path

from sockscope.app.actions import ACTIONS, tab_title
from sockscope.app.view.catalog import VIEWS
from sockscope.widgets.help import help_lines
from sockscope.widgets.keys import bindings

README = Path(__file__).parent.parent / "README.md"


def table() -> str:
    """The table of keys as README should have it."""
    lines = ["| key | what it does |", "| --- | --- |"]
    for action in ACTIONS:
        where = f" ({tab_title(action.tab)})" if action.tab else ""
        lines.append(f"| `{action.label}` | {action.help}{where} |")
    return "\n".join(lines)


def test_readme_has_every_key_as_it_is() -> None:
    text = README.read_text("utf-8")
    told = text.partition("tests/test_readme.py -->\n")[2].partition("\n<!-- /keys -->")[0]
    assert told.strip() == table(), f"put this table between the marks:\n{table()}"


def test_help_has_every_key() -> None:
    shown = "\n".join("".join(cell.text for cell in line) for line in help_lines(200))
    for action in ACTIONS:
        assert action.help in shown
        assert f"  {action.label} " in shown


def test_no_key_means_two_things_in_one_tab() -> None:
    for tab in (view.id for view in VIEWS):
        keys = [key for action in ACTIONS if action.tab in ("", tab) for key in action.keys.split(",")]
        assert len(keys) == len(set(keys))


def test_every_action_is_bound_somewhere() -> None:
    assert len(bindings("app")) + len(bindings("table")) == sum(len(a.keys.split(",")) for a in ACTIONS)


def test_every_action_can_be_run() -> None:
    from textual.actions import parse  # noqa: PLC0415

    from sockscope.app.dashboard import Dashboard  # noqa: PLC0415
    from sockscope.widgets.grid import Grid  # noqa: PLC0415

    for action in ACTIONS:
        holder = Dashboard if action.holder == "app" else Grid
        assert callable(getattr(holder, f"action_{parse(action.action)[1]}"))
