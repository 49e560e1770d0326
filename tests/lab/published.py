"""Two namespaces standing for containers on a host, and a port of the host that leads into one of them."""

from __future__ import annotations

import subprocess

from tests.lab.held import Held
from tests.lab.namespace import Namespace, pair
from tests.lab.program import Port, Program
from tests.lab.sockets import Sockets
from tests.lab.start import started

HOST, CALLER = "10.3.0.1", "10.3.0.2"
"""The host as the world sees it, and who calls it."""
WEB, WEB_GATE = "10.4.0.2", "10.4.0.1"
"""The first container, and the host as it sees it."""
DB, DB_GATE = "10.5.0.2", "10.5.0.1"
PUBLISHED, PORT = 8080, 80
"""A port of the host, and the port of the first container that it stands for."""

RULES = f"""
table ip published {{
  chain before {{
    type nat hook prerouting priority dstnat
    ip daddr {HOST} tcp dport {PUBLISHED} dnat to {WEB}:{PORT}
  }}
}}
"""


class Published(Held):
    """`host` with containers `web` and `db`, each with a server at PORT, and as many `calls` from `caller` to
    the published port."""

    def __init__(self, calls: int = 3) -> None:
        self._wanted = calls
        super().__init__()

    def _make(self) -> None:
        self.host, self.web, self.db, self.caller = (self._held.enter_context(Namespace()) for _ in range(4))
        self._wire()
        self.server = _serve(self.web, "nginx: master process")
        self.other = _serve(self.db, "postgres")
        there = self._held.enter_context(Sockets(self.caller))
        self.calls = [there.connect((HOST, PUBLISHED)) for _ in range(self._wanted)]

    def _wire(self) -> None:
        pair(self.host, self.caller, [f"{HOST}/24"], [f"{CALLER}/24"], device="up0")
        pair(self.host, self.web, [f"{WEB_GATE}/24"], [f"{WEB}/24"], device="web0")
        pair(self.host, self.db, [f"{DB_GATE}/24"], [f"{DB}/24"], device="db0")
        for container, gate in ((self.web, WEB_GATE), (self.db, DB_GATE)):
            container.ip("route", "add", "default", "via", gate)
        self.host.sysctl("net/ipv4/ip_forward", 1)
        self.host.run(["nft", "-f", "-"], input=RULES)


def _serve(container: Namespace, name: str) -> subprocess.Popen[bytes]:
    return started(container, Program(name, ports=(Port("0.0.0.0", PORT),)))
