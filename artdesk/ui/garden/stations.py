"""The stations of a walk: pictures in a row, dragged into order, with those the walk passes by left pale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from artdesk.ui.garden.tile import Look, Tile, draw_tile
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours

_SIDE = 92
_GAP = 10
_WORDS = 22


@dataclass
class _Station:
    node: int
    name: str
    picture: QPixmap | None
    on: bool = True


class StationRow(QWidget):
    """Drag to reorder, click to take in or leave out. Keys: arrows, Space, and Ctrl+arrows to move a picture."""

    changed = Signal()

    def __init__(self, pictures: Sequence[tuple[int, str, QImage | None]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stations = [
            _Station(node, name, QPixmap.fromImage(image) if image is not None else None)
            for node, name, image in pictures
        ]
        self._at = 0
        self._pressed = -1
        self._grip = 0.0
        self._hand: float | None = None  # where the dragged picture's left edge is, while it is dragged
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Order of the walk"))
        self.setToolTip(tr("Drag: another order. Click or Space: take in or leave out. Ctrl+arrows: move."))
        self.setFixedSize(self.sizeHint())
        self._describe()

    def sizeHint(self) -> QSize:
        return QSize(len(self._stations) * (_SIDE + _GAP) + _GAP, _SIDE + _WORDS + _GAP)

    def show_picture(self, node: int, image: QImage) -> None:
        """A node's picture has been made meanwhile."""
        for station in self._stations:
            if station.node == node:
                station.picture = QPixmap.fromImage(image)
        self.update()

    def nodes(self) -> tuple[int, ...]:
        """The nodes of the walk, in its order."""
        return tuple(station.node for station in self._stations if station.on)

    def put(self, place: int, to: int) -> None:
        """Put the picture at `place` (0 is the first) where `to` is now."""
        if 0 <= place < len(self._stations) and 0 <= to < len(self._stations) and place != to:
            self._stations.insert(to, self._stations.pop(place))
            self._at = to
            self._describe()
            self.update()
            self.changed.emit()

    def toggle(self, place: int) -> None:
        """Take the picture at `place` into the walk, or leave it out."""
        self._stations[place].on = not self._stations[place].on
        self._describe()
        self.update()
        self.changed.emit()

    def _describe(self) -> None:
        if self._stations:
            station = self._stations[self._at]
            words = tr("in the walk") if station.on else tr("left out")
            self.setAccessibleDescription(f"{station.name}, {words}")

    def _frame(self, place: int) -> QRect:
        return QRect(_GAP + place * (_SIDE + _GAP), _GAP // 2, _SIDE, _SIDE)

    def _place_at(self, x: float) -> int:
        return max(0, min(len(self._stations) - 1, int((x - _GAP / 2) // (_SIDE + _GAP))))

    # --- looks -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        number = 0
        dragged: tuple[_Station, int] | None = None
        for place, station in enumerate(self._stations):
            number += station.on
            if self._hand is not None and place == self._at:
                dragged = (station, number)
                continue
            self._draw(painter, self._frame(place), station, number, focused=self.hasFocus() and place == self._at)
        if dragged is not None and self._hand is not None:
            frame = self._frame(0)
            frame.moveLeft(round(self._hand))
            self._draw(painter, frame, dragged[0], dragged[1], focused=True)

    def _draw(self, painter: QPainter, frame: QRect, station: _Station, number: int, *, focused: bool) -> None:
        theme = colours()
        painter.save()
        painter.setOpacity(1.0 if station.on else 0.35)
        draw_tile(painter, frame, Tile(station.node, chosen=focused), station.picture, Look())
        if station.on:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            badge = QRectF(frame.left() + 6, frame.top() + 6, 22, 22)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawEllipse(badge)
            painter.setPen(QColor(theme.accent_text))
            painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), str(number))
        painter.setPen(QColor(theme.text))
        words = QRect(frame.left(), frame.bottom() + 3, frame.width(), _WORDS)
        text = painter.fontMetrics().elidedText(station.name, Qt.TextElideMode.ElideRight, frame.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), text)
        painter.restore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    # --- pointer and keys --------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._stations:
            point = event.position()
            self._pressed = self._at = self._place_at(point.x())
            self._grip = point.x() - self._frame(self._at).left()
            self._describe()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed < 0:
            return
        x = event.position().x()
        start = self._frame(self._pressed).left() + self._grip
        if self._hand is None and abs(x - start) < QApplication.startDragDistance():
            return
        self._hand = x - self._grip
        self.put(self._at, self._place_at(self._hand + _SIDE / 2))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, hand = self._pressed, self._hand
        self._pressed, self._hand = -1, None
        if pressed >= 0 and hand is None and self._frame(pressed).contains(QPointF(event.position()).toPoint()):
            self.toggle(pressed)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.put(self._at, self._at + step)
        elif step:
            self._at = max(0, min(len(self._stations) - 1, self._at + step))
            self._describe()
            self.update()
        elif event.key() == Qt.Key.Key_Space and self._stations:
            self.toggle(self._at)
        else:
            super().keyPressEvent(event)
            return
        viewport = self.parentWidget()
        area = viewport.parentWidget() if viewport is not None else None
        if isinstance(area, QScrollArea):
            centre = self._frame(self._at).center()
            area.ensureVisible(centre.x(), centre.y(), _SIDE, 0)
