"""The menu of files that were open last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from artdesk.ui.desk.verbs import DeskVerbs
from artdesk.ui.i18n import tr
from artdesk.ui.services import SettingsStore


class RecentMenu(QMenu):
    """Filled anew whenever it is opened."""

    def __init__(self, settings: SettingsStore, verbs: DeskVerbs) -> None:
        super().__init__(tr("Open &recent"))
        self._settings = settings
        self._verbs = verbs
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        for path in self._settings.value.recent:
            action = self.addAction(Path(path).name.replace("&", "&&"))
            action.setToolTip(path)
            action.setData(path)
            action.triggered.connect(self._open)
        if self.isEmpty():
            self.addAction(tr("Nothing yet")).setEnabled(False)

    def _open(self) -> None:
        action = self.sender()
        if isinstance(action, QAction) and action.data():
            self._verbs.open_path(Path(str(action.data())))
