"""From layers to one picture, tile by tile, remembering what did not change.

Qt's raster painter does the separable modes (SIMD, within 2/255 of the W3C formulas); the modes Qt rounds
or defines otherwise get their mixed source colour from tables or numpy first and are then laid over by Qt, as
the W3C describes blending: "replace the source colour by the mix, then composite".

Arrays hold R, G, B, A bytes while Qt is told ARGB32: the two differ in the names of red and blue alone, alpha is
the same byte, and no operator used here looks at the names. ARGB32 is the format Qt is quickest with.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from artdesk.document.blend import Array, BlendMode, mixed_source, straightened
from artdesk.document.layers import GroupLayer, Layer
from artdesk.document.mips import halved
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import TILE

if TYPE_CHECKING:
    from artdesk.document.base import DocumentBase

_Modes = QPainter.CompositionMode
QT_MODES = {
    BlendMode.NORMAL: _Modes.CompositionMode_SourceOver,
    BlendMode.MULTIPLY: _Modes.CompositionMode_Multiply,
    BlendMode.SCREEN: _Modes.CompositionMode_Screen,
    BlendMode.OVERLAY: _Modes.CompositionMode_Overlay,
    BlendMode.DARKEN: _Modes.CompositionMode_Darken,
    BlendMode.LIGHTEN: _Modes.CompositionMode_Lighten,
    BlendMode.HARD_LIGHT: _Modes.CompositionMode_HardLight,
    BlendMode.DIFFERENCE: _Modes.CompositionMode_Difference,
    BlendMode.PLUS: _Modes.CompositionMode_Plus,
}
_SOURCE = _Modes.CompositionMode_Source
_OVER = _Modes.CompositionMode_SourceOver
_INSIDE = _Modes.CompositionMode_DestinationIn

_STRAIGHT = QImage.Format.Format_ARGB32
_PREMULTIPLIED = QImage.Format.Format_ARGB32_Premultiplied
_OPAQUE = QImage.Format.Format_RGB32
_COVERAGE = QImage.Format.Format_Alpha8

TILE_BYTES = TILE * TILE * 4
EMPTY = np.zeros((TILE, TILE, 4), np.uint8)
EMPTY.flags.writeable = False

Segment = Literal["under", "over"]


def _image(array: Array, kind: QImage.Format) -> QImage:
    """A QImage looking at a contiguous tile; the array must outlive it."""
    return QImage(array.data, array.shape[1], array.shape[0], array.strides[0], kind)


def is_opaque(tile: Array, where: tuple[slice, slice] | None = None) -> bool:
    """Whether every pixel of the tile (or of a part of it) has alpha 255."""
    packed = tile.view(np.uint32)[..., 0]
    if where is not None:
        packed = packed[where]
    return int(packed.min()) >= 0xFF000000


class Surface:
    """A premultiplied tile being painted; `x`, `y` is its first pixel in canvas coordinates."""

    __slots__ = ("array", "image", "x", "y")

    def __init__(self, array: Array, x: int, y: int) -> None:
        self.array = array
        self.image = _image(array, _PREMULTIPLIED)
        self.x = x
        self.y = y

    def wipe(self, rect: Rect) -> None:
        self.array[rect.slices((self.x, self.y))] = 0

    def draw(self, rect: Rect, image: QImage, mode: QPainter.CompositionMode, opacity: float = 1.0) -> None:
        """Lay a tile-sized image with the same first pixel over `rect`."""
        x, y = rect.x - self.x, rect.y - self.y
        painter = QPainter(self.image)
        painter.setCompositionMode(mode)
        if opacity < 1.0:
            painter.setOpacity(opacity)
        painter.drawImage(QPoint(x, y), image, QRect(x, y, rect.w, rect.h))
        painter.end()

    def fade(self, rect: Rect, opacity: float) -> None:
        """Multiply everything in `rect` by an opacity."""
        painter = QPainter(self.image)
        painter.setCompositionMode(_INSIDE)
        color = QColor(Qt.GlobalColor.black)
        color.setAlphaF(opacity)
        painter.fillRect(QRect(rect.x - self.x, rect.y - self.y, rect.w, rect.h), color)
        painter.end()


@dataclass
class _Cell:
    """One remembered tile; `dirty` (tile coordinates) still has to be painted. Borrowed arrays belong to a layer."""

    array: Array
    dirty: Rect = NOTHING
    borrowed: bool = False


def runs_of(children: Sequence[Layer]) -> Iterator[tuple[Layer, tuple[Layer, ...]]]:
    """Each layer that is not clipped with the clipped ones directly above it, bottom to top."""
    index = 0
    while index < len(children):
        end = index + 1
        while end < len(children) and children[end].clip:
            end += 1
        yield children[index], tuple(children[index + 1 : end])
        index = end


def _plain(layer: Layer) -> bool:
    """Laid over whatever is below without weakening: what is under its opaque pixels cannot be seen."""
    return layer.opacity >= 1.0 and layer.mode is BlendMode.NORMAL and layer.mask is None


class Renderer:
    """Paints stacks of layers into surfaces. Every `rect` given must lie within one tile of the grid."""

    def __init__(self) -> None:
        self._spare: list[Array] = []

    @contextmanager
    def scratch(self, like: Surface) -> Iterator[Surface]:
        """A surface of its own with the same place; its pixels are whatever was there."""
        array = self._spare.pop() if self._spare else np.empty((TILE, TILE, 4), np.uint8)
        try:
            yield Surface(array, like.x, like.y)
        finally:
            self._spare.append(array)

    def stack(self, surface: Surface, children: Sequence[Layer], rect: Rect) -> None:
        """Lay layers, bottom to top, over what the surface holds."""
        for base, clipped in runs_of(children):
            if base.visible and base.opacity > 0:
                self._run(surface, base, tuple(c for c in clipped if c.visible and c.opacity > 0), rect)

    def _run(self, surface: Surface, base: Layer, clipped: tuple[Layer, ...], rect: Rect) -> None:
        if not clipped:
            self._single(surface, base, rect)
            return
        with self.scratch(surface) as own:
            if not self._content(own, base, rect):
                return
            alpha = own.array[rect.slices((own.x, own.y))][..., 3].copy()
            with self.scratch(surface) as stage:
                # Clipped layers see the base as if it were opaque; its shape is cut out afterwards. For normal
                # layers this is exactly "source atop", and it is right for every other mode too.
                where = rect.slices((own.x, own.y))
                stage.array[where] = straightened(own.array[where])
                stage.array[where][..., 3] = 255
                self.stack(stage, [_unclipped(layer) for layer in clipped], rect)
                own.array[where] = stage.array[where]
                shape = np.zeros((TILE, TILE), np.uint8)
                shape[where] = alpha
                own.draw(rect, _image(shape, _COVERAGE), _INSIDE)
            self._lay(surface, own.array, _PREMULTIPLIED, base, rect)

    def _content(self, own: Surface, layer: Layer, rect: Rect) -> bool:
        """What the layer itself shows (mask applied; opacity and mode not) onto a scratch; False when nothing."""
        coverage = _coverage(layer, rect)
        if coverage is False:
            return False
        if isinstance(layer, GroupLayer):
            own.wipe(rect)
            self.stack(own, layer.children, rect)
        else:
            tile = _tile_of(layer, rect)
            if tile is None:
                return False
            own.draw(rect, _image(tile, _STRAIGHT), _SOURCE)
        if coverage is not True:
            own.draw(rect, _image(coverage, _COVERAGE), _INSIDE)
        return True

    def _single(self, surface: Surface, layer: Layer, rect: Rect) -> None:
        if isinstance(layer, GroupLayer) or (layer.mask is not None and layer.mask.enabled):
            if not isinstance(layer, GroupLayer) and _tile_of(layer, rect) is None:
                return
            with self.scratch(surface) as own:
                if self._content(own, layer, rect):
                    self._lay(surface, own.array, _PREMULTIPLIED, layer, rect)
            return
        tile = _tile_of(layer, rect)
        if tile is not None:
            kind = _OPAQUE if is_opaque(tile, rect.slices((surface.x, surface.y))) else _STRAIGHT
            self._lay(surface, tile, kind, layer, rect)

    def _lay(self, surface: Surface, source: Array, kind: QImage.Format, layer: Layer, rect: Rect) -> None:
        """Blend a tile-sized source with the layer's mode and opacity over `rect`."""
        mode = layer.mode
        if mode is BlendMode.PLUS and layer.opacity < 1.0:
            # Qt fades between "without" and "with"; the operator wants the weakened source added.
            with self.scratch(surface) as weak:
                weak.draw(rect, _image(source, kind), _SOURCE)
                weak.fade(rect, layer.opacity)
                surface.draw(rect, weak.image, QT_MODES[mode])
            return
        if mode in QT_MODES:
            surface.draw(rect, _image(source, kind), QT_MODES[mode], layer.opacity)
            return
        where = rect.slices((surface.x, surface.y))
        piece = source[where]
        if kind == _PREMULTIPLIED:
            piece = straightened(piece)
        with self.scratch(surface) as own:
            own.array[where] = mixed_source(mode, surface.array[where], piece)
            surface.draw(rect, _image(own.array, _STRAIGHT), _OVER, layer.opacity)


def _unclipped(layer: Layer) -> Layer:
    plain = copy(layer)
    plain.clip = False
    return plain


def _tile_of(layer: Layer, rect: Rect) -> Array | None:
    tiles = layer.paint()
    return None if tiles is None else tiles.tile(rect.x // TILE, rect.y // TILE)


def _coverage(layer: Layer, rect: Rect) -> Array | bool:
    """The mask's tile here; True: nothing is hidden, False: everything is."""
    if layer.mask is None or not layer.mask.enabled:
        return True
    tile = layer.mask.tiles.tile(rect.x // TILE, rect.y // TILE)
    if tile is None:
        return layer.mask.tiles.default != 0
    return tile


class Compositor:
    """The document's picture: cached tiles of every zoom level, renewed only where something changed.

    Level n is the picture halved n times; tiles are premultiplied. One thread only.
    """

    def __init__(self, document: DocumentBase, *, keep: bool = True) -> None:
        self._document = document
        self._renderer = Renderer()
        self._cells: OrderedDict[tuple[int, int, int], _Cell] = OrderedDict()
        self._segments: OrderedDict[tuple[Segment, int, int], _Cell] = OrderedDict()
        self._segment_root: Layer | None = None
        self._bytes = 0
        self._keep = keep
        self.floor_bytes = 32 << 20
        """The cache may always use this much, however little is painted (the canvas raises it for large screens)."""

    # what changed

    def forget(self) -> None:
        """Drop everything remembered (the canvas has another size)."""
        self._cells.clear()
        self._segments.clear()
        self._bytes = 0

    def invalidate(self, rect: Rect, layer: Layer | None) -> None:
        """`rect` of the picture is out of date because `layer` changed (None: the structure did)."""
        rect = rect.intersected(self._document.rect)
        if rect.empty:
            return
        for level in range(self._document.levels):
            part = rect.scaled_down(level)
            size = TILE
            if part.w * part.h > len(self._cells) * size * size:
                hits = [key for key in self._cells if key[0] == level]
            else:
                hits = [(level, ix, iy) for ix, iy in part.cells(size)]
            for key in hits:
                cell = self._cells.get(key)
                if cell is not None:
                    cell.dirty = cell.dirty.united(_local(part, key[1], key[2]))
        self._invalidate_segments(rect, layer)

    def _invalidate_segments(self, rect: Rect, layer: Layer | None) -> None:
        if not self._segments:
            return
        side: Segment | None = None
        if layer is not None and self._segment_root is not None:
            children = self._document.root.children
            top = self._document.root_child_of(layer)
            if top is self._segment_root:
                return
            if top in children and self._segment_root in children:
                side = "under" if children.index(top) < children.index(self._segment_root) else "over"
        for key, cell in self._segments.items():
            if side is None or key[0] == side:
                cell.dirty = cell.dirty.united(_local(rect, key[1], key[2]))

    # reading

    def tile(self, ix: int, iy: int, level: int = 0) -> Array:
        """The premultiplied (256, 256, 4) tile of cell (ix, iy) of a level, read-only, valid until the next change."""
        key = (level, ix, iy)
        cell = self._cells.get(key)
        if cell is None:
            cell = _Cell(*self._make(level, ix, iy))
            if not self._keep and level == 0:
                return cell.array
            self._cells[key] = cell
            self._bytes += self._cost(cell)
            self._trim()
        elif not cell.dirty.empty:
            self._renew(cell, level, ix, iy)
        if key in self._cells:
            self._cells.move_to_end(key)
        return cell.array

    def read(self, rect: Rect, level: int = 0) -> Array:
        """A premultiplied copy of `rect` (coordinates of that level); transparent outside the canvas."""
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
            children = self._showing(self._document.root.children, rect)
            if not children:
                return EMPTY, NOTHING, True
            lent = self._lent(children, rect)
            if lent is not None:
                return lent, NOTHING, True
            array = np.zeros((TILE, TILE, 4), np.uint8)
            self._renderer.stack(Surface(array, ix * TILE, iy * TILE), children, rect)
            return array, NOTHING, False
        children_tiles = list(self._quarters(level, ix, iy))
        if all(tile is EMPTY for _, _, tile in children_tiles):
            return EMPTY, NOTHING, True
        array = np.zeros((TILE, TILE, 4), np.uint8)
        half = TILE // 2
        for qx, qy, tile in children_tiles:
            if tile is not EMPTY:
                array[qy * half : (qy + 1) * half, qx * half : (qx + 1) * half] = halved(tile)
        return array, NOTHING, False

    def _quarters(self, level: int, ix: int, iy: int) -> Iterator[tuple[int, int, Array]]:
        picture = self._document.rect.scaled_down(level - 1)
        for qy in (0, 1):
            for qx in (0, 1):
                cx, cy = 2 * ix + qx, 2 * iy + qy
                if picture.intersects(Rect(cx * TILE, cy * TILE, TILE, TILE)):
                    yield qx, qy, self.tile(cx, cy, level - 1)

    def _renew(self, cell: _Cell, level: int, ix: int, iy: int) -> None:
        """Paint the dirty part of a remembered tile."""
        dirty = cell.dirty
        whole = dirty.area == TILE * TILE
        if cell.borrowed or (
            whole and (level > 0 or not self._showing(self._document.root.children, _cell_rect(ix, iy)))
        ):
            self._bytes -= self._cost(cell)
            cell.array, cell.dirty, cell.borrowed = self._make(level, ix, iy)
            self._bytes += self._cost(cell)
            return
        cell.dirty = NOTHING
        if level == 0:
            rect = dirty.moved(ix * TILE, iy * TILE).intersected(self._document.rect)
            if not rect.empty:
                self._repaint(Surface(cell.array, ix * TILE, iy * TILE), rect)
            return
        half = TILE // 2
        for qx, qy, tile in self._quarters(level, ix, iy):
            part = dirty.intersected(Rect(qx * half, qy * half, half, half))
            if not part.empty:
                there = Rect((part.x - qx * half) * 2, (part.y - qy * half) * 2, part.w * 2, part.h * 2)
                cell.array[part.slices()] = halved(tile[there.slices()])

    def _repaint(self, surface: Surface, rect: Rect) -> None:
        """Renew part of a level-0 tile, with what lies under and over the active layer taken from memory."""
        children = self._document.root.children
        active = self._document.root_child_of(self._document.active_layer)
        split = _split_at(children, active)
        if split is None or not self._keep:
            surface.wipe(rect)
            self._renderer.stack(surface, self._showing(children, rect), rect)
            return
        if active is not self._segment_root:
            self._segments.clear()
            self._segment_root = active
        under, middle, over = split
        seen = self._showing(under, rect)
        if len(seen) > 1:
            surface.draw(rect, self._segment("under", surface, under), _SOURCE)
        else:
            surface.wipe(rect)
            self._renderer.stack(surface, seen, rect)
        self._renderer.stack(surface, middle, rect)
        above = self._showing(over, rect)
        if len(above) > 1 and all(layer.mode is BlendMode.NORMAL for layer in above):
            surface.draw(rect, self._segment("over", surface, over), _OVER)
        else:
            self._renderer.stack(surface, above, rect)

    def _segment(self, which: Segment, surface: Surface, layers: Sequence[Layer]) -> QImage:
        """The remembered composite of the layers on one side of the active one, for the surface's tile."""
        key = (which, surface.x // TILE, surface.y // TILE)
        cell = self._segments.get(key)
        if cell is None:
            cell = _Cell(np.empty((TILE, TILE, 4), np.uint8), Rect(0, 0, TILE, TILE))
            self._segments[key] = cell
            while len(self._segments) * TILE_BYTES > self.budget // 4 and len(self._segments) > 8:
                self._segments.popitem(last=False)
        self._segments.move_to_end(key)
        own = Surface(cell.array, surface.x, surface.y)
        if not cell.dirty.empty:
            rect = cell.dirty.moved(surface.x, surface.y)
            cell.dirty = NOTHING
            own.wipe(rect)
            self._renderer.stack(own, self._showing(layers, rect), rect)
        return own.image

    def _showing(self, children: Sequence[Layer], rect: Rect) -> list[Layer]:
        """The layers that can be seen in `rect`: those with pixels, from the topmost one that covers all upwards."""
        if rect.empty:
            return []
        found: list[Layer] = []
        for base, clipped in reversed(tuple(runs_of(children))):
            if not base.visible or base.opacity <= 0 or not _has_pixels(base, rect):
                continue
            found[:0] = [base, *(c for c in clipped if c.visible and c.opacity > 0 and _has_pixels(c, rect))]
            if _plain(base):
                tile = _tile_of(base, rect)
                if tile is not None and is_opaque(tile, rect.slices(_corner(rect))):
                    break
        return found

    def _lent(self, children: Sequence[Layer], rect: Rect) -> Array | None:
        """A layer's own tile when it alone makes the picture here: opaque pixels look the same premultiplied."""
        if len(children) == 1 and _plain(children[0]) and (rect.w, rect.h) == (TILE, TILE):
            tile = _tile_of(children[0], rect)
            if tile is not None and is_opaque(tile):
                return tile
        return None

    # memory

    @property
    def budget(self) -> int:
        """Bytes the cache may hold: a fifth of what the layers hold, at least `floor_bytes`."""
        return max(self.floor_bytes, self._document.layer_bytes() // 5)

    @staticmethod
    def _cost(cell: _Cell) -> int:
        return 0 if cell.borrowed else cell.array.nbytes

    def _trim(self) -> None:
        if self._bytes <= self.floor_bytes:
            return
        budget = self.budget * 3 // 4
        while self._bytes > budget and len(self._cells) > 16:
            _, cell = self._cells.popitem(last=False)
            self._bytes -= self._cost(cell)

    def bytes_used(self) -> int:
        """Bytes held by the caches (tiles borrowed from layers are not counted)."""
        return self._bytes + sum(cell.array.nbytes for cell in self._segments.values())


def _cell_rect(ix: int, iy: int) -> Rect:
    return Rect(ix * TILE, iy * TILE, TILE, TILE)


def _corner(rect: Rect) -> tuple[int, int]:
    """The first pixel of the tile `rect` lies in."""
    return rect.x // TILE * TILE, rect.y // TILE * TILE


def _local(rect: Rect, ix: int, iy: int) -> Rect:
    """`rect` in the coordinates of tile (ix, iy), cut to it."""
    return rect.moved(-ix * TILE, -iy * TILE).intersected(Rect(0, 0, TILE, TILE))


def _has_pixels(layer: Layer, rect: Rect) -> bool:
    if isinstance(layer, GroupLayer):
        return any(child.visible and _has_pixels(child, rect) for child in layer.children)
    return _tile_of(layer, rect) is not None


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
