"""Network namespaces: which are meant by a name or a process, and work done inside them.

A thread that goes over to another namespace (setns(2)) takes nobody along. What it opens there stays there:
netlink sockets for ever, and so do files below /proc/thread-self/net.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from typing import TypeVar

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import strerror
from sockscope.app.frames.frame import EVERYWHERE, Note
from sockscope.app.record import dataclass

CLONE_NEWNET = 0x40000000
NAMED = "/run/netns"
"""Where ip-netns(8) keeps namespaces by name."""
_LIBC = ctypes.CDLL(None, use_errno=True)
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace: what the user calls it, a file that stands for it, and its inode."""

    name: str
    path: str
    inode: int


def find(target: str, named: str = NAMED, proc: str = "/proc") -> Namespace:
    """The namespace of that name, else that of the process with that number, as ip(8) decides; of EVERYWHERE
    the one that this process is in, where looking into all of them begins.

    OSError, with a sentence as its `strerror`, where there is none or it may not be looked at.
    """
    paths = [f"{named}/{target}"]
    if target == EVERYWHERE:
        paths = [f"{proc}/self/ns/net"]
    elif target.isascii() and target.isdecimal():
        paths.append(f"{proc}/{target}/ns/net")
    for path in paths:
        try:
            return Namespace(target, path, os.stat(path).st_ino)  # noqa: PTH116 - a Path costs as much
        except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
            continue
        except OSError as refused:
            raise OSError(refused.errno, _refused(target, refused.errno)) from None
    process = " and no process has that number" if len(paths) > 1 else ""
    raise FileNotFoundError(0, f"there is no network namespace '{target}' in {named}{process}")


def enter(namespace: Namespace) -> None:
    """Take the calling thread there. OSError, with a sentence as its `strerror`, where that is refused or the
    namespace is another one by now."""
    try:
        descriptor = os.open(namespace.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as refused:
        raise OSError(refused.errno, _refused(namespace.name, refused.errno)) from None
    try:
        if os.fstat(descriptor).st_ino != namespace.inode:
            raise FileNotFoundError(0, f"network namespace '{namespace.name}' is gone")
        if _LIBC.setns(descriptor, CLONE_NEWNET):
            errno = ctypes.get_errno()
            raise OSError(errno, _refused(namespace.name, errno))
    finally:
        os.close(descriptor)


def inside(namespace: Namespace, work: Callable[[], _Done]) -> _Done:
    """What `work` returns, or raises, in a thread of its own that is in the namespace and ends after it."""

    def there() -> _Done:
        enter(namespace)
        return work()

    return aside(there)


def aside(work: Callable[[], _Done]) -> _Done:
    """What `work` returns, or raises, in a thread of its own."""
    done: list[_Done] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as failure:  # noqa: BLE001 - raised again where the work was asked for
            failed.append(failure)

    thread = threading.Thread(target=run, name="netns", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _refused(name: str, errno: int | None) -> str:
    return f"network namespace '{name}': {strerror(errno or 1)} (looking into it takes root)"


class HeldCollector:
    """Says so when the namespace that everything is collected in has lost its name or its process: what is
    left of it is still there as long as somebody is in it."""

    provides = ("netns",)

    def __init__(self, target: str) -> None:
        self._namespace: Namespace | None = None
        self._target = target

    def collect(self) -> Collected:
        """No table; a note once the name or the process stands for it no more."""
        try:
            now = find(self._target)
        except OSError:
            now = None
        self._namespace = self._namespace or now
        if now is not None and now == self._namespace:
            return Collected({})
        why = f"netns {self._target} is gone: this is what is left"
        return Collected({}, (Note("netns", "missing", why),))

    def close(self) -> None:
        """Nothing is held."""
