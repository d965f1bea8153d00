"""The tool bar: one button per tool, and the two colours in hand below them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QToolBar, QToolButton, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.tools.base import Tool
from artdesk.ui.theme import colours, dress

SIDE = 34


class ColorPair(QWidget):
    """Foreground over background. Click to choose, the arrow swaps, keys work too."""

    foreground_wanted = Signal()
    background_wanted = Signal()

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setFixedSize(SIDE + 4, SIDE + 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tr("Foreground and background colour. X swaps them, D makes them black and white."))
        self.setAccessibleName(tr("Foreground and background colour"))
        session.color_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(SIDE + 4, SIDE + 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QColor(colours().accent if self.hasFocus() else colours().line)
        for box, color in (
            (self._back_box(), self._session.background),
            (self._front_box(), self._session.color),
        ):
            painter.setPen(QPen(QColor(colours().window), 3))
            painter.setBrush(QColor(*color[:3]))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(QPen(line, 1))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)

    def _front_box(self) -> QRectF:
        return QRectF(3, 4, 23, 23)

    def _back_box(self) -> QRectF:
        return QRectF(13, 16, 23, 23)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        where: QPointF = event.position()
        if self._front_box().contains(where):
            self.foreground_wanted.emit()
        elif self._back_box().contains(where):
            self.background_wanted.emit()
        else:
            self._session.swap_colors()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self.foreground_wanted.emit()
        elif event.key() == Qt.Key.Key_X:
            self._session.swap_colors()
        else:
            super().keyPressEvent(event)


class PaintToolBar(QToolBar):
    """A column of tools. Emits the id of the tool that was chosen."""

    tool_chosen = Signal(str)

    def __init__(self, session: DocumentSession, tools: Iterable[Tool], parent: QWidget | None = None) -> None:
        super().__init__(tr("Tools"), parent)
        self.setObjectName("paint_tools")
        self.setMovable(False)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setIconSize(QSize(20, 20))
        self.colors = ColorPair(session)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        for tool in tools:
            button = QToolButton()
            button.setCheckable(True)
            button.setFixedSize(SIDE, SIDE)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(tr(tool.title))
            button.setToolTip(tip_of(tr(tool.title), tool.shortcut, tr(tool.help)))
            dress(button, tool.icon)
            button.setProperty("tool_id", tool.id)
            self._group.addButton(button)
            self._buttons[tool.id] = button
            self.addWidget(button)
        self.addSeparator()
        self.addWidget(self.colors)
        self._group.buttonClicked.connect(self._clicked)

    def _clicked(self, button: QToolButton) -> None:
        self.tool_chosen.emit(button.property("tool_id"))

    def show_tool(self, tool_id: str) -> None:
        """Mark the tool in hand."""
        button = self._buttons.get(tool_id)
        if button is not None:
            button.setChecked(True)

    def button(self, tool_id: str) -> QToolButton:
        return self._buttons[tool_id]


def tip_of(title: str, shortcut: str, text: str = "") -> str:
    """A tool tip: title, key, and what it is for."""
    head = f"<b>{title}</b>" + (f" &nbsp;<span style='color:gray'>{shortcut}</span>" if shortcut else "")
    return head + (f"<br>{text}" if text else "")
