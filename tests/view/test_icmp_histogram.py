"""ICMP messages by type, in the details of the counters of ICMP."""

from __future__ import annotations

from sockscope.app.view.columns import Fact
from sockscope.app.view.icmp_histogram import histograms
from tests.model.counter_tables import START, Played

TYPED = {
    **START,
    ("Icmp", "InMsgs"): 111,
    ("IcmpMsg", "InType3"): 100,
    ("IcmpMsg", "InType8"): 1_000,
    ("IcmpMsg", "OutType0"): 1_000,
    ("IcmpMsg", "InType99"): 7,
    ("Icmp6", "Icmp6InMsgs"): 2,
    ("Icmp6", "Icmp6InType135"): 2,
    ("Icmp6", "Icmp6OutType3"): 0,
}


def told(row: tuple[str, str]) -> dict[str, tuple[Fact, ...]]:
    it = Played()
    it.sample(100.0, TYPED, {"eth0": {("Icmp6", "Icmp6InType136"): 4}})
    rows = it.rows("per_interface", "kernel_order")
    names = [rows.text("name", place) for place in range(len(rows))]
    return {section.title: section.facts for section in histograms(rows, names.index(row[1]))}


def test_both_ways_the_most_frequent_first() -> None:
    for row in (("Icmp", "InMsgs"), ("IcmpMsg", "InType99")):
        said = told(row)
        assert said["Received, by type"] == (
            Fact("type 8", "██████████ 1,000  echo request"),
            Fact("type 3", "█░░░░░░░░░   100  destination unreachable"),
            Fact("type 99", "▏░░░░░░░░░     7  not assigned"),
        )
        assert said["Sent, by type"] == (Fact("type 0", "██████████ 1,000  echo reply"),)


def test_icmpv6_and_single_interfaces_have_their_own() -> None:
    assert list(told(("Icmp6", "Icmp6InMsgs"))) == ["Received, by type"]
    assert told(("Icmp6", "Icmp6InMsgs"))["Received, by type"][0].value.endswith("neighbour solicitation")
    (own,) = told(("Icmp6", "Icmp6InType136"))["Received, by type"]
    assert own.value.endswith("4  neighbour advertisement")


def test_other_counters_have_none() -> None:
    assert told(("Tcp", "ActiveOpens")) == {}
