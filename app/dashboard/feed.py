"""From the source to the app: what its threads tell as messages, and what it wishes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from textual.message import Message

from sockscope.app.collectors.questions import Question
from sockscope.app.model.engine import Engine, Request, Snapshot
from sockscope.app.model.worker import Failed, Lost, Reader, Worker
from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import Source
from sockscope.app.view import catalog
from sockscope.app.view.session import Session

RESTART_AFTER = (0.5, 1.0, 2.0, 5.0)
"""Seconds until a lost source is started again, the first time and each time after."""


_Order: TypeAlias = tuple[frozenset[str], frozenset[int] | None, tuple[Question, ...]]


class Arrived(Message):
    """A snapshot from the engine's thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, Arrived)


class NameCame(Message):
    """The name of a host has come."""

    def can_replace(self, message: Message) -> bool:
        """One is enough for all."""
        return isinstance(message, NameCame)


class SourceGone(Message):
    """The stream of frames has ended."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Unmade(Message):
    """The engine could not make a snapshot."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Feed:
    """The source, the thread that reads it and the one that makes snapshots of what it gives.

    They answer with `Arrived`, `SourceGone` and `Unmade` through `post`, which is called in their threads.
    """

    def __init__(self, source: Source, session: Session, post: Callable[[Message], object]) -> None:
        self._source = source
        self._session = session
        self._post = post
        self._worker = Worker(Engine(catalog.tabs()), session.request(), self._deliver)
        self._refreshes = 0
        self._losses = 0
        self._ordered: _Order | None = None
        self.questions: tuple[Question, ...] = ()
        """What the details of the open row want to know of the kernel."""
        self.lost = ""
        """Why there are no frames, "" while there are."""

    def start(self) -> None:
        """Begin to listen to the source."""
        self._session.naming.hosts.arrived = lambda: self._post(NameCame())
        self._worker.start()
        self.order()
        self._read()

    def close(self) -> None:
        """End the source and the thread; nothing is left running but look-ups, for which nobody waits."""
        self._session.naming.hosts.close()
        self._source.close()
        self._worker.stop()

    def order(self) -> None:
        """Tell the source what has to be collected for what is shown."""
        session = self._session
        wanted, states, questions = self._ordered = self._enough()
        self._source.order(
            Control(wanted, session.interval, session.paused, self._refreshes, states, questions)
        )

    def refresh(self) -> None:
        """Have everything collected at once."""
        self._refreshes += 1
        self.order()

    def ask(self) -> Request:
        """Have a snapshot made of what is chosen now, of other rows once they are collected."""
        request = self._session.request()
        self._worker.ask(request)
        if self._enough() != self._ordered:
            self.order()
        return request

    def wonder(self, questions: tuple[Question, ...]) -> None:
        """Have the kernel asked what the details of the open row want to know."""
        self.questions = questions
        if self._enough() != self._ordered:
            self.order()

    def _enough(self) -> _Order:
        """The tables, the TCP states, and the questions, that are enough for what is shown."""
        session = self._session
        questions = (*session.lookups, *self.questions)
        wanted = catalog.needs(session.active, session.choices.options)
        wanted |= session.column_needs | session.filter_needs
        wanted |= {question.table for question in questions}
        return wanted, session.states_enough, questions

    def found(self) -> bool:
        """A frame has come; whether the source was lost before."""
        back, self.lost, self._losses = bool(self.lost), "", 0
        return back

    def gone(self, why: str) -> float:
        """The source is lost; seconds until it should be started again."""
        self.lost = why
        wait = RESTART_AFTER[min(self._losses, len(RESTART_AFTER) - 1)]
        self._losses += 1
        return wait

    def restart(self) -> None:
        """Start the source again; this may wait, and is for a thread."""
        self._source.restart()
        self._read()

    def _read(self) -> None:
        Reader(self._source, self._worker.put, self._deliver).start()

    def _deliver(self, what: Snapshot | Lost | Failed) -> None:
        if isinstance(what, Lost):
            self._post(SourceGone(what.why))
        elif isinstance(what, Failed):
            self._post(Unmade(what.why))
        else:
            self._post(Arrived(what))
