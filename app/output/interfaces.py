"""Interfaces as netstat prints them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.links import UNKNOWN_COUNT, UNKNOWN_NUMBER
from sockscope.app.frames.table import Table

_COUNTERS = ("rx_ok", "rx_err", "rx_drp", "rx_ovr", "tx_ok", "tx_err", "tx_drp", "tx_ovr")


def lines(rows: Table, order: NDArray[np.intp]) -> Iterator[str]:
    """The heading, the names of the columns, and a line an interface; `-` is not known."""
    yield "Kernel Interface table"
    yield _line("Iface", "MTU", [name.upper().replace("_", "-") for name in _COUNTERS], "Flg")
    for row in order.tolist():
        mtu = rows.integer("mtu", row)
        letters = rows.text("letters", row)
        yield _line(
            rows.text("name", row) or f"if{rows.integer('index', row)}",
            "-" if mtu == UNKNOWN_NUMBER else str(mtu),
            [_count(rows.integer(name, row)) for name in _COUNTERS],
            "-" if letters is None else letters or "[NO FLAGS]",
        )


def _count(value: int) -> str:
    return "-" if value == UNKNOWN_COUNT else str(value)


def _line(name: str, mtu: str, counts: list[str], flags: str) -> str:
    rx_ok, rx_err, rx_drp, rx_ovr, tx_ok, tx_err, tx_drp, tx_ovr = counts
    return (
        f"{name:<15} {mtu:>5} {rx_ok:>8} {rx_err:>6} {rx_drp:>6} {rx_ovr:<6}"
        f" {tx_ok:>8} {tx_err:>6} {tx_drp:>6} {tx_ovr:>6} {flags}"
    )
