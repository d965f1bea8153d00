"""The first moments of the window: what is not seen at once is put in place after it was painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

from artdesk.ui.desk.layout import NEXT_TURN_MS, furnish, polish

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow


class Standing(QObject):
    """Says when the window was painted for the first time, then furnishes it, one panel per turn of the event loop."""

    painted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._stands)  # its parts are painted in this same turn
        return False

    def _stands(self) -> None:
        self.painted.emit()
        QTimer.singleShot(NEXT_TURN_MS, self, self._go_on)

    def _go_on(self) -> None:
        if furnish(self._window):
            QTimer.singleShot(NEXT_TURN_MS, self, self._go_on)
            return
        for part in (*self._window.painting_bars, self._window.workspace.center, self._window.bar, self._window.panel):
            polish(part)
