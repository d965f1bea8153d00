"""From a generated sketch to a painting: how much larger, in which style, to which place."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from artdesk.core.requests import StylizeSettings
from artdesk.ui.desk.dialog import DeskDialog
from artdesk.ui.desk.form import QuietCombo
from artdesk.ui.garden.section import Framed
from artdesk.ui.i18n import pick, tr
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.services import DeskServices

Goal = Literal["document", "layer"]
_AS_ON_DESK = "as on the desk"


class FinishDialog(DeskDialog):
    """Asks how to finish a picture of `width` × `height` pixels. `settings`, `factor` and so on hold the answer."""

    def __init__(
        self,
        services: DeskServices,
        look: StylizeSettings,
        look_name: str,
        image: QImage | None,
        size: tuple[int, int],
        has_document: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("Enlarge and paint"), parent, width=460)
        self._look, self._size = look, size
        row = QHBoxLayout()
        row.setSpacing(16)
        frame = Framed(120)
        frame.show_image(image)
        beside = QVBoxLayout()
        self.scale = ValueSlider(tr("Enlarge"), 1.0, 8.0, unit="×", value=4.0, step=0.5)
        self.measure = QLabel()
        self.measure.setProperty("kind", "dim")
        beside.addWidget(self.scale)
        beside.addWidget(self.measure)
        beside.addStretch(1)
        row.addWidget(frame)
        row.addLayout(beside, 1)
        self.column.addLayout(row)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        self.style_box = QuietCombo()
        if look.mix:
            self.style_box.addItem(look_name, _AS_ON_DESK)
        for style in services.styles():
            if style.kind != "model" and not (len(look.mix) == 1 and look.mix[0][0] == style.id):
                self.style_box.addItem(pick(style.title) or style.id, style.id)
        self.style_box.addItem(tr("Do not paint, only enlarge"), "")
        self.style_box.setMaxVisibleItems(16)
        self.strength = ValueSlider(tr("Strength"), 0.0, 1.0, unit="%", value=look.strength if look.mix else 0.8)
        self.means = QComboBox()
        self.means.addItem(tr("The best at hand"), "")
        for model in services.models():
            if model.family == "upscaler":
                self.means.addItem(pick(model.title) or model.id, model.id)
        self.means.addItem(tr("Plain enlargement"), "none")
        self.goal_box = QComboBox()
        self.goal_box.addItem(tr("A picture of its own"), "document")
        if has_document:
            self.goal_box.addItem(tr("A layer above the picture on the desk"), "layer")
        for title, control in (
            (tr("Style"), self.style_box),
            ("", self.strength),
            (tr("Enlarged with"), self.means),
            (tr("Becomes"), self.goal_box),
        ):
            form.addRow(title, control)
        self.column.addLayout(form)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.add_button(tr("Finish"), QDialogButtonBox.ButtonRole.AcceptRole, primary=True)
        self.scale.value_changed.connect(self._tell)
        self.style_box.currentIndexChanged.connect(self._tell)
        self._tell()

    def settings(self) -> StylizeSettings:
        """How to paint."""
        style = str(self.style_box.currentData())
        mix = self._look.mix if style == _AS_ON_DESK else (((style, 1.0),) if style else ())
        return replace(self._look, mix=mix, strength=self.strength.value, size=0)

    @property
    def factor(self) -> float:
        """How many times larger."""
        return self.scale.value

    @property
    def upscaler(self) -> str:
        """As FinishRequest has it."""
        return str(self.means.currentData())

    @property
    def goal(self) -> Goal:
        return "layer" if self.goal_box.currentData() == "layer" else "document"

    def _tell(self, *_: object) -> None:
        width, height = (round(side * self.factor) for side in self._size)
        self.measure.setText(tr("{width} × {height} pixels", width=width, height=height))
        self.strength.setEnabled(bool(self.style_box.currentData()))
