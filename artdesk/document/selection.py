"""Which pixels the next step may touch, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass, field

from artdesk.document.blend import Array
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles


@dataclass(eq=False)
class Selection:
    """Coverage in canvas coordinates: 255 selected, 0 not. Never changed once made: operations return a new one."""

    tiles: Tiles
    _bounds: Rect | None = field(default=None, repr=False)

    def bounds(self) -> Rect:
        """The smallest rectangle around everything selected, however weakly; empty when nothing is."""
        if self._bounds is None:
            self._bounds = self.tiles.bounds()
        return self._bounds

    @property
    def empty(self) -> bool:
        return self.bounds().empty

    def read(self, rect: Rect) -> Array:
        """Coverage of `rect` as `(h, w)` uint8."""
        return self.tiles.read(rect)
