"""ICMP messages by type, received and sent, for the details of any counter of ICMP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.icmp import name as type_name
from sockscope.app.model.meanings import of_type
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import bar, count

_SECTIONS = {"Icmp": "IcmpMsg", "IcmpMsg": "IcmpMsg", "Icmp6": "Icmp6"}
"""Where the kernel lists the types of what is counted in a section."""
_WIDTH = 10


def histograms(rows: Table, row: int) -> Iterator[Section]:
    """What was received and what was sent, by type, the most frequent first; nothing if the row counts no
    ICMP messages or none have been seen.

    Reads the rows of the tab, so types that a switch leaves out do not show.
    """
    group = _SECTIONS.get(rows.text("group", row) or "")
    if group is None:
        return
    here = rows.strings("interface").codes == rows.strings("interface").codes[row]
    groups = rows.strings("group")
    listed = here & groups.lookup([each == group for each in groups.values], False, np.bool_)
    found: dict[bool, list[tuple[int, int]]] = defaultdict(list)
    six = group == "Icmp6"
    for place in np.flatnonzero(listed).tolist():
        typed = of_type(group, rows.text("name", place) or "")
        value = rows.integer("value", place)
        if typed is not None and value > 0:
            found[typed.received].append((value, typed.number))
    for received, title in ((True, "Received, by type"), (False, "Sent, by type")):
        if found[received]:
            yield Section(title, tuple(_facts(found[received], six=six)))


def _facts(found: list[tuple[int, int]], *, six: bool) -> Iterator[Fact]:
    most = max(value for value, _ in found)
    width = max(len(count(value)) for value, _ in found)
    for value, number in sorted(found, key=lambda each: (-each[0], each[1])):
        words = type_name(number, six=six) or "not assigned"
        yield Fact(f"type {number}", f"{bar(value, most, _WIDTH)} {count(value):>{width}}  {words}")
