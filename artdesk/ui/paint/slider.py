"""A slider that carries its own words: title to the left, value to the right, drag anywhere, type a number."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from artdesk.ui.theme import colours

HEIGHT = 26


class ValueSlider(QWidget):
    """A number between two ends. Ranges over more than two decades (sizes in pixels) run logarithmically.

    Arrows step, Page keys step wider, Enter or a double click types the value. `value_changed` comes with every
    change by the person, `settled` when a drag or a key press ends.
    """

    value_changed = Signal(float)
    settled = Signal()

    def __init__(
        self,
        title: str,
        minimum: float,
        maximum: float,
        *,
        unit: str = "",
        value: float = 0.0,
        step: float = 0.0,
        help: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._low, self._high = minimum, maximum
        self._unit = unit
        self._percent = unit == "%"
        self._logarithmic = minimum > 0 and maximum / minimum > 100
        self._step = step or (0.01 if self._percent or maximum - minimum <= 5 else 1.0)
        self._value = min(maximum, max(minimum, value))
        self._dragging = False
        self._editor: QLineEdit | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.setToolTip(help or title)
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._title) + metrics.horizontalAdvance("0000 px") + 26, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(84, HEIGHT)

    @property
    def value(self) -> float:
        return self._value

    def show_value(self, value: float) -> None:
        """Show a value that was changed elsewhere; no signal."""
        value = min(self._high, max(self._low, value))
        if value != self._value:
            self._value = value
            self.update()

    def text(self) -> str:
        """The value as it is shown."""
        if self._percent:
            return f"{round(self._value * 100)} %"
        number = f"{self._value:.0f}" if self._step >= 1 or self._value >= 100 else f"{self._value:.2f}"
        if self._unit == "px" and self._value < 10 and self._value != round(self._value):
            number = f"{self._value:.1f}"
        if self._unit in ("", "×", "°"):
            return number + self._unit
        return f"{number} {self._unit}"

    # --- value -------------------------------------------------------------------------------------------------

    def _set(self, value: float) -> None:
        value = min(self._high, max(self._low, value))
        if self._step >= 1 and value >= 10:
            value = float(round(value))
        if value != self._value:
            self._value = value
            self.update()
            self.value_changed.emit(value)

    def _fraction(self) -> float:
        if self._logarithmic:
            return math.log(self._value / self._low) / math.log(self._high / self._low)
        return (self._value - self._low) / max(1e-9, self._high - self._low)

    def _at(self, x: float) -> float:
        part = min(1.0, max(0.0, x / max(1, self.width() - 1)))
        if self._logarithmic:
            return float(self._low * (self._high / self._low) ** part)
        value = self._low + part * (self._high - self._low)
        return round(value / self._step) * self._step

    def _nudge(self, steps: float) -> None:
        if self._logarithmic:
            grown = self._value * 1.05**steps
            self._set(max(grown, self._value + steps) if steps > 0 else min(grown, self._value + steps))
        else:
            self._set(round((self._value + steps * self._step) / self._step) * self._step)

    # --- looks -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.field))
        painter.drawRoundedRect(box, 4, 4)
        painter.save()
        painter.setClipRect(self._filled(box))
        fill = QColor(theme.accent)
        fill.setAlphaF(0.42 if self.isEnabled() else 0.15)
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 4, 4)
        painter.restore()
        self._draw_marks(painter, box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.line), 1))
        painter.drawRoundedRect(box, 4, 4)
        inner = self.rect().adjusted(7, 0, -7, 0)
        value = self.text()
        room = inner.width() - self.fontMetrics().horizontalAdvance(value) - 8
        painter.setPen(QColor(theme.dim if self.isEnabled() else theme.faint))
        title = self.fontMetrics().elidedText(self.accessibleName(), Qt.TextElideMode.ElideRight, max(0, room))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(QColor(theme.text if self.isEnabled() else theme.faint))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value)

    def _filled(self, box: QRectF) -> QRectF:
        """The part of the bar that is filled."""
        return QRectF(box.x(), box.y(), box.width() * self._fraction(), box.height())

    def _draw_marks(self, painter: QPainter, box: QRectF) -> None:
        """Room for marks on the bar, below its frame and its words."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    # --- pointer and keys ----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._set(self._at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._set(self._at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = False
            self.settled.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._dragging = False
        self._type()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # else a panel could not be scrolled without changing what the pointer passes
            self._nudge(event.angleDelta().y() / 120)
            self.settled.emit()
            event.accept()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1.0,
            Qt.Key.Key_Down: -1.0,
            Qt.Key.Key_Right: 1.0,
            Qt.Key.Key_Up: 1.0,
            Qt.Key.Key_PageDown: -10.0,
            Qt.Key.Key_PageUp: 10.0,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._nudge(steps[key])
            self.settled.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.text().isdigit():
            self._type(event.text() if event.text().isdigit() else "")
        else:
            super().keyPressEvent(event)

    def _type(self, start: str = "") -> None:
        if self._editor is not None:
            return
        editor = self._editor = QLineEdit(self)
        editor.setText(start or f"{self._value * (100 if self._percent else 1):g}")
        editor.setGeometry(self.rect())
        editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        editor.setStyleSheet("padding: 0 6px;")
        if not start:
            editor.selectAll()
        editor.editingFinished.connect(self._typed)
        editor.show()
        editor.setFocus()

    def _typed(self) -> None:
        editor, self._editor = self._editor, None
        if editor is None:
            return
        text = editor.text().replace(",", ".").strip(" %px×°")
        editor.deleteLater()
        try:
            value = float(text) / (100 if self._percent else 1)
        except ValueError:
            return
        if math.isfinite(value):
            self._set(value)
            self.settled.emit()
        self.setFocus()
