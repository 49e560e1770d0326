"""A believable little server with the world around it, to look at in the demonstration and on pictures.

`web-3` serves HTTPS to callers on the internet, keeps connections to a database, opens too many short ones to
a cache, and has a few of the troubles that servers have.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Self

from tests.lab import routes
from tests.lab.namespace import Namespace, pair
from tests.lab.program import ROOT, Calls, Chatter, Datagrams, Port, Program

HOST = "web-3"
FRONT = "10.0.0.5"
FRONT_V6 = "fd00:0:0:a::5"
_CALLERS = tuple(f"198.51.100.{number}" for number in range(2, 42))
_CALLERS_V6 = tuple(f"fd00:0:0:c::{number:x}" for number in range(2, 12))
_FLOODERS = tuple(f"203.0.113.{number}" for number in range(100, 250))

SERVER = (
    Program(
        "nginx: master process /usr/sbin/nginx",
        ports=(
            Port("0.0.0.0", 443),
            Port("::", 443),
            Port("0.0.0.0", 80, closes=True),
        ),
        workers=("nginx: worker process",) * 4,
        user=33,
    ),
    Program("sshd: /usr/sbin/sshd -D [listener]", ports=(Port("::", 22, backlog=128, v6only=False),)),
    Program(
        "orders --port 8000",
        ports=(Port("127.0.0.1", 8000, backlog=100),),
        calls=(
            Calls("10.0.1.9", 5432, steady=12, every=0.5, asks=4000),
            Calls("10.0.1.9", 6379, per_second=12, lasts=0.02, asks=300),
            Calls("127.0.0.1", 6379, steady=2, every=0.5, asks=500),
        ),
        datagrams=(Datagrams("127.0.0.1", to=("127.0.0.1", 8125), per_second=60, size=60),),
        user=33,
    ),
    Program("redis-server 127.0.0.1:6379", ports=(Port("127.0.0.1", 6379),), user=65534),
    Program(
        "reports --listen 9000",
        ports=(Port(FRONT, 9000, backlog=50, leaks=True),),
        user=33,
    ),
    Program("billing 10.0.1.5:8009", ports=(Port("10.0.1.5", 8009, backlog=16, accepts=False),), user=1),
    Program("systemd-resolved", ports=(Port("127.0.0.53", 53),), datagrams=(Datagrams("127.0.0.53", 53),)),
    Program("chronyd -F 2", datagrams=(Datagrams("0.0.0.0", 123), Datagrams("::1", 323))),
    Program("statsd", datagrams=(Datagrams("127.0.0.1", 8125, reads_every=0.02),), user=1),
    Program("node_exporter", ports=(Port("::", 9100, v6only=False),), user=65534),
)
BACKEND = (
    Program("postgres -D /var/lib/postgresql", ports=(Port("10.0.1.9", 5432, backlog=244),)),
    Program("redis-server 10.0.1.9:6379", ports=(Port("10.0.1.9", 6379),)),
    Program(
        "prometheus",
        calls=(Calls("10.0.1.5", 9100, ("10.0.1.20",), steady=1, every=5, asks=60_000),),
    ),
    Program("lldpd", chatter=(Chatter("eth0", per_second=2),)),
    Program(
        "ledger",
        calls=(Calls("10.0.1.5", 8009, ("10.0.1.30",), steady=17),),
    ),
)
INTERNET = (
    Program(
        "callers",
        calls=(
            Calls(FRONT, 443, _CALLERS, steady=60, every=4, asks=12_000),
            Calls(FRONT, 443, _CALLERS, per_second=8, lasts=4, asks=30_000),
            Calls(FRONT, 80, _CALLERS, per_second=6, lasts=1, asks=600),
            Calls(FRONT_V6, 443, _CALLERS_V6, steady=10, every=4, asks=12_000),
            Calls(FRONT_V6, 443, _CALLERS_V6, per_second=2, lasts=4, asks=20_000),
            Calls(FRONT, 22, ("203.0.113.9",), steady=2, every=1, asks=120),
            Calls(FRONT, 9000, _CALLERS[:6], per_second=0.5, lasts=0.5, asks=500, at_most=60),
        ),
        datagrams=(Datagrams("203.0.113.9", to=(FRONT, 123), per_second=3, size=48),),
    ),
)

ROUTES = (
    "route add default via 10.0.0.1 dev eth0 proto dhcp src 10.0.0.5 metric 100",
    "route add 10.9.0.0/16 proto static nexthop via 10.0.1.9 weight 1 nexthop via 10.0.1.20 weight 2",
    "route add 10.40.0.0/16 via 10.0.1.9 proto bgp mtu 1400 advmss 1360",
    "route add unreachable 10.6.0.0/16 proto static",
    "route add blackhole 10.66.0.0/16 proto static",
    "route add prohibit 10.67.0.0/16 proto static",
    "route add default via 10.0.1.9 dev eth1 table 100",
    "route add throw 10.0.0.0/8 table 100",
    "rule add from 10.0.8.0/24 lookup 100 priority 1000",
    "-6 route add unreachable fd00:6::/48 proto static",
    "-6 route add fd00:9::/48 nexthop via fd00:0:0:b::9 nexthop via fd00:0:0:a::1",
)


class World:
    """Three namespaces with their programs running: `server`, the `internet` and the `backend`.

    Everything ends with `close`, or with the process that made it, or `seconds` after it was made.
    """

    def __init__(self, seconds: int = 3600) -> None:
        self._held = contextlib.ExitStack()
        self._seconds = seconds
        self._floods: list[subprocess.Popen[bytes]] = []
        try:
            self.server = self._held.enter_context(Namespace())
            self.internet = self._held.enter_context(Namespace())
            self.backend = self._held.enter_context(Namespace())
            self._wire()
            self._lay_routes()
            self._cast()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every program and remove the namespaces."""
        self.calm()
        self._held.close()

    def flood(self, port: int = 443, per_second: float = 60, seconds: float = 20) -> None:
        """Begin a SYN flood on a listener from many false addresses; it ends by itself."""
        arguments = [str(os.getpid()), FRONT, str(port), str(per_second), str(seconds), *_FLOODERS]
        command = [sys.executable, "-S", "-E", "-m", "tests.lab.flood", *arguments]
        self._floods.append(_start(self.internet, command))

    def calm(self) -> None:
        """End the floods; the half-open connections that are left time out within a minute or so."""
        for flood in self._floods:
            flood.kill()
            flood.wait()
        self._floods.clear()

    def command(self, command: list[str]) -> list[str]:
        """The command line that runs `command` on the server, under the server's host name."""
        renamed = ["unshare", "--uts", "sh", "-c", f'echo {HOST} >/proc/sys/kernel/hostname; exec "$@"', "sh"]
        return self.server.command([*renamed, *command])

    def _wire(self) -> None:
        server, internet, backend = self.server, self.internet, self.backend
        outside = ["10.0.0.1/24", "fd00:0:0:a::1/64", "203.0.113.9/32"]
        outside += [f"{address}/32" for address in _CALLERS] + [f"{address}/128" for address in _CALLERS_V6]
        pair(server, internet, [f"{FRONT}/24", f"{FRONT_V6}/64"], outside)
        behind = ["10.0.1.9/24", "10.0.1.20/24", "10.0.1.30/24", "fd00:0:0:b::9/64"]
        pair(server, backend, ["10.0.1.5/24", "fd00:0:0:b::5/64"], behind, device="eth1")
        server.ip("link", "add", "br0", "type", "bridge")
        server.ip("address", "add", "10.88.0.1/16", "dev", "br0")
        server.ip("link", "set", "br0", "up")
        server.ip("link", "set", "eth0", "alias", "uplink to the internet")

    def _lay_routes(self) -> None:
        for command in ROUTES:
            self.server.ip(*command.split())
        routes.advertise(self.internet, self.server, ("fd00:0:0:d::/64",), ("fd00:e::/48",))

    def _cast(self) -> None:
        casts = ((self.server, SERVER), (self.backend, BACKEND), (self.internet, INTERNET))
        for namespace, programs in casts:
            started = [_start(namespace, program.command(self._seconds)) for program in programs]
            for program, process in zip(programs, started, strict=True):
                if process.stdout is None or process.stdout.readline() != b"ready\n":
                    raise RuntimeError(f"{program.title} did not start")


def _start(namespace: Namespace, command: list[str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return namespace.popen(command, cwd=ROOT, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing)
