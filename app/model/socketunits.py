"""Which systemd unit or container a socket is of: by the cgroup it was opened in, else by its owner's."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import places
from sockscope.app.frames.table import UNKNOWN, Numbers, Strings, Table, repeated
from sockscope.app.model.units import Unit, unit_of

NOWHERE, BY_SOCKET, BY_PROCESS = range(3)
"""Where a unit was learnt from."""

_MOST = 512


@lru_cache(maxsize=_MOST)
def unit(path: str) -> Unit:
    """What a cgroup's path stands for."""
    return unit_of(path)


@lru_cache(maxsize=2)
def _names(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The name of each path's unit, "" for the root; kept while the paths are the same."""
    return tuple(unit(path).name for path in paths)


def units(
    pids: Numbers, processes: Table | None, ids: NDArray[np.uint64] | None = None, paths: Table | None = None
) -> dict[str, Strings | Numbers]:
    """Three columns: `unit` (text), its name, `cgroup` (text), the path, and `unit_from` (u1).

    `ids` are the cgroups of the sockets (0 unknown), `paths` the table `cgroup_paths`; `pids` (-1 unknown)
    the processes that own them, whose cgroups `processes` tells. The root of the tree, where everything is
    that nobody put elsewhere, stands for no unit: then the process tells.
    """
    codes, own = _of_sockets(len(pids), ids, paths)
    named = _has_name(own)
    source = np.where(named[codes], BY_SOCKET, NOWHERE).astype(np.uint8)
    rest = np.flatnonzero(source == NOWHERE)
    texts: tuple[str, ...] = own
    if len(rest) and processes is not None and len(processes):
        cgroups = processes.strings("cgroup")
        place = places(processes.numbers("pid"), pids[rest])
        found = np.append(cgroups.codes, np.int32(UNKNOWN))[place]
        texts = (*own, *cgroups.values)
        named = _has_name(texts)
        moved = np.where(found < 0, UNKNOWN, found + len(own))
        source[rest] = np.where(named[moved], BY_PROCESS, NOWHERE)
        codes[rest] = np.where(named[moved] | (codes[rest] < 0), moved, codes[rest])
    return {
        "unit": _each_once(np.where(named[codes], codes, UNKNOWN), _names(texts)),
        "cgroup": _each_once(codes, texts),
        "unit_from": source,
    }


def no_units(rows: int) -> dict[str, Strings | Numbers]:
    """The same columns where nobody asked."""
    unknown = Strings(repeated(np.int32(UNKNOWN), rows), ())
    return {"unit": unknown, "cgroup": unknown, "unit_from": repeated(np.uint8(NOWHERE), rows)}


def _has_name(paths: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which paths stand for a unit, and at the end that the unknown does not."""
    return np.array([*map(bool, _names(paths)), False], dtype=np.bool_)


def _each_once(codes: Numbers, texts: tuple[str, ...]) -> Strings:
    """Codes into texts of which several may be the same."""
    known: dict[str, int] = {}
    places_ = [known.setdefault(text, len(known)) for text in texts]
    return Strings(np.array([*places_, UNKNOWN], dtype=np.int32)[codes], tuple(known))


def _of_sockets(
    rows: int, ids: NDArray[np.uint64] | None, paths: Table | None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """The path of each socket's own cgroup, as codes into texts."""
    if ids is None or paths is None or not len(paths):
        return np.full(rows, UNKNOWN, dtype=np.int32), ()
    texts = paths.strings("path")
    return np.append(texts.codes, np.int32(UNKNOWN))[places(paths.numbers("id"), ids)], texts.values
