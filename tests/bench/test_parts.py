"""Every part measures something, in small."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench import dumps, grown, latecomers, tick
from tests.bench.load import Load
from tests.bench.parts import ALONE, LOADED
from tests.bench.pipeline import ADVANCE, DECODE, ENCODE, OTHERS, OWNERS, PIPE, SNAPSHOT, SOCKETS, Pipeline
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    require_root_and("ss", "netstat")
    with Load(400) as made:
        yield made


@pytest.mark.parametrize("measure", [dumps.columns, dumps.details, dumps.counts])
def test_dumps_are_compared(measure: object, load: Load) -> None:
    part = next(part for part in LOADED if part.measure is measure)
    with load.namespace.inside():
        figures = list(part.measure(load))
    assert all(figure.value > 0 and figure.case == "400" for figure in figures)
    assert any(figure.ratio for figure in figures)


def test_the_floor_is_the_whole_dump(load: Load) -> None:
    with load.namespace.inside():
        floor = dumps.Floor()
        assert floor.dump() > 400 * 88  # struct nlmsghdr and struct inet_diag_msg
        floor.close()


def test_the_pipeline_brings_owners_and_tells_every_stage(load: Load) -> None:
    with load.namespace.inside(), Pipeline(interval=0.1) as pipeline:
        pipeline.settle()
        steady = pipeline.tick()
        frame = pipeline.frames[0]
        assert len(frame.tables["sockets"]) >= 400
        assert set(load.pids) <= set(frame.tables["processes"].numbers("pid").tolist())
        assert set(steady) == {SOCKETS, OTHERS, OWNERS, ENCODE, PIPE, DECODE, ADVANCE, SNAPSHOT}
        renewed: list[int] = []
        pipeline.tick(lambda: renewed.append(load.churn(tick.CHURN)))
    assert renewed == [40]


def test_late_ticks_are_seen_while_owners_are_looked_for(load: Load) -> None:
    with load.namespace.inside():
        known, late = latecomers.owners(load)
    assert known.value > 0
    assert late.value >= 0


@pytest.mark.parametrize("name", ["time-wait", "routes", "unix", "interfaces"])
def test_larger_tables_are_made_and_compared(name: str) -> None:
    require_root_and("ss")
    part = next(part for part in ALONE if part.name == name)
    figures = list(part.measure(200))
    assert {figure.ratio is None for figure in figures} == {True, False}
    assert all(figure.value > 0 for figure in figures)


def test_conntrack_is_filled_and_compared() -> None:
    require_root_and("nft", "conntrack")
    ours, theirs = grown.conntrack(200)
    assert (ours.case, ours.rival) == ("200", "conntrack -L")
    assert theirs.value > 0
