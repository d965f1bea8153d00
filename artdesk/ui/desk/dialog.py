"""The bones every dialog of the desk shares: margins, heading, a row of buttons with words in the person's language."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from artdesk.ui.i18n import tr


def may_replace(parent: QWidget, path: Path) -> bool:
    """Ask whether the file that is there already may go; anything but a clear yes is a no."""
    answer = QMessageBox.question(
        parent,
        tr("Replace the file?"),
        tr("“{name}” is there already. Replace it?", name=path.name),
        QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
        QMessageBox.StandardButton.No,
    )
    return answer == QMessageBox.StandardButton.Yes


class DeskDialog(QDialog):
    """A dialog with a title, a column for its content and buttons below."""

    def __init__(self, title: str, parent: QWidget | None = None, *, width: int = 520) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(width)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(20, 18, 20, 16)
        self._outer.setSpacing(14)
        self.column = QVBoxLayout()
        self.column.setSpacing(12)
        self._outer.addLayout(self.column, 1)
        self.buttons = QDialogButtonBox()
        self._outer.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def add_button(self, text: str, role: QDialogButtonBox.ButtonRole, *, primary: bool = False) -> QPushButton:
        """One more button; the primary one is the default."""
        button = QPushButton(text)
        button.setAutoDefault(primary)
        button.setDefault(primary)
        if primary:
            button.setProperty("kind", "primary")
        self.buttons.addButton(button, role)
        return button

    def add_text(self, text: str, kind: str = "") -> QLabel:
        """A wrapped paragraph."""
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if kind:
            label.setProperty("kind", kind)
        self.column.addWidget(label)
        return label


def set_kind(label: QWidget, kind: str) -> None:
    """Give a label another role in the style sheet."""
    label.setProperty("kind", kind)
    label.style().unpolish(label)
    label.style().polish(label)
