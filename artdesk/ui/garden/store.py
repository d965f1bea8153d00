"""Gardens in and out of files, and a copy of what is not saved yet, kept for the next start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal

from artdesk.core.garden import Garden
from artdesk.core.garden_file import SUFFIX, load_garden, save_garden
from artdesk.ui.desk.background import Background

log = logging.getLogger(__name__)

_KEPT = "unsaved" + SUFFIX
_QUIET_MS = 1500


class GardenStore(QObject):
    """Reads and writes in the background; asks nothing."""

    opened = Signal(object, object)  # Garden, Path or None: one that was kept back
    saved = Signal(object, object)  # Garden, Path
    failed = Signal(object)
    ended = Signal()

    def __init__(self, folder: Path, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept = folder / _KEPT
        self._background = background
        self._saving = 0
        self._opening: object = None
        self._writing = False
        self._dropped = False
        self._waiting: Callable[[], Garden | None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self._write_kept)

    def open(self, path: Path) -> None:
        """Read a garden and say `opened`. A newer wish takes the place of an older one."""
        wish = object()
        self._opening = wish

        def read() -> tuple[object, Garden, Path]:
            return wish, load_garden(path), path

        self._background.run(read, self._on_read, self.failed.emit, what=f"open garden {path.name}", priority=10)

    def save(self, garden: Garden, path: Path) -> None:
        """Write a garden; `saved` once it is really on the disk. The person was asked about an older file."""
        self._saving += 1

        def write() -> tuple[Garden, Path]:
            return garden, save_garden(path, garden, overwrite=True)

        self._background.run(write, self._on_saved, self._on_save_failed, what=f"save garden {path.name}", priority=10)

    def wait(self) -> None:
        """Let a save that is under way end; the interface goes on meanwhile."""
        loop = QEventLoop(self)
        self.ended.connect(loop.quit)
        while self._saving:
            loop.exec()

    # --- what is kept for the next start ------------------------------------------------------------------------

    def look_for_kept(self) -> None:
        """Bring back what was not saved the last time, if there is such a thing: `opened` without a path."""
        kept = self._kept

        def read() -> Garden | None:
            return load_garden(kept) if kept.is_file() else None

        self._background.run(read, self._on_kept, self._on_kept_failed, what="look for a kept garden")

    def keep(self, value: Callable[[], Garden | None]) -> None:
        """Keep what `value` gives once the hand rests; None takes the kept copy away."""
        self._waiting = value
        self._timer.start()

    def drop_kept(self) -> None:
        """The garden is saved or given up."""
        self._timer.stop()
        self._waiting = None
        self._dropped = True
        try:
            self._kept.unlink(missing_ok=True)
        except OSError as error:
            log.warning("a kept garden could not be deleted: %s", error)

    def _write_kept(self) -> None:
        if self._writing:
            self._timer.start()  # one writer at a time: the older value must not come last
            return
        value, kept = self._waiting, self._kept
        garden = value() if value is not None else None
        self._waiting = None
        if garden is None:
            self.drop_kept()
            return
        self._writing, self._dropped = True, False

        def write() -> None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            save_garden(kept, garden, overwrite=True)
            if self._dropped:  # given up while it was written
                kept.unlink(missing_ok=True)

        self._background.run(write, self._on_kept_written, self._on_keep_failed, what="keep a garden")

    def _on_kept_written(self, nothing: object) -> None:
        self._writing = False

    def _on_keep_failed(self, error: Exception) -> None:
        self._writing = False
        self.failed.emit(error)

    def _on_kept(self, garden: Garden | None) -> None:
        self.opened.emit(garden, None)

    def _on_kept_failed(self, error: Exception) -> None:
        log.warning("a kept garden could not be read: %s", error)
        self.opened.emit(None, None)

    def _on_read(self, answer: tuple[object, Garden, Path]) -> None:
        wish, garden, path = answer
        if wish is self._opening:
            self.opened.emit(garden, path)

    def _on_saved(self, answer: tuple[Garden, Path]) -> None:
        self._saving -= 1
        self.saved.emit(*answer)
        self.ended.emit()

    def _on_save_failed(self, error: Exception) -> None:
        self._saving -= 1
        self.failed.emit(error)
        self.ended.emit()
