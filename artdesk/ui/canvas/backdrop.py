"""The picture as it stands in the widget, kept as one pixmap: panning moves it, painting renews only what changed."""

from __future__ import annotations

import time

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap, QRegion

from artdesk.ui.canvas.tiles import TILE, Key, TileCache, level_size
from artdesk.ui.canvas.viewport import Viewport

CHECKER = 12
_BAND = 95
"""Rows drawn at once: from 96 on Qt spreads smooth scaling over threads, and on a busy machine waiting for them takes
longer than the drawing."""


def checkerboard(light: QColor, dark: QColor, size: int = CHECKER) -> QBrush:
    """A brush of two greys that stands for transparency."""
    image = QImage(2 * size, 2 * size, QImage.Format.Format_RGB32)
    image.fill(light)
    painter = QPainter(image)
    painter.fillRect(0, 0, size, size, dark)
    painter.fillRect(size, size, size, size, dark)
    painter.end()
    return QBrush(image)


class Backdrop:
    """One picture drawn for one viewport, in device pixels.

    `refresh` works until its time is up and remembers the rest, so a slow document shows coarse tiles first
    instead of a frozen window.
    """

    def __init__(self, tiles: TileCache) -> None:
        self.tiles = tiles
        self.pixmap = QPixmap()
        self.surround = QColor(60, 60, 60)
        self.checker = checkerboard(QColor(200, 200, 200), QColor(170, 170, 170))
        self.rough = False
        """While somebody zooms, speed counts more than smooth edges; the last state is then drawn anew."""
        self._viewport: Viewport | None = None
        self._stale = QRegion()
        self._stand_ins: set[Key] = set()  # tiles that something coarser or older stands for already
        self._patient = False  # what is stale shows the right place, only less finely: it may wait for its turn

    @property
    def pending(self) -> bool:
        return not self._stale.isEmpty()

    @property
    def pending_rect(self) -> QRect:
        """Around what is still to be drawn, in device pixels."""
        return self._stale.boundingRect()

    def show(self, viewport: Viewport) -> None:
        """Take over a viewport; a mere pan keeps the pixels that stay in sight."""
        old, self._viewport = self._viewport, viewport
        size = QSize(round(viewport.width * viewport.ratio), round(viewport.height * viewport.ratio))
        if self.pixmap.size() != size:
            self.pixmap = QPixmap(size)
            old = None
        if old == viewport:
            return
        if old is not None and (old.scale, old.canvas_width, old.canvas_height) == (
            viewport.scale,
            viewport.canvas_width,
            viewport.canvas_height,
        ):
            dx, dy = viewport.left - old.left, viewport.top - old.top
            if abs(dx) < size.width() and abs(dy) < size.height():
                self._stale.translate(dx, dy)
                self._stand_ins.clear()
                exposed = QRegion(self.pixmap.rect()) - QRegion(self.pixmap.rect().translated(dx, dy))
                self.pixmap.scroll(dx, dy, self.pixmap.rect())
                self._stale = (self._stale + exposed) & self.pixmap.rect()
                return
        self.renew()

    def renew(self, *, patient: bool = False) -> None:
        """Draw everything anew; `patient`: the same view as before, so it may take several frames."""
        self._stand_ins.clear()
        self._patient = patient and (self._patient or self._stale.isEmpty())
        self._stale = QRegion(self.pixmap.rect())

    def invalidate(self, x: int, y: int, w: int, h: int) -> QRect:
        """A part of the picture changed. Returns the device pixels that show it."""
        self.tiles.invalidate(x, y, w, h)
        self._stand_ins.clear()
        if self._viewport is None:
            return QRect()
        # A margin of a coarse pixel: smooth scaling reaches over the edge.
        reach = max(2, 1 << self._viewport.level())
        left, top, right, bottom = self._viewport.device_rect(x - reach, y - reach, w + 2 * reach, h + 2 * reach)
        hit = QRect(left - 1, top - 1, right - left + 2, bottom - top + 2) & self.pixmap.rect()
        self._stale += hit
        return hit

    def refresh(self, seconds: float) -> None:
        """Draw what is stale, within about `seconds`; at least one tile is made (or drawn) each time."""
        if self._viewport is None or self._stale.isEmpty():
            return
        view, todo = self._viewport, self._stale
        self._stale = QRegion()
        painter = QPainter(self.pixmap)
        painter.setClipRegion(todo)
        smooth = view.scale < 2 and not self.rough
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        x0, y0, x1, y1 = view.device_rect(0, 0, view.canvas_width, view.canvas_height)
        picture = QRect(x0, y0, x1 - x0, y1 - y0)
        around = todo - QRegion(picture)
        if not around.isEmpty():
            painter.setClipRegion(around)
            painter.fillRect(around.boundingRect(), self.surround)
            painter.setClipRegion(todo)
        painter.setBrushOrigin(QPoint(view.left, view.top))
        until = time.perf_counter() + seconds
        made = drawn = 0
        for key, target in self._wanted(view, todo & picture):
            fresh = self.tiles.is_fresh(key)
            if fresh and self._patient and drawn and time.perf_counter() > until:
                self._stale += target & self.pixmap.rect()
                continue
            if not fresh and (made == 0 or time.perf_counter() < until):
                made += 1
                fresh = self.tiles.source.prepare(key, until)
            if fresh:
                drawn += 1
                self._draw(painter, self.tiles.refreshed(key), target)
            else:
                if key not in self._stand_ins:
                    self._stand_ins.add(key)
                    self._draw_meanwhile(painter, key, target)
                self._stale += target & self.pixmap.rect()
        painter.end()
        self._patient = self._patient and not self._stale.isEmpty()

    def _wanted(self, view: Viewport, region: QRegion) -> list[tuple[Key, QRect]]:
        """The tiles that touch a region of the screen with their places, the middle of the view first."""
        level = view.level()
        bounds = region.boundingRect()
        if bounds.isEmpty():
            return []
        side = TILE << level
        last_column = (level_size(view.canvas_width, level) - 1) // TILE
        last_row = (level_size(view.canvas_height, level) - 1) // TILE
        step = side * view.scale
        columns = range(
            max(0, int((bounds.left() - view.left) / step) - 1),
            min(last_column, int((bounds.right() - view.left) / step) + 1) + 1,
        )
        rows = range(
            max(0, int((bounds.top() - view.top) / step) - 1),
            min(last_row, int((bounds.bottom() - view.top) / step) + 1) + 1,
        )
        found = []
        for row in rows:
            for column in columns:
                w = min(side, view.canvas_width - column * side)
                h = min(side, view.canvas_height - row * side)
                left, top, right, bottom = view.device_rect(column * side, row * side, w, h)
                target = QRect(left, top, right - left, bottom - top)
                if region.intersects(target):
                    found.append(((level, column, row), target))
        middle = self.pixmap.rect().center()
        found.sort(key=lambda item: (item[1].center() - middle).manhattanLength())
        return found

    def _draw(self, painter: QPainter, image: QImage, target: QRect) -> None:
        if image.hasAlphaChannel():
            painter.fillRect(target, self.checker)
        if image.size() == target.size():
            painter.drawImage(target.topLeft(), image)
        elif target.height() <= _BAND:
            painter.drawImage(target, image)
        else:
            for top in range(target.top(), target.bottom() + 1, _BAND):
                painter.save()
                painter.setClipRect(QRect(target.left(), top, target.width(), _BAND), Qt.ClipOperation.IntersectClip)
                painter.drawImage(target, image)
                painter.restore()

    def _draw_meanwhile(self, painter: QPainter, key: Key, target: QRect) -> None:
        stale = self.tiles.image(key)
        if stale is not None:
            self._draw(painter, stale, target)
            return
        smooth = painter.testRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        self._draw_other_levels(painter, key, target)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)

    def _draw_other_levels(self, painter: QPainter, key: Key, target: QRect) -> None:
        coarse = self.tiles.coarser(key)
        if coarse is None or coarse[0].hasAlphaChannel():
            painter.fillRect(target, self.checker)
        scale = self._viewport.scale if self._viewport is not None else 1.0
        if coarse is not None:
            image, part, level = coarse
            grown = (1 << level) * scale
            painter.drawImage(
                QRectF(target.x(), target.y(), part.width() * grown, part.height() * grown), image, QRectF(part)
            )
            return
        for image, dx, dy in self.tiles.finer(key):
            half_w, half_h = target.width() / 2, target.height() / 2
            if image.width() == TILE and image.height() == TILE:
                painter.drawImage(
                    QRectF(target.x() + dx * half_w, target.y() + dy * half_h, half_w, half_h),
                    image,
                    QRectF(image.rect()),
                )
