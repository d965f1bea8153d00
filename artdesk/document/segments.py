"""What lies under and over the active layer, remembered, so that a dab blends little anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from artdesk.document.blend import Array, BlendMode
from artdesk.document.layers import Layer
from artdesk.document.rect import Rect, bounds_of
from artdesk.document.render import OVER, PREMULTIPLIED, SOURCE, Renderer, Surface, showing
from artdesk.document.tiles import TILE

if TYPE_CHECKING:
    from artdesk.document.base import DocumentBase

BLOCK = 64
"""Sides are painted in blocks of this many pixels, as they are needed, so that no single dab pays for a whole tile."""
BLOCKS = TILE // BLOCK

Side: TypeAlias = Literal["under", "over"]


class _Segment:
    """One tile of one side; `done` says which blocks are painted."""

    __slots__ = ("array", "done")

    def __init__(self) -> None:
        self.array = np.empty((TILE, TILE, 4), np.uint8)
        self.done: NDArray[np.bool_] = np.zeros((BLOCKS, BLOCKS), bool)


class Segments:
    """Repaints parts of tiles with the composites of both sides of the active layer taken from memory."""

    def __init__(self, document: DocumentBase, renderer: Renderer) -> None:
        self._document = document
        self._renderer = renderer
        self._held: OrderedDict[tuple[Side, int, int], _Segment] = OrderedDict()
        self._split: tuple[tuple[int, ...], int, tuple[int, ...]] | None = None
        self._top: Layer | None = None

    def clear(self) -> None:
        self._held.clear()

    def bytes_used(self) -> int:
        return sum(segment.array.nbytes for segment in self._held.values())

    def invalidate(self, rect: Rect, layer: Layer | None) -> None:
        """`rect` (canvas coordinates) of `layer` changed; None: anything may have."""
        if not self._held:
            return
        side: Side | None = None
        children = self._document.root.children
        top = self._document.root_child_of(layer)
        if top is not None and self._top in children:
            if top is self._top:
                return
            side = "under" if children.index(top) < children.index(self._top) else "over"
        for (which, ix, iy), segment in self._held.items():
            if side is None or which == side:
                segment.done[_blocks(rect.moved(-ix * TILE, -iy * TILE))] = False

    def repaint(self, surface: Surface, rect: Rect, budget: int) -> None:
        """Renew `rect` of the picture; `budget` bytes may be remembered."""
        children = self._document.root.children
        split = _split_at(children, self._document.root_child_of(self._document.active_layer))
        if split is None:
            surface.wipe(rect)
            self._renderer.stack(surface, showing(children, rect), rect)
            return
        under, middle, over = split
        now = (tuple(map(id, under)), id(middle[0]), tuple(map(id, over)))
        if now != self._split:
            self._held.clear()
            self._split = now
        self._top = self._document.root_child_of(self._document.active_layer)
        seen = showing(under, rect)
        ground = self._side("under", surface, under, rect, budget) if len(seen) > 1 else None
        if ground is not None:
            surface.draw(rect, ground, PREMULTIPLIED, SOURCE)
        else:
            surface.wipe(rect)
            self._renderer.stack(surface, seen, rect)
        self._renderer.stack(surface, middle, rect)
        above = showing(over, rect)
        cover: Array | None = None
        # Normal layers may be laid over each other first: "over" is associative, the other modes are not.
        if len(above) > 1 and all(layer.mode is BlendMode.NORMAL for layer in above):
            cover = self._side("over", surface, over, rect, budget)
        if cover is not None:
            surface.draw(rect, cover, PREMULTIPLIED, OVER)
        else:
            self._renderer.stack(surface, above, rect)

    def _side(self, which: Side, surface: Surface, layers: Sequence[Layer], rect: Rect, budget: int) -> Array | None:
        """The composite of one side for the surface's tile, right within `rect`.

        None when it is not there and `rect` is so large that making it would not pay (undo of a stroke).
        """
        key = (which, surface.x // TILE, surface.y // TILE)
        segment = self._held.get(key)
        if segment is None:
            if rect.area * 2 > TILE * TILE:
                return None
            segment = self._held[key] = _Segment()
            while len(self._held) * segment.array.nbytes > budget and len(self._held) > 8:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        blocks = _blocks(rect.moved(-surface.x, -surface.y))
        missing = bounds_of(~segment.done[blocks])
        if not missing.empty:
            x = surface.x + (blocks[1].start + missing.x) * BLOCK
            y = surface.y + (blocks[0].start + missing.y) * BLOCK
            part = Rect(x, y, missing.w * BLOCK, missing.h * BLOCK)
            own = Surface(segment.array, surface.x, surface.y)
            own.wipe(part)
            inside = part.intersected(self._document.rect)
            self._renderer.stack(own, showing(layers, inside), inside)
            segment.done[blocks] = True
        return segment.array


def _blocks(rect: Rect) -> tuple[slice, slice]:
    """The blocks of a tile that `rect` (tile coordinates) touches."""
    area = rect.intersected(Rect(0, 0, TILE, TILE)).aligned(BLOCK)
    return slice(area.y // BLOCK, area.bottom // BLOCK), slice(area.x // BLOCK, area.right // BLOCK)


def _split_at(
    children: Sequence[Layer], active: Layer | None
) -> tuple[Sequence[Layer], Sequence[Layer], Sequence[Layer]] | None:
    """What lies under the run of the active layer, that run, and what lies over it."""
    if active is None or active not in children:
        return None
    start = children.index(active)
    while start > 0 and children[start].clip:
        start -= 1
    end = start + 1
    while end < len(children) and children[end].clip:
        end += 1
    return children[:start], children[start:end], children[end:]
