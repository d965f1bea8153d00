"""Small parts the garden's panels share: a section with a heading, a field for seeds, a picture in a frame."""

from __future__ import annotations

import re

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from artdesk.core.garden import SEEDS
from artdesk.ui.garden.tile import whole
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours, dress, icon_pixmap


class Section(QFrame):
    """A heading with room for small buttons at its right, and a column below it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 10, 14, 12)
        outer.setSpacing(8)
        self.head = QHBoxLayout()
        self.head.setSpacing(2)
        self.title = QLabel(title)
        self.title.setProperty("kind", "heading")
        self.head.addWidget(self.title, 1)
        outer.addLayout(self.head)
        self.column = QVBoxLayout()
        self.column.setSpacing(7)
        outer.addLayout(self.column)

    def add_button(self, icon: str, tip: str, *, checkable: bool = False) -> QToolButton:
        """A small button in the heading."""
        button = small_button(icon, tip, checkable=checkable)
        self.head.addWidget(button)
        return button


def small_button(icon: str, tip: str, *, checkable: bool = False) -> QToolButton:
    """A button with an icon alone; its words are in the tool tip."""
    button = QToolButton()
    dress(button, icon)
    button.setIconSize(QSize(18, 18))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    return button


def rule() -> QFrame:
    """A line between two sections."""
    line = QFrame()
    line.setFixedHeight(1)
    line.setAutoFillBackground(True)
    line.setStyleSheet("background: palette(mid);")
    return line


class SeedField(QLineEdit):
    """A whole number from 0 to 2³²−1. `entered` comes with Enter; what is no seed is coloured and not taken."""

    entered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(24)
        self.setAccessibleName(tr("Seed"))
        self.setPlaceholderText(tr("Seed"))
        self.setToolTip(tr("The same seed gives the same page: type one and press Enter"))
        self.textChanged.connect(self._check)
        self.returnPressed.connect(self._enter)

    @property
    def seed(self) -> int | None:
        """The number that stands there, None when it is none."""
        text = re.sub(r"[\s,._]", "", self.text())
        return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) < SEEDS else None

    def show_seed(self, seed: int) -> None:
        """Show a seed; says nothing."""
        self.setText(str(seed))

    def _check(self) -> None:
        bad = bool(self.text().strip()) and self.seed is None
        self.setStyleSheet(f"color: {colours().failure};" if bad else "")

    def _enter(self) -> None:
        if self.seed is not None:
            self.entered.emit(self.seed)


class Framed(QWidget):
    """A picture in a square with round corners; a sprout while there is none."""

    pressed = Signal()

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap: QPixmap | None = None
        self._side = side
        self._ringed = False
        self.setFixedSize(side, side)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_image(self, image: QImage | None, *, ringed: bool = False) -> None:
        """Show a picture, or none; `ringed` says that it is not yet kept."""
        self._pixmap = QPixmap.fromImage(image) if image is not None else None
        self._ringed = ringed
        self.update()

    @property
    def empty(self) -> bool:
        return self._pixmap is None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setClipPath(outline)
        if self._pixmap is None:
            painter.fillRect(self.rect(), QColor(theme.raised if theme.name == "dark" else theme.hover))
            size = max(14, self._side // 4)
            mark = icon_pixmap("garden", size, theme.faint)
            painter.drawPixmap((self.width() - size) // 2, (self.height() - size) // 2, mark)
        else:
            painter.drawPixmap(whole(self._pixmap, self.rect()), self._pixmap)
        if self._ringed:
            pen = painter.pen()
            pen.setColor(QColor(theme.accent))
            pen.setWidthF(5)
            painter.setPen(pen)
            painter.drawPath(outline)
