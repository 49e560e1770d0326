"""A believable little server with the world around it, to look at in the demonstration and on pictures.

`web-3` serves HTTPS to callers on the internet, keeps connections to a database, opens too many short ones to
a cache, and has a few of the troubles that servers have.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.lab import routes
from tests.lab.cast import (
    BACKEND,
    CALLERS,
    CALLERS_V6,
    CONTAINER,
    FLOODERS,
    FRONT,
    FRONT_V6,
    HOST,
    INTERNET,
    QUEUE,
    ROUTES,
    SERVER,
    SESSION,
    TRANSLATIONS,
    TUNNELS,
)
from tests.lab.delay import far
from tests.lab.held import Held
from tests.lab.machine import Machine
from tests.lab.namespace import Namespace, pair
from tests.lab.program import ROOT, Program
from tests.lab.start import wait_until_ready

_STARTING = 8
"""Seconds that a machine lives longer than the programs on it are meant to run."""


class World(Held):
    """Namespaces with their programs running: `server`, the `internet`, the `backend`, and on the server a
    `container` whose connections it translates and another with its `queue`. Server and containers are on one
    machine, which sees nobody else's processes and namespaces.

    Everything ends with `close`, or with the process that made it, or `seconds` after it was made.
    """

    def __init__(self, seconds: int = 3600) -> None:
        self._seconds = seconds
        self._floods: list[subprocess.Popen[bytes]] = []
        super().__init__()

    def _make(self) -> None:
        self.server = self._held.enter_context(Namespace())
        self.internet = self._held.enter_context(Namespace())
        self.backend = self._held.enter_context(Namespace())
        self.container = self._held.enter_context(Namespace())
        self.queue = self._held.enter_context(Namespace())
        run = self._held.enter_context(tempfile.TemporaryDirectory(prefix="sockscope-"))
        Path(run).chmod(0o755)
        machine = Machine(HOST, self.server, run, self._seconds + _STARTING)
        self._machine = self._held.enter_context(machine)
        self._held.callback(self.calm)
        self._wire()
        self._lay_routes()
        self._translate()
        self._cast()

    def flood(self, port: int = 443, per_second: float = 60, seconds: float = 20) -> None:
        """Begin a SYN flood on a listener from many false addresses; it ends by itself."""
        arguments = [str(os.getpid()), FRONT, str(port), str(per_second), str(seconds), *FLOODERS]
        command = [sys.executable, "-S", "-E", "-m", "tests.lab.flood", *arguments]
        self._floods.append(_started(self.internet.command(command)))

    def calm(self) -> None:
        """End the floods; the half-open connections that are left time out within a minute or so."""
        for flood in self._floods:
            flood.kill()
            flood.wait()
        self._floods.clear()

    def command(self, command: list[str]) -> list[str]:
        """The command line that runs `command` on the server, in a login session; to be started in ROOT."""
        return self._machine.command(command, cgroup=SESSION)

    def _wire(self) -> None:
        server, internet, backend = self.server, self.internet, self.backend
        outside = ["10.0.0.1/24", "fd00:0:0:a::1/64", "203.0.113.9/32"]
        outside += [f"{address}/32" for address in CALLERS] + [f"{address}/128" for address in CALLERS_V6]
        pair(server, internet, [f"{FRONT}/24", f"{FRONT_V6}/64"], outside)
        behind = ["10.0.1.9/24", "10.0.1.20/24", "10.0.1.30/24", "fd00:0:0:b::9/64"]
        pair(server, backend, ["10.0.1.5/24", "fd00:0:0:b::5/64"], behind, device="eth1")
        if Path("/dev/net/tun").exists():
            server.sysctl("net/ipv4/tcp_congestion_control", "reno")  # which a lost packet slows
            for device, seconds, loses, addresses in TUNNELS:
                tunnel = far(server, backend, seconds, addresses, device=device, loses=loses)
                self._held.enter_context(tunnel)
        server.ip("link", "add", "br0", "type", "bridge")
        server.ip("address", "add", "10.88.0.1/16", "dev", "br0")
        server.ip("link", "set", "br0", "up")
        server.ip("link", "set", "eth0", "alias", "uplink to the internet")
        server.ip("maddress", "add", "01:80:c2:00:00:0e", "dev", "eth0")

    def _lay_routes(self) -> None:
        for command in ROUTES:
            self.server.ip(*command.split())
        routes.advertise(self.internet, self.server, ("fd00:0:0:d::/64",), ("fd00:e::/48",))
        routes.narrow(self.server, self.internet)

    def _translate(self) -> None:
        pair(self.server, self.container, ["10.89.0.1/24"], ["10.89.0.2/24"], device="veth0")
        pair(self.server, self.queue, ["10.90.0.1/24"], ["10.90.0.2/24"], device="veth1")
        self.container.ip("route", "add", "default", "via", "10.89.0.1")
        for device in ("eth0", "veth0"):
            self.server.sysctl(f"net/ipv4/conf/{device}/forwarding", 1)
        self.server.run(["nft", "-f", "-"], input=TRANSLATIONS)
        self.server.sysctl("net/netfilter/nf_conntrack_acct", 1)

    def _cast(self) -> None:
        hosted = ((self.server, SERVER), (self.container, CONTAINER), (self.queue, QUEUE))
        remote = ((self.backend, BACKEND), (self.internet, INTERNET))
        commands = [(each, self._hosted(each, where)) for where, cast in hosted for each in cast]
        commands += [
            (each, where.command(each.command(self._seconds))) for where, cast in remote for each in cast
        ]
        started = [(program, _started(command)) for program, command in commands]
        for program, process in started:
            wait_until_ready(process, program.title)

    def _hosted(self, program: Program, where: Namespace) -> list[str]:
        return self._machine.command(program.command(self._seconds, 0), where, program.cgroup)


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing)
