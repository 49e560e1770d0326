"""Connections that are closed while somebody looks: who had them, seen by root and by an ordinary user."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and

_WORK = """
import json, os, socket, sys, time
import psutil
from sockscope.app.collectors.owners import OwnersCollector
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.frame import Frame
from sockscope.app.model.ownership import NOT_LOOKED
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.states import NAMES
from sockscope.app.model.store import Store
from sockscope.app.sampler import held
from sockscope.app.view.socketfields import INHERITED

foreign = socket.socket()
foreign.bind(("127.0.0.1", 9001))
foreign.listen()
"x".encode("idna")  # before the codec's file may not be read any more
if sys.argv[1] == "nobody":
    ended, alive = os.pipe()
    if not os.fork():
        os.close(alive)
        os.read(ended, 1)
        os._exit(0)
    foreign.close()
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)

collector, owners, model, store = SocketsCollector(), OwnersCollector(), Sockets(), Store()
collector.choose(frozenset({"sockets", "cgroups", "cgroup_paths"}), None)
ticks = 0

def look():
    global ticks
    ticks += 1
    tables = dict(collector.collect().tables)
    until = time.monotonic() + 20
    while True:
        found = owners.collect(held.inodes(tables), 0.5)
        open_ = found.tables["unowned"].numbers("reason")
        if not (open_ == NOT_LOOKED).any() and not owners.busy or time.monotonic() > until:
            break
    store.take(Frame(ticks, 0.0, float(ticks), 1.0, tables={**tables, **found.tables}))
    rows = model.rows(store)
    return {
        f"{rows.integer('local_port', row)} {rows.integer('remote_port', row)}": [
            NAMES[rows.integer("state", row)],
            rows.integer("pid", row),
            rows.integer("why", row),
            INHERITED.get(rows.integer("inherited", row)),
            rows.integer("uid", row),
        ]
        for row in range(len(rows))
    }

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 9000))
listener.listen()
waited, client, half = (socket.create_connection(listener.getsockname()) for _ in range(3))
ports = [one.getsockname()[1] for one in (waited, client, half)]
_, peer, other = (listener.accept()[0] for _ in range(3))
queued = socket.create_connection(listener.getsockname())
ports.append(queued.getsockname()[1])
told = [look()]
client.close()
peer.close()
half.close()
quick = socket.create_connection(listener.getsockname())
ports.append(quick.getsockname()[1])
quick.shutdown(socket.SHUT_WR)
quick.close()
told += [look(), look()]
print(json.dumps([os.getpid(), ports, told]))
"""


@pytest.mark.lab
@pytest.mark.parametrize("who", ["root", "nobody"])
def test_time_wait_names_its_former_owner(namespace: Namespace, who: str) -> None:
    require_root_and()
    with namespace.inside():
        run = subprocess.run(
            [sys.executable, "-c", _WORK, who],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            input="",
        )
    assert run.returncode == 0, run.stderr
    pid, (_, client, half, queued, quick), told = json.loads(run.stdout)
    uid = 0 if who == "root" else 65534
    owned, unknown = 0, 5
    before, *after = told
    assert before[f"{client} 9000"] == ["ESTABLISHED", pid, owned, None, uid]
    assert before[f"9000 {queued}"] == ["ESTABLISHED", pid, owned, "listener", uid]
    for each in after:
        assert each[f"{client} 9000"] == ["TIME_WAIT", pid, owned, "before_close", uid]
        assert each[f"{half} 9000"][0] in ("FIN_WAIT1", "FIN_WAIT2")
        assert each[f"{half} 9000"][1:] == [pid, owned, "before_close", uid]
        assert each[f"9000 {queued}"] == ["ESTABLISHED", pid, owned, "listener", uid]
        state, nobody, why, *_ = each[f"{quick} 9000"]
        assert state in ("FIN_WAIT1", "FIN_WAIT2")
        assert (nobody, why) == (-1, unknown)
    reasons = {each["9001 0"][2] for each in told}
    assert reasons == ({owned} if who == "root" else {2})
