"""README's tables are what the bench made of its own figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.figure import Figure
from tests.bench.parts import ALONE, LOADED, NAMES, Failure, Loaded, _figures
from tests.bench.report import Report

LATEST = Path(__file__).parent / "latest.json"
README = Path(__file__).parents[2] / "README.md"

FIGURES = (
    Figure("kernel to columns", "200", 1.1, "ms CPU", "ss -tan", 0.48, 1.0, part="columns"),
    Figure("kernel to columns", "1,000", 12.0, "ms CPU", "ss -tan", 1.25, 1.0, part="columns"),
    Figure("to the terminal", "200", 357.0, "bytes/s", budget=1000, part="columns"),
    Figure("move", "Routes", 8.0, "ms", budget=50, median=5.0, worst=60.0, part="keys"),
    Figure("move", "Unix", 51.0, "ms", budget=50, median=5.0, worst=60.0, part="keys"),
    Figure("counts", "1,000", 3.0, "ms CPU", "the dump", 1.5, part="counts"),
    Figure("encode", "1,000", 0.04, "ms CPU", part="stages"),
)


def test_readme_has_the_tables_of_the_stored_figures() -> None:
    told = README.read_text("utf-8").partition(report.BEGIN)[2].partition(report.END)[0]
    assert told.strip() == report.markdown(report.read(LATEST)).strip(), (
        f"run: python -m tests.bench --readme {LATEST.name}"
    )


def test_every_part_has_stored_figures() -> None:
    assert {figure.part for figure in report.read(LATEST).figures} == set(NAMES)


def test_names_of_parts_tell_them_apart() -> None:
    assert len(set(NAMES)) == len(LOADED) + len(ALONE)


def test_json_brings_back_what_was_written(tmp_path: Path) -> None:
    made = Report("a machine", FIGURES)
    report.write(tmp_path / "x.json", made)
    assert report.read(tmp_path / "x.json") == made


def test_parts_that_were_not_measured_again_stay() -> None:
    again = Figure("counts", "1,000", 4.0, "ms CPU", part="counts")
    merged = Report("new", (again,)).with_others_of(Report("old", FIGURES))
    assert merged.machine == "new"
    assert [figure for figure in merged.figures if figure.part == "counts"] == [again]
    assert [figure.part for figure in merged.figures] == [figure.part for figure in FIGURES]


def test_tables_show_ratios_budgets_and_what_misses_them() -> None:
    lines = report.markdown(Report("a machine", FIGURES)).splitlines()
    assert "Taken on: a machine. 3 of 5 budgets are kept; **✗** marks what misses its own." in lines
    assert "| sockets | 200 | 1,000 | budget |" in lines
    multiple = "kernel to columns, as a multiple of `ss -tan`"
    assert f"| {multiple} | 0.48 (1.1 ms) | 1.2 (12 ms) **✗** | 1 |" in lines
    assert "| to the terminal | 357 bytes/s | - | 1000 |" in lines
    assert "| move | 5 / **8** / 60 | 5 / **51** / 60 **✗** | 50 |" in lines
    assert "| 1,000 | counts | 3 ms | 1.5 × the dump |  |" in lines
    assert "| 1,000 | encode | 0.04 ms |  |  |" in lines


def test_tables_go_between_the_marks(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"before\n{report.BEGIN}\noutdated\n{report.END}\nafter\n", "utf-8")
    report.into_readme(file, Report("a machine", FIGURES))
    text = file.read_text("utf-8")
    assert text.startswith(f"before\n{report.BEGIN}\n\nTaken on")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "outdated" not in text
    file.write_text("no marks", "utf-8")
    with pytest.raises(ValueError, match="no marks"):
        report.into_readme(file, Report("a machine", FIGURES))


def test_a_part_that_fails_is_told_and_keeps_what_it_found() -> None:
    def broken(_: object) -> object:
        yield FIGURES[0]
        raise OSError("no more memory")

    part = Loaded("broken", broken)  # type: ignore[arg-type]
    first, last = _figures(part.name, part.measure(None))  # type: ignore[arg-type]
    assert isinstance(first, Figure)
    assert first.part == "broken"
    assert last == Failure("broken", "OSError: no more memory")
