"""How to paint: the chosen style or mix, the sliders made from the request, and the one main button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.requests import Mix, StylizeSettings
from artdesk.ui.desk.form import FieldForm, QuietCombo, QuietSlider
from artdesk.ui.i18n import pick, tr
from artdesk.ui.services import DeskServices
from artdesk.ui.theme import dress

_MOST_IN_MIX = 6


class MixBox(QWidget):
    """The styles that are painted with: a name alone, or several names with a weight slider each."""

    changed = Signal()
    settled = Signal()

    def __init__(self, services: DeskServices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._weights: dict[str, float] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._show()

    def mix(self) -> Mix:
        """The styles with a weight, normalised to 1."""
        heavy = [(k, w) for k, w in self._weights.items() if w > 0]
        total = sum(w for _, w in heavy)
        return tuple((k, round(w / total, 4)) for k, w in heavy) if total > 0 else ()

    def set_mix(self, mix: Mix) -> None:
        """Paint with these styles."""
        self._weights = {str(k): float(w) for k, w in mix[:_MOST_IN_MIX] if w > 0}
        self._show()
        self.changed.emit()

    def toggle(self, style_id: str) -> None:
        """Take a style into the mix with an equal share, or out of it (the last one stays)."""
        if style_id in self._weights:
            if len(self._weights) > 1:
                del self._weights[style_id]
        elif len(self._weights) < _MOST_IN_MIX:
            share = sum(self._weights.values()) / len(self._weights) if self._weights else 1.0
            self._weights[style_id] = share
        self._show()
        self.changed.emit()

    def drop(self, style_id: str) -> None:
        """A style was deleted."""
        if self._weights.pop(style_id, None) is not None:
            self._show()
            self.changed.emit()

    def _title(self, style_id: str) -> str:
        style = self._services.style(style_id)
        return pick(style.title) if style is not None else style_id

    def _show(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if len(self._weights) <= 1:
            name = QLabel(self._title(next(iter(self._weights))) if self._weights else tr("Click a style above."))
            name.setProperty("kind", "heading" if self._weights else "dim")
            name.setWordWrap(True)
            self._grid.addWidget(name, 0, 0, 1, 3)
            return
        total = sum(self._weights.values()) or 1.0
        for row, (style_id, weight) in enumerate(self._weights.items()):
            title = self._title(style_id)
            name = QLabel()
            name.setText(name.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, 128))
            name.setMaximumWidth(130)
            name.setToolTip(title)
            slider = QuietSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, 100)
            slider.setValue(round(100 * weight / total))
            slider.setProperty("style", style_id)
            slider.setAccessibleName(tr("Share of {name}", name=title))
            slider.valueChanged.connect(self._on_weight)
            slider.sliderReleased.connect(self.settled)
            out = QToolButton()
            dress(out, "close")
            out.setProperty("style", style_id)
            out.setToolTip(tr("Take {name} out of the mix", name=title))
            out.setAccessibleName(out.toolTip())
            out.clicked.connect(self._on_out)
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(slider, row, 1)
            self._grid.addWidget(out, row, 2)

    def _on_weight(self, value: int) -> None:
        slider = self.sender()
        if isinstance(slider, QuietSlider):
            self._weights[str(slider.property("style"))] = value / 100
            self.changed.emit()
            if not slider.isSliderDown():
                self.settled.emit()

    def _on_out(self) -> None:
        button = self.sender()
        if button is not None:
            self.toggle(str(button.property("style")))
            self.settled.emit()


class StylizePanel(QFrame):
    """Says how to paint. `settings()` is what the sliders mean now."""

    changed = Signal()
    settled = Signal()  # a control came to rest: a result that stands may be painted anew
    paint_wished = Signal()

    def __init__(self, services: DeskServices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.setProperty("kind", "panel")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(9)
        self.mix = MixBox(services)
        self.form = FieldForm(StylizeSettings)
        self.device = QuietCombo()
        self.form.add_row(tr("Device"), self.device)
        self.device.setToolTip(tr("Where to paint. What really painted is shown below the picture."))
        self.refresh_devices()
        self.estimate = QLabel()
        self.estimate.setProperty("kind", "dim")
        self.paint = QPushButton(tr("Paint"))
        self.paint.setProperty("kind", "primary")
        self.paint.setToolTip(tr("Paint the picture in this style (Ctrl+Enter)"))
        self.paint.setEnabled(False)
        self.paint.clicked.connect(self.paint_wished)
        reset = QToolButton()
        dress(reset, "undo")
        reset.setToolTip(tr("Back to the defaults"))
        reset.setAccessibleName(reset.toolTip())
        reset.clicked.connect(self.form.reset)
        row = QHBoxLayout()
        row.addWidget(self.estimate, 1)
        row.addWidget(reset)
        row.addWidget(self.paint)
        column.addWidget(self.mix)
        column.addWidget(self.form)
        column.addLayout(row)
        self.mix.changed.connect(self.changed)
        self.mix.settled.connect(self.settled)
        self.form.changed.connect(self.changed)
        self.form.settled.connect(self.settled)
        self.device.currentIndexChanged.connect(self._on_device)
        services.settings.changed.connect(self._on_settings)

    def settings(self) -> StylizeSettings:
        """The wish as it stands: mix, sliders, device."""
        return StylizeSettings(
            mix=self.mix.mix(),
            **self.form.values(),
            device=str(self.device.currentData() or "auto"),
            memory_mb=self._services.settings.value.memory_mb,
        )

    def set_settings(self, values: Mapping[str, Any]) -> list[str]:
        """Take settings over by name (from a receipt). Returns the ids of styles that are not known here."""
        missing: list[str] = []
        mix: list[tuple[str, float]] = []
        for entry in values.get("mix") or ():
            if not (isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[0], str)):
                continue
            if not isinstance(entry[1], int | float) or not 0 < entry[1] < 1e6:
                continue
            if self._services.style(entry[0]) is not None:
                mix.append((entry[0], float(entry[1])))
            else:
                missing.append(entry[0])
        if mix:
            self.mix.set_mix(tuple(mix))
        self.form.set_values({k: v for k, v in values.items() if k != "mix"})
        return missing

    def refresh_devices(self) -> None:
        """The devices found on this machine; those that cannot be used stay visible, greyed, with the reason."""
        wished = str(self.device.currentData() or self._services.settings.value.device)
        self.device.blockSignals(True)
        fill_devices(self.device, self._services, wished)
        self.device.blockSignals(False)

    def set_ready(self, ready: bool) -> None:
        """Whether there is a picture and a style to paint with."""
        self.paint.setEnabled(ready)

    def _on_device(self, row: int) -> None:
        self._services.settings.change(device=str(self.device.currentData() or "auto"))
        self.changed.emit()

    def _on_settings(self, before: object, now: object) -> None:
        if self.device.currentData() != self._services.settings.value.device:
            self.refresh_devices()
            row = self.device.findData(self._services.settings.value.device)
            if row >= 0:
                self.device.setCurrentIndex(row)


def fill_devices(combo: QComboBox, services: DeskServices, wished: str) -> None:
    """Offer "auto" and every device by name; unusable ones are shown but cannot be chosen."""
    combo.clear()
    combo.addItem(tr("Automatic"), "auto")
    for device in services.devices():
        combo.addItem(tr(device.title), device.id)
        if not device.available:
            row = combo.count() - 1
            combo.setItemData(row, tr(device.reason), Qt.ItemDataRole.ToolTipRole)
            combo.setItemData(row, 0, Qt.ItemDataRole.UserRole - 1)  # no flags: visible, not selectable
    combo.setCurrentIndex(max(0, combo.findData(wished)))
