"""The layers panel: order, visibility, locks, masks, opacity and blend mode of the layers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from artdesk.document.blend import BlendMode
from artdesk.document.changes import Change
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.ui.i18n import tr
from artdesk.ui.paint.layer_model import LayerModel
from artdesk.ui.paint.layer_row import THUMB, LayerRow
from artdesk.ui.paint.layer_tree import LayerTree
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.slider import ValueSlider
from artdesk.ui.paint.style_layers import StyleLayers
from artdesk.ui.paint.style_settings import StyleSettings
from artdesk.ui.paint.thumbnails import plane_pixmap
from artdesk.ui.paint.toolbar import tip_of
from artdesk.ui.theme import dress

THUMBNAIL_MS = 350

BUTTONS: tuple[tuple[str, str, str, str], ...] = (
    ("layer.add", "paint-layer-add", "New layer", "Ctrl+Shift+N"),
    ("layer.add_style", "paint-style-layer", "New style layer", "Ctrl+L"),
    ("layer.add_group", "paint-group-add", "New group", ""),
    ("layer.mask", "paint-mask", "Add a mask", "Ctrl+M"),
    ("layer.duplicate", "paint-duplicate", "Duplicate", "Ctrl+J"),
    ("layer.merge", "paint-merge", "Merge down", "Ctrl+Shift+E"),
    ("layer.raise", "paint-up", "Move up", "Ctrl+]"),
    ("layer.lower", "paint-down", "Move down", "Ctrl+["),
    ("layer.remove", "paint-delete", "Delete", "Ctrl+Del"),
)


class LayersPanel(QWidget):
    """Emits the ids of paint actions for its buttons (`action_wished`); everything else runs through the session."""

    action_wished = Signal(str)

    def __init__(self, session: DocumentSession, styles: StyleLayers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers")
        self._session = session
        self._styles = styles
        self._pictures: dict[tuple[str, str], QPixmap] = {}
        self._old_pictures: set[tuple[str, str]] = set()
        self.model = LayerModel(session, self)
        self._row = LayerRow(self._picture, self._target, self._style_state, self)
        self.tree = LayerTree(self.model, self._row)
        self.mode = QComboBox()
        for mode in BlendMode:
            self.mode.addItem(tr(mode.title), mode)
        self.mode.setToolTip(tr("How the layer mixes with what is below it"))
        self.mode.setAccessibleName(tr("Blend mode"))
        self.opacity = ValueSlider(tr("Opacity"), 0.0, 1.0, unit="%", value=1.0)
        self.toggles: dict[str, QToolButton] = {}
        self.style_settings = StyleSettings(session, styles)
        self._lay_out()
        self._connect()
        self._show_active()

    # --- building ----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.mode, 1)
        for name, icon, title in (
            ("locked", "paint-lock", tr("Lock the layer")),
            ("lock_alpha", "paint-lock-alpha", tr("Lock transparency: paint only where something is")),
            ("clip", "paint-clip", tr("Clip to the layer below")),
        ):
            button = self._button(icon, title)
            button.setCheckable(True)
            self.toggles[name] = button
            first.addWidget(button)
        column.addLayout(first)
        column.addWidget(self.opacity)
        column.addWidget(self.tree, 1)
        column.addWidget(self.style_settings)
        row = QHBoxLayout()
        row.setSpacing(1)
        for action, icon, title, keys in BUTTONS:
            button = self._button(icon, tip_of(tr(title), keys))
            button.setAccessibleName(tr(title))
            button.setProperty("action", action)
            button.clicked.connect(self._button_clicked)
            if action == "layer.duplicate":
                row.addStretch(1)
            row.addWidget(button)
        column.addLayout(row)

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(18, 18))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress(button, icon)
        return button

    def _connect(self) -> None:
        session = self._session
        session.active_changed.connect(self._show_active)
        session.layers_changed.connect(self._layers_changed)
        session.document_replaced.connect(self._document_replaced)
        session.pixels_changed.connect(self._pixels_changed)
        self._styles.layer_state_changed.connect(self.model.touch)
        self.model.modelReset.connect(self._model_reset)
        self.tree.selectionModel().currentChanged.connect(self._row_chosen)
        self._row.part_clicked.connect(self._part_clicked)
        self.tree.visibility_wished.connect(self._toggle_visible)
        self.tree.removal_wished.connect(self._remove)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.mode.activated.connect(self._mode_chosen)
        self.opacity.value_changed.connect(self._opacity_changed)
        self.opacity.settled.connect(self._settled)
        for name, button in self.toggles.items():
            button.setProperty("property_name", name)
            button.clicked.connect(self._toggle_clicked)
        self._later = QTimer(self, interval=THUMBNAIL_MS, singleShot=True)
        self._later.timeout.connect(self._renew_pictures)

    # --- keeping up --------------------------------------------------------------------------------------------

    def _document_replaced(self) -> None:
        self._pictures.clear()
        self._old_pictures.clear()

    def _layers_changed(self) -> None:
        self._old_pictures.update(self._pictures)
        self._later.start()
        self._show_active()

    def _pixels_changed(self, change: Change) -> None:
        self._old_pictures.update(key for key in self._pictures if key[0] == change.layer_id)
        if not self._later.isActive():
            self._later.start()

    def _renew_pictures(self) -> None:
        """Thumbnails follow when the hand rests; a few at a time."""
        for key in list(self._old_pictures)[:6]:
            self._old_pictures.discard(key)
            self._pictures.pop(key, None)
            self.model.touch(key[0])
        if self._old_pictures:
            self._later.start()

    def _model_reset(self) -> None:
        """Groups stand open unless somebody closed them."""
        self.tree.open_groups()
        self._show_active()

    def _show_active(self) -> None:
        layer = self._session.active
        index = self.model.index_of(layer.id) if layer is not None else QModelIndex()
        selection = self.tree.selectionModel()
        if index.isValid() and selection.currentIndex() != index:
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        for widget in (self.mode, self.opacity, *self.toggles.values()):
            widget.setEnabled(layer is not None)
        if layer is not None:
            self.mode.setCurrentIndex(self.mode.findData(layer.mode))
            self.opacity.show_value(layer.opacity)
            for name, button in self.toggles.items():
                button.setChecked(bool(getattr(layer, name)))
        self.style_settings.show_layer(layer if isinstance(layer, StyleLayer) else None)
        self.tree.viewport().update()

    def _target(self) -> tuple[Layer | None, bool]:
        return self._session.active, self._session.on_mask

    def _style_state(self, layer: StyleLayer) -> str:
        if self._styles.painting(layer.id):
            return tr("Being painted …")
        if self._styles.could_not(layer):
            return tr("Could not be painted")
        return tr("Out of date") if layer.stale else ""

    def _picture(self, layer: Layer, part: str) -> QPixmap | None:
        document = self._session.document
        if document is None:
            return None
        key = (layer.id, part)
        if key not in self._pictures:
            tiles = layer.mask.tiles if part == "mask" and layer.mask is not None else layer.paint()
            if tiles is None or (isinstance(layer, StyleLayer) and part == "pixels" and not tiles):
                return None
            self._pictures[key] = plane_pixmap(tiles, document, THUMB, self.devicePixelRatioF())
        return self._pictures[key]

    # --- hands -------------------------------------------------------------------------------------------------

    def _verb(self, run: Callable[[Layer], object]) -> None:
        layer = self._session.active
        if layer is not None:
            self._session.attempt(lambda: run(layer))

    def _set(self, layer: Layer, **values: object) -> None:
        document = self._session.document
        if document is not None:
            self._session.attempt(lambda: document.set_layer(layer, **values))

    def _row_chosen(self, current: QModelIndex, previous: QModelIndex) -> None:
        layer, document = self.model.layer_at(current), self._session.document
        if layer is not None and document is not None and layer is not document.active_layer:
            self._session.attempt(lambda: document.set_active(layer))

    def _part_clicked(self, layer: Layer, part: str) -> None:
        document = self._session.document
        if document is None:
            return
        if part == "eye":
            if QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier:
                self._show_alone(layer)
            else:
                self._set(layer, visible=not layer.visible)
        elif part == "lock":
            self._set(layer, locked=not layer.locked)
        else:
            document.set_active(layer)
            mask = layer.mask
            if (
                part == "mask"
                and mask is not None
                and QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
            ):
                self._session.attempt(lambda: document.set_mask_enabled(layer, not mask.enabled))
            else:
                self._session.set_on_mask(part == "mask")

    def _show_alone(self, layer: Layer) -> None:
        """Hide the layer's siblings, or show them all when it is alone already."""
        document = self._session.document
        if document is None:
            return
        siblings = [other for other in document.parent_of(layer).children if other is not layer]
        hide = any(other.visible for other in siblings)
        for other in siblings:
            if other.visible == hide:
                self._set(other, visible=not hide)

    def _toggle_visible(self) -> None:
        self._verb(lambda layer: self._set(layer, visible=not layer.visible))

    def _remove(self) -> None:
        self.action_wished.emit("layer.remove")

    def _toggle_clicked(self) -> None:
        name = str(self.sender().property("property_name"))
        self._verb(lambda layer: self._set(layer, **{name: not getattr(layer, name)}))

    def _mode_chosen(self, index: int) -> None:
        mode = self.mode.itemData(index)
        self._verb(lambda layer: self._set(layer, mode=mode))

    def _opacity_changed(self, value: float) -> None:
        self._verb(lambda layer: self._set(layer, opacity=value))

    def _settled(self) -> None:
        if self._session.document is not None:
            self._session.document.history.seal()

    def _button_clicked(self) -> None:
        self.action_wished.emit(str(self.sender().property("action")))

    def _show_menu(self, at: QPoint) -> None:
        layer = self.model.layer_at(self.tree.indexAt(at))
        if layer is None:
            return
        menu = QMenu(self)
        entries: list[tuple[str, str]] = [("layer.duplicate", tr("Duplicate")), ("layer.merge", tr("Merge down"))]
        if isinstance(layer, GroupLayer):
            entries = [("layer.duplicate", tr("Duplicate")), ("layer.merge", tr("Make one layer of it"))]
            entries.append(("layer.ungroup", tr("Ungroup")))
        if layer.mask is None:
            entries.append(("layer.mask", tr("Add a mask")))
        else:
            entries += [("layer.mask_apply", tr("Apply the mask")), ("layer.mask_remove", tr("Remove the mask"))]
        entries += [("layer.group", tr("Put into a group")), ("select.layer", tr("Select what it holds"))]
        entries.append(("layer.remove", tr("Delete")))
        for action, text in entries:
            menu.addAction(text).setData(action)
        chosen = menu.exec(self.tree.viewport().mapToGlobal(at))
        if chosen is not None:
            self.action_wished.emit(str(chosen.data()))
