"""A program at a terminal, watched: when it writes, how much, and what."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Self

QUESTION = b"\x1b[6n"
"""Asks for the cursor's place (ECMA-48, Device Status Report)."""


class Terminal:
    """Runs a command at a pseudo-terminal of `columns` x `lines`; a context manager that ends it.

    Nothing is drawn: what the command writes is counted and searched only, and questions for the cursor's
    place are answered.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 160,
        lines: int = 50,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._tail = b""
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)

    def read(self, seconds: float) -> bytes:
        """What is written until `seconds` pass without a word; b"" when it stayed silent or has ended."""
        said = b""
        wait = seconds
        while select.select([self._ours], [], [], wait)[0]:
            with contextlib.suppress(OSError):
                if part := os.read(self._ours, 65536):
                    said += part
                    self._answer(part)
                    wait = 0.0
                    continue
            break
        return said

    def _answer(self, part: bytes) -> None:
        text = self._tail + part
        self._tail = text[-len(QUESTION) + 1 :]
        for _ in range(text.count(QUESTION)):
            os.write(self._ours, b"\x1b[9;9R")

    def written(self, seconds: float) -> int:
        """How many bytes are written in so many seconds."""
        end = time.perf_counter() + seconds
        total = 0
        while (left := end - time.perf_counter()) > 0:
            total += len(self.read(left))
        return total

    def wait_for(self, pattern: str, patience: float = 30.0) -> float:
        """Seconds from the start until something that matches has been written, escape sequences left out.

        Raises TimeoutError after `patience` seconds.
        """
        wanted = re.compile(pattern)
        said = b""
        end = time.perf_counter() + patience
        while (left := end - time.perf_counter()) > 0:
            said += self.read(left)
            if wanted.search(plain(said)):
                return time.perf_counter() - self.begun
        raise TimeoutError(f"nothing like {pattern!r} in {plain(said)[-2000:]!r}")

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._ours, keys)

    def answer_to(self, keys: bytes, patience: float = 5.0) -> float:
        """Seconds from typing `keys` until the first byte is written. Raises TimeoutError."""
        self.read(0)
        begun = time.perf_counter()
        self.press(keys)
        if not select.select([self._ours], [], [], patience)[0]:
            raise TimeoutError(f"no answer to {keys!r}")
        return time.perf_counter() - begun


def plain(written: bytes) -> str:
    """What was written without the escape sequences (ECMA-48) between."""
    text = written.decode("utf-8", errors="replace")
    return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(\x1b\\|\x07)|.)", " ", text, flags=re.DOTALL)
