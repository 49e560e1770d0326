"""Ports and addresses as a filter asks for them."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import Addresses, addresses
from sockscope.app.model.filters.fields import COMPARE, EQUAL, ORDERED, Test
from sockscope.app.model.filters.match import Matches
from sockscope.app.record import dataclass


@dataclass(frozen=True, slots=True)
class Port:
    """A port of one end or either: `:443`, `443` or a name from /etc/services."""

    help: str
    columns: tuple[str, ...]
    comparisons: tuple[str, ...] = ORDERED
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Compare as host-order numbers; with two columns either may pass, for != neither may be equal."""
        kind, text = _family(value)
        wanted = port_number(text)
        compare = COMPARE["=" if comparison == "!=" else comparison]

        def passes(rows: Table) -> Matches:
            found = np.zeros(len(rows), np.bool_)
            for name in self.columns:
                found |= compare(rows.numbers(name), wanted)
            if kind is not None:
                found &= rows.numbers("family") == kind
            return ~found if comparison == "!=" else found

        return passes

    def values(self, rows: Table) -> list[str]:
        """The most frequent ports, most frequent first."""
        ports = np.concatenate([rows.numbers(name) for name in self.columns])
        distinct, counts = np.unique(ports[ports > 0], return_counts=True)
        return [f":{port}" for port in distinct[np.argsort(-counts, kind="stable")][:50].tolist()]

    def of(self, rows: Table, row: int) -> str | None:
        """The port, the first of two."""
        return f":{rows.integer(self.columns[0], row)}"


def port_number(text: str) -> int:
    """A port from `:443`, `443`, `https`; ValueError says what is expected."""
    name = text.removeprefix(":")
    if name.isascii() and name.isdecimal():
        if int(name) > 65535:
            raise ValueError(f"a port goes up to 65535, not {name}")
        return int(name)
    found = set()
    for protocol in ("tcp", "udp"):
        try:
            found.add(socket.getservbyname(name, protocol))
        except (OSError, UnicodeError):
            continue
    if not found:
        raise ValueError("a port such as :443 or a service's name is expected")
    if len(found) > 1:
        raise ValueError(f"'{name}' is more than one port: {', '.join(map(str, sorted(found)))}")
    return found.pop()


@dataclass(frozen=True, slots=True)
class Host:
    """The address of one end, as ss writes it: address, network, port, or address and port."""

    help: str
    address: str
    """The column of addresses."""
    port: str
    """The column of ports."""
    comparisons: tuple[str, ...] = EQUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Compare prefixes; an IPv4 one also finds IPv4-mapped addresses, an IPv6 one only IPv6 sockets."""
        kind, text = _family(value)
        where, port = _host(text)

        def passes(rows: Table) -> Matches:
            family = rows.numbers("family")
            found = np.ones(len(rows), np.bool_)
            if where is not None:
                found &= _within(addresses(family, rows.numbers(self.address)), family, where)
            if port is not None:
                found &= rows.numbers(self.port) == port
            if kind is not None:
                found &= family == kind
            return ~found if comparison == "!=" else found

        return passes

    def values(self, rows: Table) -> list[str]:  # noqa: ARG002
        """Addresses are too many to choose from."""
        return []

    def of(self, rows: Table, row: int) -> str | None:
        """Address and port."""
        where = _address(rows, self.address, rows.integer("family", row), row)
        return f"{f'[{where}]' if ':' in where else where}:{rows.integer(self.port, row) or '*'}"


@dataclass(frozen=True, slots=True)
class Within:
    """An address or network, or prefix of a route, that lies in a network: `10.0.0.0/8`, `default`."""

    help: str
    address: str
    """The column of addresses."""
    family: str = "family"
    """The column of their families, 0 where there is no address."""
    length: str = ""
    """The column of prefix lengths; "" where the addresses are single ones."""
    comparisons: tuple[str, ...] = EQUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Compare prefixes, of one family each."""
        if value.lower() == "default" and self.length:
            return lambda rows: (rows.numbers(self.length) == 0) ^ (comparison == "!=")
        try:
            network = ip_network(value, strict=False)
        except ValueError:
            raise ValueError("an address (10.0.0.1) or a network (10.0.0.0/8) is expected") from None
        prefix = _prefix(network)
        code = socket.AF_INET if prefix.ipv4 else socket.AF_INET6

        def passes(rows: Table) -> Matches:
            family = rows.numbers(self.family)
            found = _within(addresses(family, rows.numbers(self.address)), family, prefix)
            found &= family == code
            if self.length:
                found &= rows.numbers(self.length) >= network.prefixlen
            return ~found if comparison == "!=" else found

        return passes

    def values(self, rows: Table) -> list[str]:  # noqa: ARG002
        """Addresses are too many to choose from."""
        return []

    def of(self, rows: Table, row: int) -> str | None:
        """The address, or the prefix."""
        family = rows.integer(self.family, row)
        if family not in (socket.AF_INET, socket.AF_INET6):
            return None
        where = _address(rows, self.address, family, row)
        return f"{where}/{rows.integer(self.length, row)}" if self.length else where


def _address(rows: Table, column: str, family: int, row: int) -> str:
    raw: bytes = rows.numbers(column)[row].tobytes()
    return str(IPv4Address(raw[:4]) if family == socket.AF_INET else IPv6Address(raw))


@dataclass(frozen=True, slots=True)
class _Prefix:
    ipv4: bool
    high: int
    low: int
    high_mask: int
    low_mask: int


_ALL = 2**64 - 1


_ELSEWHERE = {"unix": "Unix", "link": "Other", "netlink": "Other", "vsock": "Other"}
"""Families of ss's addresses, and the tabs that have such sockets."""


_FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}


def _family(text: str) -> tuple[int | None, str]:
    """The family that stands before an address or port as ss has it, and the rest; ValueError for a family of
    other sockets."""
    family, colon, rest = text.partition(":")
    if colon and family in _ELSEWHERE:
        raise ValueError(f"{family}: addresses are for the tab {_ELSEWHERE[family]}, not for these sockets")
    return (_FAMILIES[family], rest) if colon and family in _FAMILIES else (None, text)


def _host(text: str) -> tuple[_Prefix | None, int | None]:
    expected = "an address (10.0.0.1), a network (10.0.0.0/8) or a port (:443) is expected"
    where, port = text, ""
    if text.startswith("["):
        where, bracket, port = text[1:].partition("]")
        prefix, _, port = port.partition(":")
        if not bracket or (prefix and not prefix.startswith("/")):
            raise ValueError(expected)
        where += prefix
    elif text.count(":") == 1:
        where, _, port = text.partition(":")
    number = port_number(port) if port and port != "*" else None
    if where in ("", "*"):
        return None, number
    try:
        network = ip_network(where, strict=False)
    except ValueError:
        raise ValueError(expected) from None
    return _prefix(network), number


def _prefix(network: IPv4Network | IPv6Network) -> _Prefix:
    address, mask = int(network.network_address), int(network.netmask)
    if isinstance(network, IPv4Network):
        return _Prefix(True, 0, address | 0xFFFF << 32, _ALL, mask | (_ALL ^ 0xFFFFFFFF))
    return _Prefix(False, address >> 64, address & _ALL, mask >> 64, mask & _ALL)


def _within(where: Addresses, family: Numbers, prefix: _Prefix) -> Matches:
    high = where.high & np.uint64(prefix.high_mask) == np.uint64(prefix.high)
    low = where.low & np.uint64(prefix.low_mask) == np.uint64(prefix.low)
    found: Matches = high & low
    return found if prefix.ipv4 else found & (family == socket.AF_INET6)
