"""How the garden's page is put together: tree at the left, candidates in the middle, panels at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from artdesk.ui.garden.chosen import ChosenPanel
from artdesk.ui.garden.closer import CloserLook
from artdesk.ui.garden.crossing import CrossPanel
from artdesk.ui.garden.grid import CandidateGrid
from artdesk.ui.garden.pictures import GardenPictures
from artdesk.ui.garden.section import rule, small_button
from artdesk.ui.garden.sowing import SowPanel
from artdesk.ui.garden.steering import SteerPanel
from artdesk.ui.garden.strip import FavouritesStrip
from artdesk.ui.garden.tree import PageTree
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours, dress, icon_pixmap

_SIDE_WIDTH = 328


class GardenFrame(QWidget):
    """The parts in their places; what they show and say is the page's."""

    def __init__(self, pictures: GardenPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = CandidateGrid(pictures.picture)
        self.tree = PageTree(pictures.small)
        self.strip = FavouritesStrip(pictures.picture)
        self.sow, self.chosen = SowPanel(), ChosenPanel()
        self.cross, self.steer = CrossPanel(), SteerPanel()
        self._build()
        # While another page is in front this one must not keep the window wide.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def _build(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._build_left())
        self.splitter.addWidget(self._build_middle())
        self.splitter.addWidget(self._build_right())
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([216, 800, _SIDE_WIDTH])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    def _build_left(self) -> QWidget:
        side = QFrame()
        side.setProperty("kind", "panel")
        column = QVBoxLayout(side)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        self.leave = QPushButton(tr("Back to the desk"))
        dress(self.leave, "garden-back")
        self.leave.setToolTip(tr("Leave the garden as it is and go back to the picture (F4)"))
        column.addWidget(self.leave)
        row = QHBoxLayout()
        row.setSpacing(2)
        self.back = small_button("undo", tr("Back to the page before (Alt+Left)"))
        self.forward = small_button("redo", tr("Forward again (Alt+Right)"))
        self.new = small_button("new", tr("New garden"))
        self.open = small_button("open", tr("Open a garden…"))
        self.save = small_button("save", tr("Save the garden (Ctrl+S)"))
        for button in (self.back, self.forward):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.new, self.open, self.save):
            row.addWidget(button)
        column.addLayout(row)
        column.addWidget(self.tree, 1)
        self.title = QLabel()
        self.title.setProperty("kind", "dim")
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.title)
        side.setMinimumWidth(176)
        return side

    def _build_middle(self) -> QWidget:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(14, 8, 14, 0)
        bar.setSpacing(8)
        self.heading = QLabel()
        self.heading.setProperty("kind", "heading")
        self.detail = QLabel()
        self.detail.setProperty("kind", "dim")
        bar.addWidget(self.heading)
        bar.addWidget(self.detail, 1)
        self.plant = QPushButton(tr("Plant the picture"))
        dress(self.plant, "garden-plant")
        self.plant.setToolTip(tr("Find the picture on the desk in this model, and wander on from there"))
        bar.addWidget(self.plant)
        self.sides = QButtonGroup(self)
        for side, text in ((3, "3 × 3"), (4, "4 × 4")):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(tr("{count} candidates on a page", count=side * side))
            self.sides.addButton(button, side)
            bar.addWidget(button)
        column.addLayout(bar)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.grid)
        self.closer = CloserLook(self.grid)
        self.stack.addWidget(self._build_empty())
        column.addWidget(self.stack, 1)
        column.addWidget(rule())
        column.addWidget(self.strip)
        return middle

    def _build_empty(self) -> QWidget:
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.setContentsMargins(40, 20, 40, 20)
        column.setSpacing(12)
        column.addStretch(2)
        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty_title = QLabel()
        self._empty_title.setProperty("kind", "title")
        self._empty_words = QLabel()
        self._empty_words.setProperty("kind", "dim")
        for label in (self._mark, self._empty_title, self._empty_words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self.empty_button = QPushButton()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.empty_button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)
        return empty

    def _build_right(self) -> QWidget:
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for number, part in enumerate((self.sow, self.chosen, self.cross, self.steer)):
            if number:
                column.addWidget(rule())
            column.addWidget(part)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(panel)
        area.setMinimumWidth(304)
        return area

    def show_empty(self, title: str, words: str, button: str) -> None:
        """Say in place of the candidates why there are none, and what can be done about it."""
        self.stack.setCurrentIndex(1)
        self.heading.clear()
        self.detail.clear()
        self._mark.setPixmap(icon_pixmap("garden", 72, colours().accent))
        self._empty_title.setText(title)
        self._empty_words.setText(words)
        self.empty_button.setText(button)
        self.empty_button.setVisible(bool(button))
