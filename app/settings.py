"""What the user wants of one run: defaults, then the settings file, then the command line."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Literal

from sockscope.app.record import dataclass
from sockscope.app.tabs import BY_ID

Shown = Literal["sockets", "routes", "interfaces", "statistics", "unix", "groups", "nat", "other"]
Which = Literal["connected", "listening", "all"]
Format = Literal["text", "json", "csv"]

TIMER_COLUMNS = ("timer",)
"""Columns of the dashboard that -o shows."""
EXTENDED_COLUMNS = ("user", "inode", "mark", "device", "cookie")
"""Those that -e shows."""
NAMESPACE_COLUMNS = ("namespace", "answerer")
"""Those that `--netns all` shows."""
HEALTH_COLUMNS = (
    "rate", "rx_rate", "tx_rate", "rtt", "min_rtt", "retrans", "cwnd", "delivery_rate", "unsent", "limit",
    "congestion", "idle", "drops",
)  # fmt: skip
INFO_COLUMNS = ("rate", "rtt", "retrans", "limit")
"""Those of how a connection fares that `--info` shows."""
COLUMNS = (*TIMER_COLUMNS, *EXTENDED_COLUMNS, *HEALTH_COLUMNS)
"""Those that the file can have shown at first; all others are chosen in the dashboard."""
THEMES = ("dark", "light", "ansi")
_FILTER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

SHORTEST, LONGEST = 0.1, 86400.0
"""Seconds between two looks: a shorter interval would measure mostly the tool itself."""


SMALLEST_SHARE, WHOLE_CORE = 0.1, 100.0
"""Per cent of a core for ticks."""


class UsageError(Exception):
    """Wrong usage, in words for the user; `shown` are lines that point at the place."""

    def __init__(self, why: str, shown: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.shown = shown


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of it. The first eight are what the dashboard opens with, the others are for printing."""

    tab: str = "connections"
    interval: float = 1.0
    filter: str = ""
    """Which rows are shown, in the filter language; all if empty."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filters that have a name."""
    protocols: tuple[str, ...] = ()
    """Sockets to narrow to: tcp udp udplite raw sctp mptcp, and each with a 6 behind; all if empty."""
    columns: frozenset[str] = frozenset()
    """Columns that show at first though they are optional."""
    theme: str = "sockscope-dark"
    calm: bool = False
    """Spare the line to the terminal."""
    share: float = 10.0
    """Per cent of a core from which a tick is too dear and the interval stretches."""
    netns: str = ""
    """The network namespace to look into, by name or process number; `all` for every one; this one if
    empty."""

    once: bool = False
    """Print instead of opening the dashboard."""
    repeat: bool = False
    """Print again every interval."""
    format: Format = "text"
    shown: Shown = "sockets"
    also: tuple[Shown, ...] = ("unix",)
    """Tables that are printed after the first."""
    which: Which = "connected"
    families: frozenset[int] = frozenset()
    """Address families asked for, 4 and 6; empty if none was named."""
    sections: frozenset[str] = frozenset()
    """Protocols asked for: tcp udp udplite raw sctp mptcp packet netlink vsock; empty if none was named."""
    numeric_ports: bool = False
    numeric_users: bool = False
    numeric_hosts: bool = False
    never_names: frozenset[str] = frozenset()
    """What the dashboard's names leave as numbers: hosts, ports, users."""
    programs: bool = False
    extend: int = 0
    timers: bool = False
    wide: bool = False
    """Addresses whole, whatever else has to leave for them."""
    per_interface: bool = False
    """Counters of each interface beside those of the whole namespace."""
    info: bool = False
    """How TCP connections fare, beside their sockets."""
    verbose: bool = False
    """Say what the kernel does not have."""
    cache: bool = False
    """Of routes the cached exceptions, not the routes themselves."""

    @property
    def asked_columns(self) -> frozenset[str]:
        """Columns that show in this run, whatever was chosen in earlier ones."""
        extended = EXTENDED_COLUMNS * bool(self.extend)
        namespace = NAMESPACE_COLUMNS * self.everywhere
        return frozenset((*(TIMER_COLUMNS * self.timers), *extended, *(INFO_COLUMNS * self.info), *namespace))

    @property
    def everywhere(self) -> bool:
        """Whether every network namespace is looked into."""
        return self.netns == "all"

    @property
    def owners(self) -> bool:
        """Whether what is printed needs to know who holds a socket."""
        return self.programs or self.format != "text" or bool(self.filter)


def checked_interval(text: str | float) -> float:
    """An interval in seconds; UsageError says what is wrong with it."""
    try:
        seconds = float(text)
    except ValueError:
        raise UsageError(f"the interval must be a number of seconds, not '{text}'") from None
    if not math.isfinite(seconds):
        raise UsageError(f"the interval must be a finite number of seconds, not '{text}'")
    if seconds <= 0:
        raise UsageError(f"the interval must be more than 0 seconds, not '{text}'")
    if seconds < SHORTEST:
        raise UsageError(
            f"an interval of {seconds:g} s would measure mostly sockscope itself; the least is {SHORTEST:g} s"
        )
    if seconds > LONGEST:
        raise UsageError(f"the interval must be {LONGEST:.0f} seconds (a day) at the most, not '{text}'")
    return seconds


def checked_share(text: str | float) -> float:
    """A share of one core in per cent; UsageError says what is wrong with it."""
    try:
        per_cent = float(text)
    except ValueError:
        raise UsageError(f"the share must be a number of per cent, not '{text}'") from None
    if not SMALLEST_SHARE <= per_cent <= WHOLE_CORE:
        raise UsageError(
            f"the share must be from {SMALLEST_SHARE:g} to {WHOLE_CORE:g} per cent of a core, not '{text}'"
        )
    return per_cent


def checked_netns(target: str) -> str:
    """A network namespace as the user names it; UsageError if nothing can have that name."""
    if not target or "/" in target or target in {".", ".."}:
        raise UsageError(
            f"a network namespace is named as `ip netns` does, or by a process number, not '{target}'"
        )
    return target


def checked_theme(name: str) -> str:
    """The full name of a theme; UsageError if there is none of that name."""
    short = name.removeprefix("sockscope-")
    if short not in THEMES:
        raise UsageError(f"there is no theme '{name}'; there are {', '.join(THEMES)}")
    return f"sockscope-{short}"


def settings_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the settings file would be (XDG Base Directory Specification)."""
    base = environment.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base.startswith("/") else Path(environment.get("HOME") or "/") / ".config"
    return home / "sockscope" / "config.toml"


def from_file(path: Path) -> Settings:
    """Defaults, changed by the file if there is one; UsageError says which file and what is wrong in it."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # HOME may be another user's
        return Settings()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise UsageError(f"{path}: {getattr(unreadable, 'strerror', None) or 'not UTF-8'}") from None
    import tomllib  # noqa: PLC0415 - most have no such file

    try:
        return _changed(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UsageError) as wrong:
        raise UsageError(f"{path}: {wrong}") from None


def _changed(told: Mapping[str, object]) -> Settings:
    settings = Settings()
    for name, value in told.items():
        if name not in _KEYS:
            raise UsageError(f"unknown setting '{name}'; there are {', '.join(_KEYS)}")
        settings = _KEYS[name](settings, value)
    return settings


def _interval(settings: Settings, value: object) -> Settings:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError("'interval' must be a number of seconds")
    return replace(settings, interval=checked_interval(value))


def _theme(settings: Settings, value: object) -> Settings:
    if not isinstance(value, str):
        raise UsageError("'theme' must be a text")
    return replace(settings, theme=checked_theme(value))


def _calm(settings: Settings, value: object) -> Settings:
    if not isinstance(value, bool):
        raise UsageError("'calm' must be true or false")
    return replace(settings, calm=value)


def _share(settings: Settings, value: object) -> Settings:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError("'share' must be a number of per cent")
    return replace(settings, share=checked_share(value))


def _tab(settings: Settings, value: object) -> Settings:
    if not isinstance(value, str) or value not in BY_ID:
        raise UsageError(f"'tab' must be one of {', '.join(BY_ID)}")
    return replace(settings, tab=value)


def _filters(settings: Settings, value: object) -> Settings:
    if not isinstance(value, dict):
        raise UsageError("'filters' must be a table of names and expressions")
    for name, expression in value.items():
        if not _FILTER_NAME.fullmatch(name):
            raise UsageError(f"'filters': a name is made of letters, digits, _ and -, not '{name}'")
        if not isinstance(expression, str) or not expression.strip():
            raise UsageError(f"'filters': {name} must be an expression in quotes")
    return replace(settings, filters=dict(value))


def _columns(settings: Settings, value: object) -> Settings:
    if not isinstance(value, list) or not all(name in COLUMNS for name in value):
        raise UsageError(f"'columns' must be a list of some of {', '.join(COLUMNS)}")
    return replace(settings, columns=frozenset(value))


_KEYS: dict[str, Callable[[Settings, object], Settings]] = {
    "interval": _interval,
    "theme": _theme,
    "tab": _tab,
    "columns": _columns,
    "calm": _calm,
    "share": _share,
    "filters": _filters,
}
"""What the file may set, and how it is checked."""
