"""The controls beside the live picture. They build one `LiveSettings`; it is in force with the next frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.live import LiveMix, LiveSettings, PainterRole
from artdesk.ui.i18n import pick, tr
from artdesk.ui.services import DeviceLike, StyleLike
from artdesk.workers.quality import HEIGHTS, Quality


class PercentSlider(QWidget):
    """A slider 0..100 % with its value beside it."""

    changed = Signal(float)

    def __init__(self, name: str, value: float) -> None:
        super().__init__()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, 100)
        self._slider.setAccessibleName(name)
        self._label = QLabel()
        self._label.setMinimumWidth(40)
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._label)
        self._slider.valueChanged.connect(self._moved)
        self._slider.setValue(round(value * 100))
        self._label.setText(f"{self._slider.value()} %")

    @property
    def value(self) -> float:
        return self._slider.value() / 100

    def set_value(self, value: float) -> None:
        self._slider.setValue(round(value * 100))

    def _moved(self, value: int) -> None:
        self._label.setText(f"{value} %")
        self.changed.emit(value / 100)


class LiveControls(QWidget):
    """Style, mix, strength, colours, steadiness, mirror, quality, device.

    `settings_changed` says the new LiveSettings; `device_chosen` the id of a device ("auto" and others).
    """

    settings_changed = Signal(object)
    device_chosen = Signal(str)

    def __init__(self, settings: LiveSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._filling = True
        self.style_box = self._box(tr("Style"))
        self.other_box = self._box(tr("Second style"))
        self.share = PercentSlider(tr("Share of the second style"), 0.5)
        self.morph = QDoubleSpinBox()
        self.morph.setRange(0.0, 20.0)
        self.morph.setSingleStep(0.5)
        self.morph.setDecimals(1)
        self.morph.setSuffix(" s")
        self.morph.setToolTip(tr("A new style or mix comes in over this time"))
        self.strength = PercentSlider(tr("Strength"), settings.strength)
        self.colors = QCheckBox(tr("Keep the colours"))
        self.steady = PercentSlider(tr("Steadiness"), settings.steady)
        self.mirror = QCheckBox(tr("Mirror"))
        self.auto = QCheckBox(tr("Automatic"))
        self.target = QSpinBox()
        self.target.setRange(5, 60)
        self.target.setSuffix(" " + tr("fps"))
        self.role = self._box(tr("Painter"))
        self.height_box = self._box(tr("Working size"))
        self.device = self._box(tr("Device"))
        self.chosen = QLabel()
        self.chosen.setProperty("kind", "dim")
        self.chosen.setWordWrap(True)
        self._lay_out()
        self.role.addItem(tr("Fast (live painter)"), "live")
        self.role.addItem(tr("Fine (quality painter)"), "quality")
        self.height_box.addItem(tr("As the source"), 0)
        for height in HEIGHTS:
            self.height_box.addItem(tr("{height} lines", height=height), height)
        self._connect()
        self.set_settings(settings)

    @property
    def settings(self) -> LiveSettings:
        return self._settings

    @staticmethod
    def _box(name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        return box

    def _lay_out(self) -> None:
        def group(title: str, rows: Sequence[tuple[str, QWidget]]) -> QGroupBox:
            box = QGroupBox(title)
            form = QFormLayout(box)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
            for label, widget in rows:
                if label:
                    form.addRow(label, widget)
                else:
                    form.addRow(widget)
            return box

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(
            group(
                tr("Style"),
                (
                    (tr("Style"), self.style_box),
                    (tr("Mixed with"), self.other_box),
                    (tr("Its share"), self.share),
                    (tr("Change over"), self.morph),
                    (tr("Strength"), self.strength),
                    ("", self.colors),
                ),
            )
        )
        layout.addWidget(group(tr("Picture"), ((tr("Steadiness"), self.steady), ("", self.mirror))))
        layout.addWidget(
            group(
                tr("Quality"),
                (
                    (tr("Aim at"), self.target),
                    ("", self.auto),
                    (tr("Painter"), self.role),
                    (tr("Working size"), self.height_box),
                    (tr("Device"), self.device),
                    ("", self.chosen),
                ),
            )
        )

    def _connect(self) -> None:
        self.style_box.activated.connect(self._gather)
        self.other_box.activated.connect(self._gather)
        self.role.activated.connect(self._gather)
        self.height_box.activated.connect(self._gather)
        self.share.changed.connect(self._gather)
        self.strength.changed.connect(self._gather)
        self.steady.changed.connect(self._gather)
        self.morph.valueChanged.connect(self._gather)
        self.target.valueChanged.connect(self._gather)
        for check in (self.colors, self.mirror, self.auto):
            check.toggled.connect(self._gather)
        self.device.activated.connect(self._device_picked)

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Offer these styles; the settings stay as they are, an empty mix takes the first one."""
        self._filling = True
        for box in (self.style_box, self.other_box):
            box.clear()
        self.other_box.addItem(tr("Nothing"), "")
        for style in styles:
            # Foreign networks of one fixed style have no code that could be mixed.
            if style.kind != "model":
                for box in (self.style_box, self.other_box):
                    box.addItem(pick(style.title), style.id)
        self._filling = False
        if not self._settings.mix and self.style_box.count():
            self._gather()
        else:
            self.set_settings(self._settings)

    def set_devices(self, devices: Sequence[DeviceLike], current: str) -> None:
        """Offer the devices that can be used."""
        self.device.clear()
        self.device.addItem(tr("Automatic"), "auto")
        for device in devices:
            if device.available:
                self.device.addItem(tr(device.title), device.id)
        self.device.setCurrentIndex(max(0, self.device.findData(current)))

    def set_roles(self, roles: Sequence[PainterRole]) -> None:
        """Offer only the painters that are installed."""
        for row in range(self.role.count() - 1, -1, -1):
            if self.role.itemData(row) not in roles:
                self.role.removeItem(row)

    def set_settings(self, settings: LiveSettings) -> None:
        """Show `settings` without saying so."""
        self._filling = True
        self._settings = settings
        mix = settings.mix
        total = sum(weight for _, weight in mix) or 1.0
        if mix:
            self.style_box.setCurrentIndex(self.style_box.findData(mix[0][0]))
            self.other_box.setCurrentIndex(max(0, self.other_box.findData(mix[1][0])) if len(mix) > 1 else 0)
        if len(mix) > 1:
            self.share.set_value(mix[1][1] / total)
        self.strength.set_value(settings.strength)
        self.steady.set_value(settings.steady)
        self.colors.setChecked(settings.keep_colors)
        self.mirror.setChecked(settings.mirror)
        self.auto.setChecked(settings.auto)
        self.target.setValue(round(settings.target_fps))
        self.morph.setValue(settings.morph_seconds)
        self.role.setCurrentIndex(max(0, self.role.findData(settings.painter)))
        self.height_box.setCurrentIndex(max(0, self.height_box.findData(settings.height)))
        self._filling = False
        self._enable()

    def choose_style(self, style_id: str) -> None:
        """Paint in this style alone (a favourite's key)."""
        row = self.style_box.findData(style_id)
        if row >= 0:
            self.style_box.setCurrentIndex(row)
            self.other_box.setCurrentIndex(0)
            self._gather()

    def show_quality(self, quality: Quality) -> None:
        """Say what automatic quality has chosen."""
        name = tr("live painter") if quality.painter == "live" else tr("quality painter")
        self.chosen.setText(tr("Chosen: {painter}, {height} lines", painter=name, height=quality.height))

    def _mix(self) -> LiveMix:
        style, other = self.style_box.currentData(), self.other_box.currentData()
        if not style:
            return self._settings.mix
        share = self.share.value
        if not other or other == style or share <= 0:
            return ((style, 1.0),)
        return ((other, 1.0),) if share >= 1 else ((style, 1 - share), (other, share))

    def _gather(self) -> None:
        if self._filling:
            return
        settings = replace(
            self._settings,
            mix=self._mix(),
            strength=self.strength.value,
            keep_colors=self.colors.isChecked(),
            painter=self.role.currentData() or "live",
            height=self.height_box.currentData() or 0,
            steady=self.steady.value,
            mirror=self.mirror.isChecked(),
            auto=self.auto.isChecked(),
            target_fps=float(self.target.value()),
            morph_seconds=self.morph.value(),
        )
        self._enable()
        if settings != self._settings:
            self._settings = settings
            self.settings_changed.emit(settings)

    def _device_picked(self) -> None:
        self.device_chosen.emit(self.device.currentData() or "auto")

    def _enable(self) -> None:
        auto = self.auto.isChecked()
        self.target.setEnabled(auto)
        self.role.setEnabled(not auto)
        self.height_box.setEnabled(not auto)
        self.chosen.setVisible(auto)
        self.share.setEnabled(bool(self.other_box.currentData()))
