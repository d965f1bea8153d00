"""Choosing a part of the screen by dragging a frame over it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from artdesk.ui.i18n import tr

_SMALLEST = 32


class RegionPicker(QWidget):
    """A veil over the first screen; a dragged frame is the region. Esc or a mere click gives up."""

    chosen = Signal(int, int, int, int)
    """x, y, width, height in screen pixels."""
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__(
            None,
            Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.Tool,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._from: QPoint | None = None
        self._frame = QRect()
        screen = QGuiApplication.primaryScreen()
        if screen is not None:
            self.setGeometry(screen.geometry())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 110))
        if self._frame.isNull():
            painter.setPen(QColor(255, 255, 255))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, tr("Drag a frame over what is to be painted. Esc gives up.")
            )
            return
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.fillRect(self._frame, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setPen(QPen(QColor(255, 255, 255), 2))
        painter.drawRect(self._frame)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            self._frame = QRect(self._from, event.position().toPoint()).normalized()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        ratio = self.devicePixelRatioF()
        frame = self._frame.translated(self.geometry().topLeft())
        if self._frame.width() >= _SMALLEST and self._frame.height() >= _SMALLEST:
            values = (frame.x(), frame.y(), frame.width(), frame.height())
            self.chosen.emit(*(round(value * ratio) for value in values))
        else:
            self.given_up.emit()
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            self.close()
