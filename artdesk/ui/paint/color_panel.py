"""The colour panel: wheel, hexadecimal field, the two colours in hand and those painted with before."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegularExpressionValidator
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from artdesk.ui.i18n import tr
from artdesk.ui.paint.color_wheel import ColorWheel
from artdesk.ui.paint.session import MOST_RECENT_COLORS, Color, DocumentSession
from artdesk.ui.paint.toolbar import tip_of
from artdesk.ui.theme import colours, dress

STARTERS: tuple[Color, ...] = (
    (0, 0, 0, 255),
    (255, 255, 255, 255),
    (127, 127, 127, 255),
    (170, 62, 48, 255),
    (214, 122, 52, 255),
    (233, 190, 84, 255),
    (120, 140, 72, 255),
    (46, 110, 96, 255),
    (62, 122, 160, 255),
    (38, 58, 104, 255),
    (96, 68, 120, 255),
    (160, 82, 110, 255),
    (214, 178, 150, 255),
    (94, 62, 44, 255),
)
"""What the swatches show until something was painted: a small painter's palette."""


class Swatch(QAbstractButton):
    """One colour to click."""

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor(0, 0, 0)
        self._side = side
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(side, side)

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    @property
    def color(self) -> QColor:
        return self._color

    def show_color(self, color: Color) -> None:
        self._color = QColor(*color[:3])
        name = self._color.name()
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ringed = self.hasFocus() or self.isChecked()
        painter.setPen(QPen(QColor(colours().accent if ringed else colours().line), 2 if ringed else 1))
        painter.setBrush(self._color)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 3, 3)


class ColorPanel(QWidget):
    """Chooses the session's foreground or background colour."""

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("color")
        self._session = session
        self.wheel = ColorWheel()
        self.foreground, self.background = Swatch(30), Swatch(30)
        self.hex = QLineEdit()
        self.swatches = [Swatch(22) for _ in range(MOST_RECENT_COLORS)]
        self._which = QButtonGroup(self)
        self._lay_out()
        session.color_changed.connect(self._show_colors)
        session.recent_colors_changed.connect(self._show_recent)
        self.wheel.color_chosen.connect(self._take)
        self.hex.editingFinished.connect(self._hex_typed)
        self._which.buttonClicked.connect(self._show_colors)
        self._show_colors()
        self._show_recent()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.wheel)
        row = QHBoxLayout()
        for swatch, words in ((self.foreground, tr("Foreground colour")), (self.background, tr("Background colour"))):
            swatch.setCheckable(True)
            swatch.setStatusTip(words)
            self._which.addButton(swatch)
            row.addWidget(swatch)
        self.foreground.setChecked(True)
        swap = QToolButton()
        dress(swap, "paint-swap")
        swap.setToolTip(tip_of(tr("Swap the colours"), "X"))
        swap.setAccessibleName(tr("Swap the colours"))
        swap.clicked.connect(self._session.swap_colors)
        row.addWidget(swap)
        row.addStretch(1)
        label = QLabel("#")
        label.setProperty("kind", "dim")
        row.addWidget(label)
        self.hex.setMaximumWidth(86)
        self.hex.setAccessibleName(tr("Colour as hexadecimal number"))
        self.hex.setToolTip(tr("Colour as hexadecimal number"))
        self.hex.setValidator(QRegularExpressionValidator(QRegularExpression("#?[0-9a-fA-F]{0,6}"), self.hex))
        row.addWidget(self.hex)
        column.addLayout(row)
        grid = QGridLayout()
        grid.setSpacing(3)
        for number, swatch in enumerate(self.swatches):
            swatch.clicked.connect(self._swatch_clicked)
            grid.addWidget(swatch, number // 7, number % 7)
        grid.setColumnStretch(7, 1)
        column.addLayout(grid)
        column.addStretch(1)

    def focus_hex(self) -> None:
        """Ready to type a colour."""
        self.hex.setFocus()
        self.hex.selectAll()

    def edit_background(self, background: bool) -> None:
        """Which of the two colours the wheel changes."""
        (self.background if background else self.foreground).setChecked(True)
        self._show_colors()

    def _editing_background(self) -> bool:
        return self.background.isChecked()

    def _take(self, color: QColor) -> None:
        rgba: Color = (color.red(), color.green(), color.blue(), 255)
        if self._editing_background():
            self._session.set_background(rgba)
        else:
            self._session.set_color(rgba)

    def _swatch_clicked(self) -> None:
        swatch = self.sender()
        if isinstance(swatch, Swatch):
            self._take(swatch.color)

    def _hex_typed(self) -> None:
        text = self.hex.text().lstrip("#")
        if len(text) == 3:
            text = "".join(sign * 2 for sign in text)
        if len(text) == 6:
            self._take(QColor("#" + text))
        self._show_colors()

    def _show_colors(self) -> None:
        session = self._session
        self.foreground.show_color(session.color)
        self.background.show_color(session.background)
        shown = session.background if self._editing_background() else session.color
        color = QColor(*shown[:3])
        self.wheel.show_color(color)
        self.hex.setText(color.name()[1:])

    def _show_recent(self) -> None:
        recent = self._session.recent_colors
        rest = [color for color in STARTERS if color not in recent]
        for swatch, color in zip(self.swatches, [*recent, *rest], strict=False):
            swatch.show_color(color)
