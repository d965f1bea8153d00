"""The one place where failures and notes are said: a stack of bars above the canvas that never blocks the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours, dress, icon_pixmap

Level = Literal["note", "good", "warning", "failure"]
_ICONS = {"note": "about", "good": "good", "warning": "warning", "failure": "failure"}
_SECONDS = {"note": 8.0, "good": 5.0, "warning": 20.0, "failure": 0.0}  # 0 stays until closed
_MOST = 4


class Message(QFrame):
    """One sentence with its buttons."""

    closed = Signal(object)

    def __init__(
        self, text: str, level: Level, choices: Sequence[tuple[str, Callable[[], None]]], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.text = text
        self.level = level
        self.setProperty("kind", "message")
        self.setProperty("level", level)
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 6, 6)
        row.setSpacing(8)
        theme = colours()
        tint = {"failure": theme.failure, "warning": theme.warning, "good": theme.good}.get(level, theme.dim)
        badge = QLabel()
        badge.setPixmap(icon_pixmap(_ICONS[level], 20, tint))
        row.addWidget(badge)
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(label, 1)
        self._calls: list[Callable[[], None]] = []
        for title, call in choices:
            button = QPushButton(title)
            button.setProperty("call", len(self._calls))
            button.clicked.connect(self._choose)
            self._calls.append(call)
            row.addWidget(button)
        shut = QToolButton()
        shut.setToolTip(tr("Close this message"))
        shut.setAccessibleName(tr("Close this message"))
        dress(shut, "close")
        shut.clicked.connect(self.shut)
        row.addWidget(shut)
        if _SECONDS[level] and not choices:
            QTimer.singleShot(round(_SECONDS[level] * 1000), self, self.shut)

    def shut(self) -> None:
        """Take the message away."""
        self.closed.emit(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
            return
        super().keyPressEvent(event)

    def _choose(self) -> None:
        button = self.sender()
        index = button.property("call") if button is not None else None
        self.shut()
        if isinstance(index, int):
            self._calls[index]()


class MessageBar(QWidget):
    """Floats at the top of `host` (the canvas); newest message first, at most four."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._messages: list[Message] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 10, 12, 0)
        self._column.setSpacing(6)
        host.installEventFilter(self)
        self.hide()

    def say(self, text: str, level: Level = "note", choices: Sequence[tuple[str, Callable[[], None]]] = ()) -> Message:
        """Show one sentence; the same sentence twice stays one."""
        for known in list(self._messages):
            if known.text == text or (len(self._messages) >= _MOST and known is self._messages[-1]):
                self._drop(known)
        message = Message(text, level, choices, self)
        message.closed.connect(self._drop)
        self._messages.insert(0, message)
        self._column.insertWidget(0, message)
        self._place()
        self.show()
        self.raise_()
        return message

    def clear(self) -> None:
        """Take every message away."""
        for message in list(self._messages):
            self._drop(message)

    def texts(self) -> list[str]:
        """What stands there now, newest first."""
        return [message.text for message in self._messages]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _drop(self, message: Message) -> None:
        if message in self._messages:
            self._messages.remove(message)
            self._column.removeWidget(message)
            message.hide()
            message.deleteLater()
        if not self._messages:
            self.hide()
        else:
            self._place()

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        width = min(host.width(), 760)
        height = (
            self._column.totalHeightForWidth(width) if self._column.hasHeightForWidth() else self.sizeHint().height()
        )
        self.setGeometry((host.width() - width) // 2, 0, width, min(height, host.height()))
