"""The end of a program whose terminal may take nothing any more: a dead line, or output stopped by hand."""

from __future__ import annotations

import contextlib
import queue
import select
import signal
import termios
import time

from textual.drivers._writer_thread import WriterThread

LAST_WORDS = 0.5
"""Seconds for the terminal to take what was written before it is thrown away."""
TRIES, TRY = 10, 0.05
"""How often what waits for the terminal is thrown away, and seconds between."""


def hung_up(terminal: int) -> bool:
    """Whether nobody is at the other end of a terminal any more."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))


def end_writing(writer: WriterThread, terminal: int) -> None:
    """End the thread that writes to the terminal, within LAST_WORDS and TRIES.

    What a terminal does not take is thrown away, the oldest first, so that the sequences which restore its
    modes have room. If even that does not help the kernel ends the process a second later.
    """
    waiting = writer._queue  # noqa: SLF001 - its own `stop` waits for ever
    until = time.monotonic() + LAST_WORDS
    with contextlib.suppress(queue.Full):
        waiting.put(None, timeout=LAST_WORDS)
        writer.join(max(0.0, until - time.monotonic()))
    for _ in range(TRIES):
        if not writer.is_alive():
            return
        with contextlib.suppress(termios.error):
            termios.tcflush(terminal, termios.TCOFLUSH)
        with contextlib.suppress(queue.Full):
            waiting.put(None, timeout=TRY)
        writer.join(TRY)
    if writer.is_alive():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(1)
