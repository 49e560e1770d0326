"""The sampler's process: orders come in on one descriptor, frames go out on another."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import sys
import time

from sockscope.app.collectors.netns import enter, find
from sockscope.app.frames.codec import Encoder
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.release import Release
from sockscope.app.sampler.control import Control, Lines, decode
from sockscope.app.sampler.governor import SHARE, Governor
from sockscope.app.sampler.sampler import Owners, Sampler
from sockscope.app.sampler.tasks import plan

NICE = 5
"""What serves the server's users goes first."""
HEAD_START = 0.1
"""Seconds that the dashboard has for drawing its first rows before what may come late is begun, of which it
would have to draw them anew."""


def _owners() -> Owners:
    from sockscope.app.collectors.owners import OwnersCollector  # noqa: PLC0415 - psutil comes after the first frame

    return OwnersCollector()


class Loop:
    """Reads orders from `orders`, writes frames to `frames`, until either end is closed."""

    def __init__(self, sampler: Sampler, orders: int, frames: int) -> None:
        self._sampler = sampler
        self._orders = orders
        self._frames = frames
        self._encoder = Encoder()
        self._release = Release()
        self._lines = Lines()
        self._control: Control | None = None
        self._next = 0.0
        self._late_from = math.inf
        """When what may come late may begin."""
        self._asked = False
        """Whether there is a question that no frame has answered."""

    def run(self) -> None:
        """Serve until the dashboard is gone."""
        try:
            while self._listen():
                self._work()
        except BrokenPipeError:
            return
        finally:
            self._sampler.close()

    def _work(self) -> None:
        if self._control is None:
            return
        now = time.monotonic()
        if now >= self._next:
            ticked = self._sampler.tick(self._control)
            self._next += ticked.every
            if self._next <= now:
                self._next = now + ticked.every
            self._write(ticked)
            self._asked = False
        elif self._asked:
            self._write(self._sampler.answer(self._control))
            self._asked = False
        elif self._sampler.busy(self._control) and now >= self._late_from:
            frame = self._sampler.background(self._control, self._next)
            if frame is not None:
                self._write(frame)

    def _listen(self) -> bool:
        """Wait for an order or for something to do; False when the dashboard is gone."""
        wait: float | None = None
        if self._control is not None:
            late = self._late_from if self._sampler.busy(self._control) else math.inf
            wait = 0.0 if self._asked else max(0.0, min(self._next, late) - time.monotonic())
        ready, _, _ = select.select([self._orders], [], [], wait)
        if not ready:
            return True
        data = os.read(self._orders, 65536)
        for line in self._lines.feed(data):
            self._obey(line)
        return bool(data)

    def _obey(self, line: bytes) -> None:
        try:
            order = decode(line)
        except (ValueError, TypeError):
            return
        before, self._control = self._control, order
        self._asked |= before is not None and order.asks(before)
        if before is None or order.refresh > before.refresh or order.widens(before):
            self._next = time.monotonic()
        elif order.interval != before.interval:
            self._next = min(self._next, time.monotonic() + order.interval)

    def _write(self, frame: Frame) -> None:
        for piece in self._encoder.encode(frame):
            view = memoryview(piece)
            while view.nbytes:
                view = view[os.write(self._frames, view) :]
        self._late_from = min(self._late_from, time.monotonic() + HEAD_START)
        self._release.after(frame)


def main() -> None:
    """Entry point of the child process: orders on stdin, frames on stdout, and as arguments the share of a
    core that ticks may take, in per cent, and the network namespace to look into, by name or process."""
    share = float(sys.argv[1]) / 100 if len(sys.argv) > 1 else SHARE
    netns = sys.argv[2] if len(sys.argv) > 2 else ""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frames = os.dup(1)
    os.dup2(2, 1)  # nothing printed by accident may get between frames
    try:
        if netns:
            enter(find(netns))  # all that is opened from now on, by a process that does nothing else
    except OSError as refused:
        sys.exit(refused.strerror)
    Loop(Sampler(plan(netns), _owners, governor=Governor(share), netns=netns), 0, frames).run()
