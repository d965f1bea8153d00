"""A window without any border that shows nothing but the painted picture: for capture programs and projectors."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.live.view import LiveView
from artdesk.workers.live import LiveFrame


class OutputWindow(QWidget):
    """Takes the size of the first frame; dragged with the mouse, full screen by a double click, closed with Esc."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(tr("ArtDesk output"))
        self.view = LiveView(self)
        self.view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._grabbed: QPoint | None = None
        self._sized = False

    def show_frame(self, frame: LiveFrame) -> None:
        if not self._sized:
            self._sized = True
            ratio = self.devicePixelRatioF()
            self.resize(round(frame.painted.shape[1] / ratio), round(frame.painted.shape[0] / ratio))
        self.view.show_frame(frame)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None and not self.isFullScreen():
            self.move(event.globalPosition().toPoint() - self._grabbed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)
