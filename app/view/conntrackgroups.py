"""What tracked connections can be grouped by, and the filter that finds the members of each group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.answerers import NEEDS
from sockscope.app.model.conntrack import WITH_PORTS
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.grouping import by_address, by_network, by_numbers, by_text
from sockscope.app.view import conntrack_text as text
from sockscope.app.view import groupterms as terms
from sockscope.app.view.columns import GroupView
from sockscope.app.view.services import service

_SOURCE, _DESTINATION = "original_source", "original_destination"


def _end(field: str, name: str, title: str) -> tuple[GroupView, GroupView]:
    """By one end before translation, and by its network."""

    def order(rows: Table) -> Numbers:
        return sort_key(rows.numbers("family"), rows.numbers(name), rows.numbers(f"{name}_port"))

    return (
        GroupView(
            title.lower(),
            title.lower(),
            f"{title.lower()}s",
            by_address(name),
            terms.column(title, terms.host(name), order),
            terms.at_host(field, name),
        ),
        GroupView(
            f"{title.lower()}-network",
            f"{title.lower()} network (/24, /64)",
            f"{title.lower()} networks",
            by_network(name),
            terms.column(f"{title} network", terms.network(name), order),
            terms.in_network(field, name),
        ),
    )


def _ports(rows: Table) -> Numbers:
    """Destination ports, 0 where the protocol has none."""
    has = np.isin(rows.numbers("protocol"), WITH_PORTS)
    return np.where(has, rows.numbers(f"{_DESTINATION}_port"), 0)


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
    *_end("src", _SOURCE, "Source"),
    *_end("dst", _DESTINATION, "Destination"),
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
        terms.column("Protocol", _protocol, lambda rows: rows.numbers("protocol")),
        _of_protocol,
    ),
    GroupView(
        "state",
        "state",
        "states",
        by_text("state_name"),
        terms.named("State", "state_name"),
        terms.same("state", "state_name"),
    ),
    GroupView(
        "answerer",
        "process that answers",
        "processes",
        by_text("answerer"),
        terms.named("Answered by", "answerer", "(none here)", NEEDS),
        terms.same("proc", "answerer"),
    ),
)
GROUPINGS = tuple(replace(each, sums=("bytes_rate", "packets", "bytes")) for each in _WITHOUT_SUMS)
"""In the order in which they are offered."""
