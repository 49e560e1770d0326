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
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pyte

SOCKSCOPE = (sys.executable, "-P", "-m", "sockscope.app")
PATIENCE = 15.0


class Terminal:
    """Runs a command in a pseudo-terminal of its own session, as ssh would."""

    def __init__(self, *command: str, columns: int = 80, lines: int = 24, term: str = "xterm") -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
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

    def _take(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False
        self.written += len(data)
        self._stream.feed(data)
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
