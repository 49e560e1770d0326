"""Every table for programs: JSON lines and CSV that any parser reads, with names that stay as they are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from sockscope.app import options
from sockscope.app.gather import Gatherer
from sockscope.app.once import Printer
from sockscope.app.output.sheets import SHEETS
from sockscope.app.settings import Settings
from tests.lab import routes
from tests.lab.namespace import Namespace
from tests.lab.nat import GATE, Gateway
from tests.lab.need import require_root_and
from tests.lab.sockets import Sockets

pytestmark = pytest.mark.lab

SOCKETS = """
proto state recv_q send_q local_address local_port remote_address remote_port uid user inode pid process
inherited unit container cgroup pids timer timer_seconds timer_count interface cookie mptcp_token
"""
ROUTES = """
family destination gateway genmask flags metric mss window irtt interface table protocol scope type source
nexthops mtu cached expires
"""
TRANSLATED = """family proto state timeout_seconds original_source original_source_port original_destination
original_destination_port reply_source reply_source_port reply_destination reply_destination_port icmp
translation packets_original bytes_original packets_reply bytes_reply mark zone status id"""
NAMES = {
    "-n": SOCKETS,
    "-tan": f"{SOCKETS} accept_queue backlog",
    "-ln": f"{SOCKETS} accept_queue backlog",
    "-xa": """proto type state recv_q send_q refcnt inode path peer_inode peer_path peer_pid peer_process pid
        process pids unit container cgroup uid user accept_queue backlog cookie""",
    "-r": ROUTES,
    "-rC": ROUTES,
    "-ia": """interface mtu rx_ok rx_err rx_drp rx_ovr tx_ok tx_err tx_drp tx_ovr rx_bytes tx_bytes flags
        operstate mac addresses speed_mbps""",
    "-s": "section name value kind meaning interface",
    "-g": "interface refcnt group family name timer_seconds reporter static",
    "-M": TRANSLATED,
    "-Ma": TRANSLATED,
    "--packet --netlink": """proto state recv_q send_q drops protocol interface local_address local_port
        remote_address remote_port groups promiscuous ring fanout uid user inode pid process pids cookie""",
}
"""By what is asked for: the names that rows have, in this order; more may come, none is taken away."""


@pytest.fixture(scope="module")
def gate() -> Iterator[Namespace]:
    require_root_and("nft")
    with Gateway() as gateway, Sockets(gateway.gate) as here:
        gateway.gate.ip(
            "route", "add", "10.9.0.0/16", "nexthop", "via", "10.1.0.2", "nexthop", "via", "10.2.0.2"
        )
        gateway.gate.ip("route", "add", routes.FAR, "via", "10.2.0.2")
        routes.narrow(gateway.gate, gateway.outside)
        listener = here.listen("127.0.0.1")
        here.connect(listener.getsockname())
        here.listen(GATE)
        here.keep(gateway.gate.socket(1, 1)).bind("\0two\0parts\n")
        yield gateway.gate


def printed(namespace: Namespace, arguments: str) -> str:
    settings, out = options.apply(options.parse(arguments.split()), Settings()), io.StringIO()
    with namespace.inside():
        gatherer = Gatherer(settings)
        try:
            assert Printer(settings, out).print(gatherer.frame())
        finally:
            gatherer.close()
    return out.getvalue()


@pytest.mark.parametrize("arguments", NAMES)
def test_json_and_csv(gate: Namespace, arguments: str) -> None:
    names = NAMES[arguments].split()
    told = [
        json.loads(line, parse_constant=pytest.fail)
        for line in printed(gate, f"--json {arguments}").splitlines()
    ]
    own = [each for each in told if arguments != "-n" or each["proto"] != "unix"]
    assert own
    for each in own:
        assert [name for name in each if name in names] == names
    heading, *records = csv.reader(printed(gate, f"--csv {arguments}").splitlines())
    assert [name for name in heading if name in names] == names
    assert {len(record) for record in records} == {len(heading)}
    assert len(records) == len(told)
    assert all(set(each) <= set(heading) for each in told)


def test_every_kind_of_table_is_looked_at() -> None:
    shown = set()
    for arguments in NAMES:
        settings = options.apply(options.parse(arguments.split()), Settings())
        shown |= {settings.shown, *settings.also}
    assert shown == set(SHEETS)
