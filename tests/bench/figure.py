"""What was measured, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.bench.measure import Cost


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured in one case (a size, a tab): a number with its unit.

    `ratio` is the same as a multiple of what the `rival` needs. `budget` is the most that the ratio may be,
    or the value where there is no ratio. Of many values `value` is the 95th percentile, `median` and `worst`
    tell the rest.
    """

    what: str
    case: str
    value: float
    unit: str
    rival: str = ""
    ratio: float | None = None
    budget: float | None = None
    median: float | None = None
    worst: float | None = None
    part: str = ""

    @property
    def judged(self) -> float:
        """What the budget is for."""
        return self.value if self.ratio is None else self.ratio

    @property
    def within(self) -> bool:
        """Whether it keeps its budget, if it has one."""
        return self.budget is None or self.judged <= self.budget

    def __str__(self) -> str:
        spread = "" if self.median is None else f"p50 {self.median:,.1f}, worst {self.worst or 0.0:,.1f}"
        compared = f"{self.ratio:.2f} x {self.rival}" if self.ratio is not None else spread
        budget = "" if self.budget is None else f"budget {self.budget:g}{'' if self.within else ', MISSED'}"
        value = f"{self.value:>10,.1f} {self.unit:<8}"
        return f"{self.case:<15}  {self.what:<30} {value} {compared:<26} {budget}".rstrip()


def beside(
    case: str, costs: Mapping[str, Cost], rival: str, budgets: Mapping[str, float] | None = None
) -> Iterator[Figure]:
    """CPU of several runs in milliseconds, each as a multiple of the rival's."""
    for name, cost in costs.items():
        ratio = None if name == rival else cost.cpu / costs[rival].cpu
        other = "" if name == rival else rival
        yield Figure(name, case, cost.cpu * 1000, "ms CPU", other, ratio, (budgets or {}).get(name))


def spread(what: str, case: str, values: list[float], unit: str, budget: float | None = None) -> Figure:
    """Many values as one figure: their 95th percentile, with the median and the worst beside it."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return Figure(
        what,
        case,
        ordered[-(-last * 95 // 100)],
        unit,
        budget=budget,
        median=ordered[last // 2],
        worst=ordered[last],
    )
