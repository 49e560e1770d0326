"""A program in a real pseudo-terminal, and the screen it draws."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pyte

SOCKSCOPE = (sys.executable, "-P", "-m", "sockscope.app")
PATIENCE = 15.0


class Questions:
    """Finds the questions for the cursor's place (`CSI 6 n`) in what is written."""

    ASKED = b"\x1b[6n"

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> int:
        """How many questions end in this part."""
        text = self._tail + data
        self._tail = text[-len(self.ASKED) + 1 :]
        return text.count(self.ASKED)


class Terminal:
    """Runs a command in a pseudo-terminal of its own session, as ssh would, and answers its questions."""

    def __init__(self, *command: str, columns: int = 80, lines: int = 24, term: str = "xterm") -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._questions = Questions()
        self.written = 0
        self.status: int | None = None
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            _size(0, columns, lines)
            os.execve(command[0], command, _environment(term))  # noqa: S606 - the test's own command

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self._master)

    @property
    def text(self) -> str:
        """The screen as it looks now."""
        return "\n".join(self._screen.display)

    def read(self, seconds: float) -> int:
        """Take in what is written for so long; the number of bytes."""
        until = time.monotonic() + seconds
        before = self.written
        while (left := until - time.monotonic()) > 0:
            if not self._take(left):
                break
        return self.written - before

    def _take(self, seconds: float, most: int = 65536) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, most)
        except OSError:
            return False
        self.written += len(data)
        self._stream.feed(data)
        for _ in range(self._questions.feed(data)):
            os.write(self._master, b"\x1b[9;9R")
        return bool(data)

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
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Another size, as when a window is drawn larger."""
        self._screen.resize(lines, columns)
        _size(self._master, columns, lines)

    def hang_up(self) -> None:
        """The line is cut."""
        os.close(self._master)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the program to end; its exit status, negative for a signal."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
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

    def __exit__(self, *told: type[BaseException] | BaseException | TracebackType | None) -> None:
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


def _environment(term: str) -> dict[str, str]:
    """What ssh would hand over: the size is the terminal's to tell."""
    left_out = ("COLORTERM", "COLUMNS", "LINES", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "TERM": term, "LC_ALL": "C.UTF-8"}


def _size(descriptor: int, columns: int, lines: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


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
