"""Names of addresses, asked of the system's resolver in threads of its own; nobody ever waits for one."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from sockscope.app.text import printable

LONGEST = 255
"""Characters of a name (RFC 1035 2.3.4); what is longer is none."""

Address = tuple[int, bytes]
"""Family (2 or 10) and 16 bytes in network order, IPv4 in the first four."""


class Known(NamedTuple):
    """What was answered, "" for no name, and until when that holds on the clock."""

    name: str
    until: float


def ask_system(where: Address) -> str:
    """The name that nsswitch finds (/etc/hosts, DNS ...), "" for none; as slow as the resolver is."""
    family, raw = where
    size = 4 if family == socket.AF_INET else 16
    try:
        return socket.getnameinfo((socket.inet_ntop(family, raw[:size]), 0), socket.NI_NAMEREQD)[0]
    except (OSError, UnicodeError):
        return ""


def be_brief() -> None:
    """Let glibc's resolver give up on a dead server after a second, unless the user has set this himself."""
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")


class Hosts:
    """A bounded cache of names. Asking for an unknown one returns None at once and has it looked up.

    At most `threads` look-ups run and `waiting` addresses wait, the newest first, because those are what is
    on the screen; the oldest are forgotten and asked for again if somebody still looks. `kept` answers stay,
    for `fresh` seconds, or `retry` seconds where there was no name. `arrived` is called in a look-up's thread
    whenever a name has come.
    """

    def __init__(
        self,
        arrived: Callable[[], object] = lambda: None,
        *,
        ask: Callable[[Address], str] = ask_system,
        clock: Callable[[], float] = time.monotonic,
        threads: int = 4,
        waiting: int = 256,
        kept: int = 8192,
        fresh: float = 600.0,
        retry: float = 60.0,
    ) -> None:
        self.on = False
        """Whether names are wanted; while not, nothing is looked up and nothing has a name."""
        self.arrived = arrived
        self._ask = ask
        self._clock = clock
        self._most_threads = threads
        self._most_waiting = waiting
        self._most_kept = kept
        self._fresh = fresh
        self._retry = retry
        self._known: OrderedDict[Address, Known] = OrderedDict()
        self._waiting: OrderedDict[Address, None] = OrderedDict()
        self._asked: set[Address] = set()
        self._threads = 0
        self._lock = threading.Condition()

    def name(self, family: int, raw: bytes) -> str | None:
        """The name of an address if it is known and has one; an expired one until it is known anew."""
        if not self.on:
            return None
        where = plain(family, raw)
        if where is None:
            return None
        with self._lock:
            known = self._known.get(where)
            if known is None or known.until <= self._clock():
                self._want(where)
        return known.name or None if known is not None else None

    def known(self) -> dict[Address, str]:
        """Every address that is known to have a name, and that name."""
        if not self.on:
            return {}
        with self._lock:
            return {where: known.name for where, known in self._known.items() if known.name}

    def close(self) -> None:
        """Look nothing up any more and tell nothing; what a resolver keeps waiting ends with the program."""
        self.on = False
        self.arrived = lambda: None

    @property
    def idle(self) -> bool:
        """Whether nothing waits for an answer."""
        with self._lock:
            return not self._waiting and not self._asked

    def settle(self, seconds: float) -> bool:
        """Wait until nothing waits for an answer, so long at the most; whether that came about."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._waiting and not self._asked, seconds)

    def _want(self, where: Address) -> None:
        if where in self._asked:
            return
        self._waiting[where] = None
        self._waiting.move_to_end(where)
        if len(self._waiting) > self._most_waiting:
            self._waiting.popitem(last=False)
        if self._threads < self._most_threads:
            self._threads += 1
            threading.Thread(target=self._look_up, name="hosts", daemon=True).start()

    def _look_up(self) -> None:
        """Answer whatever waits; the thread ends when nothing does."""
        while (where := self._next()) is not None:
            name = printable(self._ask(where).rstrip("."))
            self._keep(where, name if len(name) <= LONGEST else "")
            if name:
                self.arrived()

    def _next(self) -> Address | None:
        with self._lock:
            if not self._waiting or not self.on:
                self._waiting.clear()
                self._threads -= 1
                return None
            where, _ = self._waiting.popitem()
            self._asked.add(where)
            return where

    def _keep(self, where: Address, name: str) -> None:
        with self._lock:
            self._asked.discard(where)
            until = self._clock() + (self._fresh if name else self._retry)
            self._known[where] = Known(name, until)
            self._known.move_to_end(where)
            if len(self._known) > self._most_kept:
                self._known.popitem(last=False)
            if not self._waiting and not self._asked:
                self._lock.notify_all()


def plain(family: int, raw: bytes) -> Address | None:
    """One form for both families' IPv4; None for the unspecified address, which is nobody's."""
    if family == socket.AF_INET6 and raw[:12] == b"\0" * 10 + b"\xff\xff":
        family, raw = socket.AF_INET, raw[12:16]
    raw = raw[: 4 if family == socket.AF_INET else 16].ljust(16, b"\0")
    return (family, raw) if any(raw) else None
