"""Routes of every kind, IPv4 and IPv6, with policy tables and with what a router advertises."""

from __future__ import annotations

import contextlib
import socket

from tests.lab.namespace import Namespace
from tests.lab.packets import router_advertisement
from tests.lab.sockets import wait_for

IPV4 = (
    "default via 10.0.0.2 dev eth0 proto dhcp src 10.0.0.1 metric 100",
    "10.2.0.0/16 via 10.0.0.2 proto static",
    "10.3.3.3/32 via 10.0.0.2 metric 50",
    "10.4.4.4/32 dev eth0 scope link",
    "10.5.0.0/16 via 10.0.0.2 mtu 1400 advmss 1300 window 20000 rtt 500ms",
    "unreachable 10.6.0.0/16 proto static",
    "unreachable 10.6.6.6/32",
    "prohibit 10.7.0.0/16",
    "blackhole 10.8.0.0/16",
    "throw 10.10.0.0/16",
    "10.9.0.0/16 proto static nexthop via 10.0.0.2 weight 1 nexthop via 10.0.0.3 dev eth0 weight 2",
    "10.11.0.0/16 via inet6 fd00::2 dev eth0",
    "local 10.12.0.0/16 dev lo table main",
    "10.13.0.0/16 via 10.0.0.9 dev eth0 onlink",
    "10.14.0.0/16 via 10.0.0.2 tos 0x10",
    "10.15.0.0/16 via 10.0.0.2 proto bgp",
    "default via 10.0.0.3 dev eth0 table 100",
    "throw 10.0.0.0/8 table 100",
)
IPV6 = (
    "fd02::/48 via fd00::2 proto static",
    "fd03::3/128 dev eth0",
    "fd05::/48 via fd00::2 mtu 1400 advmss 1300",
    "unreachable fd06::/48",
    "prohibit fd07::/48",
    "blackhole fd08::/48",
    "throw fd10::/48",
    "fd09::/48 nexthop via fd00::2 weight 1 nexthop via fd00::3 dev eth0 weight 2",
    "local fd12::/48 dev lo table main",
    "fd13::/48 via fd00::2 expires 600",
    "fd14::/48 via fd00::2 metric 77",
    "default via fd00::3 dev eth0 table 100",
)
RULES = (
    "from 10.0.8.0/24 lookup 100 priority 1000",
    "from all fwmark 0x7 lookup 100 priority 1001",
    "from 10.66.0.0/16 prohibit priority 1002",
)
_IP_MTU_DISCOVER, _IP_PMTUDISC_DO = 10, 2
ADVERTISED_PREFIX = "fd20::/64"
ADVERTISED_ROUTE = "fd21::/48"


def add(namespace: Namespace) -> None:
    """Add all of them to a namespace that has 10.0.0.1/24 and fd00::1/64 on eth0."""
    for route in IPV4:
        namespace.ip("route", "add", *route.split())
    for route in IPV6:
        namespace.ip("-6", "route", "add", *route.split())
    for rule in RULES:
        namespace.ip("rule", "add", *rule.split())


def advertise(
    router: Namespace,
    host: Namespace,
    prefixes: tuple[str, ...] = (ADVERTISED_PREFIX,),
    routes: tuple[str, ...] = (ADVERTISED_ROUTE,),
    device: str = "eth0",
) -> None:
    """Advertise `router` to `host`, both on one wire by `device`, until the host has learnt its routes."""
    router.sysctl(f"net/ipv6/conf/{device}/forwarding", 1)  # hosts forget one that says it is no router
    host.sysctl(f"net/ipv6/conf/{device}/accept_ra", 2)
    host.sysctl(f"net/ipv6/conf/{device}/accept_ra_rt_info_max_plen", 64)
    index = int(router.ip("-o", "link", "show", "dev", device).partition(":")[0])
    advertisement = router_advertisement(1800, prefixes, routes)
    with router.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as raw:
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)

        def learnt() -> bool:
            with contextlib.suppress(OSError):  # the link has no address of its own yet
                raw.sendto(advertisement, ("ff02::1", 0, 0, index))
            return "proto ra" in host.ip("-6", "route", "show", "default")

        wait_for(learnt, "no advertised route came")


FAR = "192.0.2.9"
NARROW = 1400


def narrow(host: Namespace, router: Namespace, device: str = "eth0") -> None:
    """Let `host`, whose way to FAR leads through `router`, learn that no packet above NARROW bytes passes."""
    router.ip("link", "add", "narrow0", "type", "bridge")
    router.ip("link", "set", "narrow0", "mtu", str(NARROW), "up")
    router.ip("route", "add", FAR, "dev", "narrow0")
    router.sysctl(f"net/ipv4/conf/{device}/forwarding", 1)

    def learnt() -> bool:
        with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            sender.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DO)
            sender.sendto(bytes(NARROW), (FAR, 9))
        return FAR in host.ip("route", "show", "cache")

    wait_for(learnt, f"the path MTU of {FAR}")
    router.sysctl(f"net/ipv4/conf/{device}/forwarding", 0)
