"""Which systemd unit or container a cgroup path stands for.

The names are those that systemd.unit(5), Docker, Podman, containerd, CRI-O and the kubelet give to the
directories they make, with the systemd and with the plain cgroup driver.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sockscope.app.text import printable


class Unit(NamedTuple):
    """What a cgroup is: `kind` is service, scope, slice, session, container or machine, or "" for the root.

    `name` is what it is called on the screen: a unit's name, or a container's runtime and the first 12 digits
    of its id. `container` is the whole id and `pod` the Kubernetes pod's, where there are any.
    """

    kind: str
    name: str
    container: str = ""
    pod: str = ""


ROOT = Unit("", "")
SHORT_ID = 12

_CONTAINER = re.compile(rf"[a-z-]+ ([0-9a-f]{{{SHORT_ID}}})\b")

_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_ID = r"([0-9a-f]{32,64})"
_SCOPES = (
    (re.compile(rf"docker-{_ID}\.scope"), "docker"),
    (re.compile(rf"libpod-{_ID}(?:\.scope)?"), "podman"),
    (re.compile(rf"cri-containerd-{_ID}\.scope"), "containerd"),
    (re.compile(rf"crio-{_ID}(?:\.scope)?"), "cri-o"),
    (re.compile(rf"nerdctl-{_ID}\.scope"), "nerdctl"),
)
_BARE = re.compile(_ID)
_POD = re.compile(r"(?:kubepods(?:-[a-z]+)*-)?pod([0-9a-f]{8}[-_0-9a-f]{4,60}|[0-9a-f]{32})(?:\.slice)?")
_LXC = re.compile(r"lxc\.payload\.(.+)")
_MACHINE = re.compile(r"machine-(.+)\.scope")
_SESSION = re.compile(r"session-[^.]+\.scope")
_RUNTIMES = {"docker": "docker", "libpod_parent": "podman"}


def unit_of(path: str) -> Unit:
    """The innermost thing in a path that has a name: a container beats the units around it, and a unit inside
    a container is named with it."""
    parts = [part for part in path.split("/") if part]
    found, place = _container(parts)
    inner = _unit(parts[place + 1 :] if found else parts)
    if found is None:
        return inner or (Unit("slice", _plain(parts[-1])) if parts else ROOT)
    if inner is not None and inner.kind == "service":
        return found._replace(name=f"{found.name} {inner.name}")
    return found


def briefly(name: str) -> str:
    """A unit's name in fewer cells: a container without its runtime, whose id tells it apart."""
    known = _CONTAINER.match(name)
    return name[known.start(1) :] if known else name


def _container(parts: list[str]) -> tuple[Unit | None, int]:
    """The innermost container and the place of its directory."""
    pod = ""
    found: Unit | None = None
    place = -1
    for number, part in enumerate(parts):
        in_pod = _POD.fullmatch(part)
        if in_pod:
            pod = in_pod[1].replace("_", "-")
            continue
        above = parts[number - 1] if number else ""
        unit = _named(part) or _bare(part, above, in_pod=bool(pod)) or _machine(part, above)
        if unit is not None:
            found, place = unit._replace(pod=pod), number
    return found, place


def _named(part: str) -> Unit | None:
    for pattern, runtime in _SCOPES:
        known = pattern.fullmatch(part)
        if known:
            return _of_runtime(runtime, known[1])
    return None


def _bare(part: str, above: str, *, in_pod: bool) -> Unit | None:
    """A directory that is only an id, as the plain cgroup driver makes it."""
    known = _BARE.fullmatch(part)
    runtime = "pod" if in_pod else _RUNTIMES.get(above, "container")
    return _of_runtime(runtime, known[1]) if known else None


def _machine(part: str, above: str) -> Unit | None:
    lxc = _LXC.fullmatch(part)
    if lxc or above == "lxc":
        return Unit("container", f"lxc {lxc[1] if lxc else part}")
    machine = _MACHINE.fullmatch(part)
    return Unit("machine", f"machine {_plain(machine[1])}") if machine else None


def _of_runtime(runtime: str, whole: str) -> Unit:
    return Unit("container", f"{runtime} {whole[:SHORT_ID]}", whole)


def _unit(parts: list[str]) -> Unit | None:
    """The innermost service or scope; directories below a unit are its own business."""
    for part in reversed(parts):
        if part.endswith(".service") and part != ".service":
            return Unit("service", _plain(part.removesuffix(".service")))
        if _SESSION.fullmatch(part):
            return Unit("session", _plain(part.removesuffix(".scope")))
        if part.endswith(".scope") and part != ".scope":
            return Unit("scope", _plain(part.removesuffix(".scope")))
    for part in reversed(parts):
        if part.endswith(".slice"):
            return Unit("slice", _plain(part))
    return None


def _plain(name: str) -> str:
    """systemd's escapes undone (`\\x2d` is a dash; systemd.unit(5)); what they hid stays harmless."""
    return printable(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), name))
