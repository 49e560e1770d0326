"""The list of counters and what they mean."""

from __future__ import annotations

from importlib import resources

import pytest

from sockscope.app.collectors.counters import CountersCollector
from sockscope.app.model.meanings import SEVERITIES, by_type, meaning


def lines() -> list[list[str]]:
    text = resources.files("sockscope.app.model").joinpath("counters.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()]


def test_the_list_is_well_formed() -> None:
    head, *rest = lines()
    assert head == ["section", "name", "kind", "severity", "meaning"]
    assert len({(section, name) for section, name, *_ in rest}) == len(rest) > 400
    for section, name, kind, severity, text in rest:
        assert section
        assert name
        assert kind in {"counter", "gauge"}
        assert severity in SEVERITIES
        assert text
        assert text == text.strip()
        assert text.isprintable()
        assert meaning(section, name).text == text


def test_every_counter_of_this_kernel_is_explained() -> None:
    collector = CountersCollector()
    table = collector.collect().tables["counters"]
    collector.close()
    unexplained = [
        (table.text("section", row), table.text("name", row))
        for row in range(len(table))
        if not meaning(table.text("section", row) or "", table.text("name", row) or "").text
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    ("section", "name", "severity", "words"),
    [
        ("IcmpMsg", "InType3", "notice", "destination unreachable"),
        ("IcmpMsg", "OutType11", "notice", "time exceeded"),
        ("IcmpMsg", "InType200", "info", "ICMP messages of type 200 received"),
        ("IcmpMsg", "OutType41", "info", "ICMP messages of type 41 sent"),
        ("Icmp6", "Icmp6InType100", "notice", "ICMPv6 messages of type 100 received"),
        ("Icmp6", "Icmp6OutType200", "info", "ICMPv6 messages of type 200 sent"),
        ("Icmp6", "Icmp6InType137", "notice", "ICMPv6 redirect (type 137) received"),
    ],
)
def test_counters_by_type(section: str, name: str, severity: str, words: str) -> None:
    found = meaning(section, name)
    assert (found.kind, found.severity) == ("counter", severity)
    assert words in found.text
    assert by_type(section, name)


@pytest.mark.parametrize(
    ("section", "name"),
    [("Tcp", "InType3"), ("IcmpMsg", "InType"), ("IcmpMsg", "InTypes3"), ("New", "Whatever"), ("Icmp6", "")],
)
def test_what_is_not_known_is_a_plain_counter_without_words(section: str, name: str) -> None:
    found = meaning(section, name)
    assert (found.kind, found.severity, found.text) == ("counter", "info", "")
    assert not by_type(section, name)


def test_gauges() -> None:
    for section, name in (("Tcp", "CurrEstab"), ("Tcp", "MaxConn"), ("Ip", "Forwarding")):
        assert meaning(section, name).kind == "gauge"
