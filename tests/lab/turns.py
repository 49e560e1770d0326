"""Turns of tests in processes side by side: who looks into every network namespace there is leaves sockets in
them for a moment, and others compare all sockets of theirs."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_LOCKS = Path(tempfile.gettempdir(), f"sockscope-tests-{os.getuid()}")


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Wait until nobody is there alone, or until nobody is there at all (flock(2)). Who waits holds the gate,
    so that nobody overtakes."""
    with ExitStack() as held:
        with _locked("gate", fcntl.LOCK_EX):
            held.enter_context(_locked("room", fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        yield


@contextmanager
def _locked(name: str, how: int) -> Iterator[None]:
    _LOCKS.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(_LOCKS / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
