"""The sampler as a process of our own. Cheap to import, so that it can start before anything else is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from typing import IO, Self

COMMAND = (sys.executable, "-P", "-m", "sockscope.app.sampler")
"""-P: modules lying in the current directory are nobody's business when this runs as root."""

PIPE_SIZE = 1 << 20
"""Bytes that may lie between the two processes, if the system allows it."""
_PATIENCE = 1.0
"""Seconds a sampler has to end when it is told to."""


def sampler(share: float, netns: str = "") -> tuple[str, ...]:
    """The command of a sampler whose ticks may take that many per cent of a core, in the network namespace of
    that name or process ("": this one)."""
    return (*COMMAND, f"{share:g}", *([netns] if netns else []))


class Child:
    """A process that takes orders on its standard input and gives frames on its standard output.

    It ends when its pipes are closed, so it cannot outlive this process. A context manager that ends it.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self.command = command
        self._errors = os.fdopen(os.memfd_create("sampler-errors"), "w+b")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            start_new_session=True,
        )
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def _output(self) -> IO[bytes]:
        stream = self._process.stdout
        if stream is None:
            raise OSError("the sampler has no output")
        return stream

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def read(self, into: memoryview) -> int:
        """Wait for its output; how many bytes came, 0 at its end. OSError or ValueError once it was ended."""
        return self._output.readinto(into) or 0  # type: ignore[attr-defined]  # unbuffered: a RawIOBase

    def tell(self, order: bytes) -> None:
        """Write to it, if it is still there."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(order)

    def last_words(self) -> str:
        """How it ended, and what it said last on standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._errors.seek(0)
        lines = self._errors.read()[-4096:].decode("utf-8", "replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        code = self._process.returncode
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return f"the sampler ended ({how}{': ' + said if said else ''})"

    def end(self) -> None:
        """Close the pipes and end it; one that lingers is killed."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()
