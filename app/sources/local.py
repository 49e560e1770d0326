"""Frames of this machine, from a sampler process of our own."""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import sys
import tempfile
import threading
from typing import IO

from sockscope.app.frames.codec import PREFIX, Decoder, lengths
from sockscope.app.frames.frame import Frame
from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import SourceLost

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


class LocalSampler:
    """Starts the sampler as a child and reads its frames. The child ends when its pipes are closed, so it
    cannot outlive this process."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._control: Control | None = None
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._decoder = Decoder()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            start_new_session=True,
        )
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._stdout, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    @property
    def _stdout(self) -> IO[bytes]:
        stream = self._process.stdout
        if stream is None:
            raise SourceLost("the sampler has no output")
        return stream

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

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
            got = self._stdout.readinto(view)  # type: ignore[attr-defined]  # unbuffered: a RawIOBase
            if not got:
                raise SourceLost(self._last_words())
            view = view[got:]
        return data

    def _last_words(self) -> str:
        if self._closed:
            return "closed"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._errors.seek(0)
        lines = self._errors.read()[-4096:].decode("utf-8", "replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        code = self._process.returncode
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return f"the sampler ended ({how}{': ' + said if said else ''})"

    def order(self, control: Control) -> None:
        """Tell the child; a child that is gone will be told when it is started again."""
        with self._lock:
            self._control = control
            self._tell(control)

    def _tell(self, control: Control) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(control.encode())

    def restart(self) -> None:
        """Start a new child with the standing orders, unless this source was closed."""
        with self._lock:
            self._end()
            if self._closed:
                return
            self._start()
            if self._control is not None:
                self._tell(self._control)

    def close(self) -> None:
        """Close the pipes and end the child; one that lingers is killed."""
        with self._lock:
            self._closed = True
            self._end()

    def _end(self) -> None:
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
