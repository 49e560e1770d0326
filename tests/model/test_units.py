"""Paths as they are found on real machines, and anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.units import Unit, briefly, unit_of

ID = "3f2a9c0b1d2e" + "0" * 52
POD = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/", Unit("", "")),
        ("", Unit("", "")),
        ("/init.scope", Unit("scope", "init")),
        ("/system.slice", Unit("slice", "system.slice")),
        ("/system.slice/nginx.service", Unit("service", "nginx")),
        ("/system.slice/nginx.service/workers", Unit("service", "nginx")),
        ("/system.slice/system-getty.slice/getty@tty1.service", Unit("service", "getty@tty1")),
        (
            "/system.slice/systemd-fsck@dev-disk-by\\x2duuid.service",
            Unit("service", "systemd-fsck@dev-disk-by-uuid"),
        ),
        ("/user.slice/user-1000.slice/session-3.scope", Unit("session", "session-3")),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.scope",
            Unit("scope", "app-editor"),
        ),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", Unit("scope", "init")),
        (f"/docker/{ID}", Unit("container", "docker 3f2a9c0b1d2e", ID)),
        (f"/system.slice/docker-{ID}.scope", Unit("container", "docker 3f2a9c0b1d2e", ID)),
        (
            f"/system.slice/docker-{ID}.scope/system.slice/cron.service",
            Unit("container", "docker 3f2a9c0b1d2e cron", ID),
        ),
        (f"/machine.slice/libpod-{ID}.scope/container", Unit("container", "podman 3f2a9c0b1d2e", ID)),
        (f"/libpod_parent/libpod-{ID}", Unit("container", "podman 3f2a9c0b1d2e", ID)),
        (f"/machine.slice/libpod-conmon-{ID}.scope", Unit("scope", f"libpod-conmon-{ID}")),
        (
            f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope",
            Unit("container", "podman 3f2a9c0b1d2e", ID),
        ),
        (
            f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD.replace('-', '_')}.slice"
            f"/cri-containerd-{ID}.scope",
            Unit("container", "containerd 3f2a9c0b1d2e", ID, POD),
        ),
        (
            f"/kubepods.slice/kubepods-pod{POD.replace('-', '_')}.slice/crio-{ID}.scope",
            Unit("container", "cri-o 3f2a9c0b1d2e", ID, POD),
        ),
        (f"/kubepods/besteffort/pod{POD}/{ID}", Unit("container", "pod 3f2a9c0b1d2e", ID, POD)),
        (
            f"/docker/{ID}/kubepods/burstable/pod{POD}/{ID[::-1]}",
            Unit("container", "pod 000000000000", ID[::-1], POD),
        ),
        ("/lxc/web-1", Unit("container", "lxc web-1")),
        ("/lxc.payload.web-1/system.slice/ssh.service", Unit("container", "lxc web-1 ssh")),
        ("/machine.slice/machine-qemu\\x2d1\\x2dweb.scope", Unit("machine", "machine qemu-1-web")),
        ("/system.slice/a\\x1b.service", Unit("service", "a^[")),
        ("/my-own/group", Unit("slice", "group")),
    ],
)
def test_known_paths(path: str, unit: Unit) -> None:
    assert unit_of(path) == unit


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("docker 3f2a9c0b1d2e", "3f2a9c0b1d2e"),
        ("cri-o 3f2a9c0b1d2e cron", "3f2a9c0b1d2e cron"),
        ("lxc web-1", "lxc web-1"),
        ("nginx", "nginx"),
        ("beef deadbeefcafe5", "beef deadbeefcafe5"),
    ],
)
def test_a_container_is_told_apart_by_its_id(name: str, short: str) -> None:
    assert briefly(name) == short


@given(st.text(alphabet="abcdef0123456789/.-_\\x@podlkubescri", max_size=120))
def test_any_path_gets_some_answer(path: str) -> None:
    unit = unit_of(path)
    assert (unit.name == "") == (not path.strip("/"))
