"""How the dashboard comes up: the sampler first, so that it collects while Textual is being imported."""

from __future__ import annotations

import os
import sys

from sockscope.app.sampler.control import Control
from sockscope.app.settings import Settings
from sockscope.app.sources.local import LocalSampler, sampler

OPTIONAL = frozenset({"timer", "inode"})
"""Columns that show only when asked for."""
HAND_OVER = 0.001
"""Seconds after which the engine's thread, which may be at work, hands the interpreter over to a key."""
ESCAPE_WAIT = "25"
"""Milliseconds in which a terminal that has sent ESC would have sent the rest of a longer sequence; ssh
carries both in one packet. The variable ESCDELAY, which curses reads too, goes before it."""


def run(settings: Settings) -> int:
    """Run the dashboard until it is quit; the exit status."""
    sys.setswitchinterval(HAND_OVER)
    os.environ.setdefault("ESCDELAY", ESCAPE_WAIT)
    source = LocalSampler(sampler(settings.share))
    from sockscope.app.view import catalog  # noqa: PLC0415 - while the sampler starts

    source.order(Control(catalog.needs(settings.tab), settings.interval))
    from sockscope.app.dashboard import Dashboard  # noqa: PLC0415 - while the sampler collects
    from sockscope.app.view.session import Session  # noqa: PLC0415

    session = Session(
        catalog.VIEWS,
        settings.tab,
        settings.interval,
        words=settings.words,
        protocols=settings.protocols,
        hidden=OPTIONAL - settings.columns,
    )
    if settings.tab == "unix" and settings.which == "listening":
        session.switch("only_listeners")
    if settings.tab == "statistics" and settings.per_interface:
        session.switch("per_interface")
    dashboard = Dashboard(source, session, settings.theme, calm=settings.calm)
    dashboard.run()
    return dashboard.return_code or 0
