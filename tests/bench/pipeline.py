"""A tick from the kernel to a snapshot in one process, with the CPU time that each stage takes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Self, TypeVar, cast

from sockscope.app.collectors.owners import OwnersCollector
from sockscope.app.frames.codec import PREFIX, Decoder, Encoder, lengths
from sockscope.app.frames.frame import Frame
from sockscope.app.model.engine import Engine
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.sampler import Owners, Sampler
from sockscope.app.sampler.tasks import Task, plan
from sockscope.app.sources.child import PIPE_SIZE
from sockscope.app.view import catalog
from sockscope.app.view.session import Session

SOCKETS, OTHERS, OWNERS = "sockets", "other collectors", "owners"
ENCODE, PIPE, DECODE, ADVANCE, SNAPSHOT = "encode", "pipe", "decode", "engine: advance", "engine: snapshot"

NOT_LOOKED = 1
"""Reason in the table `unowned`: nobody has looked yet."""

Stages = Mapping[str, float]
"""CPU seconds by stage."""
_T = TypeVar("_T")


class Clock:
    """Adds up the CPU time of stages; a stage within another counts for itself alone."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._within = 0.0

    def timed(self, stage: str, call: Callable[[], _T]) -> _T:
        """Call, and count the time of all threads for that stage."""
        outside, self._within = self._within, 0.0
        begun = time.process_time()
        try:
            return call()
        finally:
            whole = time.process_time() - begun
            self.spent[stage] = self.spent.get(stage, 0.0) + whole - self._within
            self._within = outside + whole


class Pipeline:
    """What sampler and dashboard do for a tab of the dashboard, one tick after the other, at the real pace.

    A context manager. `frames` are those of the last tick as the dashboard got them.
    """

    def __init__(self, tab: str = "connections", interval: float = 1.0) -> None:
        self.clock = Clock()
        self.frames: list[Frame] = []
        self._control = Control(catalog.needs(tab), interval)
        self._request = Session(catalog.VIEWS, tab, interval).request()
        self._sampler = Sampler([_timed_task(task, self.clock) for task in plan()], self._owners)
        self._encoder, self._decoder = Encoder(), Decoder()
        self._engine = Engine(catalog.tabs())
        self._next = time.monotonic()

    def _owners(self) -> Owners:
        return cast(Owners, _TimedOwners(self.clock))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sampler.close()

    def settle(self, most: int = 60) -> int:
        """Tick until owners are known; how many ticks that took."""
        for number in range(most):
            self.tick()
            if number > 2 and owners_known(self.frames[-1]):
                return number + 1
        raise RuntimeError(f"owners are not known after {most} ticks")

    def tick(self, before: Callable[[], object] = lambda: None) -> Stages:
        """Wait for the next tick, do `before`, then the tick and what the sampler does until the one after;
        what each stage took."""
        time.sleep(max(0.0, self._next - time.monotonic()))
        before()
        self._next = time.monotonic() + self._control.interval
        self.clock.spent.clear()
        self.frames = []
        self._pass_on(self.clock.timed(OTHERS, lambda: self._sampler.tick(self._control)))
        while self._sampler.busy(self._control) and time.monotonic() < self._next:
            frame = self.clock.timed(OTHERS, lambda: self._sampler.background(self._control, self._next))
            if frame is not None:
                self._pass_on(frame)
        return dict(self.clock.spent)

    def _pass_on(self, frame: Frame) -> None:
        timed = self.clock.timed
        pieces = timed(ENCODE, lambda: self._encoder.encode(frame))
        header, body = timed(PIPE, lambda: through_a_pipe(pieces))
        arrived = timed(DECODE, lambda: self._decoder.decode(header, body))
        timed(ADVANCE, lambda: self._engine.advance(arrived))
        timed(SNAPSHOT, lambda: self._engine.snapshot(self._request))
        self.frames.append(arrived)


def owners_known(frame: Frame) -> bool:
    """Whether there is no socket left whose owner nobody has looked for."""
    unowned = frame.tables.get("unowned")
    return unowned is not None and not (unowned.numbers("reason") == NOT_LOOKED).any()


def through_a_pipe(pieces: list[bytes | memoryview]) -> tuple[bytes, bytearray]:
    """Header and body of a frame, written to a pipe like the sampler's by one thread and read by another."""
    source, sink = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    def write() -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view.nbytes:
                view = view[os.write(sink, view) :]

    with os.fdopen(source, "rb", buffering=0) as reader:
        thread = threading.Thread(target=write)
        thread.start()
        header, body = lengths(_read(reader.readinto, PREFIX.size))
        told = bytes(_read(reader.readinto, header)), _read(reader.readinto, body)
        thread.join()
        os.close(sink)
    return told


def _read(readinto: Callable[[memoryview], int | None], size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view.nbytes:
        view = view[readinto(view) or 0 :]
    return data


class _TimedOwners:
    """The collector of owners; whatever it is asked counts for its stage."""

    def __init__(self, clock: Clock) -> None:
        self._stages = clock
        self._collector = OwnersCollector()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._collector, name)
        if not callable(found):
            return found
        return lambda *told: self._stages.timed(OWNERS, lambda: found(*told))


class _TimedTask(Task):
    clock: Clock

    def run(self, now: float, control: Control | None = None) -> None:
        stage = SOCKETS if "sockets" in self.provides else OTHERS
        run = super().run
        self.clock.timed(stage, lambda: run(now, control))


def _timed_task(task: Task, clock: Clock) -> Task:
    timed = _TimedTask(**{each.name: getattr(task, each.name) for each in fields(task) if each.init})
    timed.clock = clock
    return timed
