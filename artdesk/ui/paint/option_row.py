"""The options of the tool in hand, in one row above the canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.paint.toolbar import tip_of
from artdesk.ui.paint.tools.base import Option, Tool
from artdesk.ui.theme import dress, icon_pixmap


class OptionRow(QWidget):
    """Built anew for each tool from its `options`."""

    value_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paint_options")
        self.setAccessibleName(tr("Tool options"))
        self._tool: Tool | None = None
        self._sliders: dict[str, ValueSlider] = {}
        self._outer = QHBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._box = QWidget()
        self._outer.addWidget(self._box)
        self.setMinimumHeight(34)

    def show_tool(self, tool: Tool) -> None:
        """Offer this tool's options."""
        self._tool = tool
        self._sliders.clear()
        self._outer.removeWidget(self._box)
        self._box.hide()
        self._box.deleteLater()
        self._box = QWidget()
        self._box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self._box)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(12)
        picture = QLabel()
        picture.setPixmap(icon_pixmap(tool.icon, 18))
        row.addWidget(picture)
        title = QLabel(tr(tool.title))
        title.setProperty("kind", "heading")
        row.addWidget(title)
        for option in tool.options:
            self._add(row, tool, option)
        if not tool.options:
            hint = QLabel(tr(tool.help))
            hint.setProperty("kind", "dim")
            row.addWidget(hint)
        for action in tool.actions:
            button = QPushButton(tr(action.title))
            button.setToolTip(tip_of(tr(action.title), action.keys))
            dress(button, action.icon)
            button.clicked.connect(getattr(tool, action.method))
            row.addWidget(button)
        row.addStretch(1)
        self._outer.addWidget(self._box)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and self._tool is not None:
            self.show_tool(self._tool)  # the tool's picture has the theme's colour
        super().changeEvent(event)

    def refresh(self) -> None:
        """The tool's values changed elsewhere (the brush panel, a key): show them."""
        if self._tool is not None:
            for name, slider in self._sliders.items():
                slider.show_value(self._tool.number(name))

    def _add(self, row: QHBoxLayout, tool: Tool, option: Option) -> None:
        value = tool.value(option.name)
        if isinstance(option.default, bool):
            box = QCheckBox(tr(option.title))
            box.setChecked(bool(value))
            box.setToolTip(tr(option.help) if option.help else "")
            box.toggled.connect(lambda on, name=option.name: self._set(name, on))
            row.addWidget(box)
        elif option.choices:
            label = QLabel(tr(option.title))
            label.setProperty("kind", "dim")
            choice = QComboBox()
            for key, words in option.choices:
                choice.addItem(tr(words), key)
            choice.setCurrentIndex(max(0, choice.findData(value)))
            choice.setAccessibleName(tr(option.title))
            choice.currentIndexChanged.connect(
                lambda index, c=choice, name=option.name: self._set(name, c.itemData(index))
            )
            row.addWidget(label)
            row.addWidget(choice)
        else:
            slider = ValueSlider(
                tr(option.title),
                option.minimum,
                option.maximum,
                unit=option.unit,
                value=float(value),
                help=tr(option.help) if option.help else "",
            )
            slider.setMaximumWidth(150)
            slider.setMinimumWidth(104)
            slider.value_changed.connect(lambda number, name=option.name: self._set(name, number))
            self._sliders[option.name] = slider
            row.addWidget(slider, 1, Qt.AlignmentFlag.AlignVCenter)

    def _set(self, name: str, value: float | bool | str) -> None:
        if self._tool is not None:
            self._tool.set_value(name, value)
            self.value_changed.emit(name)
