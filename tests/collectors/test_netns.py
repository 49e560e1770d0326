"""Network namespaces: found by name or process, entered by a thread, watched while they are looked into."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from sockscope.app.collectors.netns import HeldCollector, Namespace, aside, enter, find, inside


@pytest.fixture
def roots(tmp_path: Path) -> tuple[str, str]:
    """Directories like /run/netns and /proc, with a namespace `web` and a process 7, which has another."""
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "web").touch()
    (tmp_path / "proc" / "7" / "ns").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "ns" / "net").touch()
    return str(tmp_path / "named"), str(tmp_path / "proc")


def test_a_name_goes_before_a_process(roots: tuple[str, str]) -> None:
    named, proc = roots
    assert find("web", named, proc).path == f"{named}/web"
    assert find("7", named, proc).path == f"{proc}/7/ns/net"
    Path(named, "7").touch()
    assert find("7", named, proc).path == f"{named}/7"


@pytest.mark.parametrize(("target", "why"), [("nope", "no network namespace 'nope'"), ("8", "no process")])
def test_what_is_not_there_is_told_in_words(roots: tuple[str, str], target: str, why: str) -> None:
    with pytest.raises(FileNotFoundError) as told:
        find(target, *roots)
    assert why in str(told.value.strerror)


def test_another_namespace_under_the_same_name_is_not_entered(roots: tuple[str, str]) -> None:
    there = find("web", *roots)
    with pytest.raises(OSError, match="is gone"):
        enter(Namespace("web", there.path, there.inode + 1))


def test_what_is_no_namespace_is_refused_in_words(roots: tuple[str, str]) -> None:
    with pytest.raises(OSError, match="network namespace 'web': "):
        inside(find("web", *roots), lambda: pytest.fail("nobody is inside"))


def test_work_aside_has_a_thread_of_its_own() -> None:
    assert aside(threading.get_native_id) != threading.get_native_id()


def test_what_work_aside_raises_is_raised() -> None:
    def fail() -> None:
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        aside(fail)


def test_the_own_namespace_stays_while_its_process_does() -> None:
    watch = HeldCollector(str(os.getpid()))
    assert watch.collect().notes == watch.collect().notes == ()


def test_a_process_that_was_never_there_is_told() -> None:
    (note,) = HeldCollector("999999999").collect().notes
    assert (note.kind, note.why) == ("missing", "netns 999999999 is gone: this is what is left")
