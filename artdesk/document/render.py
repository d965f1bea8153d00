"""From layers to one picture, one tile at a time.

Qt's raster painter does the separable modes (SIMD, within 2/255 of the W3C formulas); the modes Qt rounds
or defines otherwise get their mixed source colour from tables or numpy first and are then laid over by Qt, as
the W3C describes blending: "replace the source colour by the mix, then composite".

Arrays hold R, G, B, A bytes while Qt is told ARGB32: the two differ in the names of red and blue alone, alpha is
the same byte, and no operator used here looks at the names. ARGB32 is the format Qt is quickest with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from artdesk.document.blend import Array, BlendMode, mixed_source, straightened
from artdesk.document.layers import GroupLayer, Layer
from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE

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
SOURCE = _Modes.CompositionMode_Source
OVER = _Modes.CompositionMode_SourceOver
_INSIDE = _Modes.CompositionMode_DestinationIn

STRAIGHT = QImage.Format.Format_ARGB32
PREMULTIPLIED = QImage.Format.Format_ARGB32_Premultiplied
_OPAQUE = QImage.Format.Format_RGB32
_COVERAGE = QImage.Format.Format_Alpha8

_WHOLE_AT_ONCE = (SOURCE, OVER)
STRIP = 95
"""Rows drawn at once in other modes: from 96 on Qt spreads them over threads, and on a busy machine a tile then waits
milliseconds for a thread to wake up, to save some fifty microseconds."""
_FULL = 0xFF000000
EMPTY = np.zeros((TILE, TILE, 4), np.uint8)
EMPTY.flags.writeable = False


def _image(array: Array, kind: QImage.Format) -> QImage:
    """A QImage looking at a contiguous tile; the array must outlive it."""
    return QImage(array.data, array.shape[1], array.shape[0], array.strides[0], kind)


def _part(array: Array, kind: QImage.Format, x: int, y: int, w: int, h: int) -> QImage:
    """A QImage looking at a rectangle of a contiguous tile; the array must outlive it."""
    line = array.strides[0]
    begin = y * line + x * array.strides[1]
    return QImage(array.reshape(-1)[begin:].data, w, h, line, kind)


def is_opaque(tile: Array, where: tuple[slice, slice] | None = None) -> bool:
    """Whether every pixel of the tile (or of a part of it) has alpha 255."""
    packed = tile.view(np.uint32)[..., 0]
    if where is not None:
        packed = packed[where]
    if packed[0, 0] < _FULL or packed[packed.shape[0] // 2, packed.shape[1] // 2] < _FULL:
        return False
    return int(packed.min()) >= _FULL


class Surface:
    """A premultiplied tile being painted; `x`, `y` is its first pixel in canvas coordinates."""

    __slots__ = ("array", "image", "x", "y")

    def __init__(self, array: Array, x: int, y: int) -> None:
        self.array = array
        self.image = _image(array, PREMULTIPLIED)
        self.x = x
        self.y = y

    def wipe(self, rect: Rect) -> None:
        self.array[rect.slices((self.x, self.y))] = 0

    def draw(
        self, rect: Rect, source: Array, kind: QImage.Format, mode: QPainter.CompositionMode, opacity: float = 1.0
    ) -> None:
        """Lay `rect` of a tile-sized source with the same first pixel over this surface."""
        x, y = rect.x - self.x, rect.y - self.y
        image = _part(source, kind, x, y, rect.w, rect.h)
        if kind == STRAIGHT:
            # Converting first is twice as quick as letting the painter convert while it blends.
            image = image.convertToFormat(PREMULTIPLIED)
        painter = QPainter(self.image)
        painter.setCompositionMode(mode)
        if opacity < 1.0:
            painter.setOpacity(opacity)
        if mode in _WHOLE_AT_ONCE or rect.h <= STRIP:
            painter.drawImage(QPoint(x, y), image)
        else:
            for top in range(0, rect.h, STRIP):
                painter.drawImage(QPoint(x, y + top), image, QRect(0, top, rect.w, min(STRIP, rect.h - top)))
        painter.end()

    def fade(self, rect: Rect, opacity: float) -> None:
        """Multiply everything in `rect` by an opacity."""
        painter = QPainter(self.image)
        painter.setCompositionMode(_INSIDE)
        color = QColor(Qt.GlobalColor.black)
        color.setAlphaF(opacity)
        painter.fillRect(QRect(rect.x - self.x, rect.y - self.y, rect.w, rect.h), color)
        painter.end()


def runs_of(children: Sequence[Layer]) -> Iterator[tuple[Layer, tuple[Layer, ...]]]:
    """Each layer that is not clipped with the clipped ones directly above it, bottom to top."""
    index = 0
    while index < len(children):
        end = index + 1
        while end < len(children) and children[end].clip:
            end += 1
        yield children[index], tuple(children[index + 1 : end])
        index = end


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
                own.draw(rect, shape, _COVERAGE, _INSIDE)
            self._lay(surface, own.array, PREMULTIPLIED, base, rect)

    def _content(self, own: Surface, layer: Layer, rect: Rect) -> bool:
        """What the layer itself shows (mask applied; opacity and mode not) onto a scratch; False when nothing."""
        coverage = _coverage(layer, rect)
        if coverage is False:
            return False
        if isinstance(layer, GroupLayer):
            own.wipe(rect)
            self.stack(own, layer.children, rect)
        else:
            tile = tile_of(layer, rect)
            if tile is None:
                return False
            own.draw(rect, tile, STRAIGHT, SOURCE)
        if coverage is not True:
            own.draw(rect, coverage, _COVERAGE, _INSIDE)
        return True

    def _single(self, surface: Surface, layer: Layer, rect: Rect) -> None:
        if isinstance(layer, GroupLayer) or (layer.mask is not None and layer.mask.enabled):
            if not isinstance(layer, GroupLayer) and tile_of(layer, rect) is None:
                return
            with self.scratch(surface) as own:
                if self._content(own, layer, rect):
                    self._lay(surface, own.array, PREMULTIPLIED, layer, rect)
            return
        tile = tile_of(layer, rect)
        if tile is not None:
            kind = _OPAQUE if is_opaque(tile, rect.slices((surface.x, surface.y))) else STRAIGHT
            self._lay(surface, tile, kind, layer, rect)

    def _lay(self, surface: Surface, source: Array, kind: QImage.Format, layer: Layer, rect: Rect) -> None:
        """Blend a tile-sized source with the layer's mode and opacity over `rect`."""
        mode = layer.mode
        if mode is BlendMode.PLUS and layer.opacity < 1.0:
            # Qt fades between "without" and "with"; the operator wants the weakened source added.
            with self.scratch(surface) as weak:
                weak.draw(rect, source, kind, SOURCE)
                weak.fade(rect, layer.opacity)
                surface.draw(rect, weak.array, PREMULTIPLIED, QT_MODES[mode])
            return
        if mode in QT_MODES:
            surface.draw(rect, source, kind, QT_MODES[mode], layer.opacity)
            return
        where = rect.slices((surface.x, surface.y))
        piece = source[where]
        if kind == PREMULTIPLIED:
            piece = straightened(piece)
        with self.scratch(surface) as own:
            own.array[where] = mixed_source(mode, surface.array[where], piece)
            surface.draw(rect, own.array, STRAIGHT, OVER, layer.opacity)


def _unclipped(layer: Layer) -> Layer:
    plain = copy(layer)
    plain.clip = False
    return plain


def tile_of(layer: Layer, rect: Rect) -> Array | None:
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


def plainly_laid(layer: Layer) -> bool:
    """Laid over whatever is below without weakening: what is under its opaque pixels cannot be seen."""
    return layer.opacity >= 1.0 and layer.mode is BlendMode.NORMAL and layer.mask is None


def showing(children: Sequence[Layer], rect: Rect) -> list[Layer]:
    """The layers that can be seen in `rect`: those with pixels, from the topmost one that covers all upwards."""
    if rect.empty:
        return []
    found: list[Layer] = []
    for base, clipped in reversed(tuple(runs_of(children))):
        if not base.visible or base.opacity <= 0 or not _has_pixels(base, rect):
            continue
        found[:0] = [base, *(c for c in clipped if c.visible and c.opacity > 0 and _has_pixels(c, rect))]
        if plainly_laid(base):
            tile = tile_of(base, rect)
            if tile is not None and is_opaque(tile, rect.slices(_corner(rect))):
                break
    return found


def _corner(rect: Rect) -> tuple[int, int]:
    """The first pixel of the tile `rect` lies in."""
    return rect.x // TILE * TILE, rect.y // TILE * TILE


def _has_pixels(layer: Layer, rect: Rect) -> bool:
    if isinstance(layer, GroupLayer):
        return any(child.visible and _has_pixels(child, rect) for child in layer.children)
    return tile_of(layer, rect) is not None
