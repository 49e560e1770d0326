"""A program in a real pseudo-terminal, and the screen it draws."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyte

from tests.terminal import Line

SOCKSCOPE = (sys.executable, "-P", "-m", "sockscope.app")
PATIENCE = 15.0


class Terminal(Line):
    """Runs a command at a pseudo-terminal and draws what it writes."""

    def __init__(self, *command: str, columns: int = 80, lines: int = 24, term: str = "xterm") -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.said = b""
        super().__init__(command, columns, lines, term)

    @property
    def text(self) -> str:
        """The screen as it looks now."""
        return "\n".join(self._screen.display)

    @property
    def written(self) -> int:
        """Bytes that were written so far."""
        return len(self.said)

    def read(self, seconds: float) -> int:
        """Take in what is written for so long; the number of bytes."""
        until = time.monotonic() + seconds
        before = self.written
        while (left := until - time.monotonic()) > 0:
            if not self._take(left):
                break
        return self.written - before

    def _take(self, seconds: float, most: int = 65536) -> bool:
        data = self.take(seconds, most)
        if data:
            self.said += data
            self._stream.feed(data)
        return data is not None

    def until(self, condition: Callable[[str], object], seconds: float = PATIENCE) -> str:
        """Read until the screen is as wanted; fails with the screen as it is."""
        end = time.monotonic() + seconds
        while not condition(self.text):
            if time.monotonic() > end or not self._take(0.05):
                if condition(self.text):
                    break
                raise AssertionError(f"the screen never came to show it:\n{self.text}")
        return self.text

    def press(self, keys: str) -> None:
        """Type."""
        self.type(keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Another size, as when a window is drawn larger."""
        self._screen.resize(lines, columns)
        super().resize(columns, lines)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the program to end; its exit status, negative for a signal."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.ended() and self.status is not None:
                return self.status
            with contextlib.suppress(OSError, ValueError):
                self._take(0.02)
            time.sleep(0.01)
        raise AssertionError("the program did not end")


class SlowTerminal(Terminal):
    """At the far end of a line of `rate` bytes/s; what it has not carried waits in the kernel's buffers."""

    def __init__(self, *command: str, columns: int = 80, lines: int = 24, rate: int = 4000) -> None:
        super().__init__(*command, columns=columns, lines=lines)
        self._rate = rate
        self._reading = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def __exit__(self, *told: object) -> None:
        self._ended.set()
        self._thread.join()
        super().__exit__(*told)

    @property
    def text(self) -> str:
        """The screen as it looks now."""
        with self._reading:
            return super().text

    def _carry(self) -> None:
        while not self._ended.is_set():
            begun, before = time.monotonic(), self.written
            with self._reading:
                super()._take(0.0, self._rate // 100)
            carried = max(0.002, (self.written - before) / self._rate)
            self._ended.wait(max(0.0, begun + carried - time.monotonic()))

    def _take(self, seconds: float, most: int = 0) -> bool:
        time.sleep(min(seconds, 0.01))
        return True


def children(pid: int) -> list[int]:
    """Child processes of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(path.parent.name))
    return found


def gone_within(pids: list[int], seconds: float) -> bool:
    """Whether all of these processes end in time."""
    until = time.monotonic() + seconds
    while any(_alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
