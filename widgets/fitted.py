"""Contents that are made for a size, before the first paint in that size."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView


class Settled(ScrollView):
    """Has its size from what lies around it, so that other contents make no other layout."""

    virtual_size = Reactive(Size(0, 0), repaint=False)

    def watch_virtual_size(self, size: Size) -> None:
        """More or fewer lines change the scrollbar, and the layout only where the size depends on them or the
        scrollbar comes or goes."""
        if self.styles.auto_dimensions:
            self.refresh(layout=True)
        elif self.size:
            self._scroll_update(size)


class Fitted(Settled):
    """Makes its lines as soon as the layout gives it a size.

    A `Resize` event comes after Textual has painted the new layout; what is made only then is painted twice.
    """

    def fit(self) -> None:
        """Make the lines for the size that holds now; all of them are painted after this."""

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        resized = size != self._size
        sent = super()._size_updated(size, virtual_size, container_size, layout)
        if resized:
            self.fit()
            self._exchange_repaint_regions()  # the layout paints all of a widget that it resizes
        return sent
