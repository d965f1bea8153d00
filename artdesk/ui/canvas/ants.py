"""Marching ants: the edge of the selection as seen on the screen, however large the picture is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter

from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE, Tiles
from artdesk.ui.canvas.viewport import Viewport

STRIPE = 4
"""Length of a dash in device pixels."""


class MarchingAnts:
    """Draws the outline where a mask passes half coverage.

    The mask is sampled once per view at screen resolution; each step of the march recolours the edge pixels alone.
    """

    def __init__(self) -> None:
        self._edges: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
        self._seen: Viewport | None = None
        self._phase = 0
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint32] | None = None

    @property
    def marching(self) -> bool:
        """Whether there is an edge in sight."""
        return self._edges is not None and self._edges[0].size > 0

    def forget(self) -> None:
        self._edges = None
        self._image = None

    def look(self, viewport: Viewport, tiles: Tiles, bounds: Rect) -> None:
        """Find the edge for a viewport. `tiles` hold the coverage (one channel), `bounds` lies around all of it."""
        width, height = round(viewport.width * viewport.ratio), round(viewport.height * viewport.ratio)
        self._seen = viewport
        seen = Rect(*viewport.visible()).intersected(bounds)
        inside = np.zeros((height + 2, width + 2), bool)
        if not seen.empty:
            left, top, right, bottom = viewport.device_rect(*seen)
            x0, y0, x1, y1 = max(0, left), max(0, top), min(width, right), min(height, bottom)
            if x1 > x0 and y1 > y0:
                inside[y0 + 1 : y1 + 1, x0 + 1 : x1 + 1] = _sampled(viewport, tiles, seen, (x0, y0, x1, y1))
        core = inside[1:-1, 1:-1]
        hollow = core & ~(inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:])
        rows, columns = np.nonzero(hollow)
        self._edges = (rows, columns)
        self._image = None
        if rows.size:
            self._pixels = np.zeros((height, width), np.uint32)
            self._image = QImage(self._pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
            self._colour()

    def march(self) -> None:
        """One step on."""
        self._phase = (self._phase + 1) % (2 * STRIPE)
        if self._image is not None:
            self._colour()

    def _colour(self) -> None:
        if self._edges is None or self._pixels is None:
            return
        rows, columns = self._edges
        light = ((rows + columns + self._phase) // STRIPE) % 2 == 0
        self._pixels[rows, columns] = np.where(light, np.uint32(0xFFFFFFFF), np.uint32(0xFF000000))

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw the edge as it was last looked for; moved along with a pan, left out at another zoom."""
        if self._image is None or self._seen is None or self._seen.scale != viewport.scale:
            return
        self._image.setDevicePixelRatio(viewport.ratio)
        moved = QPoint(viewport.left - self._seen.left, viewport.top - self._seen.top) / viewport.ratio
        painter.drawImage(moved, self._image)


def _sampled(viewport: Viewport, tiles: Tiles, seen: Rect, part: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Whether the middle of every screen pixel of `part` is selected; picked tile by tile, without reading a mask."""
    x0, y0, x1, y1 = part
    xs = ((np.arange(x0, x1) + 0.5 - viewport.left) / viewport.scale).astype(np.intp)
    ys = ((np.arange(y0, y1) + 0.5 - viewport.top) / viewport.scale).astype(np.intp)
    xs = np.clip(xs, seen.x, seen.right - 1)
    ys = np.clip(ys, seen.y, seen.bottom - 1)
    out = np.zeros((len(ys), len(xs)), bool)
    columns, rows = xs // TILE, ys // TILE
    for row in range(int(rows[0]), int(rows[-1]) + 1):
        top, bottom = np.searchsorted(rows, (row, row + 1))
        for column in range(int(columns[0]), int(columns[-1]) + 1):
            tile = tiles.tile(column, row)
            left, right = np.searchsorted(columns, (column, column + 1))
            if tile is not None and bottom > top and right > left:
                picked = tile[np.ix_(ys[top:bottom] - row * TILE, xs[left:right] - column * TILE)]
                out[top:bottom, left:right] = picked >= 128
    return out
