"""Autosave and recovery: the document is written into the data folder every few seconds, off the interface thread."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from artdesk.document.document import Document
from artdesk.ui.desk.background import Background
from artdesk.ui.services import SettingsStore

if TYPE_CHECKING:
    from artdesk.document.autosave import Autosaver
    from artdesk.document.recovery import Recoverable

log = logging.getLogger(__name__)


class AutosaveTimer(QObject):
    """Keeps a recent copy of the document on the disk. A failure is said once, until saving works again."""

    failed = Signal(object)
    saved = Signal()

    def __init__(
        self, folder: Path, settings: SettingsStore, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._background = background
        self._document: Document | None = None
        self._name = ""
        self._saver: Autosaver | None = None
        self._state: int | None = None
        self._running = False
        self._complained = False
        self._recovered: Recoverable | None = None  # what this document was brought back from
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.save_now)
        self._settings = settings
        settings.changed.connect(self._on_settings)
        self._on_settings(None, None)

    def watch(self, document: Document | None, name: str = "", *, recovered: Any = None) -> None:
        """Keep this document from now on; the copy of the one before goes (the person was asked about it).

        `recovered` is the autosave it was brought back from: it goes as soon as there is a new one.
        """
        self._release()
        self._document, self._name, self._recovered = document, name, recovered
        self._state = document.history.state_id if document is not None and recovered is None else None
        if recovered is not None:
            self.save_now()

    def save_now(self) -> None:
        """Write if anything was done since the last time; returns at once."""
        document = self._document
        if document is None or self._running or not document.dirty or document.history.state_id == self._state:
            return
        if self._saver is None:
            from artdesk.document.autosave import Autosaver

            self._saver = Autosaver(self._folder, name=self._name)
        saver, state, snapshot = self._saver, document.history.state_id, document.snapshot_for_saving()
        self._running = True

        def write() -> tuple[Document, int]:
            saver.save(snapshot)
            return document, state

        self._background.run(write, self._on_saved, self._on_failed, what="autosave", priority=-1)

    def hurry(self) -> None:
        """Write even though nothing new was done: the last copy is on its way out."""
        self._state = None
        self.save_now()

    def was_saved(self) -> None:
        """The project file was written: nothing has to be recovered, unless more was done meanwhile."""
        document, saver = self._document, self._saver
        if document is None or document.dirty:
            return  # what came after the file's state stays recoverable, and the next turn writes it
        state = document.history.state_id
        if saver is not None:
            self._background.run(lambda: saver.mark_saved(state), None, _only_log, what="mark autosave", priority=-2)
        self._let_go_of_recovered()
        self._state = state

    def _release(self) -> None:
        saver, self._saver = self._saver, None
        if saver is not None:
            self._background.run(saver.close, None, _only_log, what="remove autosave", priority=-2)
        self._let_go_of_recovered()

    def _let_go_of_recovered(self) -> None:
        item, self._recovered = self._recovered, None
        if item is not None:
            from artdesk.document.recovery import discard

            self._background.run(lambda: discard(item), None, _only_log, what="remove recovered", priority=-2)

    def _on_saved(self, answer: tuple[Document, int]) -> None:
        self._running = False
        self._complained = False
        if answer[0] is self._document:
            self._state = answer[1]
            self._let_go_of_recovered()
        self.saved.emit()

    def _on_failed(self, error: Exception) -> None:
        self._running = False
        if not self._complained:
            self._complained = True
            self.failed.emit(error)

    def _on_settings(self, before: object, now: object) -> None:
        self._timer.start(self._settings.value.autosave_seconds * 1000)


class Recovery(QObject):
    """Finds what a crash left, and brings back what the person chooses."""

    found = Signal(list)  # list[Recoverable]
    recovered = Signal(object, object, object)  # Document, notes, Recoverable
    failed = Signal(object)

    def __init__(self, folder: Path, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._background = background

    def look(self) -> None:
        """Look for autosaves of an ArtDesk that is no longer there; says `found` if there are any."""
        from artdesk.document.recovery import recoverable

        self._background.run(lambda: recoverable(self._folder), self._on_found, _only_log, what="look for autosaves")

    def recover(self, item: Recoverable) -> None:
        """Bring one back; says `recovered`."""
        from artdesk.document.recovery import recover_with_notes

        self._background.run(
            lambda: (*recover_with_notes(item), item), self._on_recovered, self._on_failed, what="recover"
        )

    def discard(self, items: list[Recoverable]) -> None:
        """Remove what the person gave up."""
        from artdesk.document.recovery import discard

        for item in items:
            self._background.run(_Call(discard, item), None, _only_log, what="discard autosave")

    def _on_found(self, items: list[Recoverable]) -> None:
        if items:
            self.found.emit(items)

    def _on_recovered(self, answer: tuple[Document, Any, Recoverable]) -> None:
        self.recovered.emit(*answer)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(error)


class _Call:
    def __init__(self, verb: Any, item: Any) -> None:
        self._verb, self._item = verb, item

    def __call__(self) -> None:
        self._verb(self._item)


def _only_log(error: Exception) -> None:
    log.warning("an autosave could not be looked after: %s", error)
