"""Starting programs and waiting until they do what they are there for."""

from __future__ import annotations

import subprocess

from tests.lab.namespace import Namespace
from tests.lab.program import ROOT, Program


def started(namespace: Namespace, program: Program, seconds: int = 600) -> subprocess.Popen[bytes]:
    """The program in a namespace, its listeners open; RuntimeError where it does not come to that."""
    process = namespace.popen(program.command(seconds), cwd=ROOT, stdout=subprocess.PIPE)
    wait_until_ready(process, program.title)
    return process


def wait_until_ready(process: subprocess.Popen[bytes], name: str) -> None:
    """Return when the process has said `ready`, and hear no more of it; RuntimeError, with its name, where it
    ends or says something else."""
    if process.stdout is None or process.stdout.readline() != b"ready\n":
        raise RuntimeError(f"{name} did not start")
    process.stdout.close()
