"""A closer look: one candidate as large as the page allows, laid over the others until a key or a click."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from artdesk.ui.garden.tile import whole
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours

_EDGE = 14
_WORDS = 30


class CloserLook(QWidget):
    """Lies over `host`. It takes no keys: the page goes on hearing them, and what is chosen is what is shown."""

    closed = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._pixmap: QPixmap | None = None
        self._words = ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("Click: back to the page (V)"))
        self.setAccessibleName(tr("A closer look"))
        host.installEventFilter(self)
        self.hide()

    def show_image(self, image: QImage | None, words: str) -> None:
        """What is to be seen."""
        self._pixmap = QPixmap.fromImage(image) if image is not None else None
        self._words = words
        self.setAccessibleDescription(words)
        self.update()

    def open(self) -> None:
        """Come up."""
        self.setGeometry(self._host_rect())
        self.show()
        self.raise_()

    def _host_rect(self) -> QRect:
        host = self.parentWidget()
        return host.rect() if host is not None else QRect()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._host_rect())
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the candidates below are not meant

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(theme.window))
        frame = self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE - _WORDS)
        if self._pixmap is not None:
            painter.drawPixmap(whole(self._pixmap, frame), self._pixmap)
        painter.setPen(QColor(theme.dim))
        line = QRect(_EDGE, self.height() - _WORDS - 6, self.width() - 2 * _EDGE, _WORDS)
        text = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, int(Qt.AlignmentFlag.AlignCenter), text)
