"""Who acts in the world around the little server: programs, addresses, routes and rules, told as data."""

from __future__ import annotations

from tests.lab.members import Member
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
from tests.lab.program import Calls, Chatter, Datagrams, Port, Program
from tests.lab.unixwork import UnixCalls, UnixPort

HOST = "web-3"
FRONT = "10.0.0.5"
FRONT_V6 = "fd00:0:0:a::5"
CALLERS = tuple(f"198.51.100.{number}" for number in range(2, 42))
CALLERS_V6 = tuple(f"fd00:0:0:c::{number:x}" for number in range(2, 12))
FLOODERS = tuple(f"203.0.113.{number}" for number in range(100, 250))
_OSPF, _VRRP = 89, 112
"""IP protocols."""
_BUS = "/run/dbus/system_bus_socket"
_LOG = "/run/systemd/journal/dev-log"
_PHP = "/run/php/php-fpm.sock"
_REDIS = "/run/redis/redis.sock"
_SHIM = "@/containerd-shim/web.sock"
SESSION = "user.slice/user-0.slice/session-4.scope"
_REDIS_IN = "machine.slice/libpod-9c41e7d05b2a48f6830d1be57a9263cc0f5e8d714ab69203e1c7d84f60b95a2e.scope"
_SHOP = "system.slice/docker-4be18c0a97d3f52b66d09a1e83c47f0512b7e96ad834cf5091e2ab7d60f3c819.scope"
_QUEUE = "machine.slice/libpod-e35f70c8b41d6a92507ce8f3146bd0a97f25c381de604b9a7c12f8e50d63ba49.scope"
_POD = (
    "kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod6f1c2a90_3b7d_4e58_9a04_c2d1e87b5f36.slice/"
    "cri-containerd-c7d2905fe6b18a340f9d27e5b1c86a4370d92ef815ba4c6073e8f1d2a95b604c.scope"
)

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
        cgroup="system.slice/nginx.service",
    ),
    Program(
        "sshd: /usr/sbin/sshd -D [listener]",
        ports=(Port("::", 22, backlog=128, v6only=False),),
        unix_calls=(UnixCalls(_BUS, number=2), UnixCalls(_LOG, "dgram")),
        cgroup="system.slice/ssh.service",
    ),
    Program(
        "orders --port 8000",
        ports=(Port("127.0.0.1", 8000, backlog=100),),
        calls=(
            Calls("10.0.1.9", 5432, steady=12, every=0.5, asks=4000),
            Calls("10.0.1.9", 6379, per_second=12, lasts=0.02, asks=300),
            Calls("10.90.0.2", 5672, steady=4, every=1, asks=1_500),
            Calls("127.0.0.1", 6379, steady=2, every=0.5, asks=500),
        ),
        datagrams=(Datagrams("127.0.0.1", to=("127.0.0.1", 8125), per_second=60, size=60),),
        unix_calls=(UnixCalls(_REDIS, number=3), UnixCalls(_REDIS, unread=1400), UnixCalls(_LOG, "dgram")),
        user=33,
        cgroup="system.slice/orders.service",
    ),
    Program(
        "redis-server 127.0.0.1:6379",
        ports=(Port("127.0.0.1", 6379),),
        unix=(UnixPort(_REDIS, backlog=511),),
        user=65534,
        cgroup=_REDIS_IN,
    ),
    Program(
        "php-fpm: pool www",
        unix=(UnixPort(_PHP, backlog=4, accepts=False),),
        user=33,
        cgroup="system.slice/php-fpm.service",
    ),
    Program("dbus-daemon --system", unix=(UnixPort(_BUS),), cgroup="system.slice/dbus.service"),
    Program(
        "systemd-journald",
        unix=(UnixPort(_LOG, "dgram"), UnixPort("/run/systemd/journal/stdout")),
        cgroup="system.slice/systemd-journald.service",
    ),
    Program(
        "systemd-udevd",
        unix=(UnixPort("/run/udev/control", "seqpacket"),),
        ears=(Ear("netlink", UEVENT, groups=1),),
        cgroup="system.slice/systemd-udevd.service",
    ),
    Program(
        "containerd",
        unix=(UnixPort(_SHIM),),
        unix_calls=(UnixCalls(_BUS),),
        cgroup="system.slice/containerd.service",
    ),
    Program(
        "dockerd",
        unix=(UnixPort("/run/docker.sock"),),
        unix_calls=(UnixCalls(_SHIM, number=2),),
        cgroup="system.slice/docker.service",
    ),
    Program(
        "reports --listen 9000",
        ports=(Port(FRONT, 9000, backlog=50, leaks=True),),
        user=33,
        cgroup="system.slice/reports.service",
    ),
    Program(
        "billing 10.0.1.5:8009",
        ports=(Port("10.0.1.5", 8009, backlog=16, accepts=False),),
        user=1,
        cgroup="system.slice/billing.service",
    ),
    Program(
        "invoices --every-customer",
        calls=(Calls("10.0.1.9", 5432, per_second=1.5, lasts=12, asks=8_000),),
        user=33,
        cgroup="system.slice/invoices.service",
    ),
    Program("rsync --daemon", ports=(Port("0.0.0.0", 873),), cgroup="system.slice/rsync.service"),
    Program(
        "systemd-resolved",
        ports=(Port("127.0.0.53", 53),),
        datagrams=(Datagrams("127.0.0.53", 53),),
        cgroup="system.slice/systemd-resolved.service",
    ),
    Program(
        "chronyd -F 2",
        datagrams=(Datagrams("0.0.0.0", 123), Datagrams("::1", 323)),
        cgroup="system.slice/chrony.service",
    ),
    Program(
        "statsd",
        datagrams=(Datagrams("127.0.0.1", 8125, reads_every=0.02),),
        user=1,
        cgroup="system.slice/statsd.service",
    ),
    Program(
        "avahi-daemon: running [web-3.local]",
        groups=tuple(
            Member(group, device) for group in ("224.0.0.251", "ff02::fb") for device in ("eth0", "eth1")
        ),
        user=110,
        cgroup="system.slice/avahi-daemon.service",
    ),
    Program(
        "ospfd -d",
        groups=(Member("224.0.0.5", "eth1"), Member("224.0.0.6", "eth1"), Member("ff02::5", "eth1")),
        ears=(Ear("raw", _OSPF), Ear("netlink", ROUTE, groups=RTMGRP_LINK | RTMGRP_IPV4_ROUTE)),
        cgroup="system.slice/frr.service",
    ),
    Program(
        "keepalived",
        groups=(Member("224.0.0.18", "eth0"), Member("224.0.0.18", "eth0")),
        ears=(Ear("raw", _VRRP), Ear("netlink", ROUTE, groups=RTMGRP_LINK | RTMGRP_IPV4_IFADDR)),
        cgroup="system.slice/keepalived.service",
    ),
    Program(
        "lldpd",
        ears=(Ear("frames", ETH_P_LLDP, "eth0"), Ear("frames", ETH_P_LLDP, "eth1")),
        cgroup="system.slice/lldpd.service",
    ),
    Program("tcpdump -i eth0", ears=(Ear("frames", ETH_P_ALL, "eth0", promiscuous=True),), cgroup=SESSION),
    Program(
        "dhclient eth0",
        ears=(Ear("frames", ETH_P_IP, "eth0", choosy=True),),
        cgroup="system.slice/networking.service",
    ),
    Program("backup-agent", mptcp=(Pair("10.0.1.5", 8443),), cgroup="system.slice/backup.service"),
    Program(
        "metrics-relay",
        groups=(Member("239.192.4.20", "eth1"), Member("ff15::4:20", "eth1")),
        user=1,
        cgroup=_POD,
    ),
    Program("node_exporter", ports=(Port("::", 9100, v6only=False),), user=65534, cgroup=_POD),
)
BACKEND = (
    Program("postgres -D /var/lib/postgresql", ports=(Port("10.0.1.9", 5432, backlog=244),)),
    Program("redis-server 10.0.1.9:6379", ports=(Port("10.0.1.9", 6379),)),
    Program(
        "prometheus",
        calls=(Calls("10.0.1.5", 9100, ("10.0.1.20",), steady=1, every=5, asks=60_000),),
    ),
    Program("offsite", calls=(Calls("10.7.0.1", 873, steady=1, every=0.1, asks=8_000_000),)),
    Program("branch", calls=(Calls("10.8.0.1", 22, steady=2, every=0.6, asks=3_000),)),
    Program("lldpd", chatter=(Chatter("eth0", per_second=2),)),
    Program(
        "ledger",
        calls=(Calls("10.0.1.5", 8009, ("10.0.1.30",), steady=17),),
    ),
)
CONTAINER = (
    Program("shop-api", ports=(Port("0.0.0.0", 80),), cgroup=_SHOP),
    Program(
        "shop-worker",
        calls=(
            Calls("203.0.113.9", 443, steady=5, every=1, asks=6_000),
            Calls("203.0.113.9", 443, per_second=1, lasts=1, asks=2_000),
        ),
        datagrams=(Datagrams("0.0.0.0", to=("203.0.113.9", 123), per_second=1, size=48),),
        cgroup=_SHOP,
    ),
)
QUEUE = (Program("rabbitmq", ports=(Port("0.0.0.0", 5672, backlog=128),), cgroup=_QUEUE),)
"""In another container."""
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
            Calls(FRONT, 443, CALLERS, steady=60, every=4, asks=12_000),
            Calls(FRONT, 443, CALLERS, per_second=8, lasts=4, asks=30_000),
            Calls(FRONT, 80, CALLERS, per_second=6, lasts=1, asks=600),
            Calls(FRONT_V6, 443, CALLERS_V6, steady=10, every=4, asks=12_000),
            Calls(FRONT_V6, 443, CALLERS_V6, per_second=2, lasts=4, asks=20_000),
            Calls(FRONT, 22, ("203.0.113.9",), steady=2, every=1, asks=120),
            Calls(FRONT, 8080, CALLERS[:4], steady=4, every=2, asks=9_000),
            Calls(FRONT, 9000, CALLERS[:6], per_second=0.5, lasts=0.5, asks=500, at_most=60),
        ),
        datagrams=(Datagrams("203.0.113.9", to=(FRONT, 123), per_second=3, size=48),),
    ),
)

TUNNELS = (
    ("tun0", 0.04, 400, ("10.7.0.1", "10.7.0.2")),
    ("tun1", 0.15, 0, ("10.8.0.1", "10.8.0.2")),
)
"""Slow ways from the server to the backend: a device, seconds each way, one of how many packets is lost, and
the address at each end."""

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
