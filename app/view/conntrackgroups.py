"""What tracked connections can be grouped by, and the filter that finds the members of each group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.answerers import NEEDS
from sockscope.app.model.conntrack import WITH_PORTS
from sockscope.app.model.grouping import by_numbers
from sockscope.app.view import conntrack_text as text
from sockscope.app.view import groupterms as terms
from sockscope.app.view import ordering
from sockscope.app.view.columns import GroupView
from sockscope.app.view.services import service

_DESTINATION, _PORT = "original_destination", "original_destination_port"


def _ports(rows: Table) -> Numbers:
    """Destination ports, 0 where the protocol has none."""
    has = np.isin(rows.numbers("protocol"), WITH_PORTS)
    return np.where(has, rows.numbers(_PORT), 0)


def _protocol(rows: Table, row: int) -> str:
    return text.protocol(rows.integer("protocol", row))


def _of_protocol(rows: Table, row: int) -> str:
    return terms.equal("proto", _protocol(rows, row))


def _port(rows: Table, row: int) -> str:
    number, protocol = text.port(rows, row, _DESTINATION), _protocol(rows, row)
    if number is None:
        return protocol
    return f"{number}/{protocol} {service(number, protocol)}".rstrip()


def _to_port(rows: Table, row: int) -> str:
    number = text.port(rows, row, _DESTINATION)
    found = _of_protocol(rows, row)
    return found if number is None else f"dport {number} and {found}"


_WITHOUT_SUMS = (
    *terms.of_end("source", ("source", "sources"), "src", "original_source", "original_source_port"),
    *terms.of_end("destination", ("destination", "destinations"), "dst", _DESTINATION, _PORT),
    GroupView(
        "port",
        "destination port",
        "ports",
        lambda rows: (rows.numbers("protocol"), _ports(rows)),
        terms.column("Destination port", _port, _ports),
        _to_port,
    ),
    GroupView(
        "protocol",
        "protocol",
        "protocols",
        by_numbers("protocol"),
        terms.column("Protocol", _protocol, ordering.numbers("protocol")),
        _of_protocol,
    ),
    terms.of_text("state", "state", "states", "state_name", "state"),
    terms.of_text(
        "answerer",
        "process that answers",
        "processes",
        "answerer",
        "proc",
        unknown="(none here)",
        needs=NEEDS,
    ),
)
GROUPINGS = tuple(replace(each, sums=("bytes_rate", "packets", "bytes")) for each in _WITHOUT_SUMS)
"""In the order in which they are offered."""
