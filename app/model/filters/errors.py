"""What is wrong with an expression, and where."""

from __future__ import annotations


class FilterError(ValueError):
    """An expression that cannot be used. `at` is the place in it, in characters; the text says what was
    expected there."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.why = why
        self.at = at
