"""THE list of keys. Bindings, footer, command palette, help and the README's table are all made of it."""

from __future__ import annotations

from dataclasses import replace

from sockscope.app.record import dataclass
from sockscope.app.tabs import BY_ID

APP, TABLE = "app", "table"


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does.

    `keys` are Textual's names, `label` how they read; `action` is what Textual runs, `holder` whether the app
    or the table has it; `tabs` are the only ones it holds in, if it does not in all. `hint` is its word in
    the footer, if it stands there, and `rank` how long it stays when room gets short (1: always).
    """

    id: str
    keys: str
    label: str
    title: str
    help: str
    group: str
    action: str
    holder: str = APP
    tabs: tuple[str, ...] = ()
    hint: str = ""
    rank: int = 9
    of_groups: str | None = None
    """What it does while rows are grouped, as the footer says it; "" where it means nothing then, None where
    grouping makes no difference."""

    @property
    def in_palette(self) -> bool:
        """Whether the command palette offers it: moving about is quicker by key."""
        return self.holder == APP and self.id not in ("back", "palette")

    @property
    def where(self) -> str:
        """The tabs it holds in, to be put behind its help."""
        return f" ({', '.join(BY_ID[tab].title for tab in self.tabs)})" if self.tabs else ""


def _tab(number: str, tab: str) -> Action:
    title = BY_ID[tab].title
    return Action(f"tab_{tab}", number, number, title, f"Go to {title}.", "Tabs", f"tab('{tab}')")


def _move(id_: str, keys: str, label: str, help_: str, action: str) -> Action:
    return Action(id_, keys, label, help_.rstrip("."), help_, "Moving", action, holder=TABLE)


def _only(key: str, state: str, number: int, hint: str, rank: int) -> Action:
    return Action(
        f"only_{state.lower()}",
        key,
        key,
        f"Only {state}",
        f"Only {state}; the same key again lifts it.",
        "Finding",
        f"only({number})",
        tabs=("connections",),
        hint=hint,
        rank=rank,
    )


def _switch(key: str, name: str, tab: str, help_: str, hint: str) -> Action:
    return Action(
        name,
        key,
        key,
        help_.rstrip("."),
        help_,
        "Finding",
        f"switch('{name}')",
        tabs=(tab,),
        hint=hint,
        rank=4,
    )


ACTIONS: tuple[Action, ...] = (
    _tab("1", "connections"),
    _tab("2", "listening"),
    _tab("3", "routes"),
    _tab("4", "interfaces"),
    _tab("5", "statistics"),
    _tab("6", "unix"),
    _tab("7", "groups"),
    _tab("8", "nat"),
    _tab("9", "other"),
    _tab("0", "log"),
    Action(
        "tab_before", "left_square_bracket", "[", "Tab before", "Go one tab back.", "Tabs", "step_tab(-1)"
    ),
    Action("tab_after", "right_square_bracket", "]", "Next tab", "Go one tab on.", "Tabs", "step_tab(1)"),
    _move("up", "up,k", "↑ k", "One row up.", "row(-1)"),
    _move("down", "down,j", "↓ j", "One row down.", "row(1)"),
    _move("page_up", "pageup", "PgUp", "One page up.", "page(-1.0)"),
    _move("page_down", "pagedown", "PgDn", "One page down.", "page(1.0)"),
    _move("half_up", "ctrl+u", "ctrl+u", "Half a page up.", "page(-0.5)"),
    _move("half_down", "ctrl+d", "ctrl+d", "Half a page down.", "page(0.5)"),
    _move("left", "left", "←", "One column to the left, to choose a cell.", "column(-1)"),
    _move("right", "right", "→", "One column to the right.", "column(1)"),
    _move("first", "g,home", "g Home", "To the first row.", "first"),
    _move("last", "G,end", "G End", "To the last row.", "last"),
    Action(
        "filter",
        "slash",
        "/",
        "Filter",
        "Only rows that pass the filter typed; Enter keeps it, Esc clears it.",
        "Finding",
        "filter",
        hint="filter",
        rank=2,
    ),
    Action(
        "like_cell",
        "equals_sign",
        "=",
        "Like this cell",
        "Only rows with what stands in the chosen cell (← →).",
        "Finding",
        "like_cell(True)",
        hint="like cell",
        rank=8,
    ),
    Action(
        "unlike_cell",
        "exclamation_mark",
        "!",
        "Unlike this cell",
        "Only rows with something else there.",
        "Finding",
        "like_cell(False)",
    ),
    _only("R", "SYN_RECV", 3, "SYN_RECV", 4),
    _only("T", "TIME_WAIT", 6, "TIME_WAIT", 4),
    _only("E", "ESTABLISHED", 1, "ESTAB", 6),
    _only("C", "CLOSE_WAIT", 8, "CLOSE_WAIT", 7),
    Action(
        "all_states",
        "A",
        "A",
        "All states",
        "Every state again.",
        "Finding",
        "all_states",
        tabs=("connections",),
    ),
    Action(
        "states",
        "f",
        "f",
        "States",
        "Choose TCP states from a list with their counts.",
        "Finding",
        "states",
        tabs=("connections",),
        hint="states",
        rank=3,
    ),
    Action(
        "group",
        "b",
        "b",
        "Group",
        "Put rows together by what they share; Enter shows a group's rows, Esc comes back.",
        "Finding",
        "group",
        tabs=("connections", "listening", "unix", "nat", "other", "log"),
        hint="group",
        rank=4,
    ),
    Action(
        "state_map",
        "M",
        "M",
        "State map",
        "The TCP state machine with what is in every state now; Enter shows the sockets in one.",
        "Finding",
        "state_map",
        hint="state map",
        rank=7,
    ),
    _switch("a", "changed_only", "statistics", "Only counters that changed, or all.", "changed/all"),
    _switch("d", "hide_down", "interfaces", "Hide or show interfaces that are down.", "down"),
    _switch("v", "hide_virtual", "interfaces", "Hide or show virtual interfaces.", "virtual"),
    _switch("l", "hide_local", "routes", "Hide or show the local table.", "local table"),
    _switch("l", "hide_link", "groups", "Hide or show link-layer addresses.", "link layer"),
    _switch("i", "per_interface", "statistics", "IPv6 counters of each interface too.", "by interface"),
    _switch("l", "only_listeners", "unix", "Only listeners, or all.", "listeners"),
    _switch("a", "only_programs", "other", "The kernel's own ends of netlink too, or not.", "kernel's too"),
    _switch("a", "translated_only", "nat", "Only translated connections, or all.", "translated/all"),
    Action(
        "follow",
        "o",
        "o",
        "To the peer",
        "Go to the socket at the other end; Esc comes back.",
        "Looking",
        "follow",
        tabs=("unix",),
        hint="peer",
        rank=3,
        of_groups="",
    ),
    Action(
        "history",
        "H",
        "H",
        "History",
        "Go to what the log has of this row's peer, or of this group; Esc comes back.",
        "Looking",
        "history",
        tabs=("connections", "listening"),
        hint="history",
        rank=7,
    ),
    Action(
        "columns",
        "c",
        "c",
        "Columns",
        "Choose the columns of this tab from a list; they are remembered.",
        "Looking",
        "columns",
        hint="columns",
        rank=6,
    ),
    Action("sort", "s", "s", "Sort", "Sort by the next column.", "Finding", "sort", hint="sort", rank=3),
    Action(
        "line",
        "B",
        "B",
        "Who uses the line",
        "Bytes/s of each connection, the busiest first; again: the order before.",
        "Finding",
        "line",
        tabs=("connections",),
        hint="busiest",
        rank=5,
    ),
    Action("reverse", "S", "S", "Reverse order", "Turn the order round.", "Finding", "reverse"),
    Action(
        "open",
        "enter",
        "⏎",
        "Details",
        "Open the details of rows; again: close them.",
        "Looking",
        "open",
        TABLE,
        hint="details",
        rank=5,
        of_groups="rows",
    ),
    Action(
        "which",
        "w",
        "w",
        "Which route",
        "Type an address: which way would the kernel send packets there?",
        "Looking",
        "which",
        tabs=("routes",),
        hint="which route",
        rank=3,
    ),
    Action(
        "details_down", "J", "J", "Scroll details", "Scroll the details down.", "Looking", "scroll_details(5)"
    ),
    Action(
        "details_up",
        "K",
        "K",
        "Scroll details back",
        "Scroll the details up.",
        "Looking",
        "scroll_details(-5)",
    ),
    Action(
        "back",
        "escape",
        "Esc",
        "Back",
        "Back to where `o` came from, else close the details, else clear the filter.",
        "Looking",
        "back",
    ),
    Action(
        "names",
        "n",
        "n",
        "Names",
        "Names of hosts, ports and users, or numbers; rows stay sorted by number.",
        "Looking",
        "names",
        hint="names",
        rank=6,
    ),
    Action(
        "mark",
        "m",
        "m",
        "Mark",
        "Count changes from now on; again: back to rates.",
        "Looking",
        "mark",
        hint="mark",
        rank=6,
    ),
    Action(
        "pause",
        "p",
        "p",
        "Pause",
        "Hold the screen still while collecting goes on; again: go on.",
        "Looking",
        "pause",
        hint="pause",
        rank=5,
    ),
    Action("faster", "minus", "-", "Shorter interval", "Collect more often.", "Looking", "faster"),
    Action("slower", "plus", "+", "Longer interval", "Collect less often.", "Looking", "slower"),
    Action("refresh", "r", "r", "Refresh", "Collect now.", "Looking", "refresh_now"),
    Action(
        "copy",
        "y",
        "y",
        "Copy row",
        "Copy the row to the terminal's clipboard (OSC 52, works over ssh).",
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
        hint="export",
        rank=8,
    ),
    Action(
        "help", "question_mark,f1", "?", "Help", "Show every key.", "Program", "help", hint="help", rank=1
    ),
    Action(
        "palette", "ctrl+p", "ctrl+p", "Commands", "Find a command by its name.", "Program", "command_palette"
    ),
    Action(
        "redraw",
        "ctrl+l",
        "ctrl+l",
        "Redraw",
        "Draw the screen anew, where another program wrote over it.",
        "Program",
        "redraw",
    ),
    Action("quit", "q,ctrl+c", "q", "Quit", "End the program.", "Program", "quit", hint="quit", rank=1),
)

TAB_KEYS = {each.id.removeprefix("tab_"): each.label for each in ACTIONS if each.action.startswith("tab('")}
"""The key of each tab."""


def holding(tab: str, *, grouped: bool = False) -> tuple[Action, ...]:
    """The actions that hold in a tab, with their words for groups while its rows are grouped."""
    here = (action for action in ACTIONS if not action.tabs or tab in action.tabs)
    if not grouped:
        return tuple(here)
    return tuple(
        action if action.of_groups is None else replace(action, hint=action.of_groups)
        for action in here
        if action.of_groups != ""
    )
