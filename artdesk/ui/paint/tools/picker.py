"""The colour picker, also in hand while Alt is held over a brush."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen

from artdesk.document.tools import pick_color
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.tools.base import Option, Tool, ToolContext

RING = 26.0


class PickerTool(Tool):
    """Takes up the colour under the pointer."""

    id = "picker"
    title = "Colour picker"
    help = "Take up a colour from the picture. Ctrl: as the background colour."
    shortcut = "I"
    icon = "paint-picker"
    options = (
        Option("radius", "Average", 0.0, 0.0, 20.0, "px", help="Averages over a square around the point"),
        Option(
            "source", "Sample", "picture", choices=(("picture", "The whole picture"), ("layer", "This layer alone"))
        ),
    )

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._at: QPointF | None = None
        self._before = QColor()

    def press(self, at: PointerSample) -> None:
        self._before = QColor(*self.session.color[:3])
        self.move(at)

    def move(self, at: PointerSample) -> None:
        layer = self.session.active if self.value("source") == "layer" else None
        color = self.session.attempt(
            lambda: pick_color(self.document, at.x, at.y, radius=round(self.number("radius")), layer=layer)
        )
        self._at = at.view
        if color is not None and color[3] > 0:
            solid = (*color[:3], 255)
            self.session.set_background(solid) if at.control else self.session.set_color(solid)
        self.view.update()

    def release(self, at: PointerSample) -> None:
        self._at = None
        self.view.update()

    def cancel(self) -> None:
        self._at = None

    def cursor(self) -> QCursor:
        return QCursor(Qt.CursorShape.CrossCursor)

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        """A ring of the new colour (above) and the old one (below)."""
        if self._at is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = QColor(*self.session.color[:3])
        box = (round(self._at.x() - RING), round(self._at.y() - RING), round(2 * RING), round(2 * RING))
        for start, color in ((0, now), (180 * 16, self._before)):
            painter.setPen(QPen(QColor(0, 0, 0, 150), 10, c=Qt.PenCapStyle.FlatCap))
            painter.drawArc(*box, start, 180 * 16)
            painter.setPen(QPen(color, 8, c=Qt.PenCapStyle.FlatCap))
            painter.drawArc(*box, start, 180 * 16)
