"""The settings of a style layer, shown below the layers while one is active."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QLabel, QPushButton, QWidget

from artdesk.core.requests import Mix
from artdesk.document.layers import BELOW, StyleLayer
from artdesk.ui.i18n import pick, tr
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.paint.style_layers import StyleLayers
from artdesk.ui.paint.toolbar import tip_of
from artdesk.ui.services import StyleLike
from artdesk.ui.theme import dress


def mix_title(mix: Mix, styles: Sequence[StyleLike]) -> str:
    """The styles of a mix by their names, the strongest first."""
    known = {style.id: style for style in styles}
    total = sum(weight for _, weight in mix) or 1.0
    names = []
    for style_id, weight in sorted(mix, key=lambda entry: -entry[1]):
        style = known.get(style_id)
        name = pick(style.title) if style is not None else style_id
        names.append(name if len(mix) == 1 else f"{name} {round(100 * weight / total)} %")
    return ", ".join(names)


class StyleSettings(QFrame):
    """Style, source, strength, stroke size and colours of one style layer. Every change is undoable and repaints it."""

    def __init__(self, session: DocumentSession, styles: StyleLayers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self._session = session
        self._styles = styles
        self._layer: StyleLayer | None = None
        self._known: Callable[[], Sequence[StyleLike]] = lambda: ()
        self.style_name = QLabel()
        self.style_name.setProperty("kind", "heading")
        self.style_name.setWordWrap(True)
        self.take_style = QPushButton(tr("Use the chosen style"))
        self.take_style.setToolTip(tr("Paint this layer in the style that is chosen in the gallery"))
        self.repaint_button = QPushButton(tr("Paint again"))
        self.repaint_button.setToolTip(tip_of(tr("Paint again"), "F5"))
        dress(self.repaint_button, "paint-repaint")
        self.source = QComboBox()
        self.source.setAccessibleName(tr("Paints"))
        self.strength = ValueSlider(tr("Strength"), 0.0, 1.0, unit="%", value=1.0)
        self.stroke_size = ValueSlider(tr("Stroke size"), 0.5, 3.0, unit="×", value=1.0, step=0.05)
        self.keep_colors = QCheckBox(tr("Keep the picture's colours"))
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 8, 8, 8)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(6)
        grid.addWidget(self.style_name, 0, 0, 1, 2)
        grid.addWidget(self.take_style, 1, 0)
        grid.addWidget(self.repaint_button, 1, 1)
        label = QLabel(tr("Paints"))
        label.setProperty("kind", "dim")
        grid.addWidget(label, 2, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.source, 2, 1)
        grid.addWidget(self.strength, 3, 0)
        grid.addWidget(self.stroke_size, 3, 1)
        grid.addWidget(self.keep_colors, 4, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.take_style.clicked.connect(self._take_style)
        self.repaint_button.clicked.connect(self._repaint)
        self.source.activated.connect(self._source_chosen)
        self.strength.value_changed.connect(self._strength_changed)
        self.stroke_size.value_changed.connect(self._stroke_changed)
        self.strength.settled.connect(self._settled)
        self.stroke_size.settled.connect(self._settled)
        self.keep_colors.clicked.connect(self._keep_changed)
        session.style_changed.connect(self._refresh)
        self.hide()

    def know_styles(self, styles: Callable[[], Sequence[StyleLike]]) -> None:
        """Where the names of styles come from."""
        self._known = styles
        self._refresh()

    def show_layer(self, layer: StyleLayer | None) -> None:
        """Show this layer's settings; None hides the box."""
        self._layer = layer
        self.setVisible(layer is not None)
        self._refresh()

    def _refresh(self) -> None:
        layer, document = self._layer, self._session.document
        if layer is None or document is None:
            return
        self.style_name.setText(mix_title(layer.mix, self._known()) or tr("No style yet"))
        self.take_style.setEnabled(bool(self._session.style.mix) and self._session.style.mix != layer.mix)
        self.source.clear()
        self.source.addItem(tr("Everything below"), BELOW)
        around = document.path_to(layer)
        for other in document.layers():
            if other is not layer and other not in around:
                self.source.addItem(other.name, other.id)
        self.source.setCurrentIndex(max(0, self.source.findData(layer.source)))
        self.strength.show_value(layer.strength)
        self.stroke_size.show_value(layer.stroke_size)
        self.keep_colors.setChecked(layer.keep_colors)

    def _set(self, **values: object) -> None:
        layer, document = self._layer, self._session.document
        if layer is not None and document is not None:
            self._session.attempt(lambda: document.set_layer(layer, **values))

    def _take_style(self) -> None:
        if self._session.style.mix:
            self._set(mix=self._session.style.mix)

    def _repaint(self) -> None:
        if self._layer is not None:
            self._styles.repaint(self._layer)

    def _source_chosen(self, index: int) -> None:
        self._set(source=self.source.itemData(index))

    def _strength_changed(self, value: float) -> None:
        self._set(strength=value)

    def _stroke_changed(self, value: float) -> None:
        self._set(stroke_size=value)

    def _keep_changed(self, on: bool) -> None:
        self._set(keep_colors=on)

    def _settled(self) -> None:
        if self._session.document is not None:
            self._session.document.history.seal()
