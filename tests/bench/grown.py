"""Tables far larger than usual: sockets by the half million, routes, interfaces, unix sockets, conntrack."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.conntrack import ConntrackCollector
from sockscope.app.collectors.links import LinksCollector
from sockscope.app.collectors.routes import RoutesCollector
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.collectors.unix import UnixCollector
from tests.bench import measure
from tests.bench.figure import Figure, beside
from tests.bench.load import Load, spread_over
from tests.bench.measure import Cost
from tests.lab.namespace import Namespace
from tests.lab.start import wait_until_ready

OURS = "ours"
TIMES = 5
"""How many times more sockets the larger of two loads has."""
LINEAR = 1.2
"""Most that a socket may cost in a large load, as a multiple of what it costs in a small one."""
INTERFACES = 50
"""Sockets of a crowd to one interface."""
_PAIRS = 5_000
"""Pairs of unix sockets that one process holds."""
_FLOWS = 50_000
"""Tracked flows from one address: one to each port."""


class Collects(Protocol):
    """A collector, as far as the bench needs it."""

    def collect(self) -> Collected:
        """Ask the kernel once."""

    def close(self) -> None:
        """Give back descriptors."""


def half_million(crowd: int) -> Iterator[Figure]:
    """A crowd in TIME_WAIT, and five times as many, beside ss; what a socket costs more in the larger one."""
    what, rival = "kernel to columns, TIME_WAIT", "ss -tan"
    few, small = _time_wait(crowd, {})
    many, large = _time_wait(TIMES * crowd, {rival: partial(measure.command, ["ss", "-tan"])})
    yield from beside(f"{many:,}", {what: large[OURS], rival: large[rival]}, rival, {what: 1.0})
    each = large[OURS].cpu / many
    growth = each / (small[OURS].cpu / few)
    yield Figure("one socket of these", f"{many:,}", each * 1e6, "µs CPU", f"one of {few:,}", growth, LINEAR)


def _time_wait(number: int, rivals: Mapping[str, Callable[[], Cost]]) -> tuple[int, Mapping[str, Cost]]:
    """How many there were in the end, for they last a minute only, and what listing them took."""
    with (
        Load(0, time_wait=number) as load,
        load.namespace.inside(),
        contextlib.closing(SocketsCollector()) as collector,
    ):
        runs = {OURS: lambda: measure.function(collector.collect), **rivals}
        costs = measure.alternately(runs, 3)
        found = len(collector.collect().tables["sockets"])
    if found < number / 2:
        raise RuntimeError(f"only {found:,} of {number:,} sockets were still there in the end")
    return found, costs


def routes(crowd: int) -> Iterator[Figure]:
    """As many routes of IPv4 as of IPv6, together a crowd, beside ip."""
    half = crowd // 2
    four = (f"route add 10.{n >> 16}.{n >> 8 & 255}.{n & 255}/32 dev lo" for n in range(half))
    six = (f"-6 route add fd00::{n >> 16:x}:{n & 0xFFFF:x}/128 dev lo" for n in range(1, half + 1))
    with Namespace() as namespace:
        _batch(namespace, four)
        _batch(namespace, (line.removeprefix("-6 ") for line in six), "-6")
        command = ["ip", "route", "show", "table", "all"]
        yield from _compared(namespace, RoutesCollector, "routes", crowd, command)


def interfaces(crowd: int) -> Iterator[Figure]:
    """Interfaces with their counters and addresses, beside ip."""
    number = max(2, crowd // INTERFACES)
    with Namespace() as namespace:
        pairs = range(number // 2)
        _batch(namespace, (f"link add left{n} type veth peer name right{n}" for n in pairs))
        addresses = (f"address add 10.{n >> 8}.{n & 255}.1/24 dev left{n}" for n in pairs)
        _batch(namespace, addresses)
        command = ["ip", "-s", "-d", "address"]
        yield from _compared(namespace, LinksCollector, "links", number, command)


def unix(crowd: int) -> Iterator[Figure]:
    """A crowd of connected unix sockets in several processes, beside ss."""
    script = (
        "import socket,sys,resource as r; r.setrlimit(7,(r.getrlimit(7)[1],)*2);"
        "held=[socket.socketpair() for _ in range(int(sys.argv[1]))]; print('ready',flush=True);"
        "sys.stdin.read()"
    )
    with Namespace() as namespace, contextlib.ExitStack() as held:
        for number in spread_over(crowd // 2, _PAIRS):
            words = namespace.command([sys.executable, "-S", "-c", script, str(number)])
            holder = held.enter_context(
                subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            held.callback(holder.kill)
            wait_until_ready(holder, "a crowd of unix sockets")
        yield from _compared(namespace, UnixCollector, "unix", crowd, ["ss", "-xa"])


def _batch(namespace: Namespace, lines: Iterator[str], *options: str) -> None:
    told = "\n".join(lines) + "\n"
    subprocess.run(["ip", "-n", namespace.name, *options, "-batch", "-"], input=told, text=True, check=True)


def _compared(
    namespace: Namespace, make: Callable[[], Collects], table: str, least: int, command: list[str]
) -> Iterator[Figure]:
    """One collector beside one command on the same table of at least so many rows."""
    what, rival = f"{table} to columns", " ".join(command)
    with namespace.inside(), contextlib.closing(make()) as collector:
        found = len(collector.collect().tables[table])
        if found < least:
            raise RuntimeError(f"{found:,} rows of {table} instead of {least:,}")
        runs: dict[str, Callable[[], Cost]] = {
            what: lambda: measure.function(collector.collect),
            rival: partial(measure.command, command),
        }
        costs = measure.alternately(runs, 5)
    yield from beside(f"{least:,}", costs, rival, {what: 1.0})


def conntrack(crowd: int) -> Iterator[Figure]:
    """A crowd of tracked UDP flows over loopback, beside conntrack."""
    rules = "table inet bench { chain out { type filter hook output priority 0; ct state new accept; }; }"
    with Namespace() as namespace:
        namespace.run(["nft", rules])
        namespace.sysctl("net/netfilter/nf_conntrack_udp_timeout", 600)
        with namespace.inside():
            for number in range(-(-crowd // _FLOWS)):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.bind((f"127.0.0.{number + 1}", 0))
                    for port in range(1, min(_FLOWS, crowd - number * _FLOWS) + 1):
                        sender.sendto(b"", ("127.1.0.1", port))
        yield from _compared(namespace, ConntrackCollector, "conntrack", crowd, ["conntrack", "-L"])
