"""The before/after wipe: a handle across the picture, the picture as it was to its left."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.i18n import tr

GRIP = 15.0
REACH = 9.0


class Wipe:
    """Where the handle stands (0..1 of the picture's width) and how it looks and is caught."""

    def __init__(self) -> None:
        self.position = 0.5
        self.dragging = False

    def x(self, viewport: Viewport) -> float:
        """The handle's logical x, held inside the widget so that it can always be caught."""
        x = viewport.to_view(self.position * viewport.canvas_width, 0)[0]
        return min(max(x, 0.0), float(viewport.width))

    def grip(self, viewport: Viewport) -> QPointF:
        """The middle of the round grip."""
        _, top = viewport.to_view(0, 0)
        _, bottom = viewport.to_view(0, viewport.canvas_height)
        top, bottom = max(0.0, top), min(float(viewport.height), bottom)
        return QPointF(self.x(viewport), (top + bottom) / 2)

    def catches(self, point: QPointF, viewport: Viewport) -> bool:
        """Whether a press at a logical point takes the handle."""
        return abs(point.x() - self.x(viewport)) <= REACH or _near(point, self.grip(viewport))

    def drag_to(self, x: float, viewport: Viewport) -> None:
        self.move_to(viewport.to_canvas(x, 0)[0] / max(1, viewport.canvas_width))

    def move_to(self, position: float) -> None:
        self.position = min(1.0, max(0.0, position))

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """The line, the grip and the two words, in logical coordinates."""
        x = self.x(viewport)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 3))
        painter.drawLine(QPointF(x, 0), QPointF(x, viewport.height))
        painter.setPen(QPen(QColor(255, 255, 255), 1.4))
        painter.drawLine(QPointF(x, 0), QPointF(x, viewport.height))
        grip = self.grip(viewport)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(grip, GRIP, GRIP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(50, 50, 50))
        for side in (-1, 1):
            tip = QPointF(grip.x() + side * 10, grip.y())
            base = grip.x() + side * 4
            painter.drawPolygon(QPolygonF([tip, QPointF(base, grip.y() - 5), QPointF(base, grip.y() + 5)]))
        self._label(painter, tr("Before"), x - 10, right=True)
        self._label(painter, tr("After"), x + 10, right=False)

    @staticmethod
    def _label(painter: QPainter, text: str, x: float, *, right: bool) -> None:
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 16.0, metrics.height() + 6.0
        box = QRectF(x - width if right else x, 12, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _near(point: QPointF, middle: QPointF) -> bool:
    away = point - middle
    return away.x() ** 2 + away.y() ** 2 <= (GRIP + 3) ** 2
