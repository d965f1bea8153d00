"""The verbs of the paint actions: each runs one verb of the document, errors are told through the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from artdesk.core.errors import WrongUse
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from artdesk.ui.i18n import tr
from artdesk.ui.paint.dialogs import CanvasSizeDialog, ImageSizeDialog, ask_pixels
from artdesk.ui.paint.session import Color, DocumentSession
from artdesk.ui.paint.waiting import waiting
from artdesk.ui.qt_image import qimage_of

ChangeHow = Literal["grow", "shrink", "feather"]


class PaintVerbs(QObject):
    """What a person can do to layers, selections and the whole picture. `session` is set by the workspace."""

    session: DocumentSession

    def dialog_parent(self) -> QWidget | None:
        """The window that dialogs belong to."""
        return None

    def _on_document(self, verb: Callable[[Document], object]) -> None:
        with waiting():
            self.session.attempt(lambda: verb(self.session.need_document()))

    def _on_layer(self, verb: Callable[[Document, Layer], object]) -> None:
        with waiting():
            self.session.attempt(lambda: verb(self.session.need_document(), self.session.need_layer()))

    # --- edit --------------------------------------------------------------------------------------------------

    def copy_content(self) -> bool:
        """Put what is selected of the active layer on the clipboard. True when there was something."""
        found = self.session.attempt(lambda: self.session.need_document().copy_selected(self.session.need_layer()))
        if found is None:
            self.session.told.emit(tr("There is nothing to copy on this layer here."))
            return False
        image, _ = found
        QGuiApplication.clipboard().setImage(qimage_of(image).copy())
        return True

    def cut_content(self) -> None:
        if self.copy_content():
            self.clear_content()

    def clear_content(self) -> None:
        self._on_layer(lambda document, layer: document.clear(layer, plane=self.session.plane))

    def fill_color(self) -> None:
        self._fill(self.session.color)

    def fill_background(self) -> None:
        self._fill(self.session.background)

    def _fill(self, color: Color) -> None:
        self._on_layer(lambda document, layer: document.fill(layer, color, plane=self.session.plane))

    def swap_colors(self) -> None:
        self.session.swap_colors()

    def reset_colors(self) -> None:
        self.session.reset_colors()

    # --- image -------------------------------------------------------------------------------------------------

    def resize_image(self) -> None:
        """Ask for another size and scale everything to it."""
        document = self.session.document
        if document is None:
            return
        dialog = ImageSizeDialog(document.width, document.height, self.dialog_parent())
        if dialog.exec():
            self._on_document(lambda d: d.resize_image(*dialog.size_wanted()))

    def resize_canvas(self) -> None:
        """Ask for another canvas and where the picture lies on it."""
        document = self.session.document
        if document is None:
            return
        dialog = CanvasSizeDialog(document.width, document.height, self.dialog_parent())
        if dialog.exec():
            self._on_document(lambda d: d.resize_canvas(*dialog.size_wanted(), *dialog.offset()))

    def crop_to_selection(self) -> None:
        def verb(document: Document) -> None:
            if document.selection is None:
                raise WrongUse("Select what is to stay first.")
            document.crop(document.selection.bounds().intersected(document.rect))

        self._on_document(verb)

    def rotate_right(self) -> None:
        self._on_document(lambda document: document.rotate(90))

    def rotate_left(self) -> None:
        self._on_document(lambda document: document.rotate(270))

    def rotate_half(self) -> None:
        self._on_document(lambda document: document.rotate(180))

    def flip_image_horizontally(self) -> None:
        self._on_document(lambda document: document.flip("horizontal"))

    def flip_image_vertically(self) -> None:
        self._on_document(lambda document: document.flip("vertical"))

    def flatten(self) -> None:
        self._on_document(lambda document: document.flatten())

    # --- layers ------------------------------------------------------------------------------------------------

    def add_layer(self) -> None:
        self._on_document(lambda document: document.add_layer(name=document.free_name(tr("Layer"))))

    def add_group(self) -> None:
        self._on_document(lambda document: document.add_group(document.free_name(tr("Group"))))

    def group_layer(self) -> None:
        self._on_layer(lambda document, layer: document.group_layers([layer], document.free_name(tr("Group"))))

    def ungroup_layer(self) -> None:
        self._on_layer(lambda document, layer: document.ungroup(layer))

    def duplicate_layer(self) -> None:
        self._on_layer(lambda document, layer: document.duplicate_layer(layer))

    def remove_layer(self) -> None:
        self._on_layer(lambda document, layer: document.remove_layer(layer))

    def merge_down(self) -> None:
        def verb(document: Document, layer: Layer) -> None:
            if isinstance(layer, GroupLayer):
                document.merge_group(layer)
            else:
                document.merge_down(layer)

        self._on_layer(verb)

    def raise_layer(self) -> None:
        self._step_layer(1)

    def lower_layer(self) -> None:
        self._step_layer(-1)

    def _step_layer(self, by: int) -> None:
        """One place up or down; at the end of a group out of it."""

        def verb(document: Document, layer: Layer) -> None:
            parent = document.parent_of(layer)
            place = parent.children.index(layer) + by
            if 0 <= place < len(parent.children):
                document.move_layer(layer, parent, place)
            elif parent is not document.root:
                outer = document.parent_of(parent)
                index = outer.children.index(parent)
                document.move_layer(layer, outer, index + 1 if by > 0 else index)

        self._on_layer(verb)

    def choose_above(self) -> None:
        self._choose(1)

    def choose_below(self) -> None:
        self._choose(-1)

    def _choose(self, by: int) -> None:
        document = self.session.document
        if document is None:
            return
        layers = list(document.layers())
        active = document.active_layer
        if active not in layers:
            document.set_active(layers[-1] if layers else None)
            return
        place = layers.index(active) + by
        if 0 <= place < len(layers):
            document.set_active(layers[place])

    def add_mask(self) -> None:
        """A mask that shows the selection, or everything, and becomes what is painted on."""

        def verb(document: Document, layer: Layer) -> None:
            document.add_mask(layer, from_selection=document.selection is not None)
            self.session.set_on_mask(True)

        self._on_layer(verb)

    def apply_mask(self) -> None:
        self._on_layer(lambda document, layer: document.remove_mask(layer, apply=True))

    def remove_mask(self) -> None:
        self._on_layer(lambda document, layer: document.remove_mask(layer))

    def toggle_mask_target(self) -> None:
        self.session.set_on_mask(not self.session.on_mask)

    def toggle_clip(self) -> None:
        self._on_layer(lambda document, layer: document.set_layer(layer, clip=not layer.clip))

    def toggle_lock_alpha(self) -> None:
        self._on_layer(lambda document, layer: document.set_layer(layer, lock_alpha=not layer.lock_alpha))

    def flip_layer_horizontally(self) -> None:
        self._on_layer(lambda document, layer: document.flip_layer(layer, "horizontal"))

    def flip_layer_vertically(self) -> None:
        self._on_layer(lambda document, layer: document.flip_layer(layer, "vertical"))

    # --- selection ---------------------------------------------------------------------------------------------

    def select_all(self) -> None:
        self._on_document(lambda document: document.select_all())

    def select_none(self) -> None:
        self._on_document(lambda document: document.select_none())

    def invert_selection(self) -> None:
        self._on_document(lambda document: document.invert_selection())

    def select_layer(self) -> None:
        """Select the active layer's pixels as strongly as they show."""

        def verb(document: Document, layer: Layer) -> None:
            tiles = layer.paint()
            if tiles is None:
                raise WrongUse("A group has no pixels of its own.")
            coverage = Tiles(1)
            for key, tile in tiles.items():
                coverage.put_tile(key, tile[..., 3].copy())
            document.select(Selection(coverage))

        self._on_layer(verb)

    def grow_selection(self) -> None:
        self._reshape("grow", tr("Grow the selection"), 8)

    def shrink_selection(self) -> None:
        self._reshape("shrink", tr("Shrink the selection"), 8)

    def feather_selection(self) -> None:
        self._reshape("feather", tr("Feather the selection"), 12)

    def _reshape(self, how: ChangeHow, title: str, start: int) -> None:
        pixels = ask_pixels(title, start, self.dialog_parent())
        if pixels:
            self._on_document(lambda document: document.change_selection(how, pixels))
