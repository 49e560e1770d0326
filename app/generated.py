"""Writes the files that are made from options, keys and styles: `python -m sockscope.app.generated`.

They are kept beside the program, so that building, installing and starting it makes nothing; a test compares
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sockscope.app.completions import bash, fish, zsh
from sockscope.app.manpage import page
from sockscope.styles import looks
from sockscope.widgets.looks import table

SHARE = Path(__file__).parent / "share"
FILES: Mapping[str, Callable[[], str]] = {
    "man/man1/sockscope.1": page,
    "bash-completion/completions/sockscope": bash,
    "zsh/site-functions/_sockscope": zsh,
    "fish/vendor_completions.d/sockscope.fish": fish,
}
"""What makes each file, by its place below `share`, in the package as in the system."""
MADE: Mapping[Path, Callable[[], str]] = {
    **{SHARE / name: make for name, make in FILES.items()},
    looks.FILE: table,
}
"""What makes each file that is kept."""


def main() -> None:
    """Write them all."""
    for file, make in MADE.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
