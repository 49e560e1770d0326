"""Names instead of numbers, as far as they are wanted and known: hosts, ports, users."""

from __future__ import annotations

from collections.abc import Collection

from sockscope.app.hosts import Hosts
from sockscope.app.view.format import address
from sockscope.app.view.services import service

HOSTS, PORTS, USERS = "hosts", "ports", "users"


class Naming:
    """What reads as a name.

    `numbers` are kinds (hosts, ports, users) that stay numbers even while names are on. Users have names
    while names are off too, unless `users` is false. A port of the range
    `ephemeral`, which the kernel gives to whoever asks for any, is nobody's service.
    """

    def __init__(
        self,
        hosts: Hosts | None = None,
        *,
        numbers: Collection[str] = (),
        users: bool = True,
        ephemeral: range = range(0),
    ) -> None:
        self.hosts = Hosts() if hosts is None else hosts
        self.on = False
        self._numbers = frozenset(numbers)
        self._users = users
        self._ephemeral = ephemeral

    def toggle(self) -> None:
        """Names, or numbers again; host names are looked up from now on or no longer."""
        self.on = not self.on
        self.hosts.on = self.on and HOSTS not in self._numbers

    @property
    def users(self) -> bool:
        """Whether users read as names."""
        return USERS not in self._numbers and (self.on or self._users)

    def host(self, family: int, raw: bytes) -> str | None:
        """The name of an address, None while it is not known; then it is being looked up."""
        return self.hosts.name(family, raw)

    def place(self, family: int, raw: bytes) -> str:
        """The name of an address, else the address."""
        return self.host(family, raw) or address(family, raw)

    def port(self, number: int, protocol: str) -> str:
        """What a port is called with that protocol ("": it is none), else its number; `*` for 0."""
        if not number:
            return "*"
        named = self.on and PORTS not in self._numbers and number not in self._ephemeral
        return (service(number, protocol) if named and protocol else "") or str(number)

    def endpoint(self, family: int, raw: bytes, number: int, protocol: str) -> str:
        """Host and port: `db-1.example:postgresql`, an IPv6 address without a name in brackets."""
        where = self.place(family, raw)
        return f"{f'[{where}]' if ':' in where else where}:{self.port(number, protocol)}"


NUMBERS = Naming(users=True)
"""Nothing but users has a name."""
