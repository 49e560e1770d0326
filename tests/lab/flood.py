"""SYNs of connections that never come to be, at a steady rate for a limited time.

Run inside the namespace they come from: `flood.py PARENT HOST PORT PER_SECOND SECONDS SOURCE...`.
"""

from __future__ import annotations

import random
import socket
import sys
import time

from tests.lab.actor import appear_as, end_with
from tests.lab.packets import syn


def flood(host: str, port: int, per_second: float, seconds: float, sources: list[str]) -> None:
    """Send them, a few at a time, ten times a second."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    begin = time.monotonic()
    sent = 0
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        while (now := time.monotonic() - begin) < seconds:
            while sent < now * per_second:
                source = (random.choice(sources), random.randrange(1024, 65536))
                raw.sendto(syn(source, (host, port), random.getrandbits(32)), (host, 0))
                sent += 1
            time.sleep(0.1)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    arguments = sys.argv[2:]
    appear_as("flood")
    flood(arguments[0], int(arguments[1]), float(arguments[2]), float(arguments[3]), arguments[4:])
