"""A program at a pseudo-terminal, in a session of its own as ssh would start it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Self


class Questions:
    """Finds the questions for the cursor's place (`CSI 6 n`, ECMA-48) in what is written."""

    ASKED = b"\x1b[6n"

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> int:
        """How many questions end in this part."""
        text = self._tail + data
        self._tail = text[-len(self.ASKED) + 1 :]
        return text.count(self.ASKED)


class Line:
    """Runs a command at a pseudo-terminal that controls it, and answers its questions.

    Nothing is drawn. A context manager that kills the command; `status` is its exit status once it has ended,
    negative for a signal, and `before` what termios told of the terminal before it began.
    """

    ANSWER = b"\x1b[9;9R"

    def __init__(self, command: Sequence[str], columns: int, lines: int, term: str) -> None:
        self.status: int | None = None
        self._questions = Questions()
        self._ours, theirs = pty.openpty()
        try:
            _size(theirs, columns, lines)
            self.before = termios.tcgetattr(theirs)
            name = os.ttyname(theirs)
            self.begun = time.perf_counter()
            self.pid = os.posix_spawnp(
                command[0],
                [*command],
                _environment(term),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, 0, 2),
                ],
                setsid=True,  # what a session's leader then opens becomes its controlling terminal
            )
        except BaseException:
            os.close(self._ours)
            raise
        finally:
            os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.ended(block=True)
        with contextlib.suppress(OSError):
            os.close(self._ours)

    def take(self, seconds: float, most: int = 65536) -> bytes | None:
        """What is written next, waiting for it so long; b"" if nothing is, None if nothing ever will be."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self._ours, most)
        except OSError:
            return None
        for _ in range(self._questions.feed(data)):
            os.write(self._ours, self.ANSWER)
        return data or None

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._ours, keys)

    def resize(self, columns: int, lines: int) -> None:
        """Another size, as when a window is drawn larger."""
        _size(self._ours, columns, lines)

    def hang_up(self) -> None:
        """The line is cut."""
        os.close(self._ours)

    def ended(self, *, block: bool = False) -> bool:
        """Whether the command has ended; `status` says how."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, 0 if block else os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None


def _environment(term: str) -> Mapping[str, str]:
    """What ssh would hand over: the size is the terminal's to tell."""
    left_out = ("COLORTERM", "COLUMNS", "LINES", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "TERM": term, "LC_ALL": "C.UTF-8"}


def _size(descriptor: int, columns: int, lines: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
