"""The candidate that is looked at closely: its picture, name and origin, its marks, where it can go."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.garden import MOST_NAME
from artdesk.ui.garden.section import Framed, Section, small_button
from artdesk.ui.i18n import tr
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.theme import dress

_SIDE = 132


class ChosenPanel(Section):
    """Says what is to be done with the chosen candidate; knows no garden itself."""

    descend_wished = Signal()
    look_wished = Signal()
    strength_changed = Signal(float)
    renamed = Signal(str)
    star_toggled = Signal()
    lock_toggled = Signal()
    cross_toggled = Signal()
    menu_wished = Signal(QPoint)
    layer_wished = Signal()
    document_wished = Signal()
    style_wished = Signal()
    finish_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Chosen"), parent)
        self.frame = Framed(_SIDE)
        self.frame.setCursor(Qt.CursorShape.PointingHandCursor)
        self.frame.setToolTip(tr("Click: a closer look (V)"))
        self.name = QLineEdit()
        self.name.setMaxLength(MOST_NAME)
        self.name.setPlaceholderText(tr("Give it a name"))
        self.name.setAccessibleName(tr("Name of the picture"))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("kind", "dim")
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.star = small_button("star", tr("Favourite (Space)"), checkable=True)
        self.lock = small_button("garden-lock", tr("Keep it on the page (L)"), checkable=True)
        self.cross = small_button("garden-cross", tr("Choose for crossing (X, Ctrl+click)"), checkable=True)
        self.more = small_button("more", tr("What else can be done with it"))
        beside = QVBoxLayout()
        beside.setSpacing(6)
        beside.addWidget(self.name)
        beside.addWidget(self.words, 1)
        marks = QHBoxLayout()
        marks.setSpacing(2)
        for button in (self.star, self.lock, self.cross, self.more):
            marks.addWidget(button)
        marks.addStretch(1)
        beside.addLayout(marks)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.frame)
        top.addLayout(beside, 1)
        self.column.addLayout(top)
        self.strength = ValueSlider(
            tr("Mutation"),
            0.05,
            1.5,
            value=0.3,
            step=0.05,
            help=tr("How far descendants stray from the chosen one"),
        )
        self.descend = QPushButton(tr("Descendants"))
        self.descend.setToolTip(tr("A page of descendants of the chosen one (Enter on the page)"))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.strength, 1)
        row.addWidget(self.descend)
        self.column.addLayout(row)
        self._build_ways()
        self.name.editingFinished.connect(self._on_name)
        self.star.clicked.connect(self.star_toggled)
        self.lock.clicked.connect(self.lock_toggled)
        self.cross.clicked.connect(self.cross_toggled)
        self.more.clicked.connect(self._on_more)
        self.descend.clicked.connect(self.descend_wished)
        self.frame.pressed.connect(self.look_wished)
        self.strength.value_changed.connect(self.strength_changed)

    def _build_ways(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(6)
        ways = (
            ("paint-layer-add", tr("As a layer"), tr("Put it above the picture on the desk"), self.layer_wished),
            ("new", tr("As a picture"), tr("Open it as a picture of its own"), self.document_wished),
            ("brush", tr("As a style"), tr("It joins the gallery, to paint with"), self.style_wished),
            ("image", tr("Finish…"), tr("Enlarge it and paint it in a style"), self.finish_wished),
        )
        self.ways: list[QPushButton] = []
        for number, (icon, text, tip, signal) in enumerate(ways):
            button = QPushButton(text)
            dress(button, "zoom-in" if icon == "image" else icon)
            button.setToolTip(tip)
            button.clicked.connect(signal)
            grid.addWidget(button, number // 2, number % 2)
            self.ways.append(button)
        self.column.addLayout(grid)

    def show_node(self, name: str, number: str, words: str, *, favourite: bool, locked: bool, crossing: bool) -> None:
        """Show what is known of the chosen candidate."""
        self._enable(True)
        if not self.name.hasFocus() or self.name.property("shown") != (name, number):
            self.name.setText(name)
        self.name.setProperty("shown", (name, number))
        self.name.setPlaceholderText(number)
        self.words.setText(words)
        self.words.setToolTip(words)
        for button, on in ((self.star, favourite), (self.lock, locked), (self.cross, crossing)):
            with QSignalBlocker(button):
                button.setChecked(on)
        dress(self.star, "star-full" if favourite else "star")

    def show_nothing(self) -> None:
        """Nothing is chosen."""
        self._enable(False)
        self.name.clear()
        self.name.setPlaceholderText(tr("Give it a name"))
        self.words.setText(tr("Sow a page, then click what you like: its descendants come up."))
        self.frame.show_image(None)

    def show_image(self, image: QImage | None, *, trial: bool = False) -> None:
        """Its picture; a `trial` is ringed: it is not kept yet."""
        self.frame.show_image(image, ringed=trial)
        for button in self.ways:
            button.setEnabled(image is not None and self.name.isEnabled())

    def _enable(self, on: bool) -> None:
        for part in (self.name, self.star, self.lock, self.cross, self.more, self.strength, self.descend, *self.ways):
            part.setEnabled(on)

    def _on_name(self) -> None:
        if self.name.isEnabled():
            self.renamed.emit(self.name.text())

    def _on_more(self) -> None:
        self.menu_wished.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))
