"""How the dashboard comes up: an empty frame, then the sampler, which collects while NumPy and Textual are
being imported."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from sockscope.app.hosts import be_brief
from sockscope.app.opening import Opening
from sockscope.app.settings import Settings
from sockscope.app.sources.child import Child, sampler

PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
HAND_OVER = 0.001
"""Seconds after which the engine's thread, which may be at work, hands the interpreter over to a key."""
ESCAPE_WAIT = "10"
"""Milliseconds in which a terminal that has sent ESC would have sent the rest of a longer sequence; ssh
carries both in one packet, and tmux waits no longer either. The variable ESCDELAY, which curses reads too,
goes before it."""

PAINTS = "200"
"""Paints a second at the most: with Textual's 60 a key's answer would wait up to 16 ms. Nothing is painted
more often than it changes, and that is once a tick."""


def _ephemeral_ports(target: str) -> range:
    """The ports that the kernel gives to whoever asks for any in this network namespace, named as the user
    does (`ip_local_port_range`); none if not told. OSError where that namespace is not to be had."""
    if not target:
        return _port_range()
    from sockscope.app.collectors import netns  # noqa: PLC0415 - brings NumPy

    return netns.inside(netns.find(target), _port_range)


def _port_range() -> range:
    try:
        low, high = map(int, PORT_RANGE.read_text("ascii").split())
    except (OSError, ValueError):
        return range(0)
    return range(low, high + 1)


def run(settings: Settings) -> int:
    """Run the dashboard until it is quit; the exit status."""
    sys.setswitchinterval(HAND_OVER)
    gc.disable()  # until the dashboard is there: all that is loaded stays
    os.environ.setdefault("ESCDELAY", ESCAPE_WAIT)
    os.environ.setdefault("TEXTUAL_FPS", PAINTS)
    be_brief()
    filtered = bool(settings.filter or settings.protocols)
    with (
        Opening(settings.theme, settings.tab, settings.interval, filtered=filtered) as opening,
        Child(sampler(settings.share, settings.netns)) as child,
    ):
        return _run(settings, opening, child)


def _run(settings: Settings, opening: Opening, child: Child) -> int:
    if settings.filter or settings.filters:
        from sockscope.app.filters import checked  # noqa: PLC0415 - a mistake ends here

        checked(settings, [settings.tab])
    ephemeral = _ephemeral_ports(settings.netns)
    from sockscope.app.sampler.control import Control  # noqa: PLC0415 - while the sampler starts
    from sockscope.app.sources.local import LocalSampler  # noqa: PLC0415
    from sockscope.app.view import catalog  # noqa: PLC0415

    source = LocalSampler(child)
    source.order(Control(catalog.needs(settings.tab), settings.interval))
    from sockscope.app.columnfile import remembered_columns  # noqa: PLC0415
    from sockscope.app.dashboard import Dashboard  # noqa: PLC0415 - while the sampler collects
    from sockscope.app.recall import Recall  # noqa: PLC0415
    from sockscope.app.statefile import state_directory  # noqa: PLC0415
    from sockscope.app.view.chosen import Chosen  # noqa: PLC0415
    from sockscope.app.view.naming import Naming  # noqa: PLC0415
    from sockscope.app.view.session import Session  # noqa: PLC0415

    columns_file = state_directory() / "columns.json"
    naming = Naming(numbers=settings.never_names, users=not settings.numeric_users, ephemeral=ephemeral)
    session = Session(
        catalog.VIEWS,
        settings.tab,
        settings.interval,
        filter=settings.filter,
        saved=settings.filters,
        protocols=settings.protocols,
        chosen=Chosen(settings.columns, settings.asked_columns, remembered_columns(columns_file)),
        wide=settings.wide,
        naming=naming,
    )
    if settings.tab == "unix" and settings.which == "listening":
        session.switch("only_listeners")
    if settings.tab == "statistics" and settings.per_interface:
        session.switch("per_interface")
    recall = Recall(state_directory() / "filters")
    dashboard = Dashboard(
        source,
        session,
        settings.theme,
        calm=settings.calm,
        recall=recall,
        columns_file=columns_file,
        take_over=opening.take_over,
    )
    dashboard.run()
    return dashboard.return_code or 0
