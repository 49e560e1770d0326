"""A believable little server with the world around it, to look at in the demonstration and on pictures.

`web-3` serves HTTPS to callers on the internet, keeps connections to a database, opens too many short ones to
a cache, and has a few of the troubles that servers have.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from tests.lab import routes
from tests.lab.members import Member
from tests.lab.namespace import Namespace, pair
from tests.lab.others import (
    ETH_P_ALL,
    ETH_P_IP,
    ETH_P_LLDP,
    ROUTE,
    RTMGRP_IPV4_IFADDR,
    RTMGRP_IPV4_ROUTE,
    RTMGRP_LINK,
    UEVENT,
    Ear,
    Pair,
)
from tests.lab.program import ROOT, Calls, Chatter, Datagrams, Port, Program
from tests.lab.unixwork import UnixCalls, UnixPort

HOST = "web-3"
FRONT = "10.0.0.5"
FRONT_V6 = "fd00:0:0:a::5"
_CALLERS = tuple(f"198.51.100.{number}" for number in range(2, 42))
_CALLERS_V6 = tuple(f"fd00:0:0:c::{number:x}" for number in range(2, 12))
_FLOODERS = tuple(f"203.0.113.{number}" for number in range(100, 250))
_OSPF, _VRRP = 89, 112
"""IP protocols."""
_BUS = "/run/dbus/system_bus_socket"
_LOG = "/run/systemd/journal/dev-log"
_PHP = "/run/php/php-fpm.sock"
_REDIS = "/run/redis/redis.sock"
_SHIM = "@/containerd-shim/web.sock"

SERVER = (
    Program(
        "nginx: master process /usr/sbin/nginx",
        ports=(
            Port("0.0.0.0", 443),
            Port("::", 443),
            Port("0.0.0.0", 80, closes=True),
        ),
        unix_calls=(UnixCalls(_PHP, number=2), UnixCalls(_LOG, "dgram")),
        workers=("nginx: worker process",) * 4,
        user=33,
    ),
    Program(
        "sshd: /usr/sbin/sshd -D [listener]",
        ports=(Port("::", 22, backlog=128, v6only=False),),
        unix_calls=(UnixCalls(_BUS, number=2), UnixCalls(_LOG, "dgram")),
    ),
    Program(
        "orders --port 8000",
        ports=(Port("127.0.0.1", 8000, backlog=100),),
        calls=(
            Calls("10.0.1.9", 5432, steady=12, every=0.5, asks=4000),
            Calls("10.0.1.9", 6379, per_second=12, lasts=0.02, asks=300),
            Calls("127.0.0.1", 6379, steady=2, every=0.5, asks=500),
        ),
        datagrams=(Datagrams("127.0.0.1", to=("127.0.0.1", 8125), per_second=60, size=60),),
        unix_calls=(UnixCalls(_REDIS, number=3), UnixCalls(_REDIS, unread=1400), UnixCalls(_LOG, "dgram")),
        user=33,
    ),
    Program(
        "redis-server 127.0.0.1:6379",
        ports=(Port("127.0.0.1", 6379),),
        unix=(UnixPort(_REDIS, backlog=511),),
        user=65534,
    ),
    Program("php-fpm: pool www", unix=(UnixPort(_PHP, backlog=4, accepts=False),), user=33),
    Program("dbus-daemon --system", unix=(UnixPort(_BUS),)),
    Program("systemd-journald", unix=(UnixPort(_LOG, "dgram"), UnixPort("/run/systemd/journal/stdout"))),
    Program(
        "systemd-udevd",
        unix=(UnixPort("/run/udev/control", "seqpacket"),),
        ears=(Ear("netlink", UEVENT, groups=1),),
    ),
    Program("containerd", unix=(UnixPort(_SHIM),), unix_calls=(UnixCalls(_BUS),)),
    Program("dockerd", unix=(UnixPort("/run/docker.sock"),), unix_calls=(UnixCalls(_SHIM, number=2),)),
    Program(
        "reports --listen 9000",
        ports=(Port(FRONT, 9000, backlog=50, leaks=True),),
        user=33,
    ),
    Program("billing 10.0.1.5:8009", ports=(Port("10.0.1.5", 8009, backlog=16, accepts=False),), user=1),
    Program("systemd-resolved", ports=(Port("127.0.0.53", 53),), datagrams=(Datagrams("127.0.0.53", 53),)),
    Program("chronyd -F 2", datagrams=(Datagrams("0.0.0.0", 123), Datagrams("::1", 323))),
    Program("statsd", datagrams=(Datagrams("127.0.0.1", 8125, reads_every=0.02),), user=1),
    Program(
        "avahi-daemon: running [web-3.local]",
        groups=tuple(
            Member(group, device) for group in ("224.0.0.251", "ff02::fb") for device in ("eth0", "eth1")
        ),
        user=110,
    ),
    Program(
        "ospfd -d",
        groups=(Member("224.0.0.5", "eth1"), Member("224.0.0.6", "eth1"), Member("ff02::5", "eth1")),
        ears=(Ear("raw", _OSPF), Ear("netlink", ROUTE, groups=RTMGRP_LINK | RTMGRP_IPV4_ROUTE)),
    ),
    Program(
        "keepalived",
        groups=(Member("224.0.0.18", "eth0"), Member("224.0.0.18", "eth0")),
        ears=(Ear("raw", _VRRP), Ear("netlink", ROUTE, groups=RTMGRP_LINK | RTMGRP_IPV4_IFADDR)),
    ),
    Program("lldpd", ears=(Ear("frames", ETH_P_LLDP, "eth0"), Ear("frames", ETH_P_LLDP, "eth1"))),
    Program("tcpdump -i eth0", ears=(Ear("frames", ETH_P_ALL, "eth0", promiscuous=True),)),
    Program("dhclient eth0", ears=(Ear("frames", ETH_P_IP, "eth0", choosy=True),)),
    Program("backup-agent", mptcp=(Pair("10.0.1.5", 8443),)),
    Program("metrics-relay", groups=(Member("239.192.4.20", "eth1"), Member("ff15::4:20", "eth1")), user=1),
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
CONTAINER = (
    Program("shop-api", ports=(Port("0.0.0.0", 80),)),
    Program(
        "shop-worker",
        calls=(
            Calls("203.0.113.9", 443, steady=5, every=1, asks=6_000),
            Calls("203.0.113.9", 443, per_second=1, lasts=1, asks=2_000),
        ),
        datagrams=(Datagrams("0.0.0.0", to=("203.0.113.9", 123), per_second=1, size=48),),
    ),
)
TRANSLATIONS = f"""
table ip nat {{
  chain before {{
    type nat hook prerouting priority dstnat
    ip daddr {FRONT} tcp dport 8080 dnat to 10.89.0.2:80
  }}
  chain after {{
    type nat hook postrouting priority srcnat
    ip saddr 10.89.0.0/24 oifname "eth0" masquerade
  }}
}}
"""
"""Connections of the container leave under the server's address, and its port 80 is the server's 8080."""
INTERNET = (
    Program("api.example.net", ports=(Port("203.0.113.9", 443),)),
    Program(
        "callers",
        calls=(
            Calls(FRONT, 443, _CALLERS, steady=60, every=4, asks=12_000),
            Calls(FRONT, 443, _CALLERS, per_second=8, lasts=4, asks=30_000),
            Calls(FRONT, 80, _CALLERS, per_second=6, lasts=1, asks=600),
            Calls(FRONT_V6, 443, _CALLERS_V6, steady=10, every=4, asks=12_000),
            Calls(FRONT_V6, 443, _CALLERS_V6, per_second=2, lasts=4, asks=20_000),
            Calls(FRONT, 22, ("203.0.113.9",), steady=2, every=1, asks=120),
            Calls(FRONT, 8080, _CALLERS[:4], steady=4, every=2, asks=9_000),
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
    """Namespaces with their programs running: `server`, the `internet`, the `backend`, and a `container` on
    the server whose connections it translates.

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
            self.container = self._held.enter_context(Namespace())
            self._run = self._held.enter_context(tempfile.TemporaryDirectory(prefix="sockscope-"))
            Path(self._run).chmod(0o755)
            self._wire()
            self._lay_routes()
            self._translate()
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
        server.ip("maddress", "add", "01:80:c2:00:00:0e", "dev", "eth0")

    def _lay_routes(self) -> None:
        for command in ROUTES:
            self.server.ip(*command.split())
        routes.advertise(self.internet, self.server, ("fd00:0:0:d::/64",), ("fd00:e::/48",))
        routes.narrow(self.server, self.internet)

    def _translate(self) -> None:
        pair(self.server, self.container, ["10.89.0.1/24"], ["10.89.0.2/24"], device="veth0")
        self.container.ip("route", "add", "default", "via", "10.89.0.1")
        for device in ("eth0", "veth0"):
            self.server.sysctl(f"net/ipv4/conf/{device}/forwarding", 1)
        self.server.run(["nft", "-f", "-"], input=TRANSLATIONS)
        self.server.sysctl("net/netfilter/nf_conntrack_acct", 1)

    def _cast(self) -> None:
        outer = ((self.container, CONTAINER), (self.internet, INTERNET))
        casts = ((self.server, SERVER), (self.backend, BACKEND), *outer)
        for namespace, programs in casts:
            started = [_start(namespace, program.command(self._seconds, self._run)) for program in programs]
            for program, process in zip(programs, started, strict=True):
                if process.stdout is None or process.stdout.readline() != b"ready\n":
                    raise RuntimeError(f"{program.title} did not start")


def _start(namespace: Namespace, command: list[str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return namespace.popen(command, cwd=ROOT, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing)
