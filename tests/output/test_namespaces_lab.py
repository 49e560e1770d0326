"""What is printed of every namespace, beside what is printed of each alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.program import ROOT
from tests.lab.published import HOST, PORT, PUBLISHED, WEB, Published

pytestmark = [pytest.mark.lab, pytest.mark.everywhere]

Rows = list[dict[str, Any]]
OF = ("netns", "netns_inode")
MOVING = {
    *("value", "timer_seconds", "reporter", "refcnt", "expires", "timeout_seconds", "pid", "process"),
    *("pids", "unit", "cgroup", "container", "inode", "cookie", "local_port", "status", "id"),
    *("rx_ok", "tx_ok", "rx_bytes", "tx_bytes"),
}
"""What need not be the same from one look to the next."""


@pytest.fixture(scope="module")
def scene() -> Iterator[Published]:
    require_root_and("nft")
    with Published() as made:
        yield made


def sockscope(namespace: Namespace, arguments: str) -> str:
    command = [sys.executable, "-P", "-m", "sockscope.app", *arguments.split()]
    return namespace.run(command, cwd=ROOT, timeout=60)


def told(namespace: Namespace, arguments: str) -> Rows:
    return [json.loads(line) for line in sockscope(namespace, f"--json {arguments}").splitlines()]


def still(rows: Rows) -> list[str]:
    return sorted(
        json.dumps({name: value for name, value in row.items() if name not in {*OF, *MOVING}}) for row in rows
    )


@pytest.mark.parametrize("arguments", ["-tan", "-r", "-ia", "-s", "-g", "-ax", "-aM"])
def test_rows_of_all_are_the_rows_of_each(scene: Published, arguments: str) -> None:
    every = told(scene.host, f"--netns all {arguments}")
    for namespace, name in ((scene.host, "own"), (scene.web, scene.web.name), (scene.db, scene.db.name)):
        here = [row for row in every if row["netns_inode"] == namespace.inode]
        assert {row["netns"] for row in here} <= {name}
        assert still(here) == still(told(scene.host, f"--netns {namespace.name} {arguments}"))


def test_connections_that_another_namespace_tracks(scene: Published) -> None:
    rows = told(scene.web, "--netns all -M")
    found = [row for row in rows if row["netns_inode"] == scene.host.inode]
    assert len(found) == len(scene.calls)
    for row in found:
        assert (row["original_destination"], row["original_destination_port"]) == (HOST, PUBLISHED)
        assert (row["reply_source"], row["reply_source_port"]) == (WEB, PORT)


def test_a_filter_asks_for_a_namespace(scene: Published) -> None:
    rows = told(scene.host, f"--netns all -r --filter ns={scene.db.name}")
    assert rows
    assert {row["netns"] for row in rows} == {scene.db.name}
    assert {row["interface"] for row in rows} <= {"eth0", "lo"}


@pytest.mark.parametrize("arguments", ["-rn", "-rn6", "-i", "-gn", "-Mn", "--packet", "-rC"])
def test_text_has_the_namespace_in_front(scene: Published, arguments: str) -> None:
    lines = sockscope(scene.host, f"--netns all {arguments}").splitlines()
    alone = sockscope(scene.host, f"{arguments}").splitlines()
    (title,) = [line for line in lines if line.startswith("Namespace")]
    own = [line for line in lines if line.startswith("own ")]
    without = title.removeprefix("Namespace").lstrip()
    assert {line[: len(title) - len(without)].strip() for line in own} <= {"own"}
    rows = alone[alone.index(without) + 1 :]
    assert len(own) == len([row for row in rows if not row.startswith("---")])


def test_statistics_name_the_namespace_of_each_section(scene: Published) -> None:
    lines = sockscope(scene.host, "--netns all -s").splitlines()
    assert "Tcp in netns own:" in lines
    assert f"Tcp in netns {scene.web.name}:" in lines
