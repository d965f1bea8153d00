"""Gardens are opened and saved with care: nothing is lost unasked, and what is not saved is kept for the next start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox

from artdesk.core.garden import Garden
from artdesk.core.garden_file import SUFFIX
from artdesk.ui.desk.dialog import may_replace
from artdesk.ui.garden.keeper import GardenKeeper
from artdesk.ui.garden.store import GardenStore
from artdesk.ui.i18n import tr

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow


class GardenCare(QObject):
    """Asks the person where something could be lost, and hands the work to the store."""

    def __init__(self, window: MainWindow, keeper: GardenKeeper, store: GardenStore, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._keeper, self._store = window, keeper, store
        store.saved.connect(self._on_saved)
        keeper.changed.connect(self._on_changed)

    def open_garden(self) -> None:
        """Choose a garden and open it."""
        start = self._keeper.path
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, tr("Open a garden"), str(start.parent if start else ""), f"{tr('Gardens')} (*{SUFFIX})"
        )
        if chosen:
            self.open_path(Path(chosen))

    def open_path(self, path: Path) -> None:
        """Open a garden that was chosen or dropped."""
        if self.may_leave():
            self._store.open(path)

    def save_garden(self) -> None:
        """Save the garden where it lies; the first time ask where."""
        keeper = self._keeper
        if keeper.path is None:
            self.save_garden_as()
        elif keeper.garden is not None:
            self._store.save(keeper.garden, keeper.path)

    def save_garden_as(self) -> bool:
        """Ask where and save the garden. False when the person turned back."""
        keeper, store = self._keeper, self._store
        if keeper.garden is None or not keeper.garden.nodes:
            self._window.messages.say(tr("There is nothing in the garden yet."), "note")
            return False
        start = keeper.path or Path.home() / (tr("Garden") + SUFFIX)
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save the garden"), str(start), f"{tr('Gardens')} (*{SUFFIX})"
        )
        if not chosen:
            return False
        path = Path(chosen)
        if path.suffix.lower() != SUFFIX:
            path = path.with_name(path.name + SUFFIX)
            if path.exists() and not may_replace(self._window, path):
                return False
        store.save(keeper.garden, path)
        return True

    def may_leave(self) -> bool:
        """Whether the garden may be left for another: saved, given up by the person, or nothing would be lost."""
        keeper = self._keeper
        if not keeper.dirty:
            return True
        name = keeper.path.name.removesuffix(SUFFIX) if keeper.path is not None else tr("Untitled garden")
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("Unsaved changes"))
        box.setText(tr("Save the changes to “{name}”?", name=name))
        box.setInformativeText(tr("Without saving they are lost."))
        save = box.addButton(tr("Save"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(tr("Do not save"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.exec()
        if box.clickedButton() is discard:
            self._store.drop_kept()
            return True
        if box.clickedButton() is not save:
            return False
        if keeper.path is not None:
            self.save_garden()
        elif not self.save_garden_as():
            return False
        self._store.wait()
        return not keeper.dirty

    def _on_saved(self, garden: Garden, path: Path) -> None:
        self._keeper.was_saved(garden, path)
        self._window.files.remember(path)
        if not self._keeper.dirty:
            self._store.drop_kept()  # now: the desk may close before the hand has rested long enough
        self._window.messages.say(tr("Saved: {name}", name=path.name), "good")

    def _on_changed(self) -> None:
        self._store.keep(self._unsaved)

    def _unsaved(self) -> Garden | None:
        keeper = self._keeper
        return keeper.garden if keeper.dirty else None
