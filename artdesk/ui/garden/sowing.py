"""Sow: which model, which class, how far from the usual, from which seed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from artdesk.core.garden import GardenModel
from artdesk.ui.desk.form import QuietCombo
from artdesk.ui.garden.section import Section, SeedField, small_button
from artdesk.ui.i18n import pick, tr
from artdesk.ui.paint.slider import ValueSlider


class SowPanel(Section):
    """Says what is to be sown. `sow_wished` carries the seed."""

    sow_wished = Signal(int)
    die_thrown = Signal()
    model_chosen = Signal(str)
    truncation_changed = Signal(float)
    label_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Sow"), parent)
        self.model = QuietCombo()
        self.model.setAccessibleName(tr("Model"))
        self.model.setToolTip(tr("The network the pictures come from. A garden belongs to one model."))
        self.kind = QuietCombo()
        self.kind.setAccessibleName(tr("Kind of picture"))
        self.kind.setToolTip(tr("What kind of picture to sow"))
        self.truncation = ValueSlider(
            tr("Truncation"),
            0.0,
            1.5,
            value=0.8,
            step=0.05,
            help=tr("Low: calm and typical pictures. High: bolder and stranger ones. 0 is the average of them all."),
        )
        self.seed = SeedField()
        self.die = small_button("garden-die", tr("Throw the die: a page from a new seed"))
        self.sow = QPushButton(tr("Sow"))
        self.sow.setProperty("kind", "primary")
        self.sow.setToolTip(tr("A page from this seed"))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.seed, 1)
        row.addWidget(self.die)
        row.addWidget(self.sow)
        self.column.addWidget(self.model)
        self.column.addWidget(self.kind)
        self.column.addWidget(self.truncation)
        self.column.addLayout(row)
        self.model.activated.connect(self._on_model)
        self.kind.activated.connect(self._on_kind)
        self.truncation.value_changed.connect(self.truncation_changed)
        self.seed.entered.connect(self.sow_wished)
        self.die.clicked.connect(self.die_thrown)
        self.sow.clicked.connect(self._on_sow)

    def show_models(self, models: Sequence[GardenModel], chosen: str, missing: str = "") -> None:
        """Offer the models; a garden's `missing` one is named but cannot be chosen."""
        with QSignalBlocker(self.model):
            self.model.clear()
            for model in models:
                self.model.addItem(pick(model.title) or model.id, model.id)
                tip = tr("{width} × {height} pixels", width=model.width, height=model.height)
                if model.encodes:
                    tip += " · " + tr("pictures can be planted")
                self.model.setItemData(self.model.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            if missing:
                self.model.addItem(tr("{id} (not here)", id=missing), missing)
            self.model.setCurrentIndex(self.model.findData(chosen))

    def show_state(self, model: GardenModel | None, truncation: float, label: int, seed: int | None) -> None:
        """Show what is in force."""
        classes = model.classes if model is not None else ()
        with QSignalBlocker(self.kind):
            wanted = [pick(words) or str(number + 1) for number, words in enumerate(classes)]
            if [self.kind.itemText(row) for row in range(self.kind.count())] != wanted:
                self.kind.clear()
                for number, text in enumerate(wanted):
                    self.kind.addItem(text, number)
            self.kind.setCurrentIndex(self.kind.findData(label))
        self.kind.setVisible(len(classes) > 1)
        self.truncation.show_value(truncation)
        if seed is not None and not self.seed.hasFocus():
            self.seed.show_seed(seed)
        for control in (self.kind, self.truncation, self.seed, self.die, self.sow):
            control.setEnabled(model is not None)

    def _on_model(self, row: int) -> None:
        self.model_chosen.emit(str(self.model.itemData(row)))

    def _on_kind(self, row: int) -> None:
        self.label_changed.emit(int(self.kind.itemData(row)))

    def _on_sow(self) -> None:
        if self.seed.seed is None:
            self.die_thrown.emit()  # nothing was typed: any seed will do
        else:
            self.sow_wished.emit(self.seed.seed)
