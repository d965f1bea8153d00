"""A ring of hues around a square of saturation and lightness."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QConicalGradient,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours

RING = 0.13
"""The ring's width as a part of the wheel's diameter."""
GRID = 64


class ColorWheel(QWidget):
    """Chooses a colour by hue (ring), saturation and value (square).

    Arrows move in the square, Page keys turn the hue. `color_chosen(QColor)` comes with every move.
    """

    color_chosen = Signal(QColor)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hue, self._saturation, self._value = 0.0, 0.0, 0.0
        self._dragging = ""
        self._square_image: tuple[float, QImage] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Colour wheel"))
        self.setToolTip(tr("Ring: hue. Square: saturation and brightness. Arrow and Page keys move too."))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(120, 120)

    def sizeHint(self) -> QSize:
        return QSize(190, 190)

    def heightForWidth(self, width: int) -> int:
        return min(width, 230)

    def show_color(self, color: QColor) -> None:
        """Show a colour chosen elsewhere. A grey keeps the hue that was there: it has none of its own."""
        hue, saturation, value = color.hsvHueF(), color.hsvSaturationF(), color.valueF()
        if color == self.color():
            return
        if hue >= 0 and saturation > 0:
            self._hue = hue
        if value > 0:
            self._saturation = saturation
        self._value = value
        self.update()

    def color(self) -> QColor:
        return QColor.fromHsvF(self._hue % 1.0, self._saturation, self._value)

    # --- places ------------------------------------------------------------------------------------------------

    def _wheel(self) -> QRectF:
        side = min(self.width(), self.height()) - 4.0
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _square(self) -> QRectF:
        wheel = self._wheel()
        side = wheel.width() * (1 - 2 * RING) / math.sqrt(2) - 6
        return QRectF(wheel.center().x() - side / 2, wheel.center().y() - side / 2, side, side)

    # --- looks -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wheel, square = self._wheel(), self._square()
        rim = QConicalGradient(wheel.center(), 0)
        for step in range(13):
            rim.setColorAt(step / 12, QColor.fromHsvF((step / 12) % 1.0, 1, 1))
        ring = QPainterPath()
        ring.addEllipse(wheel)
        width = wheel.width() * RING
        ring.addEllipse(wheel.adjusted(width, width, -width, -width))
        painter.fillPath(ring, rim)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(square, self._square_picture())
        painter.setPen(QPen(QColor(colours().accent if self.hasFocus() else colours().line), 1))
        painter.drawRect(square)
        angle = self._hue * 2 * math.pi
        radius = wheel.width() / 2 - width / 2
        self._mark(painter, wheel.center() + QPointF(math.cos(angle), -math.sin(angle)) * radius, width / 2 - 1)
        spot = QPointF(square.x() + self._saturation * square.width(), square.y() + (1 - self._value) * square.height())
        self._mark(painter, spot, 6)

    @staticmethod
    def _mark(painter: QPainter, at: QPointF, radius: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 170), 3))
        painter.drawEllipse(at, radius, radius)
        painter.setPen(QPen(QColor(255, 255, 255), 1.6))
        painter.drawEllipse(at, radius, radius)

    def _square_picture(self) -> QImage:
        if self._square_image is None or self._square_image[0] != self._hue:
            saturation = np.linspace(0, 1, GRID)[None, :, None]
            value = np.linspace(1, 0, GRID)[:, None, None]
            pure = QColor.fromHsvF(self._hue % 1.0, 1, 1)
            full = np.array([pure.blueF(), pure.greenF(), pure.redF()])
            bgr = (value * (1 - saturation * (1 - full))) * 255
            pixels = np.empty((GRID, GRID, 4), np.uint8)
            pixels[..., :3] = bgr.round()
            pixels[..., 3] = 255
            image = QImage(pixels.data, GRID, GRID, GRID * 4, QImage.Format.Format_RGB32).copy()
            self._square_image = (self._hue, image)
        return self._square_image[1]

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # --- hands -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        where = event.position()
        wheel = self._wheel()
        if self._square().adjusted(-5, -5, 5, 5).contains(where):
            self._dragging = "square"
        elif math.dist(where.toTuple(), wheel.center().toTuple()) <= wheel.width() / 2 + 3:
            self._dragging = "ring"
        self._drag(where)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._drag(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = ""
            self.settled.emit()

    def _drag(self, where: QPointF) -> None:
        if self._dragging == "ring":
            middle = self._wheel().center()
            turn = math.atan2(middle.y() - where.y(), where.x() - middle.x()) / (2 * math.pi)
            self._take(turn % 1.0, self._saturation, self._value)
        elif self._dragging == "square":
            square = self._square()
            self._take(
                self._hue,
                (where.x() - square.x()) / square.width(),
                1 - (where.y() - square.y()) / square.height(),
            )

    def _take(self, hue: float, saturation: float, value: float) -> None:
        self._hue = hue % 1.0
        self._saturation, self._value = min(1.0, max(0.0, saturation)), min(1.0, max(0.0, value))
        self.update()
        self.color_chosen.emit(self.color())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        h, s, v = self._hue, self._saturation, self._value
        match Qt.Key(event.key()):
            case Qt.Key.Key_Left:
                self._take(h, s - 0.02, v)
            case Qt.Key.Key_Right:
                self._take(h, s + 0.02, v)
            case Qt.Key.Key_Up:
                self._take(h, s, v + 0.02)
            case Qt.Key.Key_Down:
                self._take(h, s, v - 0.02)
            case Qt.Key.Key_PageUp:
                self._take(h + 1 / 90, s, v)
            case Qt.Key.Key_PageDown:
                self._take(h - 1 / 90, s, v)
            case _:
                super().keyPressEvent(event)
