"""A new empty canvas: size and colour."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFormLayout, QHBoxLayout, QSpinBox, QToolButton, QWidget

from artdesk.document.base import MAX_SIDE
from artdesk.ui.desk.dialog import DeskDialog
from artdesk.ui.i18n import tr
from artdesk.ui.theme import dress

_SIZES = (("Full HD", 1920, 1080), ("Square", 2048, 2048), ("A4, 300 dpi", 2480, 3508), ("4K", 3840, 2160))
_COLOURS = (("White", (255, 255, 255, 255)), ("Black", (0, 0, 0, 255)), ("Grey", (128, 128, 128, 255)),
            ("Transparent", (0, 0, 0, 0)))  # fmt: skip


class NewDialog(DeskDialog):
    """Asks for the size and colour of a new canvas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("New canvas"), parent, width=400)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        self.preset = QComboBox()
        for title, width, height in _SIZES:
            self.preset.addItem(f"{tr(title)} · {width} × {height}", (width, height))
        self.preset.addItem(tr("Own size"), None)
        self.wide, self.high = QSpinBox(), QSpinBox()
        for spin, title in ((self.wide, tr("Width")), (self.high, tr("Height"))):
            spin.setRange(1, MAX_SIDE)
            spin.setSuffix(" px")
            spin.setAccessibleName(title)
            spin.valueChanged.connect(self._on_size)
        swap = QToolButton()
        dress(swap, "redo")
        swap.setToolTip(tr("Swap width and height"))
        swap.setAccessibleName(swap.toolTip())
        swap.clicked.connect(self._swap)
        row = QHBoxLayout()
        row.addWidget(self.wide, 1)
        row.addWidget(swap)
        row.addWidget(self.high, 1)
        self.colour = QComboBox()
        for title, colour in _COLOURS:
            self.colour.addItem(tr(title), colour)
        form.addRow(tr("Size"), self.preset)
        form.addRow("", row)
        form.addRow(tr("Colour"), self.colour)
        self.column.addLayout(form)
        self.add_button(tr("Create"), QDialogButtonBox.ButtonRole.AcceptRole, primary=True)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.preset.currentIndexChanged.connect(self._on_preset)
        self._on_preset(0)

    def chosen(self) -> tuple[int, int, tuple[int, int, int, int]]:
        """(width, height, RGBA)."""
        return self.wide.value(), self.high.value(), tuple(self.colour.currentData())

    def _on_preset(self, row: int) -> None:
        size = self.preset.currentData()
        if size is None:
            return
        for spin, value in zip((self.wide, self.high), size, strict=True):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)

    def _on_size(self, value: int) -> None:
        self.preset.setCurrentIndex(self.preset.count() - 1)

    def _swap(self) -> None:
        wide, high = self.wide.value(), self.high.value()
        self.wide.setValue(high)
        self.high.setValue(wide)
