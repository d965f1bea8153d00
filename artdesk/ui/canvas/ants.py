"""Marching ants: the edge of the selection as seen on the screen, however large the picture is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter

from artdesk.document.rect import Rect
from artdesk.ui.canvas.viewport import Viewport

STRIPE = 4
"""Length of a dash in device pixels."""

ReadMask = Callable[[Rect], NDArray[np.uint8]]


class MarchingAnts:
    """Draws the outline where a mask passes half coverage.

    The mask is sampled once per view at screen resolution; each step of the march recolours the edge pixels alone.
    """

    def __init__(self) -> None:
        self._edges: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
        self._size = (0, 0)
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

    def look(self, viewport: Viewport, read: ReadMask, bounds: Rect) -> None:
        """Find the edge for a viewport. `read(rect)` gives the (h, w) coverage, `bounds` holds all of it."""
        width, height = round(viewport.width * viewport.ratio), round(viewport.height * viewport.ratio)
        self._size = (width, height)
        seen = Rect(*viewport.visible()).intersected(bounds)
        inside = np.zeros((height + 2, width + 2), bool)
        if not seen.empty:
            left, top, right, bottom = viewport.device_rect(*seen)
            x0, y0, x1, y1 = max(0, left), max(0, top), min(width, right), min(height, bottom)
            if x1 > x0 and y1 > y0:
                inside[y0 + 1 : y1 + 1, x0 + 1 : x1 + 1] = _sampled(viewport, read, seen, (x0, y0, x1, y1))
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

    def paint(self, painter: QPainter, ratio: float) -> None:
        if self._image is not None:
            self._image.setDevicePixelRatio(ratio)
            painter.drawImage(QPoint(0, 0), self._image)


def _sampled(viewport: Viewport, read: ReadMask, seen: Rect, part: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The mask at every screen pixel of `part`, read in strips so that a wide view of a huge picture stays cheap."""
    x0, y0, x1, y1 = part
    xs = ((np.arange(x0, x1) + 0.5 - viewport.left) / viewport.scale).astype(np.intp)
    ys = ((np.arange(y0, y1) + 0.5 - viewport.top) / viewport.scale).astype(np.intp)
    xs = np.clip(xs, seen.x, seen.right - 1)
    ys = np.clip(ys, seen.y, seen.bottom - 1)
    out = np.empty((len(ys), len(xs)), bool)
    if viewport.scale >= 0.5:
        mask = read(seen)
        out[:] = mask[np.ix_(ys - seen.y, xs - seen.x)] >= 128
        return out
    # Far out, most rows fall between screen pixels: read only the rows that are looked at.
    for index, y in enumerate(ys):
        row = read(Rect(seen.x, int(y), seen.w, 1))[0]
        out[index] = row[xs - seen.x] >= 128
    return out
