"""The server of the demonstration lives, shows its troubles, and is gone afterwards."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import cast, demo
from tests.lab.guard import NAMESPACES
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.program import ROOT
from tests.lab.sockets import wait_for
from tests.lab.states import states
from tests.lab.world import World

pytestmark = pytest.mark.lab


def everything(made: World) -> tuple[list[Namespace], list[int]]:
    """Its namespaces, and every process in them."""
    namespaces = [made.server, made.internet, made.backend, made.container, made.queue]
    return namespaces, [pid for namespace in namespaces for pid in namespace.processes()]


def gone(pid: int) -> bool:
    """Whether no process of that id runs; one that is dead but not reaped does not run."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True


def dropped(made: World, device: str) -> int:
    """Frames that a device of the server received and dropped."""
    lines = made.server.read("/proc/net/dev").replace(":", " ").splitlines()
    (fields,) = [line.split() for line in lines if line.split()[0] == device]
    return int(fields[4])


def listening_unix(made: World) -> str:
    """What ss says of unix listeners on the server, blanks evened out."""
    return " ".join(made.server.run(["ss", "-Hxl"]).split())


def seen(made: World, script: str) -> set[str]:
    """The lines that a shell script writes on the server, without the zeros at their ends."""
    command = made.command(["sh", "-c", script])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {line.rstrip("\0") for line in done.stdout.splitlines()}


def test_the_server_lives_and_leaves_nothing() -> None:
    require_root_and("nft", "ss", "unshare")
    with World(seconds=120) as made:
        namespaces, pids = everything(made)
        made.flood(per_second=200, seconds=30)
        wait_for(lambda: states(made.server)["SYN_RECV"] > 100, "the flood is not felt")
        wait_for(lambda: states(made.server)["ESTABLISHED"] > 80, "nobody is connected")
        wait_for(lambda: states(made.server)["TIME_WAIT"] > 20, "no connection has come and gone")
        wait_for(lambda: states(made.server)["CLOSE_WAIT"] > 0, "nothing is leaked")
        wait_for(lambda: "17     16" in made.server.run(["ss", "-Hltn"]), "the accept queue is not full")
        wait_for(lambda: "LISTEN 5 4 /run/php/" in listening_unix(made), "nobody waits for php-fpm")
        wait_for(lambda: dropped(made, "eth1") > 1, "no frame of an unknown protocol came")
        listening = made.server.run(["ss", "-Hltnp"])
        (front,) = [line for line in listening.splitlines() if " 0.0.0.0:443 " in line]
        assert front.count('"nginx"') == 5
        titles = seen(made, "for each in /proc/[0-9]*; do cat $each/cmdline; echo; done")
        hosted = (*cast.SERVER, *cast.CONTAINER, *cast.QUEUE)
        assert {program.title for program in hosted} <= titles
        assert not {program.title for program in cast.INTERNET} & titles
        assert "proto ra" in made.server.ip("-6", "route", "show", "default")
        assert seen(made, "uname -n") == {cast.HOST} != {os.uname().nodename}
    wait_for(lambda: all(gone(pid) for pid in pids), "a program outlived its world")
    assert not any((NAMESPACES / namespace.name).exists() for namespace in namespaces)


def test_programs_end_by_themselves() -> None:
    require_root_and()
    with World(seconds=4) as made:
        _, pids = everything(made)
        assert len(pids) > 15
        wait_for(lambda: all(gone(pid) for pid in pids), "a program outlived its time")


def test_the_demonstration_shows_the_server() -> None:
    require_root_and("nft", "unshare")
    command = [sys.executable, "-m", "tests.lab.demo", "--once", "-tln"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "10.0.1.5:8009" in done.stdout


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_demonstration_leaves_nothing_when_it_is_ended(ending: signal.Signals) -> None:
    require_root_and("nft", "unshare")
    terminal, inner = pty.openpty()
    command = [sys.executable, "-m", "tests.lab.demo"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    ) as shown:
        os.close(inner)
        try:
            prefix = f"sockscope-{shown.pid}-"
            os.read(terminal, 1)  # sockscope draws
            places = list(NAMESPACES.glob(f"{prefix}*"))
            assert len(places) == 5
            shown.send_signal(ending)
            wait_for(lambda: not any(place.exists() for place in places), "a namespace is still there")
        finally:
            os.close(terminal)
            shown.kill()


def test_without_root_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert demo.main([]) == 1
    assert capsys.readouterr().err == "the demonstration needs root, to make network namespaces\n"
