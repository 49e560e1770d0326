"""The thread between source and screen: all work over columns is done here, never in the UI's loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.release import Release
from sockscope.app.model.engine import Engine, Request, Snapshot
from sockscope.app.record import dataclass
from sockscope.app.sources.base import Source, SourceLost


@dataclass(frozen=True, slots=True)
class Lost:
    """The source has no more frames, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No snapshot could be made of a frame or for a request, and why."""

    why: str


Deliver = Callable[[Snapshot | Lost | Failed], None]


class _Turn(Enum):
    """What the thread does next when that is not to take in a frame."""

    WISH = auto()
    STOP = auto()


class Worker:
    """Makes a snapshot for every new frame and every new request.

    When it falls behind it does so only for the newest of each, and a request is answered before a frame is
    taken in that came meanwhile. `deliver` is called in the worker's thread.
    """

    def __init__(self, engine: Engine, request: Request, deliver: Deliver) -> None:
        self._engine = engine
        self._deliver = deliver
        self._release = Release()
        self._changed = threading.Condition()
        self._request = request
        self._frame: Frame | None = None
        self._asked = False
        self._answered = False
        self._seen = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def ask(self, request: Request) -> None:
        """From now on show this; from any thread."""
        with self._changed:
            self._request = request
            self._asked = True
            self._changed.notify()

    def put(self, frame: Frame) -> None:
        """A new frame is there; from any thread. One that was not yet looked at is replaced, but for events
        that only it told."""
        with self._changed:
            self._frame = frame if self._frame is None else frame.after(self._frame)
            self._changed.notify()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (frame := self._next()) is not _Turn.STOP:
            try:
                if isinstance(frame, Frame):
                    self._engine.advance(frame)
                    self._seen = True
                self._deliver(self._engine.snapshot(self._newest_request()))
                if isinstance(frame, Frame):
                    self._release.after(frame)
            except Exception as failure:  # noqa: BLE001 - a thread that ends would leave the screen standing
                self._deliver(Failed(f"{type(failure).__name__}: {failure}"))

    def _next(self) -> Frame | _Turn:
        """Wait for a frame or a request. Where both wait they take turns, the request first."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._frame is not None or self._wish_due)
            if self._stopped:
                return _Turn.STOP
            if self._frame is None or (self._wish_due and not self._answered):
                self._answered = True
                return _Turn.WISH
            frame, self._frame = self._frame, None
            self._answered = False
            return frame

    @property
    def _wish_due(self) -> bool:
        return self._asked and self._seen

    def _newest_request(self) -> Request:
        with self._changed:
            self._asked = False
            return self._request


class Reader:
    """The thread that waits for frames, so that a slow frame never holds up a request."""

    def __init__(self, source: Source, put: Callable[[Frame], None], deliver: Deliver) -> None:
        self._source = source
        self._put = put
        self._deliver = deliver
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the source has ended."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                frame = self._source.next()
            except SourceLost as lost:
                self._deliver(Lost(str(lost)))
                return
            self._put(frame)
