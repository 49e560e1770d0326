"""Lines as their widget draws them, where nothing lies around them."""

from __future__ import annotations

from typing import Any

from textual._styles_cache import StylesCache
from textual.strip import Strip


class PlainLines(StylesCache):
    """Leaves out what Textual looks up for every line of a widget: borders, outlines, opacity, tints.

    A widget of this project has none of these but a border, and draws its background itself.
    """

    def render_line(self, *line: Any) -> Strip:
        """One line of a widget, as wide as the widget; `line` is what Textual's own takes."""
        _, y, size, content_size, _, base_background, background, render_content_line, *_ = line
        if content_size != size:
            return super().render_line(*line)
        strip: Strip = render_content_line(y)
        if strip.cell_length == size.width:
            return strip
        inner, _ = self.get_inner_outer(base_background, background)
        return strip.adjust_cell_length(size.width, inner.rich_style)
