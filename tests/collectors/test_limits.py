"""Limits from a mock /proc: what is there, what is not, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.limits import LimitsCollector

FILES = {
    "sys/net/core/somaxconn": "4096\n",
    "sys/net/ipv4/tcp_max_syn_backlog": "2048\n",
    "sys/net/ipv4/tcp_max_tw_buckets": "131072\n",
    "sys/net/ipv4/tcp_max_orphans": "65536\n",
    "sys/net/ipv4/tcp_syncookies": "1\n",
    "sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "sys/net/ipv4/tcp_fin_timeout": "60\n",
    "thread-self/net/sockstat": "sockets: used 14\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 113\n",
    "thread-self/net/sockstat6": "TCP6: inuse 5\nFRAG6: inuse 0 memory 0\n",
}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A mock /proc with every file."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def limits(collected: Collected) -> dict[str | None, int]:
    table = collected.tables["limits"]
    return {table.text("name", row): table.integer("value", row) for row in range(len(table))}


def test_everything(proc: Path) -> None:
    collected = LimitsCollector(str(proc)).collect()
    assert collected.notes == ()
    assert limits(collected) == {
        "somaxconn": 4096,
        "tcp_max_syn_backlog": 2048,
        "tcp_max_tw_buckets": 131072,
        "tcp_max_orphans": 65536,
        "tcp_syncookies": 1,
        "tcp_fin_timeout": 60,
        "ip_local_port_range.low": 32768,
        "ip_local_port_range.high": 60999,
        "sockstat.sockets.used": 14,
        "sockstat.TCP.inuse": 1,
        "sockstat.TCP.orphan": 2,
        "sockstat.TCP.tw": 3,
        "sockstat.TCP.alloc": 4,
        "sockstat.TCP.mem": 113,
        "sockstat6.TCP6.inuse": 5,
        "sockstat6.FRAG6.inuse": 0,
        "sockstat6.FRAG6.memory": 0,
    }


def test_what_another_namespace_does_not_show_is_unknown(proc: Path) -> None:
    for name in ("sys/net/ipv4/tcp_max_orphans", "sys/net/core/somaxconn"):
        (proc / name).unlink()
    collected = LimitsCollector(str(proc)).collect()
    assert collected.notes == ()
    assert limits(collected)["tcp_max_orphans"] == -1
    assert limits(collected)["somaxconn"] == -1
    assert limits(collected)["tcp_max_tw_buckets"] == 131072


@pytest.mark.parametrize("text", ["", "many\n", "1 2 3\n", "-5\n", "99999999999999999999999\n", "\xb2\n"])
def test_what_is_no_count_is_unknown(proc: Path, text: str) -> None:
    (proc / "sys/net/ipv4/tcp_max_tw_buckets").write_text(text)
    (proc / "sys/net/ipv4/ip_local_port_range").write_text(text)
    found = limits(LimitsCollector(str(proc)).collect())
    assert found["tcp_max_tw_buckets"] == -1
    assert found["ip_local_port_range.low"] == found["ip_local_port_range.high"] == -1


def test_what_cannot_be_read_is_noted(proc: Path) -> None:
    broken = proc / "sys/net/ipv4/tcp_fin_timeout"
    broken.unlink()
    broken.mkdir()
    collected = LimitsCollector(str(proc)).collect()
    assert [note.kind for note in collected.notes] == ["failed"]
    assert "tcp_fin_timeout" in collected.notes[0].why
    assert limits(collected)["tcp_fin_timeout"] == -1


def test_no_proc_at_all(tmp_path: Path) -> None:
    collected = LimitsCollector(str(tmp_path / "none")).collect()
    assert set(limits(collected).values()) == {-1}


def test_this_kernel() -> None:
    found = limits(LimitsCollector().collect())
    assert found["somaxconn"] == int(Path("/proc/sys/net/core/somaxconn").read_text())
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert (found["ip_local_port_range.low"], found["ip_local_port_range.high"]) == (int(low), int(high))
