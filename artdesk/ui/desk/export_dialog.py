"""Export: one flat picture with its format, its quality, and what is written into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from artdesk.ui.desk.dialog import may_replace
from artdesk.ui.i18n import tr

FORMATS = (("PNG", ".png"), ("JPEG", ".jpg"), ("WebP", ".webp"), ("TIFF", ".tif"))
_LOSSY = (".jpg", ".webp")
_ALIASES = {".jpeg": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}


@dataclass(frozen=True)
class ExportWish:
    """Where and how to write. `overwrite` is only true after the person was asked."""

    path: Path
    quality: int
    with_receipt: bool
    overwrite: bool


class ExportDialog(QDialog):
    """Asks for file, format and quality. `wish()` is valid after it was accepted."""

    def __init__(
        self, suggestion: Path, quality: int, with_receipt: bool, has_alpha: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export picture"))
        self.setMinimumWidth(520)
        self._has_alpha = has_alpha
        self._overwrite = False
        self.file = QLineEdit(str(suggestion))
        self.file.setAccessibleName(tr("File"))
        browse = QPushButton(tr("Choose…"))
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(browse)
        self.format = QComboBox()
        for title, suffix in FORMATS:
            self.format.addItem(title, suffix)
        self.format.currentIndexChanged.connect(self._on_format)
        self.quality = QSlider(Qt.Orientation.Horizontal)
        self.quality.setRange(1, 100)
        self.number = QSpinBox()
        self.number.setRange(1, 100)
        self.number.setFixedWidth(70)
        self.quality.valueChanged.connect(self.number.setValue)
        self.number.valueChanged.connect(self.quality.setValue)
        self.quality.setValue(quality)
        self._quality_row = QWidget()
        quality_row = QHBoxLayout(self._quality_row)
        quality_row.setContentsMargins(0, 0, 0, 0)
        quality_row.addWidget(self.quality, 1)
        quality_row.addWidget(self.number)
        self.receipt = QCheckBox(tr("Write how it was painted into the file (model, style, settings)"))
        self.receipt.setChecked(with_receipt)
        self.receipt.setToolTip(
            tr("Dropped on ArtDesk, such a file gives its settings back; and it says that a network helped.")
        )
        self.hint = QLabel()
        self.hint.setProperty("kind", "warning")
        self.hint.setWordWrap(True)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        form.addRow(tr("File"), row)
        form.addRow(tr("Format"), self.format)
        form.addRow(tr("Quality"), self._quality_row)
        form.addRow("", self.receipt)
        form.addRow("", self.hint)
        buttons = QDialogButtonBox()
        self._save = buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._save.setProperty("kind", "primary")
        buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(16)
        column.addLayout(form)
        column.addWidget(buttons)
        self._take_suffix(suggestion)
        self._on_format()

    def wish(self) -> ExportWish:
        """What the person settled on."""
        return ExportWish(self._path(), self.quality.value(), self.receipt.isChecked(), self._overwrite)

    def _path(self) -> Path:
        path = Path(self.file.text().strip()).expanduser()
        suffix = str(self.format.currentData())
        if _ALIASES.get(path.suffix.lower(), path.suffix.lower()) != suffix:
            known = {s for _, s in FORMATS} | set(_ALIASES)
            path = path.with_suffix(suffix) if path.suffix.lower() in known else path.with_name(path.name + suffix)
        return path

    def _take_suffix(self, path: Path) -> None:
        suffix = _ALIASES.get(path.suffix.lower(), path.suffix.lower())
        row = self.format.findData(suffix)
        self.format.setCurrentIndex(max(0, row))

    def _on_format(self) -> None:
        suffix = str(self.format.currentData())
        self._quality_row.setEnabled(suffix in _LOSSY)
        self.hint.setText(
            tr("JPEG has no transparency: see-through parts become white.")
            if suffix == ".jpg" and self._has_alpha
            else ""
        )
        if self.file.text().strip():
            self.file.setText(str(self._path()))

    def _browse(self) -> None:
        filters = ";;".join(f"{title} (*{suffix})" for title, suffix in FORMATS)
        chosen, _ = QFileDialog.getSaveFileName(
            self, tr("Export picture"), str(self._path()), filters, options=QFileDialog.Option.DontConfirmOverwrite
        )
        if chosen:
            self._take_suffix(Path(chosen))
            self.file.setText(chosen)
            self.file.setText(str(self._path()))

    def _accept(self) -> None:
        if not self.file.text().strip():
            return
        path = self._path()
        self._overwrite = False
        if path.exists():
            if not may_replace(self, path):
                return
            self._overwrite = True
        self.accept()
