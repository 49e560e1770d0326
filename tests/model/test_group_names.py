"""Names of multicast groups, and what their addresses tell by themselves."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model import group_names


def v4(text: str) -> bytes:
    return IPv4Address(text).packed


def v6(text: str) -> bytes:
    return IPv6Address(text).packed


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("224.0.0.1", "all hosts"),
        ("224.0.0.5", "OSPF routers"),
        ("224.0.0.18", "VRRP"),
        ("224.0.0.251", "mDNS"),
        ("239.255.255.250", "SSDP (UPnP)"),
        ("224.0.0.77", ""),
        ("239.1.2.3", ""),
    ],
)
def test_ipv4(group: str, name: str) -> None:
    assert group_names.v4(v4(group)) == name


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("ff02::1", "all nodes"),
        ("ff01::1", "all nodes"),
        ("ff02::2", "all routers"),
        ("ff02::fb", "mDNS"),
        ("ff05::fb", "mDNS"),
        ("ff02::1:2", "DHCPv6 servers and relays"),
        ("ff02::1:3", "LLMNR"),
        ("ff05::1:3", "DHCPv6 servers"),
        ("ff02::16", "MLDv2 routers"),
        ("ff02::1:ff28:9c5a", "solicited-node of …28:9c5a"),
        ("ff02::2:ff12:3456", "node information of a name"),
        ("ff12::fb", ""),
        ("ff02::1234", ""),
    ],
)
def test_ipv6(group: str, name: str) -> None:
    assert group_names.v6(v6(group)) == name


@pytest.mark.parametrize(
    ("group", "reach"),
    [
        (v4("224.0.0.77"), "local network control"),
        (v4("232.1.1.1"), "source-specific"),
        (v4("233.252.0.9"), "for documentation"),
        (v4("233.1.2.3"), "of an autonomous system (GLOP)"),
        (v4("239.255.1.1"), "site-local scope"),
        (v4("239.195.0.1"), "organisation-local scope"),
        (v4("239.1.1.1"), "administrative scope"),
        (v4("225.1.1.1"), ""),
        (v6("ff02::9999"), "link-local scope"),
        (v6("ff15::9"), "site-local scope"),
        (v6("ff0e::9"), "global scope"),
        (v6("ff0f::9"), ""),
    ],
)
def test_how_far_a_group_reaches(group: bytes, reach: str) -> None:
    assert group_names.reach(group) == reach


def test_link_layer() -> None:
    assert group_names.link(mac("01:80:c2:00:00:00")).startswith("spanning tree")
    assert group_names.link(mac("01:80:c2:00:00:0e")).startswith("LLDP")
    assert group_names.link(mac("33:33:00:00:00:01")) == ""
    assert group_names.stands_for(mac("01:00:5e:00:00:fb")) == "IPv4 groups that end in 0.0.251"
    assert group_names.stands_for(mac("33:33:00:01:00:03")) == "IPv6 groups that end in 0001:0003"
    assert group_names.stands_for(mac("01:00:5e:80:00:01")) == ""  # that half is MPLS's (RFC 5332)
    assert group_names.stands_for(mac("01:80:c2:00:00:0e")) == ""
    assert group_names.stands_for(bytes(20)) == ""


def test_frames_of_groups() -> None:
    assert group_names.received_as(v4("224.128.0.251")) == mac("01:00:5e:00:00:fb")
    assert group_names.received_as(v6("ff02::1:ff00:2")) == mac("33:33:ff:00:00:02")


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=4, max_size=4), st.binary(max_size=32))
def test_any_address_has_a_name_or_none(six: bytes, four: bytes, link: bytes) -> None:
    for text in (
        *(group_names.v6(six), group_names.reach(six), group_names.v4(four), group_names.reach(four)),
        *(group_names.link(link), group_names.stands_for(link)),
    ):
        assert text == text.strip()
    assert group_names.stands_for(group_names.received_as(four))
    assert group_names.stands_for(group_names.received_as(six))


def test_the_lists_hold_groups_only() -> None:
    assert all(IPv4Address(group).is_multicast for group in group_names.V4)
    assert all(network.is_multicast for network, _ in group_names.V4_RANGES)
    assert all(mac(address)[0] & 1 and address == address.lower() for address in group_names.LINK)
