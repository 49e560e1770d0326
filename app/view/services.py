"""Names of ports."""

from __future__ import annotations

import socket
from functools import lru_cache

from sockscope.app.frames.inet import IPPROTO_SCTP, IPPROTO_UDPLITE

SERVICES = {
    socket.IPPROTO_UDP: "udp",
    IPPROTO_UDPLITE: "udp",
    IPPROTO_SCTP: "sctp",
}
"""Under which protocol ports have their names in /etc/services; all others: tcp."""


@lru_cache(maxsize=4096)
def service(port: int, name: str) -> str:
    """Name of a port in /etc/services, empty if it has none."""
    try:
        return socket.getservbyport(port, name)
    except OSError:
        return ""
