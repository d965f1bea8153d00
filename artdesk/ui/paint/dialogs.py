"""Small dialogs: sizes of the picture and of the canvas, a distance in pixels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QWidget,
)

from artdesk.document.document import MAX_SIDE
from artdesk.ui.desk.dialog import DeskDialog
from artdesk.ui.i18n import tr


class SizeDialog(DeskDialog):
    """Width and height in pixels, kept in proportion when wished."""

    def __init__(self, title: str, width: int, height: int, parent: QWidget | None, *, keep_shape: bool) -> None:
        super().__init__(title, parent, width=360)
        self._old = (width, height)
        self.width_box, self.height_box = QSpinBox(), QSpinBox()
        form = QFormLayout()
        for box, value, words in ((self.width_box, width, tr("Width")), (self.height_box, height, tr("Height"))):
            box.setRange(1, MAX_SIDE)
            box.setSuffix(" px")
            box.setValue(value)
            box.setAccelerated(True)
            form.addRow(words, box)
        self.percent = QSpinBox()
        self.percent.setRange(1, 10000)
        self.percent.setSuffix(" %")
        self.percent.setValue(100)
        form.addRow(tr("Scale"), self.percent)
        self.keep = QCheckBox(tr("Keep proportions"))
        self.keep.setChecked(keep_shape)
        form.addRow("", self.keep)
        self.column.addLayout(form)
        self.hint = self.add_text("", "dim")
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.add_button(tr("Apply"), QDialogButtonBox.ButtonRole.AcceptRole, primary=True)
        self.width_box.valueChanged.connect(self._width_changed)
        self.height_box.valueChanged.connect(self._height_changed)
        self.percent.valueChanged.connect(self._percent_changed)
        self._tell()

    def size_wanted(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width_box.value(), self.height_box.value()

    def _put(self, box: QSpinBox, value: float) -> None:
        box.blockSignals(True)
        box.setValue(max(1, min(box.maximum(), round(value))))
        box.blockSignals(False)

    def _width_changed(self, value: int) -> None:
        if self.keep.isChecked():
            self._put(self.height_box, value * self._old[1] / self._old[0])
        self._put(self.percent, 100 * value / self._old[0])
        self._tell()

    def _height_changed(self, value: int) -> None:
        if self.keep.isChecked():
            self._put(self.width_box, value * self._old[0] / self._old[1])
            self._put(self.percent, 100 * value / self._old[1])
        self._tell()

    def _percent_changed(self, value: int) -> None:
        self._put(self.width_box, self._old[0] * value / 100)
        self._put(self.height_box, self._old[1] * value / 100)
        self._tell()

    def _tell(self) -> None:
        width, height = self.size_wanted()
        self.hint.setText(tr("{megapixels} megapixels", megapixels=f"{width * height / 1e6:.1f}"))


class ImageSizeDialog(SizeDialog):
    """Scale the whole picture."""

    def __init__(self, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__(tr("Scale the picture"), width, height, parent, keep_shape=True)


class CanvasSizeDialog(SizeDialog):
    """More or less room around the picture, which is not scaled."""

    def __init__(self, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__(tr("Canvas size"), width, height, parent, keep_shape=False)
        row = QHBoxLayout()
        label = QLabel(tr("Where the picture lies"))
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        row.addWidget(label, 1)
        grid = QGridLayout()
        grid.setSpacing(3)
        self._group = QButtonGroup(self)
        names = (
            (tr("top left"), tr("top"), tr("top right")),
            (tr("left"), tr("middle"), tr("right")),
            (tr("bottom left"), tr("bottom"), tr("bottom right")),
        )
        for y in range(3):
            for x in range(3):
                button = QToolButton()
                button.setCheckable(True)
                button.setFixedSize(26, 26)
                button.setText("●" if (x, y) == (1, 1) else "·")
                button.setToolTip(names[y][x])
                button.setAccessibleName(names[y][x])
                self._group.addButton(button, y * 3 + x)
                grid.addWidget(button, y, x)
        middle = self._group.button(4)
        if middle is not None:
            middle.setChecked(True)
        self._group.idToggled.connect(self._mark)
        row.addLayout(grid)
        self.column.insertLayout(1, row)

    def _mark(self, number: int, on: bool) -> None:
        button = self._group.button(number)
        if button is not None:
            button.setText("●" if on else "·")

    def offset(self) -> tuple[int, int]:
        """Where the old canvas's corner lies on the new one."""
        place = self._group.checkedId()
        width, height = self.size_wanted()
        return (width - self._old[0]) * (place % 3) // 2, (height - self._old[1]) * (place // 3) // 2


def ask_pixels(title: str, start: int, parent: QWidget | None = None) -> int:
    """Ask for a distance of 1..500 px; 0 when the person thought better of it."""
    dialog = DeskDialog(title, parent, width=300)
    box = QSpinBox()
    box.setRange(1, 500)
    box.setSuffix(" px")
    box.setValue(start)
    box.selectAll()
    form = QFormLayout()
    form.addRow(tr("Pixels"), box)
    dialog.column.addLayout(form)
    dialog.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
    dialog.add_button(tr("Apply"), QDialogButtonBox.ButtonRole.AcceptRole, primary=True)
    return box.value() if dialog.exec() else 0
