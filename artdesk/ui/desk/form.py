"""Controls made from a request's own description: a new field in a request is a new control here, no code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QSlider, QSpinBox, QWidget

from artdesk.core.fields import FieldSpec, fields_of
from artdesk.ui.i18n import tr

_STEPS = 1000


class QuietSlider(QSlider):
    """A slider that the wheel does not move while one scrolls past it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class QuietCombo(QComboBox):
    """A choice that the wheel does not change while one scrolls past it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class FieldForm(QWidget):
    """One row per described field. `changed` fires while a control moves, `settled` when it has come to rest."""

    changed = Signal()
    settled = Signal()

    def __init__(self, request: type[Any], skip: Iterable[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs = [spec for spec in fields_of(request) if not spec.field.hidden and spec.name not in set(skip)]
        self._controls: dict[str, QWidget] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        for row, spec in enumerate(self._specs):
            self._add(row, spec)

    def values(self) -> dict[str, Any]:
        """The value of every control by field name."""
        return {spec.name: self._value(spec) for spec in self._specs}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Set controls by field name; unknown names and unfit values are left alone. Says `changed` once."""
        for spec in self._specs:
            if spec.name in values:
                self._set(spec, values[spec.name])
        self.changed.emit()

    def reset(self) -> None:
        """Every field to its default."""
        self.set_values({spec.name: spec.default for spec in self._specs})
        self.settled.emit()

    def add_row(self, title: str, control: QWidget) -> None:
        """One more row of the caller's own below the generated ones."""
        row = self._grid.rowCount()
        label = QLabel(title)
        label.setBuddy(control)
        control.setAccessibleName(title)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(control, row, 1, 1, 2)

    def _add(self, row: int, spec: FieldSpec) -> None:
        field = spec.field
        title, hint = tr(field.title), tr(field.help) if field.help else ""
        control: QWidget
        if field.choices:
            control = combo = QuietCombo()
            for choice in field.choices:
                combo.addItem(tr(choice), choice)
            combo.currentIndexChanged.connect(self._on_settled)
        elif spec.type is bool:
            control = box = QCheckBox(title)
            box.toggled.connect(self._on_settled)
        elif spec.type is int:
            control = self._whole(spec)
        elif spec.type is float:
            control = self._slider(row, spec)
        else:
            raise TypeError(f"no control for {spec.name}: {spec.type}")
        control.setToolTip(hint)
        control.setAccessibleName(title)
        control.setAccessibleDescription(hint)
        self._controls[spec.name] = control
        if spec.type is bool:
            self._grid.addWidget(control, row, 1, 1, 2)
        else:
            label = QLabel(title)
            label.setToolTip(hint)
            label.setBuddy(control)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(control, row, 1, 1, 1 if spec.type is float else 2)
        self._set(spec, spec.default)

    def _whole(self, spec: FieldSpec) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(int(spec.field.minimum or 0), int(spec.field.maximum or 1_000_000))
        spin.setSingleStep(int(spec.field.step or 1))
        spin.setKeyboardTracking(False)
        if spec.field.unit:
            spin.setSuffix(" " + spec.field.unit)
        if spec.default == 0 and spin.minimum() == 0:
            spin.setSpecialValueText(tr("full size"))
        spin.lineEdit().setTextMargins(4, 0, 0, 0)
        spin.valueChanged.connect(self._on_settled)
        return spin

    def _slider(self, row: int, spec: FieldSpec) -> QSlider:
        low, high = spec.field.minimum or 0.0, spec.field.maximum or 1.0
        slider = QuietSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _STEPS)
        slider.setSingleStep(max(1, round(_STEPS * (spec.field.step or 0.01) / (high - low))))
        slider.setPageStep(slider.singleStep() * 10)
        spin = QDoubleSpinBox()
        spin.setRange(low, high)
        spin.setSingleStep(spec.field.step or 0.01)
        spin.setDecimals(2)
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(82)
        spin.lineEdit().setTextMargins(4, 0, 0, 0)
        spin.setAccessibleName(tr(spec.field.title))
        if spec.field.unit:
            spin.setSuffix(spec.field.unit)
        slider.setProperty("low", low)
        slider.setProperty("high", high)
        slider.setProperty("field", spec.name)
        spin.setProperty("field", spec.name)
        slider.valueChanged.connect(self._on_slider)
        slider.sliderReleased.connect(self.settled)
        spin.valueChanged.connect(self._on_spin)
        self._controls[spec.name + ":number"] = spin
        self._grid.addWidget(spin, row, 2)
        return slider

    def _on_slider(self, value: int) -> None:
        slider = self.sender()
        if not isinstance(slider, QSlider):
            return
        number = self._controls[str(slider.property("field")) + ":number"]
        if isinstance(number, QDoubleSpinBox):
            with QSignalBlocker(number):
                number.setValue(_scaled(slider))
        self.changed.emit()
        if not slider.isSliderDown():
            self.settled.emit()

    def _on_spin(self, value: float) -> None:
        spin = self.sender()
        slider = self._controls.get(str(spin.property("field"))) if spin is not None else None
        if isinstance(slider, QSlider):
            with QSignalBlocker(slider):
                slider.setValue(_position(slider, value))
        self.changed.emit()
        self.settled.emit()

    def _on_settled(self, value: object) -> None:
        self.changed.emit()
        self.settled.emit()

    def _value(self, spec: FieldSpec) -> Any:
        control = self._controls[spec.name]
        if isinstance(control, QComboBox):
            return control.currentData()
        if isinstance(control, QCheckBox):
            return control.isChecked()
        if isinstance(control, QSpinBox):
            return control.value()
        number = self._controls[spec.name + ":number"]
        return round(number.value(), 4) if isinstance(number, QDoubleSpinBox) else spec.default

    def _set(self, spec: FieldSpec, value: Any) -> None:
        control = self._controls[spec.name]
        with QSignalBlocker(control):
            if isinstance(control, QComboBox):
                row = control.findData(value)
                if row >= 0:
                    control.setCurrentIndex(row)
            elif isinstance(control, QCheckBox):
                if isinstance(value, bool):
                    control.setChecked(value)
            elif not isinstance(value, int | float) or isinstance(value, bool) or value != value:
                return
            elif isinstance(control, QSpinBox):
                control.setValue(round(max(control.minimum(), min(control.maximum(), value))))
            elif isinstance(control, QSlider):
                control.setValue(_position(control, float(value)))
                number = self._controls[spec.name + ":number"]
                if isinstance(number, QDoubleSpinBox):
                    with QSignalBlocker(number):
                        number.setValue(float(value))


def _scaled(slider: QSlider) -> float:
    low, high = float(slider.property("low")), float(slider.property("high"))
    return low + (high - low) * slider.value() / _STEPS


def _position(slider: QSlider, value: float) -> int:
    low, high = float(slider.property("low")), float(slider.property("high"))
    return round(_STEPS * (min(high, max(low, value)) - low) / (high - low))
