"""Which pixels the next step may touch, and how strongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPolygonF

from artdesk.document.blend import Array
from artdesk.document.filters import blurred, dilated
from artdesk.document.outline import outlines_of
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import TILE, Tiles, solid_tile

How: TypeAlias = Literal["replace", "add", "subtract", "intersect"]
MAX_EDGES = 200_000
MAX_SPREAD = 500
"""Largest distance in pixels for grow, shrink and feather."""


@dataclass(eq=False)
class Selection:
    """Coverage in canvas coordinates: 255 selected, 0 not. Never changed once made: operations return a new one."""

    tiles: Tiles
    _bounds: Rect | None = field(default=None, repr=False)

    # making

    @classmethod
    def rectangle(cls, rect: Rect) -> Selection:
        """Every pixel of a rectangle."""
        tiles = Tiles(1)
        for key in rect.cells(TILE):
            part = rect.intersected(_cell(key))
            if part == _cell(key):
                tiles.put_tile(key, solid_tile(1, b"\xff"))
            else:
                tiles.write(part, np.full((part.h, part.w), 255, np.uint8))
        return cls(tiles, rect if not rect.empty else NOTHING)

    @classmethod
    def ellipse(cls, rect: Rect) -> Selection:
        """The smooth-edged ellipse that touches the sides of a rectangle."""
        path = QPainterPath()
        path.addEllipse(QRectF(rect.x, rect.y, rect.w, rect.h))
        return cls._of_path(path, rect)

    @classmethod
    def polygon(cls, points: Sequence[tuple[float, float]], *, smooth: bool = True, within: Rect) -> Selection:
        """The inside (odd-even) of a closed outline of canvas points, cut to `within` (the canvas)."""
        if len(points) < 3:
            return cls(Tiles(1), NOTHING)
        corners = np.asarray(points, np.float64)
        if not np.isfinite(corners).all():
            return cls(Tiles(1), NOTHING)
        # Far-away corners would overflow the painter's fixed-point numbers.
        reach = within.grown(4 * max(within.w, within.h, 1))
        corners = np.clip(corners, [reach.x, reach.y], [reach.right, reach.bottom])
        path = QPainterPath()
        path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in corners]))
        path.closeSubpath()
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        area = Rect.of_edges(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        return cls._of_path(path, area.intersected(within), smooth=smooth)

    @classmethod
    def _of_path(cls, path: QPainterPath, area: Rect, *, smooth: bool = True) -> Selection:
        tiles = Tiles(1)
        buffer = np.empty((TILE, TILE), np.uint8)
        for key in area.cells(TILE):
            cell = _cell(key)
            where = QRectF(cell.x, cell.y, TILE, TILE)
            if path.contains(where):
                buffer[:] = 255
            elif path.intersects(where):
                buffer[:] = 0
                image = QImage(buffer.data, TILE, TILE, TILE, QImage.Format.Format_Alpha8)
                painter = QPainter(image)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
                painter.translate(-cell.x, -cell.y)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(0, 0, 0, 255))
                painter.drawPath(path)
                painter.end()
                del image
            else:
                continue
            part = cell.intersected(area)
            tiles.write(part, buffer[part.slices((cell.x, cell.y))])
        return cls(tiles)

    @classmethod
    def of_array(cls, mask: Array, x: int = 0, y: int = 0) -> Selection:
        """Coverage `(h, w)` uint8 with its first pixel at (x, y): wand, by colour, networks."""
        return cls(Tiles.of_array(mask, x, y))

    # reading

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

    def outlines(self, level: int = 0) -> list[NDArray[np.int32]]:
        """Closed outlines of everything at least half selected, for the marching ants.

        Each is `(n, 2)` x, y of pixel corners in canvas coordinates, without repeating the first corner; outer
        edges run clockwise, holes the other way. `level` works on every 2ⁿ-th pixel for zoomed-out views.
        """
        area = self.bounds()
        if area.empty:
            return []
        step = 1 << level
        area = area.aligned(step)
        mask = np.zeros((area.h // step, area.w // step), bool)
        for key in area.cells(TILE):
            tile = self.tiles.tile(*key)
            if tile is None:
                continue
            part = area.intersected(_cell(key))
            # Canvas-aligned samples: tiles begin at multiples of every step up to 256.
            piece = tile[part.slices((key[0] * TILE, key[1] * TILE))][::step, ::step] >= 128
            target = Rect((part.x - area.x) // step, (part.y - area.y) // step, piece.shape[1], piece.shape[0])
            mask[target.slices()] = piece
        while _edge_count(mask) > MAX_EDGES:
            # Ants on a speckled selection would take seconds: show its coarser outline instead.
            step, mask = step * 2, mask[::2, ::2]
        return [loop * step + np.array([area.x, area.y], np.int32) for loop in outlines_of(mask)]

    # combining

    def combined(self, other: Selection, how: How) -> Selection:
        """This selection replaced by, joined with, without, or only where also `other`."""
        if how == "replace":
            return other
        operate: Callable[[Array, Array], Array]
        if how == "add":
            operate = np.maximum
            keys = set(self.tiles.keys()) | set(other.tiles.keys())
        elif how == "subtract":
            keys = set(self.tiles.keys())

            def operate(a: Array, b: Array) -> Array:
                return np.minimum(a, 255 - b)
        else:
            operate = np.minimum
            keys = set(self.tiles.keys()) & set(other.tiles.keys())
        out = Tiles(1)
        blank = np.zeros((TILE, TILE), np.uint8)
        for key in keys:
            a, b = self.tiles.tile(*key), other.tiles.tile(*key)
            if how != "intersect" and b is None:
                out.put_tile(key, a)
            elif how == "add" and a is None:
                out.put_tile(key, b)
            else:
                out.put_tile(key, operate(blank if a is None else a, blank if b is None else b))
        return Selection(out)

    def inverted(self, canvas: Rect) -> Selection:
        """Everything on the canvas that is not selected, and the other way round."""
        out = Tiles(1)
        for key in canvas.cells(TILE):
            part = canvas.intersected(_cell(key))
            out.write(part, 255 - self.tiles.read(part))
        return Selection(out)

    # reshaping

    def grown(self, by: int, canvas: Rect) -> Selection:
        """Larger by `by` pixels with round corners (smaller when negative); the canvas edge is no edge."""
        by = int(np.clip(by, -MAX_SPREAD, MAX_SPREAD))
        if by == 0 or self.empty:
            return self
        if by > 0:
            return self._filtered(by, canvas, lambda coverage: dilated(coverage, by))
        return self._filtered(-by, canvas, lambda coverage: 255 - dilated(255 - coverage, -by))

    def feathered(self, radius: float, canvas: Rect) -> Selection:
        """With a soft edge: a Gaussian of `radius` pixels (its two-sigma width)."""
        sigma = float(np.clip(radius, 0, MAX_SPREAD)) / 2
        if sigma <= 0 or self.empty:
            return self
        margin = int(np.ceil(sigma * 3)) + 1
        return self._filtered(margin, canvas, lambda coverage: blurred(coverage, sigma))

    def _filtered(self, margin: int, canvas: Rect, work: Callable[[Array], Array]) -> Selection:
        """`work` on bands of coverage with `margin` pixels around them; even regions are passed by."""
        out = Tiles(1)
        area = self.bounds().grown(margin).intersected(canvas)
        for key in area.cells(TILE):
            part = area.intersected(_cell(key))
            around = self._read_clamped(part.grown(margin), canvas)
            low, high = int(around.min()), int(around.max())
            if low == high:
                if high:
                    out.write(part, np.full((part.h, part.w), high, np.uint8))
                continue
            result = work(around)
            out.write(part, np.ascontiguousarray(result[margin : margin + part.h, margin : margin + part.w]))
        return Selection(out)

    def _read_clamped(self, rect: Rect, canvas: Rect) -> Array:
        """Coverage with the canvas's edge pixels repeated outward, so that blurring does not fade the border."""
        inside = self.tiles.read(rect.intersected(canvas))
        pad = (
            (max(0, canvas.y - rect.y), max(0, rect.bottom - canvas.bottom)),
            (max(0, canvas.x - rect.x), max(0, rect.right - canvas.right)),
        )
        return np.pad(inside, pad, mode="edge") if any(map(any, pad)) else inside


def _edge_count(mask: NDArray[np.bool_]) -> int:
    """Pixel sides between selected and unselected, inside the mask."""
    return int(np.count_nonzero(mask[1:] != mask[:-1])) + int(np.count_nonzero(mask[:, 1:] != mask[:, :-1]))


def _cell(key: tuple[int, int]) -> Rect:
    return Rect(key[0] * TILE, key[1] * TILE, TILE, TILE)
