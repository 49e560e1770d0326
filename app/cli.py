"""The command: which of dashboard, print and help runs, and what becomes of what goes wrong.

Nothing heavy is imported before it is known to be needed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from sockscope.app.options import apply, parse
from sockscope.app.settings import Settings, UsageError, from_file, settings_file
from sockscope.app.text import printable

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default the process's own; the exit status."""
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
    except UsageError as wrong:
        if not wrong.shown:
            return _complain(f"{wrong}; see sockscope --help", WRONG_USAGE)
        return _complain(str(wrong), WRONG_USAGE, wrong.shown)
    except KeyboardInterrupt:
        _hush()
        return INTERRUPTED
    except BrokenPipeError:
        _hush()
        return DONE
    except OSError as failure:
        _hush()
        return _complain(failure.strerror or str(failure), FAILED)
    return status


def _run(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    asked = {name for name, _ in options}
    if asked & _TEXTS.keys():
        name = next(name for name in _TEXTS if name in asked)
        print(_TEXTS[name](dict(options)[name]), end="")
        return DONE
    settings = apply(options, from_file(settings_file()))
    if sys.platform != "linux":
        return _complain("only Linux has the interfaces that sockscope reads (netlink, /proc/net)", FAILED)
    if settings.once or not os.isatty(1):
        return _print(settings)
    if not os.isatty(0):
        raise UsageError("the dashboard needs a keyboard, and standard input is no terminal (--once prints)")
    from sockscope.app.start import run  # noqa: PLC0415 - brings Textual

    return run(settings)


def _help(_: str) -> str:
    from sockscope.app.usage import usage  # noqa: PLC0415 - rarely wanted, as are the others

    return usage()


def _man(_: str) -> str:
    from sockscope.app.manpage import page  # noqa: PLC0415

    return page()


def _completion(shell: str) -> str:
    from sockscope.app.completions import SCRIPTS  # noqa: PLC0415

    if shell not in SCRIPTS:
        raise UsageError(f"completions are for {', '.join(SCRIPTS)}, not for '{shell}'")
    return SCRIPTS[shell]()


def _version(_: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return f"sockscope {version('sockscope')}\n"


_TEXTS: Mapping[str, Callable[[str], str]] = {
    "help": _help,
    "man": _man,
    "completion": _completion,
    "version": _version,
}
"""Options that print a text and end, by their argument; the first that was given counts."""


def _print(settings: Settings) -> int:
    if sys.stdout is None:
        return _complain("standard output is closed", FAILED)
    from sockscope.app.once import run  # noqa: PLC0415 - brings NumPy

    return run(settings, sys.stdout, sys.stderr)


def _complain(what: str, status: int, shown: Sequence[str] = ()) -> int:
    """One line on standard error, and those that point at the place."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"sockscope: {printable(what)}", *shown, sep="\n", file=sys.stderr, flush=True)
    return status


def _hush() -> None:
    """Let what is still buffered for standard output go nowhere, so that the end of the interpreter does not
    complain about it."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
