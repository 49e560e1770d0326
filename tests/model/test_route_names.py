"""Names of tables, protocols and scopes, the kernel's and those from iproute2's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sockscope.app.model.route_names import TYPES, RouteNames, named


def write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(errors="surrogateescape"))


def test_without_any_file_the_kernels_names_hold(tmp_path: Path) -> None:
    names = RouteNames.read(tmp_path)
    assert [names.table(number) for number in (254, 255, 253, 100)] == ["main", "local", "default", "100"]
    assert [names.protocol(number) for number in (2, 9, 16, 250)] == ["kernel", "ra", "dhcp", "250"]
    assert [names.scope(number) for number in (0, 253, 7)] == ["global", "link", "7"]


def test_the_administrators_names(tmp_path: Path) -> None:
    write(tmp_path, "usr/share/iproute2/rt_tables", "255 local\n100\tvendor # shipped\n101 kept\n")
    write(tmp_path, "etc/iproute2/rt_tables", "# mine\n100 uplink\n254 other\n0x66 hex\n")
    write(tmp_path, "etc/iproute2/rt_tables.d/vpn.conf", "200 vpn\n")
    write(tmp_path, "etc/iproute2/rt_tables.d/README", "201 no\n")
    write(tmp_path, "etc/iproute2/rt_protos", "200 mine\n4 fixed\n")
    write(tmp_path, "etc/iproute2/rt_scopes", "130 campus\n")
    names = RouteNames.read(tmp_path)
    assert names.table(100) == "uplink"
    assert names.table(101) == "kept"
    assert names.table(102) == "hex"
    assert names.table(200) == "vpn"
    assert names.table(201) == "201"
    assert names.table(254) == "main"
    assert (names.protocol(200), names.protocol(4)) == ("mine", "fixed")
    assert names.scope(130) == "campus"


def test_bad_lines_and_hostile_names(tmp_path: Path) -> None:
    write(tmp_path, "etc/iproute2/rt_tables", "x y\n7\n8 a b\n9 \x1b]0;x\udcff\n0xzz z\n10 fine\n")
    names = RouteNames.read(tmp_path)
    assert [names.table(number) for number in (7, 8, 10)] == ["7", "8", "fine"]
    assert names.table(9).isprintable()


def test_a_column_of_names() -> None:
    texts = named(np.array([6, 1, 6, 77], dtype=np.uint8), TYPES)
    assert [texts[row] for row in range(4)] == ["blackhole", "unicast", "blackhole", "77"]
    assert len(named(np.array([], dtype=np.uint8), TYPES)) == 0
