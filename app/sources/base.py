"""Where frames come from."""

from __future__ import annotations

from typing import Protocol

from sockscope.app.frames.frame import Frame
from sockscope.app.sampler.control import Control


class SourceLost(Exception):  # noqa: N818 - a state of the source, as StopIteration is one of an iterator
    """No frame will come any more; the message says why."""


class Source(Protocol):
    """A stream of frames and a way to say which are wanted. `next` belongs to one thread; the others may be
    called from any."""

    def next(self) -> Frame:
        """Wait for the next frame. Raises SourceLost when there is none to come."""

    def order(self, control: Control) -> None:
        """Say what is wanted from now on; never blocks for long and never fails."""

    def restart(self) -> None:
        """After a loss: begin anew."""

    def close(self) -> None:
        """End the stream; a waiting `next` raises SourceLost."""
