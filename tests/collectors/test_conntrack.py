"""The collector of tracked connections: ctnetlink, else the file, else words; and how full the table is."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.conntrack import ConntrackCollector
from sockscope.app.collectors.conntrack_use import ConntrackUseCollector
from sockscope.app.collectors.netlink import Dump, failed
from tests.collectors.conntrack_messages import EVERY, ct, line
from tests.collectors.route_messages import dump
from tests.collectors.test_ctmsg import rows_of

ALL = dump([ct(entry) for entry in EVERY])
COUNT = "sys/net/netfilter/nf_conntrack_count"
FILE = "thread-self/net/nf_conntrack"
STATISTICS = "thread-self/net/stat/nf_conntrack"


class Kernel:
    """Answers as a netlink socket does, each time with the next of its answers, then with the last again."""

    def __init__(self, *answers: Dump | OSError) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.closed = False

    def __call__(self, protocol: int) -> Any:
        assert protocol == 12
        return self

    def dump(self, message_type: int, payload: bytes) -> Dump:
        assert (message_type, payload) == (0x101, bytes(4))
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "ascii")

    return written


def collect(tmp_path: Path, kernel: Kernel) -> Collected:
    with contextlib.closing(ConntrackCollector(str(tmp_path), kernel)) as collector:
        return collector.collect()


def kinds(collected: Collected) -> list[str]:
    return [note.kind for note in collected.notes]


def test_all_that_the_kernel_lists(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    kernel = Kernel(ALL)
    brought = collect(tmp_path, kernel)
    assert rows_of(brought.tables["conntrack"]) == list(EVERY)
    assert not brought.notes
    assert brought.tables["conntrack"].taken > 0
    assert kernel.closed


def test_a_kernel_that_tracks_nothing_is_not_asked(tmp_path: Path) -> None:
    """Asking would load the modules."""
    kernel = Kernel(ALL)
    brought = collect(tmp_path, kernel)
    assert not kernel.asked
    assert not brought.tables
    assert [note.why for note in brought.notes] == [
        "this kernel tracks no connections (nf_conntrack is not loaded)"
    ]


def test_where_none_is_tracked_the_list_is_not_asked_for(tmp_path: Path, write: Write) -> None:
    write(COUNT, "0\n")
    kernel = Kernel(ALL)
    brought = collect(tmp_path, kernel)
    assert not kernel.asked
    assert rows_of(brought.tables["conntrack"]) == []
    assert brought.tables["conntrack"].taken > 0
    assert not brought.notes


@pytest.mark.parametrize("sign", [COUNT, STATISTICS])
def test_either_sign_is_enough(tmp_path: Path, write: Write, sign: str) -> None:
    write(sign, "")
    assert collect(tmp_path, Kernel(ALL)).tables


def test_without_the_right_it_says_so(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    brought = collect(tmp_path, Kernel(failed(errno.EPERM)))
    assert not brought.tables
    assert kinds(brought) == ["forbidden"]
    assert "needs root" in brought.notes[0].why


def test_where_netlink_is_refused_the_file_serves(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    write(FILE, "".join(f"{line(entry)}\n" for entry in EVERY))
    for refusal in (failed(errno.EPERM), OSError(errno.EPROTONOSUPPORT, "no")):
        brought = collect(tmp_path, Kernel(refusal))
        assert rows_of(brought.tables["conntrack"]) == [replace(entry, id=0) for entry in EVERY]
        assert kinds(brought) == ["fallback"]


def test_a_kernel_without_ctnetlink_or_file_fails_in_words(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    brought = collect(tmp_path, Kernel(failed(errno.EINVAL)))
    assert not brought.tables
    assert kinds(brought) == ["failed"]
    assert brought.notes[0].why.startswith("netlink: invalid argument; /proc/net/nf_conntrack: no such file")


def broken(entries: int, error: int) -> Dump:
    part = dump([ct(entry) for entry in EVERY[:entries]])
    return Dump(part.buffer, part.offsets, part.lengths, error)


def test_a_list_that_is_broken_off_is_asked_for_again(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    kernel = Kernel(broken(2, errno.ENOBUFS), ALL)
    brought = collect(tmp_path, kernel)
    assert (kernel.asked, len(brought.tables["conntrack"]), brought.notes) == (2, len(EVERY), ())


def test_a_list_that_is_always_broken_off_is_shown_and_said_to_be_part(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    kernel = Kernel(broken(2, errno.ENOBUFS))
    brought = collect(tmp_path, kernel)
    assert kernel.asked == 3
    assert rows_of(brought.tables["conntrack"]) == list(EVERY[:2])
    assert kinds(brought) == ["incomplete"]
    assert "after 2 connections: no buffer space available" in brought.notes[0].why


def test_an_interrupted_list_is_marked(tmp_path: Path, write: Write) -> None:
    write(COUNT, "6\n")
    brought = collect(tmp_path, Kernel(Dump(ALL.buffer, ALL.offsets, ALL.lengths, interrupted=True)))
    assert len(brought.tables["conntrack"]) == len(EVERY)
    assert kinds(brought) == ["incomplete"]


@pytest.fixture
def use(tmp_path: Path) -> Iterator[Callable[[], dict[str, int]]]:
    with contextlib.closing(ConntrackUseCollector(str(tmp_path))) as collector:

        def read() -> dict[str, int]:
            table = collector.collect().tables["conntrack_use"]
            assert len(table) == 1
            return {name: table.integer(name, 0) for name in table.columns}

        yield read


def test_use_of_a_kernel_that_tracks_nothing_is_unknown(use: Callable[[], dict[str, int]]) -> None:
    assert set(use().values()) == {-1}


def test_use_adds_up_the_cpus(write: Write, use: Callable[[], dict[str, int]]) -> None:
    for name, value in (("count", "1204"), ("max", "262144"), ("buckets", "65536"), ("acct", "1")):
        write(f"sys/net/netfilter/nf_conntrack_{name}", f"{value}\n")
    head = (
        "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop\n"
    )
    cpus = "000004b4  0 0 0 0 0 0 0 0 00000001 0000000a 00000002\n" * 2
    write(STATISTICS, head + cpus)
    assert use() == {
        "count": 1204,
        "limit": 262144,
        "buckets": 65536,
        "accounting": 1,
        "drop": 20,
        "early_drop": 4,
        "insert_failed": 2,
    }


@pytest.mark.parametrize("text", ["", "drop\n", "drop\nxyz\n", "found\n1\n", "found drop\n1\n", "drop\n-1\n"])
def test_statistics_that_cannot_be_read_are_unknown(
    write: Write, use: Callable[[], dict[str, int]], text: str
) -> None:
    write(STATISTICS, text)
    write(COUNT, "nonsense\n")
    assert (use()["drop"], use()["count"]) == (-1, -1)
