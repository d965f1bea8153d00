"""Cropping: a frame that is drawn, pulled into shape and applied."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPainterPath, QPen

from artdesk.document.rect import Rect
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.tools.base import Option, Tool, ToolAction, ToolContext, draw_handle

REACH = 9.0
RATIOS: dict[str, float | None] = {"free": None, "1:1": 1.0, "4:3": 4 / 3, "3:2": 1.5, "16:9": 16 / 9}
HANDLES = tuple((x, y) for y in (0.0, 0.5, 1.0) for x in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5))


class CropTool(Tool):
    """Frames a part of the picture; Enter or a double click keeps that part alone."""

    id = "crop"
    title = "Crop"
    help = "Draw a frame, then press Enter"
    shortcut = "C"
    icon = "paint-crop"
    options = (
        Option(
            "ratio",
            "Shape",
            "free",
            choices=(("free", "Free"), ("1:1", "1 : 1"), ("4:3", "4 : 3"), ("3:2", "3 : 2"), ("16:9", "16 : 9")),
        ),
        Option("thirds", "Show thirds", True),
    )
    actions = (
        ToolAction("apply", "Apply", "paint-check", "Enter"),
        ToolAction("cancel", "Cancel", "paint-cross", "Esc"),
    )

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._frame: QRectF | None = None
        self._grip: tuple[float, float] | None = None
        self._from = QPointF()
        self._start = QRectF()

    @property
    def frame(self) -> Rect | None:
        """The frame in whole picture pixels, None while nothing is drawn."""
        if self._frame is None:
            return None
        box = self._frame
        rect = Rect.of_edges(round(box.left()), round(box.top()), round(box.right()), round(box.bottom()))
        return rect.intersected(self.document.rect)

    def taken_up(self) -> None:
        """Begin with the selection's frame, when something is selected."""
        document = self.session.document
        if document is not None and document.selection is not None:
            bounds = document.selection.bounds().intersected(document.rect)
            self._frame = QRectF(*bounds) if not bounds.empty else None
            self.view.update()

    # --- pulling -----------------------------------------------------------------------------------------------

    def _grip_at(self, at: PointerSample) -> tuple[float, float] | None:
        """The handle under the pointer as parts of width and height, (0.5, 0.5) inside the frame."""
        if self._frame is None:
            return None
        reach = REACH / self.view.viewport.logical_scale
        for x, y in HANDLES:
            spot = self._spot(self._frame, x, y)
            if abs(spot.x() - at.x) <= reach and abs(spot.y() - at.y) <= reach:
                return x, y
        return (0.5, 0.5) if self._frame.contains(at.x, at.y) else None

    @staticmethod
    def _spot(box: QRectF, x: float, y: float) -> QPointF:
        return QPointF(box.x() + box.width() * x, box.y() + box.height() * y)

    def press(self, at: PointerSample) -> None:
        self._grip = self._grip_at(at)
        self._from = QPointF(at.x, at.y)
        if self._grip is None:
            self._frame = QRectF(at.x, at.y, 0, 0)
            self._grip = (1.0, 1.0)
        assert self._frame is not None
        self._start = QRectF(self._frame)

    def move(self, at: PointerSample) -> None:
        if self._grip is None or self._frame is None:
            return
        dx, dy = at.x - self._from.x(), at.y - self._from.y()
        x, y = self._grip
        box = QRectF(self._start)
        if (x, y) == (0.5, 0.5):
            box.translate(dx, dy)
        else:
            if x != 0.5:
                box.setLeft(box.left() + dx) if x == 0 else box.setRight(box.right() + dx)
            if y != 0.5:
                box.setTop(box.top() + dy) if y == 0 else box.setBottom(box.bottom() + dy)
            self._shape(box, x, y)
        self._frame = box.normalized()
        frame = self.frame
        if frame is not None:
            self.session.told.emit(f"{frame.w} × {frame.h} px")
        self.view.update()

    def _shape(self, box: QRectF, x: float, y: float) -> None:
        """Give the frame the chosen proportion, the side opposite the handle staying."""
        ratio = RATIOS[str(self.value("ratio"))]
        if ratio is None:
            return
        if x == 0.5:
            box.setWidth(abs(box.height()) * ratio)
        else:
            height = abs(box.width()) / ratio
            if y == 0 or (y == 1 and box.height() < 0):
                box.setTop(box.bottom() - height)
            else:
                box.setBottom(box.top() + height)

    def release(self, at: PointerSample) -> None:
        self._grip = None
        frame = self.frame
        if frame is None or frame.empty:
            self._frame = None
        self.view.update()

    def double_click(self, at: PointerSample) -> None:
        if self._frame is not None and self._frame.contains(at.x, at.y):
            self.apply()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.apply()
        elif key == Qt.Key.Key_Escape:
            self.cancel()
        else:
            return False
        return True

    def apply(self) -> None:
        """Keep what is inside the frame."""
        frame = self.frame
        self._frame = None
        self._grip = None
        self.view.update()
        if frame is not None and not frame.empty and frame != self.document.rect:
            self.session.attempt(lambda: self.document.crop(frame))

    def cancel(self) -> None:
        """Take the frame away."""
        self._frame = None
        self._grip = None
        self.view.update()

    # --- looks -------------------------------------------------------------------------------------------------

    def hover(self, at: PointerSample) -> None:
        self._hovered = self._grip_at(at)

    _hovered: tuple[float, float] | None = None

    def cursor(self) -> QCursor:
        shapes = {
            (0.5, 0.5): Qt.CursorShape.SizeAllCursor,
            (0.5, 0.0): Qt.CursorShape.SizeVerCursor,
            (0.5, 1.0): Qt.CursorShape.SizeVerCursor,
            (0.0, 0.5): Qt.CursorShape.SizeHorCursor,
            (1.0, 0.5): Qt.CursorShape.SizeHorCursor,
            (0.0, 0.0): Qt.CursorShape.SizeFDiagCursor,
            (1.0, 1.0): Qt.CursorShape.SizeFDiagCursor,
            (1.0, 0.0): Qt.CursorShape.SizeBDiagCursor,
            (0.0, 1.0): Qt.CursorShape.SizeBDiagCursor,
        }
        grip = self._grip or self._hovered
        return QCursor(shapes.get(grip or (-1.0, -1.0), Qt.CursorShape.CrossCursor))

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        if self._frame is None:
            return
        left, top = viewport.to_view(self._frame.left(), self._frame.top())
        right, bottom = viewport.to_view(self._frame.right(), self._frame.bottom())
        box = QRectF(left, top, right - left, bottom - top)
        shade = QPainterPath()
        shade.addRect(QRectF(0, 0, viewport.width, viewport.height))
        hole = QPainterPath()
        hole.addRect(box)
        painter.fillPath(shade.subtracted(hole), QColor(0, 0, 0, 130))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.value("thirds"):
            painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
            for part in (1 / 3, 2 / 3):
                x, y = box.x() + box.width() * part, box.y() + box.height() * part
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        painter.setPen(QPen(QColor(255, 255, 255, 220), 1))
        painter.drawRect(box)
        for x, y in HANDLES:
            draw_handle(painter, self._spot(box, x, y))
