"""Made-up frames, and what a command line prints of them."""

from __future__ import annotations

import io
import json
import socket

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.once import Printer
from sockscope.app.options import apply, parse
from sockscope.app.settings import Settings
from tests import fake

UDP, RAW, UDPLITE = socket.IPPROTO_UDP, socket.IPPROTO_RAW, 136


def settings(arguments: str) -> Settings:
    """What a command line asks for."""
    return apply(parse(arguments.split()), Settings())


def printed(arguments: str, *frames: Frame) -> str:
    """What is printed of some frames."""
    out = io.StringIO()
    printer = Printer(settings(arguments), out)
    for frame in frames:
        printer.print(frame)
    return out.getvalue()


def lines(arguments: str, *frames: Frame) -> list[str]:
    """The lines of it, with one blank between words."""
    return [" ".join(line.split()) for line in printed(arguments, *frames).splitlines()]


def objects(arguments: str, *frames: Frame) -> list[dict[str, object]]:
    """The rows of it as JSON."""
    return [json.loads(line) for line in printed(f"{arguments} --json", *frames).splitlines()]


def with_tables(**tables: Table) -> Frame:
    """A frame of these tables alone."""
    return Frame(0, 1.7e9, 1000.0, 1.0, tables=tables)


LISTENER = {"state": 10, "remote_address": "0.0.0.0", "remote_port": 0, "tx_queue": 128, "inode": 7}
SCENE = fake.sockets(
    LISTENER,
    {"local_port": 22, "inode": 8, "rx_queue": 52, "uid": 12345},
    {"state": 6, "timer": 3, "expires": 41250},
    {"state": 13, "local_port": 99, "remote_address": "0.0.0.0", "remote_port": 0},
    {
        "local_address": "fd00::1",
        "remote_address": "fd00::2",
        "state": 8,
        "timer": 4,
        "retrans": 3,
        "inode": 8,
    },
    {"local_address": "::ffff:10.0.0.5", "remote_address": "::ffff:10.0.0.9", "timer": 1, "retrans": 2},
    {"protocol": UDP, "state": 7, "local_port": 53, "remote_address": "0.0.0.0", "remote_port": 0},
    {"protocol": UDP, "state": 1, "timer": 2, "local_port": 1234, "remote_port": 53},
    {
        "protocol": UDPLITE,
        "state": 7,
        "local_address": "::",
        "local_port": 9,
        "remote_address": "::",
        "remote_port": 0,
    },
    {"protocol": RAW, "state": 7, "local_port": 1, "remote_address": "0.0.0.0", "remote_port": 0},
)
OWNED = fake.frame(
    0, SCENE, fake.owners((7, 900, "nginx"), (7, 901, "nginx"), (7, 902, "nginx"), (8, 77, "sshd"))
)
