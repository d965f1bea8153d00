"""The whole picture in tiles of every zoom level, remembering what did not change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from artdesk.document.blend import Array, BlendMode
from artdesk.document.layers import Layer
from artdesk.document.mips import halved
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.render import EMPTY, Renderer, Surface, is_opaque, plainly_laid, showing, tile_of
from artdesk.document.segments import Segments
from artdesk.document.shelf import Shelf
from artdesk.document.tiles import TILE

if TYPE_CHECKING:
    from artdesk.document.base import DocumentBase


@dataclass
class _Cell:
    """One remembered tile; `dirty` (tile coordinates) still has to be painted. Borrowed arrays belong to a layer."""

    array: Array
    dirty: Rect = NOTHING
    borrowed: bool = False
    shelved: bool = False
    """The shelf holds the array too: it is copied before it is painted on."""
    unsettled: int | None = None
    """The state in the midst of whose change it was last painted: then it is no true picture of that state."""


class Compositor:
    """The document's picture: cached tiles of every zoom level, renewed only where something changed.

    Level n is the picture halved n times; tiles are premultiplied. One thread only.
    """

    def __init__(self, document: DocumentBase, *, keep: bool = True) -> None:
        self._document = document
        self._renderer = Renderer()
        self._cells: OrderedDict[tuple[int, int, int], _Cell] = OrderedDict()
        self._segments = Segments(document, self._renderer)
        self._shelf = Shelf()
        self._unsettled: int | None = None
        self._scratch = np.empty((TILE, TILE, 4), np.uint8)
        self._bytes = 0
        self._top_level = 0
        self._keep = keep
        self.view_level = 0
        """The zoom level that was looked at last."""
        self.floor_bytes = 32 << 20
        """The cache may always use this much, however little is painted (the canvas raises it for large screens)."""

    # what changed

    def forget(self) -> None:
        """Drop everything remembered (the canvas has another size)."""
        self._cells.clear()
        self._segments.clear()
        self._shelf.clear()
        self._bytes = 0

    def invalidate(self, rect: Rect, layer: Layer | None) -> None:
        """`rect` of the picture is out of date because `layer` changed (None: the structure did)."""
        rect = rect.intersected(self._document.rect)
        if rect.empty:
            return
        state, shelf_budget = self._document.shown_state, self.budget // 3
        for level in range(self._top_level + 1):
            part = rect.scaled_down(level)
            size = TILE
            if part.w * part.h > len(self._cells) * size * size:
                hits = [key for key in self._cells if key[0] == level]
            else:
                hits = [(level, ix, iy) for ix, iy in part.cells(size)]
            for key in hits:
                cell = self._cells.get(key)
                if cell is not None:
                    if cell.dirty.empty and not cell.borrowed and cell.unsettled != state:
                        self._shelf.put(state, key, cell.array, shelf_budget, self.view_level)
                        cell.shelved = True
                    cell.dirty = cell.dirty.united(_local(part, key[1], key[2]))
        self._unsettled = state
        self._segments.invalidate(rect, layer)

    # reading

    def tile(self, ix: int, iy: int, level: int = 0) -> Array:
        """The premultiplied (256, 256, 4) tile of cell (ix, iy) of a level, read-only, valid until the next change."""
        key = (level, ix, iy)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._from_shelf(key) or _Cell(*self._make(level, ix, iy))
            if not self._keep and level == 0:
                return cell.array
            self._cells[key] = cell
            self._top_level = max(self._top_level, level)
            self._bytes += self._cost(cell)
        elif not cell.dirty.empty:
            self._bytes -= self._cost(cell)
            found = self._from_shelf(key)
            if found is not None:
                cell.array, cell.dirty, cell.borrowed, cell.shelved = found.array, NOTHING, False, False
            else:
                self._renew(cell, level, ix, iy)
            self._bytes += self._cost(cell)
        else:
            self._cells.move_to_end(key)
            return cell.array
        cell.unsettled = self._unsettled
        self._trim()
        if key in self._cells:
            self._cells.move_to_end(key)
        return cell.array

    def holds(self, ix: int, iy: int, level: int) -> bool:
        """Whether a tile is remembered, if perhaps in need of a touch: reading it does not start from the layers."""
        return (level, ix, iy) in self._cells

    def _from_shelf(self, key: tuple[int, int, int]) -> _Cell | None:
        """The tile as it was when the document was last in its present state."""
        if not self._keep or self._unsettled == self._document.shown_state:
            return None
        array = self._shelf.take(self._document.shown_state, key)
        return None if array is None else _Cell(array)

    def read(self, rect: Rect, level: int = 0) -> Array:
        """A premultiplied copy of `rect` (coordinates of that level); transparent outside the canvas."""
        self.view_level = level
        out = np.zeros((max(rect.h, 0), max(rect.w, 0), 4), np.uint8)
        inside = rect.intersected(self._document.rect.scaled_down(level))
        for ix, iy in inside.cells(TILE):
            part = inside.intersected(_cell_rect(ix, iy))
            out[part.slices((rect.x, rect.y))] = self.tile(ix, iy, level)[part.slices((ix * TILE, iy * TILE))]
        return out

    def read_stack(self, children: Sequence[Layer], rect: Rect) -> Array:
        """A premultiplied picture of some layers alone over nothing, not remembered."""
        out = np.zeros((max(rect.h, 0), max(rect.w, 0), 4), np.uint8)
        array = np.empty((TILE, TILE, 4), np.uint8)
        for ix, iy in rect.cells(TILE):
            part = rect.intersected(_cell_rect(ix, iy))
            surface = Surface(array, ix * TILE, iy * TILE)
            surface.wipe(part)
            self._renderer.stack(surface, children, part)
            out[part.slices((rect.x, rect.y))] = array[part.slices((ix * TILE, iy * TILE))]
        return out

    def read_alone(self, layer: Layer, rect: Rect) -> Array:
        """A premultiplied picture of one layer over nothing: its mask applied, opacity, mode and clipping not."""
        plain = copy(layer)
        plain.opacity, plain.mode, plain.clip, plain.visible = 1.0, BlendMode.NORMAL, False, True
        return self.read_stack([plain], rect)

    # making tiles

    def _make(self, level: int, ix: int, iy: int) -> tuple[Array, Rect, bool]:
        """A new tile: array, nothing dirty, whether the array is borrowed."""
        if level == 0:
            rect = _cell_rect(ix, iy).intersected(self._document.rect)
            children = showing(self._document.root.children, rect)
            if not children:
                return EMPTY, NOTHING, True
            lent = self._lent(children, rect)
            if lent is not None:
                return lent, NOTHING, True
            made = np.zeros((TILE, TILE, 4), np.uint8)
            self._renderer.stack(Surface(made, ix * TILE, iy * TILE), children, rect)
            return made, NOTHING, False
        array: Array | None = None
        half = TILE // 2
        for qx, qy in self._quarters(level, ix, iy):
            tile = self._pixels(level - 1, 2 * ix + qx, 2 * iy + qy, _WHOLE)
            if tile is not None:
                array = np.zeros((TILE, TILE, 4), np.uint8) if array is None else array
                array[qy * half : (qy + 1) * half, qx * half : (qx + 1) * half] = halved(tile)
        return (EMPTY, NOTHING, True) if array is None else (array, NOTHING, False)

    def _quarters(self, level: int, ix: int, iy: int) -> Iterator[tuple[int, int]]:
        """Which of the four tiles that a tile is halved from lie on the canvas."""
        picture = self._document.rect.scaled_down(level - 1)
        for qy in (0, 1):
            for qx in (0, 1):
                if picture.intersects(_cell_rect(2 * ix + qx, 2 * iy + qy)):
                    yield qx, qy

    def _pixels(self, level: int, ix: int, iy: int, part: Rect) -> Array | None:
        """Part (tile coordinates) of a tile, None when it is empty.

        The full picture is not remembered for this: a zoomed-out view does not push out what it does not need.
        """
        if level > 0 or (level, ix, iy) in self._cells:
            tile = self.tile(ix, iy, level)
            return None if tile is EMPTY else tile[part.slices()]
        rect = part.moved(ix * TILE, iy * TILE).intersected(self._document.rect)
        children = showing(self._document.root.children, rect)
        if not children:
            return None
        lent = self._lent(children, _cell_rect(ix, iy))
        if lent is not None:
            return lent[part.slices()]
        surface = Surface(self._scratch, ix * TILE, iy * TILE)
        if rect.area < part.area:
            self._scratch[part.slices()] = 0
        if part == _WHOLE:
            surface.wipe(rect)
            self._renderer.stack(surface, children, rect)
        else:
            self._repaint(surface, rect)
        return self._scratch[part.slices()]

    def _renew(self, cell: _Cell, level: int, ix: int, iy: int) -> None:
        """Paint the dirty part of a remembered tile."""
        dirty = cell.dirty
        whole = dirty.area == TILE * TILE
        if cell.borrowed or (whole and (level > 0 or not showing(self._document.root.children, _cell_rect(ix, iy)))):
            cell.array, cell.dirty, cell.borrowed = self._make(level, ix, iy)
            cell.shelved = False
            return
        cell.dirty = NOTHING
        if cell.shelved:
            cell.array, cell.shelved = cell.array.copy(), False
        if level == 0:
            rect = dirty.moved(ix * TILE, iy * TILE).intersected(self._document.rect)
            if not rect.empty:
                self._repaint(Surface(cell.array, ix * TILE, iy * TILE), rect)
            return
        half = TILE // 2
        for qx, qy in self._quarters(level, ix, iy):
            part = dirty.intersected(Rect(qx * half, qy * half, half, half))
            if not part.empty:
                there = Rect((part.x - qx * half) * 2, (part.y - qy * half) * 2, part.w * 2, part.h * 2)
                pixels = self._pixels(level - 1, 2 * ix + qx, 2 * iy + qy, there)
                cell.array[part.slices()] = 0 if pixels is None else halved(pixels)

    def _repaint(self, surface: Surface, rect: Rect) -> None:
        """Renew part of a level-0 tile."""
        if self._keep:
            self._segments.repaint(surface, rect, self.budget // 6)
        else:
            surface.wipe(rect)
            self._renderer.stack(surface, showing(self._document.root.children, rect), rect)

    def _lent(self, children: Sequence[Layer], rect: Rect) -> Array | None:
        """A layer's own tile when it alone makes the picture here: opaque pixels look the same premultiplied."""
        if len(children) == 1 and plainly_laid(children[0]) and (rect.w, rect.h) == (TILE, TILE):
            tile = tile_of(children[0], rect)
            if tile is not None and is_opaque(tile):
                return tile
        return None

    # memory

    @property
    def budget(self) -> int:
        """Bytes the cache may hold: a sixth of what the layers hold, at least `floor_bytes`."""
        return max(self.floor_bytes, self._document.layer_bytes() // 6)

    @staticmethod
    def _cost(cell: _Cell) -> int:
        return 0 if cell.borrowed else cell.array.nbytes

    def _trim(self) -> None:
        if self._bytes <= self.floor_bytes // 2:
            return
        budget = self.budget // 2
        for key in list(self._cells):
            if self._bytes <= budget or len(self._cells) <= 16:
                return
            if key[0] < _KEPT_LEVEL:
                self._bytes -= self._cost(self._cells.pop(key))

    def bytes_used(self) -> int:
        """Bytes held by the caches (tiles borrowed from layers are not counted)."""
        return self._bytes + self._segments.bytes_used() + self._shelf.bytes_used()


_WHOLE = Rect(0, 0, TILE, TILE)
_KEPT_LEVEL = 3
"""Tiles from this level on stay: together a forty-eighth of the picture, and each is made of hundreds of others."""


def _cell_rect(ix: int, iy: int) -> Rect:
    return Rect(ix * TILE, iy * TILE, TILE, TILE)


def _local(rect: Rect, ix: int, iy: int) -> Rect:
    """`rect` in the coordinates of tile (ix, iy), cut to it."""
    return rect.moved(-ix * TILE, -iy * TILE).intersected(Rect(0, 0, TILE, TILE))
