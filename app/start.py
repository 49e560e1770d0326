"""How the dashboard comes up: the sampler first, so that it collects while Textual is being imported."""

from __future__ import annotations

from sockscope.app.sampler.control import Control
from sockscope.app.settings import Settings
from sockscope.app.sources.local import LocalSampler

OPTIONAL = frozenset({"timer", "inode"})
"""Columns that show only when asked for."""


def run(settings: Settings) -> int:
    """Run the dashboard until it is quit; the exit status."""
    source = LocalSampler()
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
    Dashboard(source, session, settings.theme, calm=settings.calm).run()
    return 0
