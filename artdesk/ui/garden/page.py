"""The garden's page at work: shows what the keeper holds, and says what a person wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent
from PySide6.QtWidgets import QWidget

from artdesk.core.garden import GardenModel
from artdesk.ui.desk.drops import dropped_paths, has_picture
from artdesk.ui.garden.frame import GardenFrame
from artdesk.ui.garden.keeper import GardenKeeper
from artdesk.ui.garden.pictures import GardenPictures
from artdesk.ui.garden.tile import Tile
from artdesk.ui.garden.tree import PageRow, page_rows
from artdesk.ui.garden.words import class_name, name_of, page_words, recipe_words, sown_seed
from artdesk.ui.i18n import tr

_TRIAL_MS = 40
_CONTROL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_KEYS = {
    (Qt.Key.Key_S, _CONTROL): "save_wished",
    (Qt.Key.Key_S, _CONTROL | _SHIFT): "save_as_wished",
    (Qt.Key.Key_C, _CONTROL): "copy_wished",
    (Qt.Key.Key_V, _CONTROL): "paste_wished",
    (Qt.Key.Key_Left, _ALT): "back_wished",
    (Qt.Key.Key_Right, _ALT): "forward_wished",
    (Qt.Key.Key_Z, _CONTROL): "back_wished",
    (Qt.Key.Key_Z, _CONTROL | _SHIFT): "forward_wished",
}
"""Keys that mean the garden while it is in front, whatever they do on the desk."""


class GardenPage(GardenFrame):
    """Shows what the keeper holds. Says what a person wants; changes nothing itself but what is looked at."""

    left = Signal()
    open_wished = Signal()
    save_wished = Signal()
    save_as_wished = Signal()
    copy_wished = Signal()
    paste_wished = Signal()
    back_wished = Signal()
    forward_wished = Signal()
    new_wished = Signal()
    plant_wished = Signal()
    import_wished = Signal()
    menu_wished = Signal(int, QPoint)
    look_ended = Signal()
    files_dropped = Signal(list)
    image_dropped = Signal(object)

    def __init__(self, keeper: GardenKeeper, pictures: GardenPictures, parent: QWidget | None = None) -> None:
        super().__init__(pictures, parent)
        self.setObjectName("garden")
        self.setAcceptDrops(True)
        self.keeper, self.pictures = keeper, pictures
        self._models_there = self._models_read = False
        self._steered: int | None = None
        self._tree_of: tuple[object, object] = ((), ())
        self._rows: list[PageRow] = []
        self._trial: QImage | None = None
        self._trial_timer = QTimer(self)
        self._trial_timer.setSingleShot(True)
        self._trial_timer.setInterval(_TRIAL_MS)
        self._connect()

    def _connect(self) -> None:
        keeper, grid, strip = self.keeper, self.grid, self.strip
        keeper.changed.connect(self.refresh)
        keeper.replaced.connect(self._on_replaced)
        self.pictures.arrived.connect(self._on_arrived)
        self.pictures.tried.connect(self._on_tried)
        self.pictures.idle.connect(self._on_idle)
        self.leave.clicked.connect(self.left)
        self.open.clicked.connect(self.open_wished)
        self.save.clicked.connect(self.save_wished)
        self.new.clicked.connect(self.new_wished)
        self.plant.clicked.connect(self.plant_wished)
        for wish, verb in ((self.back.clicked, keeper.back), (self.forward.clicked, keeper.forward)):
            wish.connect(verb)
        self.back_wished.connect(keeper.back)
        self.forward_wished.connect(keeper.forward)
        self.empty_button.clicked.connect(self._on_empty_button)
        for view in (grid, strip):
            view.chosen.connect(keeper.choose)
            view.menu_wished.connect(self.menu_wished)
        self.chosen.menu_wished.connect(self._on_chosen_menu)
        self.chosen.look_wished.connect(self._toggle_look)
        self.grid.look_wished.connect(self.look_at)
        self.look_ended.connect(self._toggle_look)
        self.closer.closed.connect(self.grid.setFocus)
        self.cross.weighed.connect(keeper.set_weight)
        self.cross.cleared.connect(keeper.clear_crossing)
        self.sow.truncation_changed.connect(self._on_truncation)
        self.sow.label_changed.connect(self._on_label)
        self.chosen.strength_changed.connect(self._on_strength)
        self.cross.variation_changed.connect(self._on_variation)
        self.steer.moved.connect(self._trial_timer.start)
        self._trial_timer.timeout.connect(self._try)

    # --- showing -----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the keeper holds now, and ask for the pictures that are missing."""
        keeper, garden = self.keeper, self.keeper.garden
        button = self.sides.button(keeper.side)
        if button is not None:
            button.setChecked(True)
        self.back.setEnabled(keeper.can_go_back)
        self.forward.setEnabled(keeper.can_go_forward)
        self.save.setEnabled(garden is not None and bool(garden.nodes))
        self._show_title()
        if keeper.chosen != self._steered:
            self._steered = keeper.chosen
            self.end_steering()
        self.sow.show_state(
            keeper.model, keeper.truncation, keeper.label, sown_seed(garden) if garden is not None else None
        )
        self.chosen.strength.show_value(keeper.strength)
        self.cross.variation.show_value(keeper.variation)
        self._show_page()
        self._show_tree()
        self._show_chosen()
        self._show_crossing()
        self.strip.show_tiles([self._tile(node.id) for node in garden.favourites()] if garden is not None else [])

    def show_models(self, models: Sequence[GardenModel], *, read: bool) -> None:
        """Which models there are; `read` says that the library has been looked at."""
        garden = self.keeper.garden
        known = {model.id for model in models}
        missing = garden.model_id if garden is not None and garden.model_id not in known else ""
        self.sow.show_models(models, garden.model_id if garden is not None else "", missing)
        self._models_there, self._models_read = bool(models), read
        self.plant.setEnabled(any(model.encodes for model in models))
        self._show_page()

    def _show_title(self) -> None:
        path = self.keeper.path
        name = path.name.removesuffix(".artdesk-garden") if path is not None else tr("Untitled garden")
        self.title.setText(f"{'• ' if self.keeper.dirty else ''}{name}")
        self.title.setToolTip(str(path) if path is not None else "")

    def _tile(self, node: int) -> Tile:
        keeper, garden = self.keeper, self.keeper.garden
        assert garden is not None
        known = garden.nodes[node]
        return Tile(
            node,
            known.name,
            recipe_words(garden, known, keeper.model),
            known.favourite,
            known.locked,
            node in keeper.crossing,
            node == keeper.chosen,
            self.pictures.problem(node),
        )

    def _show_page(self) -> None:
        garden, page = self.keeper.garden, self.keeper.page
        if garden is None or page is None:
            self._show_empty()
            return
        if self.stack.currentIndex() != 0:
            self.stack.setCurrentIndex(0)
            if self.isVisible():
                self.grid.setFocus()  # until now there was nothing to move about on
        if self.keeper.model is not None:
            self.pictures.want(garden, page.nodes, label=tr("Growing the garden"))
        tiles = [self._tile(node) for node in page.nodes]
        making = next((n for n in page.nodes if self.pictures.made(n) is None), -1) if self.pictures.making else -1
        if tuple(tile.node for tile in self.grid.tiles()) != page.nodes:
            self.closer.hide()
        self.grid.show_page(self.keeper.page_side, tiles, making=making)
        title, detail = page_words(garden, page)
        self.heading.setText(title)
        kind = class_name(self.keeper.model, garden.nodes[page.nodes[-1]].label)
        self.detail.setText(f"{detail} · {kind}" if kind and page.note == "sow" else detail)

    def _show_empty(self) -> None:
        if not self._models_read:
            self.show_empty(tr("The models are being read …"), "", "")
        elif not self._models_there:
            self.show_empty(
                tr("No network that makes pictures is here"),
                tr("Import one: an ONNX file that makes a picture of random numbers (a GAN, or the decoder of a VAE)."),
                tr("Import a model…"),
            )
        else:
            self.show_empty(
                tr("Nothing grows here yet"),
                tr("Sow a page, click what you like, and look at its descendants."),
                tr("Sow the first page"),
            )

    def _show_tree(self) -> None:
        garden = self.keeper.garden
        if garden is None:
            self.tree.show_rows([])
            return
        names = tuple((node.id, node.name) for node in garden.nodes if node.name)
        if (garden.generations, names) != self._tree_of:
            self._tree_of = (garden.generations, names)
            self._rows = page_rows(garden)
        self.tree.show_rows([replace(row, here=True) if row.page == garden.current else row for row in self._rows])

    def _show_chosen(self) -> None:
        keeper, garden, node = self.keeper, self.keeper.garden, self.keeper.chosen_node
        self.steer.set_usable(node is not None)
        if garden is None or node is None:
            self.chosen.show_nothing()
            return
        self.chosen.show_node(
            node.name,
            tr("Picture {number}", number=node.id + 1),
            recipe_words(garden, node, keeper.model),
            favourite=node.favourite,
            locked=node.locked,
            crossing=node.id in keeper.crossing,
        )
        self._show_chosen_image(self._trial or self.pictures.picture(node.id))
        self.steer.show_names(dict(garden.direction_names))

    def _show_crossing(self) -> None:
        garden = self.keeper.garden
        if garden is None:
            self.cross.show_parents([])
            return
        parents = [
            (node, name_of(garden.nodes[node]), weight, self.pictures.small(node))
            for node, weight in self.keeper.crossing.items()
        ]
        self.cross.show_parents(parents)

    # --- what happens ------------------------------------------------------------------------------------------

    def _on_replaced(self) -> None:
        self.pictures.forget()
        self.tree.forget()
        self.grid.forget()
        self._tree_of = ((), ())
        self._drop_trial()
        self.steer.reset()

    def _on_arrived(self, node: int) -> None:
        self.grid.show_picture(node)
        self.tree.show_picture(node)
        self.strip.show_picture(node)
        if node == self.keeper.chosen and self._trial is None:
            self._show_chosen_image(self.pictures.picture(node))
        if node in self.keeper.crossing:
            self._show_crossing()
        if self.pictures.problem(node):
            self._show_page()

    def _on_idle(self) -> None:
        """The page is there: the small pictures of favourites and other pages may follow."""
        garden, page = self.keeper.garden, self.keeper.page
        if garden is None or self.keeper.model is None or not self.isVisible():
            return
        wanted = [node.id for node in garden.favourites()]
        here = page.id if page is not None else 0
        for other in sorted(garden.generations, key=lambda g: abs(g.id - here)):
            wanted.extend(other.nodes)
        self.pictures.fill(garden, wanted)

    def _try(self) -> None:
        garden, node, steers = self.keeper.garden, self.keeper.chosen, self.steer.steers()
        if garden is None or node is None or self.keeper.model is None:
            return
        if steers:
            self.pictures.try_steering(garden, node, steers)
        else:
            self._drop_trial()

    def _on_tried(self, image: QImage) -> None:
        if self.steer.steers() and self.keeper.chosen is not None:
            self._trial = image
            self._show_chosen_image(image)
            self.grid.show_stand_in(self.keeper.chosen, image)

    def _drop_trial(self) -> None:
        self._trial = None
        self.pictures.end_trial()
        self.grid.show_stand_in(-1, None)
        node = self.keeper.chosen
        if node is not None:
            self._show_chosen_image(self.pictures.picture(node))

    def _show_chosen_image(self, image: QImage | None) -> None:
        self.chosen.show_image(image, trial=self._trial is not None)
        node, garden = self.keeper.chosen_node, self.keeper.garden
        if node is not None and garden is not None:
            self.closer.show_image(image, f"{name_of(node)} · {recipe_words(garden, node, self.keeper.model)}")

    def _toggle_look(self, *_: object) -> None:
        if self.closer.isVisible():
            self.closer.hide()
        elif self.keeper.chosen is not None:
            self._show_chosen()
            self.closer.open()
        self.grid.setFocus()

    def look_at(self, node: int) -> None:
        """Show one candidate large, or go back to the page."""
        self.keeper.choose(node)
        self._toggle_look()

    def end_steering(self) -> None:
        """What was steered is kept, or another candidate was chosen: the sliders go back to the middle."""
        self._trial_timer.stop()
        self._drop_trial()
        self.steer.reset()
        self._trial_timer.stop()

    def _on_truncation(self, value: float) -> None:
        self.keeper.truncation = value

    def _on_label(self, label: int) -> None:
        self.keeper.label = label

    def _on_strength(self, value: float) -> None:
        self.keeper.strength = value

    def _on_variation(self, value: float) -> None:
        self.keeper.variation = value

    def _on_chosen_menu(self, place: QPoint) -> None:
        if self.keeper.chosen is not None:
            self.menu_wished.emit(self.keeper.chosen, place)

    def _on_empty_button(self) -> None:
        if self._models_there:
            self.sow.die_thrown.emit()
        else:
            self.import_wished.emit()

    # --- drops -------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if has_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths: list[Path] = dropped_paths(event.mimeData())
        if paths:
            self.files_dropped.emit(paths)
        elif event.mimeData().hasImage():
            self.image_dropped.emit(event.mimeData().imageData())
        event.acceptProposedAction()

    # --- keys --------------------------------------------------------------------------------------------------

    def _wish_of(self, event: QKeyEvent) -> str:
        if event.key() == Qt.Key.Key_Escape:
            return "look_ended" if self.closer.isVisible() else ""
        return _KEYS.get((Qt.Key(event.key()), event.modifiers()), "")

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._wish_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wish = self._wish_of(event)
        if wish:
            getattr(self, wish).emit()
        else:
            super().keyPressEvent(event)
