"""What there is to take pictures of: keys to press, in a tab."""

from __future__ import annotations

from dataclasses import dataclass

SIZES = ((80, 24), (160, 45))


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture's name, the tab it begins in, the keys to press, and the ones that leave it as it was."""

    name: str
    tab: str
    keys: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    """Keys more where details stand below the table."""
    watches: float = 0.0
    """Seconds more before the picture, for what is only collected once the keys are pressed."""
    columns: tuple[str, ...] = ()
    """Columns that show beside the usual ones."""
    netns: str = ""
    """As the option has it."""


def _typed(text: str) -> tuple[str, ...]:
    names = {
        " ": "space",
        "-": "minus",
        "=": "equals_sign",
        "!": "exclamation_mark",
        ":": "colon",
        "_": "underscore",
    }
    return ("slash", *(names.get(letter, letter) for letter in text), "enter")


SCENES = (
    Scene("connections", "1"),
    Scene("connections-syn-recv", "1", ("R",), ("R",)),
    Scene("connections-details", "1", ("E", "j", "j", "enter"), ("escape", "A")),
    Scene("connections-states", "1", ("f",), ("escape",)),
    Scene("connections-filter", "1", ("slash", *"dport", "space", "tab"), ("escape",)),
    Scene("connections-columns", "1", ("c",), ("escape",)),
    Scene("connections-busiest", "1", ("B",), ("B",)),
    Scene(
        "connections-health",
        "1",
        ("B", "wait:3000", "g", "wait:1500", "enter"),
        ("escape", "B"),
        narrow=("wait:1500", "J", "J", "J", "J"),
        watches=25,
    ),
    Scene("connections-grouped", "1", ("b", "1"), ("escape",)),
    Scene("state-map", "1", ("M",), ("escape",)),
    Scene("connections-former", "1", ("T", *_typed("dport = :5432")), ("escape", "A"), watches=20),
    Scene("listening", "2"),
    Scene("routes", "3"),
    Scene("routes-details", "3", ("j", "j", "enter"), ("escape",)),
    Scene("interfaces", "4"),
    Scene("interfaces-details", "4", ("j", "enter"), ("escape",)),
    Scene("statistics", "5"),
    Scene("unix", "6"),
    Scene("unix-details", "6", ("slash", "p", "h", "p", "enter", "j", "enter"), ("escape", "escape")),
    Scene("unix-grouped", "6", ("b", "3"), ("escape",)),
    Scene("groups", "7"),
    Scene("groups-details", "7", ("j", "j", "j", "enter"), ("escape",)),
    Scene("nat", "8"),
    Scene("nat-details", "8", ("enter",), ("escape",)),
    Scene("nat-grouped", "8", ("b", "5"), ("escape",)),
    Scene("other", "9"),
    Scene("other-details", "9", ("enter",), ("escape",)),
    Scene("log", "0"),
    Scene("log-details", "0", ("enter",), ("escape",)),
    Scene("log-grouped", "0", ("b", "4"), ("escape",)),
    Scene("help", "1", ("question_mark",), ("escape",)),
    Scene("listening-units", "2", columns=("unit",)),
    Scene(
        "connections-units",
        "1",
        ("E", *_typed("dport != :5432 and sport != :8009")),
        ("escape", "A"),
        columns=("unit",),
    ),
    Scene("connections-by-unit", "1", ("b", "5"), ("escape",), columns=("unit",)),
    Scene("namespaces-grouped", "1", ("b", "0"), ("escape",), netns="all"),
    Scene("namespaces-listening", "2", netns="all"),
    Scene("namespaces-nat", "8", _typed("dport = :8080"), ("escape",), netns="all"),
)
