"""What the kernel answers for single destinations, beside `ip route get`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import numpy as np
import pytest

from sockscope.app.collectors.lookups import MOST, LookupsCollector
from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import names
from sockscope.app.view import route_text
from tests.lab import routes as lab
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

V4, V6 = 2, 10


@pytest.fixture(scope="module")
def host() -> Iterator[Namespace]:
    require_root_and("ip")
    with Namespace() as host, Namespace() as other:
        pair(host, other, ("10.0.0.1/24", "fd00::1/64"), ("10.0.0.2/24", "fd00::2/64"))
        lab.add(host)
        yield host


def answers(host: Namespace, *questions: Lookup) -> Table:
    with host.inside(), contextlib.closing(LookupsCollector()) as collector:
        collector.ask(questions)
        collected = collector.collect()
    assert not collected.notes
    return collected.tables["lookups"]


QUESTIONS = (
    Lookup(V4, "198.51.100.7"),
    Lookup(V4, "10.2.3.4"),
    Lookup(V4, "10.0.0.1"),
    Lookup(V4, "10.5.5.5"),
    Lookup(V4, "10.11.0.5"),
    Lookup(V4, "198.51.100.7", mark=7),
    Lookup(V4, "10.2.3.4", source="10.0.0.1", uid=0),
    Lookup(V6, "fd02::5"),
    Lookup(V6, "fd00::1"),
    Lookup(V6, "fd14::9", source="fd00::1"),
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_ways_as_in_ip(host: Namespace, question: Lookup) -> None:
    arguments = ["-j", "-d", f"-{4 if question.family == V4 else 6}", "route", "get", question.destination]
    arguments += ["from", question.source] if question.source else []
    arguments += ["mark", str(question.mark)] if question.mark else []
    their = json.loads(host.ip(*arguments))[0]
    ours = answers(host, question)
    index = int(host.ip("-o", "link", "show", "dev", their["dev"]).partition(":")[0])
    assert ours.integer("error", 0) == 0
    assert ours.integer("device", 0) == index
    assert route_text.gateway(ours, 0) == their.get("gateway", their.get("via", {}).get("host"))
    if not question.source:
        assert route_text.preferred_source(ours, 0) == their.get("prefsrc")
    match = json.loads(host.ip("-j", "-d", *arguments[2:4], "get", "fibmatch", *arguments[5:]))[0]
    raw, length = ours.numbers("match_destination")[0].tobytes(), ours.integer("match_length", 0)
    theirs = match["dst"] if match["dst"] != "default" else "default"
    whole = 32 if question.family == V4 else 128
    told = route_text.prefix(question.family, raw, length) if length else "default"
    assert told.removesuffix(f"/{whole}") == theirs
    assert names().table(ours.integer("match_table", 0)) == str(match.get("table", "main"))


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (Lookup(V4, "10.6.0.1"), 113),
        (Lookup(V4, "10.7.0.1"), 13),
        (Lookup(V4, "10.8.0.1"), 22),
        (Lookup(V6, "fd99::1"), 101),
        (Lookup(V6, "10.0.0.1"), 22),
        (Lookup(V4, "10.0.0.2", device=4242), 19),
    ],
)
def test_refusals(host: Namespace, question: Lookup, error: int) -> None:
    ours = answers(host, question)
    assert (ours.integer("error", 0), ours.integer("match_known", 0)) == (error, 0)


def test_each_question_has_its_row_up_to_a_bound(host: Namespace) -> None:
    asked = [Lookup(V4, f"10.0.0.{number}") for number in range(1, 2 * MOST)]
    ours = answers(host, *asked)
    assert [ours.text("asked", row) for row in range(len(ours))] == [each.name for each in asked[:MOST]]
    empty = answers(host)
    assert len(empty) == 0
    assert set(empty.columns) == set(ours.columns)
    assert np.array_equal(ours.numbers("error"), np.zeros(MOST))
