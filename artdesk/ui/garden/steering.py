"""Steer: sliders along the directions in which a model's pictures differ most."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from artdesk.core.garden import MOST_STEERS, Steers
from artdesk.ui.garden.section import Section, small_button
from artdesk.ui.i18n import tr
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.theme import colours

REACH = 4.0
_FIRST = 5
_MORE = 5


class MiddleSlider(ValueSlider):
    """A value slider that fills from its middle: nothing is steered at 0."""

    def text(self) -> str:
        return "0" if abs(self.value) < 0.05 else f"{self.value:+.1f}"

    def _filled(self, box: QRectF) -> QRectF:
        middle, at = box.center().x(), box.x() + box.width() * self._fraction()
        return QRectF(min(middle, at), box.y(), abs(at - middle), box.height())

    def _draw_marks(self, painter: QPainter, box: QRectF) -> None:
        middle = round(box.center().x())
        painter.setPen(QPen(QColor(colours().line), 1))
        painter.drawLine(middle, round(box.top()) + 3, middle, round(box.bottom()) - 3)


class _Direction(QWidget):
    """One direction: its slider, and a button for what else it can do."""

    moved = Signal()
    menu_wished = Signal(int, QPoint)

    def __init__(self, number: int, name: str, share: float) -> None:
        super().__init__()
        self.number = number
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        tip = tr("Explains {share} of all differences. The menu names it or shows what it does.", share=f"{share:.0%}")
        self.slider = MiddleSlider(name, -REACH, REACH, value=0.0, step=0.1, help=tip)
        self.more = small_button("more", tr("Name this direction, or show what it does"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.more)
        self.slider.value_changed.connect(self.moved)
        self.more.clicked.connect(self._on_more)

    def set_name(self, name: str) -> None:
        self.slider.setAccessibleName(name)
        self.slider.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wished.emit(self.number, event.globalPos())

    def _on_more(self) -> None:
        self.menu_wished.emit(self.number, self.more.mapToGlobal(QPoint(0, self.more.height())))


class SteerPanel(Section):
    """Says where to steer the chosen candidate. `moved` while a slider moves, `keep_wished` when it shall stay."""

    moved = Signal()
    keep_wished = Signal()
    named = Signal(int, str)
    spread_wished = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Steer"), parent)
        self.reset_button = self.add_button("undo", tr("All directions back to the middle"))
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setProperty("kind", "dim")
        self.column.addWidget(self.hint)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.column.addLayout(self._rows)
        self.more = QPushButton(tr("More directions"))
        self.more.setProperty("kind", "flat")
        self.keep = QPushButton(tr("Keep"))
        self.keep.setToolTip(tr("Put the steered picture on the page in place of the chosen one"))
        foot = QHBoxLayout()
        foot.addWidget(self.more)
        foot.addStretch(1)
        foot.addWidget(self.keep)
        self.column.addLayout(foot)
        self._directions: list[_Direction] = []
        self._shares: Sequence[float] = ()
        self._names: dict[int, str] = {}
        self._shown = _FIRST
        self._usable = False
        self.more.clicked.connect(self._show_more)
        self.keep.clicked.connect(self.keep_wished)
        self.reset_button.clicked.connect(self.reset)
        self.show_directions((), tr("The directions are looked for …"))

    def show_directions(self, shares: Sequence[float], words: str = "") -> None:
        """Offer directions with their shares of all differences; none, with words that say why."""
        self._shares, self._shown = tuple(shares), _FIRST
        self.hint.setText(words)
        self.hint.setVisible(bool(words))
        self._rebuild()

    def show_names(self, names: dict[int, str]) -> None:
        """What the person called the directions."""
        self._names = dict(names)
        for row in self._directions:
            row.set_name(self._name(row.number))

    def set_usable(self, on: bool) -> None:
        """Whether something is chosen that can be steered."""
        self._usable = on
        self._refresh()

    def steers(self) -> Steers:
        """((direction, amount), …) of the sliders that are not in the middle."""
        moved = [(row.number, round(row.slider.value, 2)) for row in self._directions if abs(row.slider.value) >= 0.05]
        return tuple(moved[:MOST_STEERS])

    def reset(self) -> None:
        """All sliders to the middle."""
        was = bool(self.steers())
        for row in self._directions:
            row.slider.show_value(0.0)
        self._refresh()
        if was:
            self.moved.emit()

    def _name(self, number: int) -> str:
        return self._names.get(number) or tr("Direction {number}", number=number + 1)

    def _rebuild(self) -> None:
        kept = {row.number: row.slider.value for row in self._directions}
        for known in self._directions:
            self._rows.removeWidget(known)
            known.hide()
            known.deleteLater()
        self._directions = []
        for number, share in list(enumerate(self._shares))[: self._shown]:
            row = _Direction(number, self._name(number), share)
            row.slider.show_value(kept.get(number, 0.0))
            row.moved.connect(self._on_moved)
            row.menu_wished.connect(self._show_menu)
            self._rows.addWidget(row)
            self._directions.append(row)
        self.more.setVisible(self._shown < len(self._shares))
        self.keep.setVisible(bool(self._shares))
        self.reset_button.setVisible(bool(self._shares))
        self._refresh()

    def _show_more(self) -> None:
        self._shown += _MORE
        self._rebuild()

    def _on_moved(self) -> None:
        self._refresh()
        self.moved.emit()

    def _refresh(self) -> None:
        moved = bool(self.steers())
        self.keep.setEnabled(moved and self._usable)
        self.reset_button.setEnabled(moved)
        for row in self._directions:
            row.slider.setEnabled(self._usable)

    def _show_menu(self, number: int, place: QPoint) -> None:
        menu = QMenu(self)
        name = menu.addAction(tr("Name this direction…"))
        spread = menu.addAction(tr("Show what it does to the chosen one"))
        spread.setEnabled(self._usable)
        middle = menu.addAction(tr("Back to the middle"))
        chosen = menu.exec(place)
        if chosen is name:
            text, agreed = QInputDialog.getText(
                self, tr("Name this direction"), tr("What does it change?"), text=self._names.get(number, "")
            )
            if agreed:
                self.named.emit(number, text)
        elif chosen is spread:
            self.spread_wished.emit(number)
        elif chosen is middle:
            for row in self._directions:
                if row.number == number:
                    row.slider.show_value(0.0)
            self._on_moved()
