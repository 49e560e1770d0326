"""A program at a terminal, recorded: what it writes and when, and which keys were pressed."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.terminal import Line


class Written(NamedTuple):
    """A piece of what was written; `at` is perf_counter seconds."""

    at: float
    data: bytes


class Press(NamedTuple):
    """Keys that were pressed, under a name; `at` is perf_counter seconds."""

    at: float
    name: str


class Terminal(Line):
    """Runs a command at a pseudo-terminal of `columns` x `lines` and keeps a record.

    Nothing is drawn meanwhile, so that watching takes no time from what is watched: `screens.py` draws the
    record afterwards. With `rate` the terminal takes only so many bytes a second, and the rest waits in the
    kernel's buffers.
    """

    def __init__(self, command: Sequence[str], columns: int = 160, lines: int = 50, rate: int = 0) -> None:
        self.columns, self.lines = columns, lines
        self.record: list[Written] = []
        self.presses: list[Press] = []
        self._rate = rate
        super().__init__(command, columns, lines, "xterm-256color")

    def watch(self, seconds: float) -> int:
        """Record for so long; how many bytes were written."""
        end = time.perf_counter() + seconds
        total = 0
        while (left := end - time.perf_counter()) > 0:
            size = self._keep(left)
            if size is None:
                break
            total += size
        return total

    def _keep(self, seconds: float) -> int | None:
        data = self.take(seconds, max(1, self._rate // 100) if self._rate else 65536)
        if not data:
            return None if data is None else 0
        self.record.append(Written(time.perf_counter(), data))
        if self._rate:
            time.sleep(len(data) / self._rate)
        return len(data)

    def wait_for(self, pattern: str, patience: float = 30.0) -> float:
        """Seconds from the start until something that matches has been written since, escape sequences left
        out. Raises TimeoutError after `patience` seconds."""
        wanted = re.compile(pattern)
        first = len(self.record)
        end = time.perf_counter() + patience
        while (left := end - time.perf_counter()) > 0:
            if self._keep(left) is None:
                break
            if wanted.search(plain(b"".join(each.data for each in self.record[first:]))):
                return self.record[-1].at - self.begun
        said = plain(b"".join(each.data for each in self.record))
        raise TimeoutError(f"nothing like {pattern!r} in {said[-2000:]!r}")

    def press(self, keys: bytes, name: str = "") -> None:
        """Type."""
        self.presses.append(Press(time.perf_counter(), name))
        self.type(keys)

    def play(self, keys: Sequence[tuple[str, bytes]], shortest: float, longest: float) -> None:
        """Press named keys one after the other, at moments out of step with ticks, so many seconds apart."""
        for name, each in keys:
            self.press(each, name)
            self.watch(random.uniform(shortest, longest))


def bursts(record: Sequence[Written], silence: float = 0.2) -> list[int]:
    """Bytes of every frame drawn: what was written with no more than `silence` seconds between."""
    sizes: list[int] = []
    last = -silence
    for at, data in record:
        if sizes and at - last <= silence:
            sizes[-1] += len(data)
        else:
            sizes.append(len(data))
        last = at
    return sizes


def plain(written: bytes) -> str:
    """What was written without the escape sequences (ECMA-48) between."""
    text = written.decode("utf-8", errors="replace")
    return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(\x1b\\|\x07)|.)", " ", text, flags=re.DOTALL)
