"""Cross: the candidates that were chosen for it, with a share each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from artdesk.ui.garden.section import Framed, Section, small_button
from artdesk.ui.i18n import tr
from artdesk.ui.paint.slider import ValueSlider

_SIDE = 40


class _Parent(QWidget):
    """One parent: its picture, its share, the way out."""

    weighed = Signal(int, float)
    left_out = Signal(int)

    def __init__(self, node: int, name: str) -> None:
        super().__init__()
        self.node = node
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.frame = Framed(_SIDE)
        self.share = ValueSlider(name, 0.0, 1.0, unit="%", value=0.5, help=tr("Share of {name}", name=name))
        out = small_button("close", tr("Do not cross this one (X)"))
        row.addWidget(self.frame)
        row.addWidget(self.share, 1)
        row.addWidget(out)
        self.share.value_changed.connect(self._on_share)
        out.clicked.connect(self._on_out)

    def _on_share(self, value: float) -> None:
        self.weighed.emit(self.node, value)

    def _on_out(self) -> None:
        self.left_out.emit(self.node)


class CrossPanel(Section):
    """Says with which shares to cross, and how much the children may differ."""

    weighed = Signal(int, float)
    left_out = Signal(int)
    cleared = Signal()
    cross_wished = Signal()
    variation_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Cross"), parent)
        self.clear = self.add_button("close", tr("Leave all of them out"))
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setProperty("kind", "dim")
        self.column.addWidget(self.hint)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        self.column.addLayout(self._rows)
        self.variation = ValueSlider(
            tr("Variation"),
            0.0,
            1.0,
            value=0.15,
            step=0.05,
            help=tr("How much the children of a crossing differ from each other; the first is the plain mixture"),
        )
        self.go = QPushButton(tr("Cross"))
        self.go.setToolTip(tr("A page of their children"))
        self._foot = QWidget()
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.variation, 1)
        row.addWidget(self.go)
        self.column.addWidget(self._foot)
        self._parents: list[_Parent] = []
        self.clear.clicked.connect(self.cleared)
        self.go.clicked.connect(self.cross_wished)
        self.variation.value_changed.connect(self.variation_changed)
        self.show_parents([])

    def show_parents(self, parents: Sequence[tuple[int, str, float, QImage | None]]) -> None:
        """Show (node, name, weight, picture) of what is to be crossed."""
        if [row.node for row in self._parents] != [node for node, _, _, _ in parents]:
            for known in self._parents:
                self._rows.removeWidget(known)
                known.hide()
                known.deleteLater()
            self._parents = [_Parent(node, name) for node, name, _, _ in parents]
            for fresh in self._parents:
                fresh.weighed.connect(self.weighed)
                fresh.left_out.connect(self.left_out)
                self._rows.addWidget(fresh)
        for row, (_, _, weight, image) in zip(self._parents, parents, strict=True):
            row.share.show_value(weight)
            row.frame.show_image(image)
        count = len(parents)
        self.hint.setText(
            tr("Choose one more to cross them.")
            if count == 1
            else tr("Choose two or more candidates with X or Ctrl+click, and cross them.")
        )
        self.hint.setVisible(count < 2)
        self.clear.setVisible(count > 0)
        self._foot.setVisible(count >= 2)
