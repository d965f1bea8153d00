"""The live picture as a widget: one blit a frame; everything else on it is drawn rarely and only copied."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QRegion
from PySide6.QtWidgets import QSizePolicy, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.live.overlay import numbers_pixmap
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.theme import colours
from artdesk.workers.live import LiveFrame
from artdesk.workers.meter import LiveNumbers

_GRIP = 12


class LiveView(QWidget):
    """Shows the newest `LiveFrame`, fitted and centred; with a split, the original left of a line to drag."""

    frame_painted = Signal(object)
    """LiveFrame: it is on the screen now (said once for each frame)."""
    double_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Live picture"))
        self._frame: LiveFrame | None = None
        self._painted: QImage | None = None
        self._original: QImage | None = None
        self._unsaid = False
        self._split = False
        self._split_at = 0.5
        self._dragging = False
        self._plate: QPixmap | None = None
        self._message = ""
        self._hint = ""

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    @property
    def frame(self) -> LiveFrame | None:
        """The frame that is shown."""
        return self._frame

    def show_frame(self, frame: LiveFrame) -> None:
        """Show `frame` with the next refresh; an earlier one that was never painted is left out."""
        size_before = self._painted.size() if self._painted is not None else None
        self._frame = frame
        self._painted = qimage_of(frame.painted)
        self._original = qimage_of(frame.original) if self._split else None
        self._unsaid = True
        if size_before == self._painted.size():
            self.update(self.picture_rect())
        else:
            self.update()

    def set_split(self, on: bool) -> None:
        """Show the original beside the painting."""
        self._split = on
        self._original = qimage_of(self._frame.original) if on and self._frame is not None else None
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.update()

    def set_numbers(self, numbers: LiveNumbers | None) -> None:
        """Show the numbers, or hide them with None. Call a few times a second at most."""
        before = self._plate_rect()
        self._plate = None
        if numbers is not None:
            font = self.font()
            font.setPixelSize(12)
            self._plate = numbers_pixmap(numbers, font, self.devicePixelRatioF())
        self.update(before.united(self._plate_rect()))

    def set_message(self, message: str, hint: str = "") -> None:
        """Lay a sentence over the last picture (a source that is lost); empty takes it away."""
        if (message, hint) != (self._message, self._hint):
            self._message, self._hint = message, hint
            self.update()

    def picture_rect(self) -> QRect:
        """Where the picture lies in the widget, in logical pixels."""
        if self._painted is None or self._painted.isNull():
            return QRect()
        ratio = self.devicePixelRatioF()
        width, height = self._painted.width() / ratio, self._painted.height() / ratio
        k = min(self.width() / width, self.height() / height)
        # A view a little larger than the picture shows it at its own size: no scaling at all.
        if 1.0 <= k < 1.2:
            k = 1.0
        w, h = max(1, round(width * k)), max(1, round(height * k))
        return QRect((self.width() - w) // 2, (self.height() - h) // 2, w, h)

    def _plate_rect(self) -> QRect:
        if self._plate is None:
            return QRect()
        size = self._plate.deviceIndependentSize().toSize()
        return QRect(10, 10, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.picture_rect()
        if not area.contains(event.rect()):
            painter.setClipRegion(event.region() - QRegion(area))
            painter.fillRect(event.rect(), QColor(colours().canvas))
            painter.setClipping(False)
        if self._painted is not None:
            self._draw_picture(painter, area)
            if self._unsaid and self._frame is not None:
                self._unsaid = False
                self.frame_painted.emit(self._frame)
        if self._message:
            self._draw_message(painter)
        if self._plate is not None:
            painter.drawPixmap(10, 10, self._plate)
        painter.end()

    def _draw_picture(self, painter: QPainter, area: QRect) -> None:
        assert self._painted is not None
        ratio = self.devicePixelRatioF()
        same = round(area.width() * ratio) == self._painted.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not same)
        if same and ratio == 1.0:
            painter.drawImage(area.topLeft(), self._painted)
        else:
            # Scaling is twice as quick from 32 bits, conversion included.
            painter.drawImage(area, self._painted.convertToFormat(QImage.Format.Format_RGB32))
        if self._original is None:
            return
        left = QRect(area.left(), area.top(), round(area.width() * self._split_at), area.height())
        k = self._original.width() / area.width()
        painter.drawImage(QRectF(left), self._original, QRectF(0, 0, left.width() * k, self._original.height()))
        x = left.right() + 1
        painter.setPen(QPen(QColor(0, 0, 0, 120), 4))
        painter.drawLine(x, area.top(), x, area.bottom())
        painter.setPen(QPen(QColor(255, 255, 255), 2))
        painter.drawLine(x, area.top(), x, area.bottom())
        self._draw_tag(painter, tr("Before"), x - 8, area.bottom() - 12, before=True)
        self._draw_tag(painter, tr("After"), x + 8, area.bottom() - 12, before=False)

    def _draw_tag(self, painter: QPainter, text: str, x: int, bottom: int, *, before: bool) -> None:
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 14, metrics.height() + 6
        rect = QRectF(x - width if before else x, bottom - height, width, height)
        painter.fillRect(rect, QColor(0, 0, 0, 140))
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_message(self, painter: QPainter) -> None:
        """The last picture dimmed, with what happened and what is being done about it."""
        painter.fillRect(self.rect(), QColor(0, 0, 0, 150))
        font = self.font()
        font.setPixelSize(16)
        font.setBold(True)
        painter.setFont(font)
        width = max(120, min(self.width() - 60, 520))
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
        box = painter.boundingRect(QRect((self.width() - width) // 2, 0, width, 1000), flags, self._message)
        top = max(10, (self.height() - box.height() - 40) // 2)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(QRect(box.left(), top, box.width(), box.height()), flags, self._message)
        if self._hint:
            font.setBold(False)
            font.setPixelSize(13)
            painter.setFont(font)
            painter.setPen(QColor(205, 205, 205))
            below = QRect((self.width() - width) // 2, top + box.height() + 10, width, 60)
            painter.drawText(below, flags, self._hint)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._split and self._on_line(event.position()):
            self._dragging = True
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            area = self.picture_rect()
            self._split_at = min(1.0, max(0.0, (event.position().x() - area.left()) / max(1, area.width())))
            self.update()
        elif self._split:
            near = self._on_line(event.position())
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()

    def _on_line(self, position: QPointF) -> bool:
        area = self.picture_rect()
        return abs(position.x() - (area.left() + area.width() * self._split_at)) <= _GRIP
