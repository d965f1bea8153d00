"""The brush panel: presets with a picture of their stroke, and every knob of the brush in hand."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.image import Image
from artdesk.document.brush import PRESETS, BrushSettings, Grain, Response, StrokeMode, Tip, preset
from artdesk.ui.i18n import tr
from artdesk.ui.paint.brush_pictures import BrushPictures, Wanted
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.paint.thumbnails import untinted
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.theme import colours

PREVIEW = QSize(86, 32)

TIPS = {
    Tip.ROUND: "Round",
    Tip.FLAT: "Flat",
    Tip.BRISTLE: "Bristles",
    Tip.CHALK: "Chalk",
    Tip.SPRAY: "Droplets",
    Tip.SPONGE: "Sponge",
}
GRAINS = {Grain.NONE: "Smooth", Grain.PAPER: "Paper", Grain.CANVAS: "Canvas", Grain.ROUGH: "Rough wall"}


@dataclass(frozen=True)
class Knob:
    """One number of the brush. `smudging` shows it for smudge brushes alone."""

    name: str
    title: str
    low: float
    high: float
    unit: str = "%"
    smudging: bool = False


KNOBS = (
    Knob("size", "Size", 1, 1000, "px"),
    Knob("opacity", "Opacity", 0, 1),
    Knob("flow", "Flow", 0, 1),
    Knob("hardness", "Hardness", 0, 1),
    Knob("spacing", "Spacing", 0.02, 1.5),
    Knob("ratio", "Roundness", 0.05, 1),
    Knob("angle", "Angle", 0, 360, "°"),
    Knob("stabiliser", "Steadying", 0, 1),
    Knob("scatter", "Scatter", 0, 2),
    Knob("size_jitter", "Uneven size", 0, 1),
    Knob("angle_jitter", "Uneven angle", 0, 1),
    Knob("texture_strength", "Grain", 0, 1),
    Knob("tilt_flattens", "Tilt flattens", 0, 1),
    Knob("smudge_length", "Smudge length", 0, 1, smudging=True),
    Knob("smudge_load", "Own colour", 0, 1, smudging=True),
)
PRESSURES = (
    ("size_pressure", "Pressure makes it larger"),
    ("opacity_pressure", "Pressure makes it denser"),
    ("flow_pressure", "Pressure makes it flow"),
)
SWITCHES = (("follow_direction", "Turns with the stroke"), ("tilt_turns", "Turns with the pen's tilt"))


class BrushPanel(QWidget):
    """Shows the brushes of the kind of stroke in hand (paint, erase, smudge, style)."""

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("brush")
        self._session = session
        self._mode = StrokeMode.PAINT
        self._sliders: dict[str, ValueSlider] = {}
        self._checks: dict[str, QCheckBox] = {}
        self.presets = self._make_presets()
        self.preview = QLabel()
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setMinimumHeight(64)
        self.tip, self.grain = QComboBox(), QComboBox()
        self._lay_out()
        self._icons = BrushPictures(self)
        self._icons.drawn.connect(self._icon_drawn)
        self._redraw = QTimer(self, interval=60, singleShot=True)
        self._redraw.timeout.connect(self._draw_preview)
        session.brush_changed.connect(self._brush_changed)
        self.show_mode(StrokeMode.PAINT)

    # --- building ----------------------------------------------------------------------------------------------

    def _make_presets(self) -> QListWidget:
        presets = QListWidget()
        presets.setViewMode(QListView.ViewMode.IconMode)
        presets.setMovement(QListView.Movement.Static)
        presets.setResizeMode(QListView.ResizeMode.Adjust)
        presets.setIconSize(PREVIEW)
        presets.setSpacing(2)
        # The chosen one is ringed: on the accent's ground its stroke could not be seen.
        presets.setStyleSheet(
            "QListWidget::item { border: 1px solid transparent; border-radius: 5px; }"
            "QListWidget::item:selected { background: palette(midlight); color: palette(text);"
            " border: 1px solid palette(highlight); }"
        )
        presets.setWordWrap(False)
        presets.setAccessibleName(tr("Brush presets"))
        presets.setMinimumHeight(150)
        presets.itemSelectionChanged.connect(self._preset_chosen)
        presets.itemClicked.connect(self._preset_chosen)
        return presets

    def _lay_out(self) -> None:
        knobs = QWidget()
        column = QVBoxLayout(knobs)
        column.setContentsMargins(0, 4, 6, 4)
        column.setSpacing(5)
        for knob in KNOBS:
            slider = ValueSlider(tr(knob.title), knob.low, knob.high, unit=knob.unit)
            slider.setProperty("knob", knob.name)
            slider.value_changed.connect(self._knob_turned)
            self._sliders[knob.name] = slider
            column.addWidget(slider)
        form = QFormLayout()
        form.setContentsMargins(0, 4, 0, 2)
        for box, words, title in ((self.tip, TIPS, tr("Tip")), (self.grain, GRAINS, tr("Surface"))):
            for key, text in words.items():
                box.addItem(tr(text), key)
            box.setAccessibleName(title)
            form.addRow(title, box)
        column.addLayout(form)
        for name, text in (*PRESSURES, *SWITCHES):
            check = QCheckBox(tr(text))
            check.setProperty("knob", name)
            check.clicked.connect(self._check_clicked)
            self._checks[name] = check
            column.addWidget(check)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(knobs)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(6)
        below.addWidget(self.preview)
        below.addWidget(area, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.presets)
        split.addWidget(lower)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 8, 8, 8)
        outer.addWidget(split)
        self.tip.activated.connect(self._tip_chosen)
        self.grain.activated.connect(self._grain_chosen)

    # --- what is shown -----------------------------------------------------------------------------------------

    @property
    def mode(self) -> StrokeMode:
        return self._mode

    def show_mode(self, mode: StrokeMode) -> None:
        """Offer the brushes for this kind of stroke."""
        self._mode = mode
        self.presets.blockSignals(True)
        self.presets.clear()
        for one in PRESETS:
            if one.mode is mode:
                item = QListWidgetItem(tr(one.title))
                item.setData(Qt.ItemDataRole.UserRole, one.id)
                item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
                item.setSizeHint(QSize(PREVIEW.width() + 10, PREVIEW.height() + 26))
                item.setToolTip(tr(one.title))
                self.presets.addItem(item)
        self.presets.blockSignals(False)
        self._draw_icons()
        self._brush_changed(mode)

    def _draw_icons(self) -> None:
        """Ask for the pictures that are missing."""
        missing = []
        for row in range(self.presets.count()):
            item = self.presets.item(row)
            found = preset(str(item.data(Qt.ItemDataRole.UserRole)))
            if item.icon().isNull() and found is not None:
                missing.append(self._wanted(found.id, found.settings, PREVIEW))
        self._icons.draw(missing)

    def _icon_drawn(self, one: Wanted, picture: Image) -> None:
        for row in range(self.presets.count()):
            item = self.presets.item(row)
            if item.data(Qt.ItemDataRole.UserRole) == one.name:
                item.setIcon(untinted(self._pixmap(picture)))

    def _wanted(self, name: str, settings: BrushSettings, size: QSize) -> Wanted:
        ratio = self.devicePixelRatioF()
        shade = int(colours().text[1:3], 16)
        return Wanted(name, settings, self._mode, round(size.width() * ratio), round(size.height() * ratio), shade)

    def _pixmap(self, picture: Image) -> QPixmap:
        pixmap = QPixmap.fromImage(qimage_of(picture))
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        return pixmap

    def _draw_preview(self) -> None:
        width = max(120, min(320, self.width() - 24))
        self.preview.setPixmap(self._pixmap(self._wanted("", self._session.brush(self._mode), QSize(width, 60)).draw()))

    def _brush_changed(self, mode: object) -> None:
        if mode is not self._mode:
            return
        brush = self._session.brush(self._mode)
        for knob in KNOBS:
            slider = self._sliders[knob.name]
            slider.show_value(float(getattr(brush, knob.name)))
            slider.setVisible(not knob.smudging or self._mode is StrokeMode.SMUDGE)
        self._sliders["texture_strength"].setEnabled(brush.texture is not Grain.NONE)
        self.tip.setCurrentIndex(self.tip.findData(brush.tip))
        self.grain.setCurrentIndex(self.grain.findData(brush.texture))
        for name, check in self._checks.items():
            value = getattr(brush, name)
            check.setChecked(value if isinstance(value, bool) else value is not None)
        chosen = self._session.preset_id(self._mode)
        self.presets.blockSignals(True)
        for row in range(self.presets.count()):
            item = self.presets.item(row)
            item.setSelected(item.data(Qt.ItemDataRole.UserRole) == chosen)
        self.presets.blockSignals(False)
        self._redraw.start()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_icons"):
            for row in range(self.presets.count()):
                self.presets.item(row).setIcon(QIcon())
            self._draw_icons()
            self._redraw.start()
        super().changeEvent(event)

    # --- hands -------------------------------------------------------------------------------------------------

    def _preset_chosen(self) -> None:
        items = self.presets.selectedItems()
        found = preset(str(items[0].data(Qt.ItemDataRole.UserRole))) if items else None
        if found is not None:
            self._session.set_brush(self._mode, found.settings, found.id)

    def _knob_turned(self, value: float) -> None:
        self._session.change_brush(self._mode, **{str(self.sender().property("knob")): value})

    def _check_clicked(self, on: bool) -> None:
        name = str(self.sender().property("knob"))
        value: object = on
        if name.endswith("_pressure"):
            value = Response() if on else None
        self._session.change_brush(self._mode, **{name: value})

    def _tip_chosen(self, index: int) -> None:
        self._session.change_brush(self._mode, tip=Tip(self.tip.itemData(index)))

    def _grain_chosen(self, index: int) -> None:
        self._session.change_brush(self._mode, texture=Grain(self.grain.itemData(index)))
