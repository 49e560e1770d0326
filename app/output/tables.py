"""Rows for other programs: JSON lines and CSV, with the fields that a view declares."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.view.columns import Field


def write_json(file: TextIO, fields: Sequence[Field], rows: Table, order: NDArray[np.intp]) -> None:
    """One JSON object a row and line, in the given order of rows; what is not known is null."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "), allow_nan=False).encode
    for row in order.tolist():
        file.write(encode({field.name: _plain(field.value(rows, row)) for field in fields}) + "\n")


def write_csv(
    file: TextIO, fields: Sequence[Field], rows: Table, order: NDArray[np.intp], *, heading: bool = True
) -> None:
    """A line of names, then one line a row (RFC 4180, but lines end in LF); what is not known is empty.

    The members of a list have blanks between them, those of an object read `name=value,name=value`.
    """
    writer = csv.writer(file, lineterminator="\n")
    if heading:
        writer.writerow([field.name for field in fields])
    for row in order.tolist():
        writer.writerow([_flat(_plain(field.value(rows, row))) for field in fields])


def _plain(value: object) -> object:
    """A value that JSON has: NumPy numbers become Python's, NaN and infinity unknown."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


_PLAIN = (int, str)


def _flat(value: object) -> object:
    if isinstance(value, list | tuple):
        return " ".join(str(_flat(part)) for part in value)
    if isinstance(value, dict):
        return ",".join(f"{name}={part}" for name, part in value.items() if part is not None)
    return value
