"""THE list of keys. Bindings, footer, command palette, help and the README's table are all made of it."""

from __future__ import annotations

from dataclasses import dataclass

APP, TABLE = "app", "table"
EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does.

    `action` is what Textual runs; `holder` tells whether the app or the table has it; `tab` is the only tab
    it holds in ("" for all); `footer` its rank there (0: not shown, 1 stays longest); `label` how its keys read.
    """

    id: str
    keys: str
    label: str
    title: str
    help: str
    group: str
    action: str
    holder: str = APP
    tab: str = EVERYWHERE
    footer: int = 0
    palette: bool = True


def _tab(number: str, tab: str, title: str) -> Action:
    return Action(
        f"tab_{tab}", number, number, title, f"Go to {title}.", "Tabs", f"tab('{tab}')", palette=True
    )


ACTIONS: tuple[Action, ...] = (
    _tab("1", "connections", "Connections"),
    _tab("2", "listening", "Listening"),
    _tab("3", "routes", "Routes"),
    _tab("4", "interfaces", "Interfaces"),
    _tab("5", "statistics", "Statistics"),
    Action(
        "tab_before",
        "left_square_bracket",
        "[",
        "Tab before",
        "Go to the tab before.",
        "Tabs",
        "step_tab(-1)",
    ),
    Action(
        "tab_after", "right_square_bracket", "]", "Next tab", "Go to the next tab.", "Tabs", "step_tab(1)"
    ),
    Action("up", "up,k", "↑ k", "Up", "One row up.", "Moving", "row(-1)", TABLE, palette=False),
    Action("down", "down,j", "↓ j", "Down", "One row down.", "Moving", "row(1)", TABLE, palette=False),
    Action(
        "page_up", "pageup", "PgUp", "Page up", "One page up.", "Moving", "page(-1.0)", TABLE, palette=False
    ),
    Action(
        "page_down",
        "pagedown",
        "PgDn",
        "Page down",
        "One page down.",
        "Moving",
        "page(1.0)",
        TABLE,
        palette=False,
    ),
    Action(
        "half_up",
        "ctrl+u",
        "^u",
        "Half page up",
        "Half a page up.",
        "Moving",
        "page(-0.5)",
        TABLE,
        palette=False,
    ),
    Action(
        "half_down",
        "ctrl+d",
        "^d",
        "Half page down",
        "Half a page down.",
        "Moving",
        "page(0.5)",
        TABLE,
        palette=False,
    ),
    Action("first", "g,home", "g", "First row", "To the first row.", "Moving", "first", TABLE, palette=False),
    Action("last", "G,end", "G", "Last row", "To the last row.", "Moving", "last", TABLE, palette=False),
    Action(
        "filter",
        "slash",
        "/",
        "Filter",
        "Show only rows that contain every word typed; Enter keeps the filter, Esc clears it.",
        "Finding",
        "filter",
        footer=2,
    ),
    Action(
        "only_time_wait",
        "T",
        "T",
        "TIME_WAIT",
        "Only TIME_WAIT; the same key again lifts it.",
        "Finding",
        "only(6)",
        tab="connections",
        footer=4,
    ),
    Action(
        "only_syn_recv",
        "R",
        "R",
        "SYN_RECV",
        "Only SYN_RECV; the same key again lifts it.",
        "Finding",
        "only(3)",
        tab="connections",
        footer=5,
    ),
    Action(
        "only_established",
        "E",
        "E",
        "ESTABLISHED",
        "Only ESTABLISHED; the same key again lifts it.",
        "Finding",
        "only(1)",
        tab="connections",
        footer=6,
    ),
    Action(
        "only_close_wait",
        "C",
        "C",
        "CLOSE_WAIT",
        "Only CLOSE_WAIT; the same key again lifts it.",
        "Finding",
        "only(8)",
        tab="connections",
        footer=7,
    ),
    Action(
        "all_states",
        "A",
        "A",
        "All states",
        "Every state again.",
        "Finding",
        "all_states",
        tab="connections",
        footer=9,
    ),
    Action(
        "states",
        "f",
        "f",
        "states",
        "Choose TCP states from a list with their counts.",
        "Finding",
        "states",
        tab="connections",
        footer=3,
    ),
    Action("sort", "s", "s", "sort", "Sort by the next column.", "Finding", "sort", footer=3),
    Action("reverse", "S", "S", "Reverse", "Turn the order round.", "Finding", "reverse", footer=9),
    Action(
        "moved_only",
        "a",
        "a",
        "all/changed",
        "Show all counters, or only those that changed.",
        "Finding",
        "switch('changed_only')",
        tab="statistics",
        footer=3,
    ),
    Action(
        "hide_down",
        "d",
        "d",
        "down",
        "Show or hide interfaces that are down.",
        "Finding",
        "switch('hide_down')",
        tab="interfaces",
        footer=4,
    ),
    Action(
        "hide_virtual",
        "v",
        "v",
        "virtual",
        "Show or hide virtual interfaces.",
        "Finding",
        "switch('hide_virtual')",
        tab="interfaces",
        footer=4,
    ),
    Action(
        "hide_local",
        "l",
        "l",
        "local table",
        "Show or hide the local table: the machine's own addresses.",
        "Finding",
        "switch('hide_local')",
        tab="routes",
        footer=4,
    ),
    Action(
        "open",
        "enter",
        "⏎",
        "details",
        "Open the row's details; again: close them.",
        "Looking",
        "open",
        TABLE,
        footer=5,
        palette=False,
    ),
    Action(
        "back",
        "escape",
        "Esc",
        "Back",
        "Close the details, else clear the filter.",
        "Looking",
        "back",
        palette=False,
    ),
    Action(
        "mark",
        "m",
        "m",
        "mark",
        "Count changes from now on; again: back to rates.",
        "Looking",
        "mark",
        footer=6,
    ),
    Action(
        "pause",
        "p",
        "p",
        "pause",
        "Hold the screen still while collecting goes on; again: go on.",
        "Looking",
        "pause",
        footer=5,
    ),
    Action("faster", "minus", "-", "Shorter interval", "Collect more often.", "Looking", "faster"),
    Action("slower", "plus,equals_sign", "+", "Longer interval", "Collect less often.", "Looking", "slower"),
    Action("refresh", "r", "r", "Refresh", "Collect now.", "Looking", "refresh_now"),
    Action(
        "copy",
        "y",
        "y",
        "Copy row",
        "Copy the row to the clipboard (OSC 52, works over ssh).",
        "Looking",
        "copy",
    ),
    Action(
        "export",
        "e",
        "e",
        "Export",
        "Write what is shown to a CSV file in the current directory.",
        "Looking",
        "export",
        footer=8,
    ),
    Action("help", "question_mark,f1", "?", "help", "Show every key.", "Program", "help", footer=1),
    Action(
        "palette",
        "ctrl+p",
        "^p",
        "Commands",
        "Find a command by name.",
        "Program",
        "command_palette",
        palette=False,
    ),
    Action("quit", "q,ctrl+c", "q", "quit", "End the program.", "Program", "quit", footer=1),
)


def holding(tab: str) -> tuple[Action, ...]:
    """The actions that hold in a tab."""
    return tuple(action for action in ACTIONS if action.tab in (EVERYWHERE, tab))
