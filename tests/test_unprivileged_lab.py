"""What the dashboard's engine tells an ordinary user of own and others' connections: rates, health, groups,
interfaces, the log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

NOBODY = 65534
SHORT = 30
PACE = 2_000_000
"""Bytes/s of each of two transfers."""

_WORK = """
import encodings.idna, json, os, psutil, socket, sys, threading, time, traceback
import numpy as np
from sockscope.app.collectors.owners import OwnersCollector
from sockscope.app.model.engine import Engine, Request
from sockscope.app.model.groupview import Grouping
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.sampler import Sampler
from sockscope.app.sampler.tasks import plan
from sockscope.app.view import catalog
nobody, short, pace = map(int, sys.argv[1:])
view = catalog.view("connections")
wanted = catalog.needs("connections") | {"tcp_info", "cgroups", "cgroup_paths"}

def look(sampler, engine, control, seconds):
    engine.advance(sampler.tick(control))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        frame = sampler.background(control, until)
        if frame is not None:
            engine.advance(frame)
        time.sleep(0.005)

# An ordinary user may not read what the interpreter would import later.
rehearsal = Sampler(plan(), OwnersCollector), Engine(catalog.tabs())
look(*rehearsal, Control(wanted), 0.3)
rehearsal[1].snapshot(Request("connections"))
rehearsal[0].close()
listener = socket.create_server(("127.0.0.1", 9000), backlog=100)

def transfer():
    client = socket.create_connection(("127.0.0.1", 9000))
    server = listener.accept()[0]
    client.setsockopt(socket.SOL_SOCKET, 47, pace)
    def send():
        while True:
            client.send(bytes(16384))
    def receive():
        while server.recv(65536):
            pass
    for work in (send, receive):
        threading.Thread(target=work, daemon=True).start()
    return client.getsockname()[1]

reading, writing = os.pipe()
waiting, alive = os.pipe()
if not os.fork():
    os.close(alive)
    os.write(writing, transfer().to_bytes(2, "little"))
    os.read(waiting, 1)  # until the other ends
    os._exit(0)
theirs = int.from_bytes(os.read(reading, 2), "little")
os.setgroups([])
os.setgid(nobody)
os.setuid(nobody)
try:
    mine = transfer()
    sampler, engine = Sampler(plan(), OwnersCollector), Engine(catalog.tabs())
    told = {}
    for number in range(3):
        look(sampler, engine, Control(wanted, 1.0, refresh=number), 1.0)
        if number == 1:
            for _ in range(short):
                with socket.create_connection(("127.0.0.1", 9000)) as quick, listener.accept()[0]:
                    pass
    rows = engine.snapshot(Request("connections")).rows
    for name, port in (("theirs", theirs), ("mine", mine)):
        row = rows.numbers("local_port").tolist().index(port)
        told[name] = {
            "tx_rate": rows.real("tx_rate", row),
            "rtt": rows.real("rtt", row),
            "limit": rows.text("limit", row),
            "why": rows.integer("why", row),
            "user": rows.integer("uid", row),
            "used": rows.text("used", row),
        }
    for by in view.groupings:
        snapshot = engine.snapshot(Request("connections", grouping=Grouping(by.id)))
        groups = snapshot.rows
        counts = {
            by.column.cell(groups, row).text: groups.integer("count", row) for row in range(len(groups))
        }
        told["by " + by.id] = [counts, snapshot.grouped, len(groups)]
    for number in range(3, 50):  # the kernel tells what ended from a queue of its own, a little later
        log = engine.snapshot(Request("log")).rows
        closed = log is not None and (log.numbers("event") == 1) & (log.numbers("remote_port") == 9000)
        told["closed"] = int(np.sum(closed))
        if told["closed"] >= short:
            break
        look(sampler, engine, Control(wanted, 1.0, refresh=number), 0.1)
    print(json.dumps(told))
    status = 0
except BaseException:
    traceback.print_exc()
    status = 1
sys.stdout.flush()
sys.stderr.flush()
os._exit(status)
"""


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    """What user 65534 is told of root's transfer and its own, and of 30 short connections."""
    require_root_and("ip")
    with Namespace() as namespace:
        arguments = [str(NOBODY), str(SHORT), str(PACE)]
        with namespace.inside():
            run = subprocess.run(
                [sys.executable, "-c", _WORK, *arguments],
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
                input="",
            )
        assert run.returncode == 0, run.stderr
        yield json.loads(run.stdout)


@pytest.mark.parametrize("whose", ["mine", "theirs"])
def test_rates_and_health(told: dict[str, Any], whose: str) -> None:
    one = told[whose]
    assert one["tx_rate"] == pytest.approx(PACE, rel=0.25)
    assert one["rtt"] > 0
    assert one["limit"] is not None
    assert one["used"] == "lo"


def test_owners_are_known_or_hidden(told: dict[str, Any]) -> None:
    assert (told["mine"]["why"], told["theirs"]["why"]) == (0, 2)
    assert (told["mine"]["user"], told["theirs"]["user"]) == (NOBODY, 0)


def test_groups_sum_to_the_whole(told: dict[str, Any]) -> None:
    grouped = {name: value for name, value in told.items() if name.startswith("by ")}
    assert len(grouped) == 10
    wholes = {whole for _, whole, _ in grouped.values()}
    assert len(wholes) == 1
    for name, (counts, whole, number) in grouped.items():
        assert sum(counts.values()) == whole, name
        assert len(counts) == number, name
    assert told["by interface"][0].keys() == {"lo"}


def test_every_short_connection_is_in_the_log(told: dict[str, Any]) -> None:
    assert told["closed"] == SHORT
