"""What is built of parts that end with it."""

from __future__ import annotations

import contextlib
from typing import Self


class Held:
    """Keeps its parts in `_held` until it is closed, the newest of them the first to end; a context manager.

    Subclasses build in `_make`; where that fails, what is there by then ends at once.
    """

    def __init__(self) -> None:
        self._held = contextlib.ExitStack()
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all parts."""
        self._held.close()

    def _make(self) -> None:
        """Nothing, where parts come later."""
