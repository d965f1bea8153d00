"""After a crash: what can be recovered, with pictures and ages. Nothing is thrown away unasked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QDialogButtonBox, QListWidget, QListWidgetItem, QMessageBox, QWidget

from artdesk.ui.desk.dialog import DeskDialog
from artdesk.ui.i18n import tr
from artdesk.ui.qt_image import qimage_of

_THUMBNAIL = QSize(128, 96)


def age_in_words(seconds: float) -> str:
    """ "3 minutes ago" in the person's language."""
    if seconds < 90:
        return tr("a minute ago")
    if seconds < 5400:
        return tr("{count} minutes ago", count=round(seconds / 60))
    if seconds < 129600:
        return tr("{count} hours ago", count=round(seconds / 3600))
    return tr("{count} days ago", count=round(seconds / 86400))


class RecoveryDialog(DeskDialog):
    """Lists what was kept. Accepted: `chosen()` is to be opened; `deleted()` was given up by the person."""

    def __init__(self, found: Sequence[Any], parent: QWidget | None = None) -> None:
        super().__init__(tr("Recover your work"), parent, width=600)
        self._found = {str(entry.id): entry for entry in found}
        self._deleted: list[Any] = []
        self.add_text(tr("ArtDesk did not end as it should. This was kept:"), "heading")
        self.list = QListWidget()
        self.list.setIconSize(_THUMBNAIL)
        self.list.setSpacing(3)
        self.list.setMinimumHeight(260)
        self.list.setAccessibleName(tr("Recoverable pictures"))
        for entry in found:
            item = QListWidgetItem(f"{entry.name}\n{age_in_words(float(entry.age))}")
            item.setData(Qt.ItemDataRole.UserRole, str(entry.id))
            pixmap = _pixmap_of(entry.thumbnail)
            if pixmap is not None:
                icon = QIcon(pixmap)
                icon.addPixmap(pixmap, QIcon.Mode.Selected)  # no veil over the chosen one
                item.setIcon(icon)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.itemActivated.connect(self.accept)
        self.column.addWidget(self.list)
        self.add_text(tr("What you leave here is kept and shown again with the next start."), "dim")
        self._open = self.add_button(tr("Recover"), QDialogButtonBox.ButtonRole.AcceptRole, primary=True)
        self.add_button(tr("Later"), QDialogButtonBox.ButtonRole.RejectRole)
        delete = self.add_button(tr("Delete…"), QDialogButtonBox.ButtonRole.ActionRole)
        delete.clicked.connect(self._delete)

    def chosen(self) -> Any:
        """The entry to open, or None."""
        item = self.list.currentItem()
        return None if item is None else self._found.get(str(item.data(Qt.ItemDataRole.UserRole)))

    def deleted(self) -> list[Any]:
        """Entries the person gave up."""
        return self._deleted

    def _delete(self) -> None:
        entry = self.chosen()
        if entry is None:
            return
        answer = QMessageBox.question(
            self,
            tr("Delete for ever?"),
            tr("“{name}” cannot be brought back afterwards.", name=entry.name),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.No,
        )
        if answer == QMessageBox.StandardButton.Yes:
            self._deleted.append(entry)
            self.list.takeItem(self.list.currentRow())
            self._open.setEnabled(self.list.count() > 0)


def _pixmap_of(thumbnail: Any) -> QPixmap | None:
    if thumbnail is None:
        return None
    if isinstance(thumbnail, QImage):
        image = thumbnail
    elif hasattr(thumbnail, "shape"):
        image = qimage_of(thumbnail)
    else:
        image = QImage(str(thumbnail))
    return None if image.isNull() else QPixmap.fromImage(image)
