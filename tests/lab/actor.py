"""How a stand-in process shows itself: under the name of the program it stands for, and never for long."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_ARGUMENTS_START, _ARGUMENTS_END = 47, 48
"""Fields of /proc/PID/stat (proc(5)), counted from 0."""


def appear_as(title: str) -> None:
    """Be `title` in /proc/self/cmdline, as daemons that rewrite their arguments, and its program in comm.

    The program is the first word of the title, without a colon at its end. The title is cut to the room that
    the arguments have.
    """
    text = title.encode()
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    start, end = int(fields[_ARGUMENTS_START - 2]), int(fields[_ARGUMENTS_END - 2])
    room = end - start
    ctypes.memmove(start, text[: room - 1].ljust(room, b"\0"), room)
    program = text.split()[0].rstrip(b":").rpartition(b"/")[2]
    ctypes.CDLL(None).prctl(_PR_SET_NAME, program[:15], 0, 0, 0)


def end_with(parent: int) -> None:
    """Be killed when the process `parent`, which must have started this one, ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)
