"""A gateway that translates addresses between an inside and an outside, with connections of every kind."""

from __future__ import annotations

import socket
import struct

from tests.lab.held import Held
from tests.lab.namespace import Namespace, pair
from tests.lab.sockets import Sockets

INSIDE, INSIDE_V6 = "10.1.0.2", "fd01::2"
GATE, GATE_V6 = "10.1.0.1", "fd01::1"
"""The gateway as the inside sees it."""
FRONT, FRONT_V6 = "10.2.0.1", "fd02::1"
"""The gateway as the outside sees it."""
OUTSIDE, OUTSIDE_V6 = "10.2.0.2", "fd02::2"
LENT = "10.2.0.77"
"""An address that is lent to some connections, and not the gateway's own."""
MARK, ZONE = 7, 3

RULES = f"""
table inet nat {{
  chain pre {{
    type filter hook prerouting priority raw
    tcp dport 2200 ct zone set {ZONE}
    tcp sport 2200 ct zone set {ZONE}
  }}
  chain marks {{
    type filter hook prerouting priority mangle
    tcp dport 443 ct mark set {MARK}
  }}
  chain before {{
    type nat hook prerouting priority dstnat
    ip daddr {GATE} tcp dport 8080 dnat ip to {OUTSIDE}:80
    ip6 daddr {GATE_V6} tcp dport 8080 dnat ip6 to [{OUTSIDE_V6}]:80
    udp dport 5353 redirect to :53
    ip daddr {GATE} tcp dport 8443 dnat ip to {OUTSIDE}:443
  }}
  chain after {{
    type nat hook postrouting priority srcnat
    tcp dport 443 masquerade
    ip daddr {OUTSIDE} udp dport 443 snat ip to {LENT}
    ip protocol icmp icmp type echo-request masquerade
  }}
}}
"""


class Gateway(Held):
    """`gate` between `inside` and `outside`, with one connection each: masqueraded, rewritten to another
    destination, both, rewritten to an address that is not the gateway's, redirected, untouched, in a zone, by
    UDP, by ICMP, and some over IPv6."""

    def _make(self) -> None:
        self.gate = self._held.enter_context(Namespace())
        self.inside = self._held.enter_context(Namespace())
        self.outside = self._held.enter_context(Namespace())
        self._wire()
        self.here = self._held.enter_context(Sockets(self.inside))
        self.there = self._held.enter_context(Sockets(self.outside))
        self._connect()

    def _wire(self) -> None:
        gate = self.gate
        pair(
            gate,
            self.inside,
            [f"{GATE}/24", f"{GATE_V6}/64"],
            [f"{INSIDE}/24", f"{INSIDE_V6}/64"],
            device="eth1",
        )
        outside = [f"{OUTSIDE}/24", f"{OUTSIDE_V6}/64"]
        pair(gate, self.outside, [f"{FRONT}/24", f"{FRONT_V6}/64"], outside)
        for namespace, four, six in ((self.inside, GATE, GATE_V6), (self.outside, FRONT, FRONT_V6)):
            namespace.ip("route", "add", "default", "via", four)
            namespace.ip("-6", "route", "add", "default", "via", six)
        for name in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
            gate.sysctl(name, 1)
        gate.run(["nft", "-f", "-"], input=RULES)  # conntrack's own parameters are there from now on
        for name in ("acct", "timestamp"):
            gate.sysctl(f"net/netfilter/nf_conntrack_{name}", 1)

    def _connect(self) -> None:
        listeners = {port: self.there.listen("::", port) for port in (80, 443, 22, 2200)}
        calls = [(GATE, 8080, 80), (OUTSIDE, 443, 443), (OUTSIDE, 22, 22), (OUTSIDE, 2200, 2200)]
        calls += [(GATE, 8443, 443), (GATE_V6, 8080, 80), (OUTSIDE_V6, 443, 443), (OUTSIDE_V6, 22, 22)]
        for host, port, at in calls:
            client = self.here.connect((host, port))
            server = self.there.accept(listeners[at])
            client.sendall(b"question")
            server.recv(100)
            server.sendall(b"answer")
            client.recv(100)
        for host, port in ((OUTSIDE, 443), (GATE, 5353), (OUTSIDE, 9999)):
            self.here.udp((INSIDE, 0), (host, port)).send(b"x")
        with self.inside.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            raw.settimeout(5)
            raw.sendto(echo_request(4711), (OUTSIDE, 0))
            raw.recv(100)


def echo_request(identifier: int) -> bytes:
    """An ICMP echo request without contents."""
    return struct.pack("!BBHHH", 8, 0, 0xFFFF - 0x0800 - identifier, identifier, 0)
