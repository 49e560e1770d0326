"""How numbers, times and addresses read, the same in every tab."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address

BLOCKS = "▁▂▃▄▅▆▇█"
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
"""Parts of a cell filled from the left."""
UNKNOWN = "-"

_SCALES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(value: int) -> str:
    """A whole number with thousands separated: `1,204`."""
    return f"{value:,}"


def counted(number: int, plural: str) -> str:
    """So many of something: `2 processes`, `1 process`."""
    return f"{count(number)} {singular(plural) if number == 1 else plural}"


def singular(plural: str) -> str:
    """One of them: `address` of addresses, `directory` of directories, `state` of states."""
    for ending, one in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if plural.endswith(ending):
            return plural.removesuffix(ending) + one
    return plural


def short(value: float) -> str:
    """A number in at most five cells: `842`, `1.2k`, `31.2M`, NaN as `-`."""
    if math.isnan(value):
        return UNKNOWN
    size = abs(value)
    for scale, letter in _SCALES:
        if size >= scale * 0.9995:
            scaled = value / scale
            return f"{scaled:.0f}{letter}" if abs(scaled) >= 99.95 else f"{scaled:.1f}{letter}"
    if size >= 9.95 or size == int(size):
        return f"{value:.0f}"
    return f"{value:.1f}"


def signed(value: float) -> str:
    """A change: `+120`, `-3`, `0`, NaN as `-`."""
    text = short(value)
    return f"+{text}" if value > 0 and text != "0" else text


def per_second(value: float) -> str:
    """A rate of change: `+120/s`; empty where nothing changes or nothing is known."""
    if math.isnan(value) or value == 0:
        return ""
    text = signed(value)
    return "" if text in {"0", "0.0"} else f"{text}/s"


def duration(seconds: float) -> str:
    """A time in at most five cells: `41s`, `4m12s`, `4h12m`, `12d4h`, `340d`."""
    if math.isnan(seconds):
        return UNKNOWN
    whole = max(0, int(seconds))
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    if days > 99:
        return f"{days}d"
    if days:
        return f"{days}d{hours}h"
    if hours:
        return f"{hours}h{minutes:02}m"
    if minutes:
        return f"{minutes}m{secs:02}s"
    return f"{secs}s"


def octets(value: float) -> str:
    """An amount of bytes in powers of 1024: `1.2 MiB`."""
    if math.isnan(value):
        return UNKNOWN
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if abs(value) >= 1024**power:
            return f"{value / 1024**power:.1f} {unit}"
    return f"{value:.0f} B"


@lru_cache(maxsize=65536)
def address(family: int, raw: bytes) -> str:
    """An address of family 2 or 10 from its 16 bytes (network order, IPv4 in the first four).

    IPv4-mapped IPv6 addresses read as the IPv4 address, as in netstat.
    """
    if family == 2:
        return ".".join(map(str, raw[:4]))
    if raw[:12] == b"\0" * 10 + b"\xff\xff":
        return ".".join(map(str, raw[12:16]))
    return str(IPv6Address(raw[:16]))


def endpoint(family: int, raw: bytes, port: int) -> str:
    """Address and port: `10.0.0.5:443`, `[2001:db8::1]:443`, port 0 as `*`."""
    where = address(family, raw)
    number = str(port) if port else "*"
    return f"[{where}]:{number}" if ":" in where else f"{where}:{number}"


def sparkline(samples: Iterable[float], width: int, low: float = 0.0, high: float | None = None) -> str:
    """The last `width` samples as blocks between `low` and `high` (their maximum); gaps are blank."""
    recent = list(samples)[-width:]
    known = [value for value in recent if not math.isnan(value)]
    if not known:
        return " " * width
    top = max(known) if high is None else high
    span = top - low
    drawn = "".join(
        " " if math.isnan(value) else BLOCKS[0 if span <= 0 else _level((value - low) / span)]
        for value in recent
    )
    return drawn.rjust(width)


def _level(share: float) -> int:
    return max(0, min(len(BLOCKS) - 1, round(share * (len(BLOCKS) - 1))))


def bar(value: float, limit: float, width: int) -> str:
    """A gauge `width` cells wide, true to an eighth of a cell: `██▌░░░`; any value above zero shows at least
    an eighth."""
    share = value / limit if limit > 0 else float(value > 0)
    eighths = max(int(value > 0), min(width * 8, math.floor(share * width * 8)))
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + EIGHTHS[rest]).ljust(width, "░")


def speed_text(mbps: int) -> str:
    """A speed: `10G`, `2.5G`, `100M`."""
    if mbps < 0:
        return UNKNOWN
    return f"{mbps / 1000:g}G" if mbps >= 1000 else f"{mbps}M"


def most(seconds: float) -> str:
    """A time rounded up, so that it is a bound: `1.1s`, `12s`."""
    return f"{math.ceil(seconds * 10) / 10:.1f}s" if seconds < 9.9 else duration(math.ceil(seconds))
