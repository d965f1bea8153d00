"""One candidate as it is drawn: its picture, its marks, and the small buttons that come up under the pointer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPixmap

from artdesk.ui.theme import colours, icon_pixmap

Badge = Literal["favourite", "locked", "crossing", "steer"]
BADGES: tuple[Badge, ...] = ("favourite", "locked", "crossing", "steer")
RADIUS = 7.0
_STAR = "#ffd166"


@dataclass(frozen=True)
class Tile:
    """What the grid knows of a candidate. `words` says how it came about; `problem` why it has no picture."""

    node: int
    name: str = ""
    words: str = ""
    favourite: bool = False
    locked: bool = False
    crossing: bool = False
    chosen: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Look:
    """How a tile is met at the moment: pointer, keyboard, pressed, and how far its picture has come up (0..1)."""

    hovered: bool = False
    focused: bool = False
    pressed: bool = False
    making: bool = False
    shown: float = 1.0
    badge: Badge | None = None


def badge_side(side: int) -> int:
    """The side of the small buttons on a tile of that side, in pixels."""
    return max(20, min(28, side // 7))


def badge_rect(frame: QRect, badge: Badge) -> QRect:
    """Where a small button lies in the picture `frame`: lock and star above, cross and steer below."""
    side, gap = badge_side(frame.width()), 6
    left, right = frame.left() + gap, frame.right() + 1 - gap - side
    top, bottom = frame.top() + gap, frame.bottom() + 1 - gap - side
    x, y = {
        "locked": (left, top),
        "favourite": (right, top),
        "crossing": (left, bottom),
        "steer": (right, bottom),
    }[badge]
    return QRect(x, y, side, side)


def draw_tile(painter: QPainter, frame: QRect, tile: Tile | None, picture: QPixmap | None, look: Look) -> None:
    """Draw one place of a page; `tile` None is a place where nothing grows."""
    theme = colours()
    box = QRectF(frame)
    outline = QPainterPath()
    outline.addRoundedRect(box, RADIUS, RADIUS)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if tile is None:
        painter.setPen(QPen(QColor(theme.line), 1.2, Qt.PenStyle.DashLine))
        painter.drawPath(outline)
        painter.restore()
        return
    if picture is None or look.shown < 1.0:
        painter.fillPath(outline, QColor(theme.raised if theme.name == "dark" else theme.panel))
        _draw_sprout(painter, frame, tile, look)
    if picture is not None:
        painter.save()
        painter.setClipPath(outline)
        painter.setOpacity(look.shown)
        painter.drawPixmap(whole(picture, frame), picture)
        painter.restore()
    _draw_ring(painter, box, tile, look)
    if look.pressed:
        painter.fillPath(outline, QColor(0, 0, 0, 50))
    if tile.name and picture is not None:
        _draw_name(painter, frame, tile.name, outline)
    for badge in BADGES:
        on = bool(getattr(tile, badge, False))
        if on or look.hovered or (look.focused and badge == "favourite"):
            _draw_badge(painter, badge_rect(frame, badge), badge, on, lit=look.badge == badge)
    painter.restore()


def _draw_ring(painter: QPainter, box: QRectF, tile: Tile, look: Look) -> None:
    """Around the chosen one a broad line, around those that are to be crossed a narrow bright one."""
    theme = colours()
    if tile.chosen:
        pen = QPen(QColor(theme.accent), 3.0)
    elif look.focused:
        pen = QPen(QColor(theme.accent), 1.8, Qt.PenStyle.DashLine)
    elif tile.crossing:
        pen = QPen(QColor("#ffffff"), 2.0)
    elif look.hovered:
        pen = QPen(QColor(theme.dim), 1.8)
    else:
        return
    half = pen.widthF() / 2
    ring = QPainterPath()
    ring.addRoundedRect(box.adjusted(half, half, -half, -half), RADIUS - 1, RADIUS - 1)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(ring)


def whole(pixmap: QPixmap, frame: QRect) -> QRect:
    """Where in a frame a pixmap is drawn so that all of it is seen."""
    size = pixmap.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
    left, top = (frame.width() - size.width()) // 2, (frame.height() - size.height()) // 2
    return QRect(frame.left() + left, frame.top() + top, size.width(), size.height())


def _draw_sprout(painter: QPainter, frame: QRect, tile: Tile, look: Look) -> None:
    theme = colours()
    size = max(18, min(44, frame.width() // 5))
    name, colour = (
        ("warning", theme.warning) if tile.problem else ("garden", theme.accent if look.making else theme.faint)
    )
    mark = icon_pixmap(name, size, colour)
    painter.drawPixmap(frame.center() - QRect(0, 0, size, size).center(), mark)


def _draw_name(painter: QPainter, frame: QRect, name: str, outline: QPainterPath) -> None:
    font = QFont(painter.font())
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    metrics = painter.fontMetrics()
    high = metrics.height() + 8
    band = QRect(frame.left(), frame.bottom() + 1 - high, frame.width(), high)
    side = badge_side(frame.width()) + 12
    painter.save()
    painter.setClipPath(outline)
    painter.fillRect(band, QColor(0, 0, 0, 130))
    painter.setPen(QColor("#ffffff"))
    text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(20, band.width() - 2 * side))
    painter.drawText(band, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()


def _draw_badge(painter: QPainter, place: QRect, badge: Badge, on: bool, *, lit: bool) -> None:
    theme = colours()
    names = {
        "favourite": "star-full" if on else "star",
        "locked": "garden-lock" if on else "garden-unlock",
        "crossing": "check" if on else "garden-cross",
        "steer": "garden-steer",
    }
    ground = QColor(0, 0, 0, 190 if lit else 135)
    colour = "#ffffff"
    if on and badge in ("locked", "crossing"):
        ground, colour = QColor(theme.accent), theme.accent_text
    elif on:
        colour = _STAR
    painter.setPen(QPen(QColor(255, 255, 255, 150), 1.2) if lit else Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawEllipse(QRectF(place))
    size = round(place.width() * 0.64)
    mark = icon_pixmap(names[badge], size, colour)
    corner = QPointF(place.x() + (place.width() - size) / 2, place.y() + (place.height() - size) / 2)
    painter.drawPixmap(corner, mark)
