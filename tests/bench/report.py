"""Figures as JSON and back, and as the tables in README."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, groupby
from pathlib import Path

from tests.bench.figure import Figure

BEGIN, END = "<!-- bench: made by python -m tests.bench --readme -->", "<!-- /bench -->"
MISSED = "**✗**"
KEYS, STAGES = "keys", "stages"


@dataclass(frozen=True, slots=True)
class Report:
    """What one run measured, and on which machine."""

    machine: str
    figures: tuple[Figure, ...]

    def with_others_of(self, before: Report) -> Report:
        """This, and the figures of the parts that only the earlier run measured."""
        parts: dict[str, list[Figure]] = {figure.part: [] for figure in (*before.figures, *self.figures)}
        measured = {figure.part for figure in self.figures}
        for figure in (*(each for each in before.figures if each.part not in measured), *self.figures):
            parts[figure.part].append(figure)
        return Report(self.machine, tuple(chain.from_iterable(parts.values())))


def write(file: Path, report: Report) -> None:
    """As JSON."""
    figures = [{**asdict(figure), "within": figure.within} for figure in report.figures]
    told = {"machine": report.machine, "figures": figures}
    file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(file: Path) -> Report:
    """What `write` wrote. Raises OSError, ValueError."""
    told = json.loads(file.read_text(encoding="utf-8"))
    names = Figure.__dataclass_fields__
    figures = ({name: value for name, value in each.items() if name in names} for each in told["figures"])
    return Report(told["machine"], tuple(Figure(**each) for each in figures))


def into_readme(file: Path, report: Report) -> None:
    """Put the tables between the marks in a file; ValueError if it has no such marks."""
    text = file.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file} has no marks for the tables")
    file.write_text(f"{before}{BEGIN}\n\n{markdown(report)}\n\n{END}{after}", encoding="utf-8")


def markdown(report: Report) -> str:
    """The tables: by size, one by one, keys by tab, stages."""
    cases: dict[str, set[str]] = {}
    for figure in report.figures:
        cases.setdefault(figure.part, set()).add(figure.case)
    in_columns = [figure for figure in report.figures if len(cases[figure.part]) > 1 and figure.part != KEYS]
    keys = [figure for figure in report.figures if figure.part == KEYS]
    stages = [figure for figure in report.figures if figure.part == STAGES]
    singles = [figure for figure in report.figures if figure not in [*in_columns, *keys, *stages]]
    told = [f"Taken on: {report.machine}. {_missed(report.figures)}"]
    if in_columns:
        told += ["By number of established TCP sockets:", _pivot(in_columns, "sockets")]
    if singles:
        told += ["One by one:", _list(singles)]
    if keys:
        told += [
            "From a key to its answer on the screen, ms, 50th percentile / **95th** / worst. Another tab "
            "answers with its titles; rows that nobody had asked for come once the kernel has told them:",
            _pivot(keys, "key"),
        ]
    if stages:
        told += [f"Where the CPU time of one tick goes at {stages[0].case} sockets:", _list(stages)]
    return "\n\n".join(told)


def _missed(figures: Sequence[Figure]) -> str:
    judged = [figure for figure in figures if figure.budget is not None]
    number = sum(not figure.within for figure in judged)
    kept = f"{len(judged) - number} of {len(judged)} budgets are kept"
    return f"{kept}; {MISSED} marks what misses its own." if number else f"{kept}."


def _pivot(figures: Sequence[Figure], head: str) -> str:
    """A row for each thing measured, a column for each case."""
    columns = list(dict.fromkeys(figure.case for figure in figures))
    lines = [_line([head, *columns, "budget"]), _line(["---"] * (len(columns) + 2))]
    rows: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        rows.setdefault(_name(figure), {})[figure.case] = figure
    for name, row in rows.items():
        cells = [_cell(row[column]) if column in row else "-" for column in columns]
        lines.append(_line([name, *cells, _budgets(row, len(columns))]))
    return "\n".join(lines)


def _budgets(row: dict[str, Figure], cases: int) -> str:
    """The budget of all cases, or each with the cases it holds for."""
    promised = [(figure.budget, case) for case, figure in row.items() if figure.budget is not None]
    groups = groupby(promised, key=lambda each: each[0])
    found = [(budget, [case for _, case in group]) for budget, group in groups]
    if len(found) == 1 and len(found[0][1]) == min(cases, len(row)):
        return f"{found[0][0]:g}"
    return "; ".join(f"{budget:g} at {', '.join(held)}" for budget, held in found)


def _list(figures: Iterable[Figure]) -> str:
    """A line for each figure."""
    lines = [_line(["number", "what", "figure", "beside", "budget"]), _line(["---"] * 5)]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{_number(figure.ratio)} × {_code(figure.rival)}"
        value = _value(figure) if figure.median is None else f"{_spread(figure)} {figure.unit}"
        budget = "" if figure.budget is None else f"{figure.budget:g}{'' if figure.within else ' ' + MISSED}"
        lines.append(_line([figure.case, _code(figure.what), value, ratio, budget]))
    return "\n".join(lines)


def _name(figure: Figure) -> str:
    name = _code(figure.what)
    if figure.rival:
        name += f", as a multiple of {_code(figure.rival)}"
    if figure.median is not None and figure.part != KEYS:
        name += ", p50 / **p95** / worst"
    return name


def _cell(figure: Figure) -> str:
    if figure.median is not None:
        unit = "" if figure.part == KEYS else f" {figure.unit}"
        text = f"{_spread(figure)}{unit}"
    elif figure.ratio is not None:
        text = f"{_number(figure.ratio)} ({_value(figure)})"
    else:
        text = _value(figure)
    return text if figure.within else f"{text} {MISSED}"


def _spread(figure: Figure) -> str:
    median, worst = figure.median or 0.0, figure.worst or 0.0
    return f"{_number(median)} / **{_number(figure.value)}** / {_number(worst)}"


def _value(figure: Figure) -> str:
    return f"{_number(figure.value)} {figure.unit.removesuffix(' CPU')}"


def _number(value: float) -> str:
    """Two digits that count, or all before the point."""
    if value >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value >= 0.1 else f"{value:.2f}"


def _code(what: str) -> str:
    """Commands as such."""
    return f"`{what}`" if what.startswith(("ss -", "netstat -", "ip ", "conntrack -")) else what


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
