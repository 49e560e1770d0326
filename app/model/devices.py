"""Names of interfaces by their index, which each network namespace counts for itself."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import UNKNOWN, Numbers, Strings, Table
from sockscope.app.model.identity import mix
from sockscope.app.model.namespaces import netns_of


def device_names(device: Numbers, links: Table | None, netns: Numbers | None = None) -> Strings:
    """The name of the interface with each index: unknown for index 0, `if7` for one that is not listed.

    `netns` tells of each in which network namespace it is, where table `links` has those of several.
    """
    if not device.any():
        return Strings(np.full(len(device), UNKNOWN, np.int32), ())
    several = netns is not None and links is not None and "netns" in links
    where = netns if netns is not None and several else np.zeros(len(device), np.uint64)
    code = mix(where, device) if several else device
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    listed = np.full(len(first), -1, np.intp)
    if links is not None and len(links):
        known = netns_of(links) if several else np.zeros(len(links), np.uint64)
        listed = find(mix(where[first], device[first]), mix(known, links.numbers("index")))
    names = zip(listed.tolist(), device[first].tolist(), strict=True)
    return Strings.of(_name(links, row, index) for row, index in names).take(place.ravel())


def _name(links: Table | None, row: int, index: int) -> str | None:
    if not index:
        return None
    name = links.text("name", row) if links is not None and row >= 0 else None
    return name or f"if{index}"
