"""The tabs, in the order of their keys, and how their names read."""

from __future__ import annotations

from typing import NamedTuple


class Tab(NamedTuple):
    """A tab's name in options and settings, in full on the screen, and where room is short."""

    id: str
    title: str
    short: str


TABS = (
    Tab("connections", "Connections", "Conn"),
    Tab("listening", "Listening", "Listen"),
    Tab("routes", "Routes", "Route"),
    Tab("interfaces", "Interfaces", "Iface"),
    Tab("statistics", "Statistics", "Stat"),
    Tab("unix", "Unix", "Unix"),
    Tab("groups", "Groups", "Group"),
    Tab("nat", "NAT", "NAT"),
    Tab("other", "Other", "Other"),
    Tab("log", "Log", "Log"),
)

BY_ID = {tab.id: tab for tab in TABS}
