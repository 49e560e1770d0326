"""Frames of this machine, from a sampler process of our own."""

from __future__ import annotations

import threading

from sockscope.app.frames.codec import PREFIX, Decoder, lengths
from sockscope.app.frames.frame import Frame
from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import SourceLost
from sockscope.app.sources.child import COMMAND, Child


class LocalSampler:
    """Reads the frames of a child, which it starts unless it is given one that has been started."""

    def __init__(self, child: Child | tuple[str, ...] = COMMAND) -> None:
        self._child = child if isinstance(child, Child) else Child(child)
        self._decoder = Decoder()
        self._lock = threading.Lock()
        self._control: Control | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def next(self) -> Frame:
        """Wait for the next frame; SourceLost when the child has ended or sent something else."""
        try:
            header, body = lengths(self._read(PREFIX.size))
            return self._decoder.decode(bytes(self._read(header)), self._read(body))
        except (ValueError, KeyError, OSError) as broken:
            raise SourceLost(f"the sampler's stream broke: {broken}") from broken

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view.nbytes:
            got = self._child.read(view)
            if not got:
                raise SourceLost("closed" if self._closed else self._child.last_words())
            view = view[got:]
        return data

    def order(self, control: Control) -> None:
        """Tell the child; a child that is gone will be told when it is started again."""
        with self._lock:
            self._control = control
            self._child.tell(control.encode())

    def restart(self) -> None:
        """Start a new child with the standing orders, unless this source was closed."""
        with self._lock:
            self._child.end()
            if self._closed:
                return
            self._decoder = Decoder()
            self._child = Child(self._child.command)
            if self._control is not None:
                self._child.tell(self._control.encode())

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._closed = True
            self._child.end()
