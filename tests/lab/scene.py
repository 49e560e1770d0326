"""One quiet scene with a socket of every kind in every state, all at once."""

from __future__ import annotations

import os
import socket

from tests.lab import others, states
from tests.lab.held import Held
from tests.lab.namespace import Namespace, pair
from tests.lab.program import Port, Program
from tests.lab.sockets import Sockets
from tests.lab.start import started

SERVER, SERVER_V6 = "10.0.0.1", "fd00::1"
CLIENT, CLIENT_V6 = "10.0.0.2", "fd00::2"
DEAF_SIDE = "10.0.0.3"
"""An address of the client to which nothing gets through any more."""
SILENT = "10.0.0.4"
"""A neighbour that never answers."""
SPOOFED = ("198.51.100.7", "198.51.100.8")
SPOOFED_V6 = ("fd00:0:0:5::7",)
STRANGER = 12345
"""A user id that owns some of the sockets."""
TIME_WAITS = 200
HALF_OPEN = 40
WORKERS = 3


class Scene(Held):
    """`server` and `client`, joined by a wire, with `expected` TCP states on the server.

    Nothing moves once it is made, except that timers run and what was lost is sent again.
    """

    def _make(self) -> None:
        self.server = self._held.enter_context(Namespace())
        self.client = self._held.enter_context(Namespace())
        self.here = self._held.enter_context(Sockets(self.server))
        self.there = self._held.enter_context(Sockets(self.client))
        self._wire()
        self.expected: dict[str, int] = {}
        for make in (self._listeners, self._established, self._ends, self._stuck, self._others):
            for name, number in make().items():
                self.expected[name] = self.expected.get(name, 0) + number
        states.wait_for_states(self.server, self.expected)

    def _wire(self) -> None:
        theirs = [f"{CLIENT}/24", f"{DEAF_SIDE}/24", f"{CLIENT_V6}/64"]
        pair(self.server, self.client, [f"{SERVER}/24", f"{SERVER_V6}/64"], theirs)
        self.server.ip("route", "add", "default", "via", CLIENT)
        self.server.ip("-6", "route", "add", "default", "via", CLIENT_V6)
        self.server.sysctl("net/ipv4/tcp_synack_retries", 6)
        states.deafen(self.server, SILENT)

    def _listeners(self) -> dict[str, int]:
        here = self.here
        self.v4 = here.listen(SERVER, backlog=300)
        self.v6 = here.listen(SERVER_V6, backlog=100)
        self.dual = here.listen("::", backlog=50)
        self.only = here.listen("::", v6only=True)
        self.local = here.listen("127.0.0.1")
        prefork = Program(
            "prefork: master", ports=(Port("127.0.0.1", 7000),), workers=("prefork: worker",) * WORKERS
        )
        self.prefork = started(self.server, prefork)
        return {"LISTEN": 6}

    def _established(self) -> dict[str, int]:
        here, there = self.here, self.there
        _, kept = states.established(self.v4, here, there)
        states.keep_alive(kept)
        os.fchown(kept.fileno(), STRANGER, -1)
        states.established(self.v6, here, there)
        states.established(self.dual, here, there, host=SERVER)
        states.established(self.dual, here, there, host=SERVER_V6)
        self.outgoing = there.listen(CLIENT)
        states.established(self.outgoing, there, here)
        client, _ = states.established(self.v4, here, there)
        client.sendall(b"not read yet")
        _, blocked = states.established(self.v4, here, there)
        states.stuff(blocked)
        states.established(self.local, here, here)  # both ends
        self.full = here.listen(SERVER, backlog=4)
        states.fill_accept_queue(self.full, there, 4)
        return {"LISTEN": 1, "ESTABLISHED": 7 + 2 + 5}

    def _ends(self) -> dict[str, int]:
        here, there = self.here, self.there
        states.time_wait(self.v4, here, there, TIME_WAITS, first="server")
        states.time_wait(self.outgoing, there, here, TIME_WAITS, first="client")
        states.time_wait(self.dual, here, there, 3, first="server", host=SERVER)
        states.half_open(self.client, self.v4.getsockname(), HALF_OPEN, SPOOFED)
        states.half_open(self.client, self.v6.getsockname(), 3, SPOOFED_V6)
        states.deferred(here, there, SERVER)
        states.close_wait(self.v4, here, there, held=True)
        states.close_wait(self.v4, here, there, held=False)
        states.close_wait(self.outgoing, there, here, held=True)
        states.close_wait(self.outgoing, there, here, held=False)
        return {
            "TIME_WAIT": 2 * TIME_WAITS + 3,
            "SYN_RECV": HALF_OPEN + 3 + 1,
            "LISTEN": 1,
            "CLOSE_WAIT": 2,
            "FIN_WAIT2": 2,
        }

    def _stuck(self) -> dict[str, int]:
        here, there = self.here, self.there
        ends = [states.established(self.v4, here, there, DEAF_SIDE) for _ in range(6)]
        last_ack, closing, fin_wait1 = ends[:2], ends[2:4], ends[4:]
        for client, server in last_ack:
            client.shutdown(socket.SHUT_WR)
            server.recv(1)
        states.deafen(self.server, DEAF_SIDE)
        for _, server in ends:
            server.shutdown(socket.SHUT_WR)
        for client, _ in closing:
            client.shutdown(socket.SHUT_WR)
        for orphaned in (last_ack, closing, fin_wait1):  # one of each kind is held, one given up
            orphaned[0][1].close()
        here.start_connecting((SILENT, 5432))
        return {"LAST_ACK": 2, "CLOSING": 2, "FIN_WAIT1": 2, "SYN_SENT": 1}

    def _others(self) -> dict[str, int]:
        here = self.here
        self.bound = [here.bind(SERVER), here.bind("::"), here.bind("::", v6only=True)]
        self.plain = plain = here.udp()
        os.fchown(plain.fileno(), STRANGER, -1)
        here.udp(("127.0.0.1", 0), plain.getsockname())
        here.udp(("::", 0))
        here.udp(("::", 0), v6only=True)
        here.udp((SERVER_V6, 0), (CLIENT_V6, 53))
        waiting = here.udp((SERVER, 0))
        here.udp((SERVER, 0), waiting.getsockname()).send(b"x" * 100)
        self.on_device = here.udp(("0.0.0.0", 0))
        self.on_device.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        self.dropping = here.udp_with_drops(drops=7)
        here.raw(253)
        here.raw(254, "::1")
        self.sniffer = others.packet(here, others.ETH_P_ALL, "eth0")
        others.sniff(self.sniffer, 2)
        self.listening = others.netlink(here, others.ROUTE, others.RTMGRP_LINK | others.RTMGRP_IPV4_ROUTE)
        return {}
