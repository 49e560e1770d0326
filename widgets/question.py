"""A line to type an answer to one question into."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input


class Question(ModalScreen[None]):
    """Asks for one line of text; Enter answers, Esc does not."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]
    LEGEND = "Enter asks, Esc closes"

    class Answered(Message):
        """The line was typed."""

        def __init__(self, question: Question, text: str) -> None:
            super().__init__()
            self.question = question
            self.text = text

        @property
        def control(self) -> Question:
            """What was asked."""
            return self.question

    def __init__(
        self,
        title: str,
        hint: str,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """`hint` stands in the empty line, `text` in it at first."""
        super().__init__(id=id)
        self._title = title
        self._hint = hint
        self._text = text

    def compose(self) -> ComposeResult:
        """The line."""
        line = Input(self._text, placeholder=self._hint)
        line.border_title = self._title
        line.border_subtitle = self.LEGEND
        yield line

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.app.post_message(self.Answered(self, message.value))
        self.dismiss()

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
