"""`python -m tests.bench`: what sockscope costs, beside ss, netstat, ip and psutil in the same minutes.

Loads are made in namespaces of their own; the other tools run in turn with ours on the same sockets.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from tests.bench import report
from tests.bench.figure import Figure
from tests.bench.parts import NAMES, Failure, measure_all
from tests.lab.need import missing

Times = tuple[int, ...]
_STEAL = 7

README = Path(__file__).parents[2] / "README.md"


def machine() -> str:
    """What the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    kernel = platform.release().partition("-")[0]
    python = platform.python_version()
    return f"{os.cpu_count()} CPUs ({model}), {memory:.0f} GiB, Linux {kernel}, Python {python}"


def stolen(before: Times, after: Times) -> str:
    """What share of the processors' time the host of a virtual machine gave to others meanwhile, in words;
    "" where it told of none."""
    spent = [later - sooner for sooner, later in zip(before, after, strict=True)]
    share = spent[_STEAL] / sum(spent) if sum(spent) else 0.0
    return f"; its host gave {share:.0%} of its time to others meanwhile" if share >= 0.005 else ""


def times() -> Times:
    """Processor times since boot, in ticks (proc_stat(5)), guests' left out because users' have them."""
    first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    return tuple(int(word) for word in first.split()[1 : _STEAL + 2])


def main() -> int:
    """Measure, print, and write what was measured where that is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--sizes", default="200,1000,10000,100000", help="sockets, separated by commas")
    parser.add_argument("--crowd", type=int, default=100_000, help="sockets where one size is enough")
    parser.add_argument("--only", metavar="PARTS", help=f"some of: {', '.join(NAMES)}")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write there as well; parts not measured stay as they are"
    )
    parser.add_argument(
        "--readme", metavar="FILE", type=Path, help="measure nothing: put FILE's tables into README.md"
    )
    options = parser.parse_args()
    if options.readme:
        report.into_readme(README, report.read(options.readme))
        return 0
    only = frozenset(options.only.split(",") if options.only else NAMES)
    if unknown := sorted(only.difference(NAMES)):
        parser.error(f"no such part: {', '.join(unknown)}")
    reason = missing("ss", "netstat", "nft", "conntrack")
    if reason:
        sys.stderr.write(f"the bench {reason}\n")
        return 1
    found: list[Figure] = []
    failed: list[Failure] = []
    sizes = [int(size) for size in options.sizes.split(",") if size]
    print(machine())
    before = times()
    for told in measure_all(sizes, options.crowd, only):
        print(told, flush=True)
        if isinstance(told, Figure):
            found.append(told)
        else:
            failed.append(told)
    if options.json and found:
        taken = report.Report(machine() + stolen(before, times()), tuple(found))
        if options.json.exists():
            taken = taken.with_others_of(report.read(options.json))
        report.write(options.json, taken)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
