"""What all painting tools and panels share: the document, the colours, the brushes, the chosen style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.core.requests import Mix
from artdesk.document.brush import BrushSettings, StrokeMode, preset
from artdesk.document.changes import Change
from artdesk.document.document import Document
from artdesk.document.layers import Layer, StyleLayer

Color = tuple[int, int, int, int]
T = TypeVar("T")

BLACK: Color = (0, 0, 0, 255)
WHITE: Color = (255, 255, 255, 255)
MOST_RECENT_COLORS = 14

FIRST_PRESETS = {
    StrokeMode.PAINT: "round_hard",
    StrokeMode.ERASE: "eraser_hard",
    StrokeMode.SMUDGE: "smudge",
    StrokeMode.STYLE_MASK: "style_brush",
}


@dataclass(frozen=True)
class StyleChoice:
    """The style in hand: what a new style layer, the style brush and the live pane paint with."""

    mix: Mix = ()
    strength: float = 1.0
    keep_colors: bool = False
    stroke_size: float = 1.0


@dataclass
class BrushInHand:
    """The brush of one kind of stroke and the preset it came from ("" once changed by hand)."""

    settings: BrushSettings = field(default_factory=BrushSettings)
    preset_id: str = ""


class DocumentSession(QObject):
    """One document under the brush.

    Signals are facts; whoever wants something done calls a method. Errors of verbs run through `attempt` arrive at
    `failed`, where the desk shows them.
    """

    document_replaced = Signal(object)  # Document | None
    changed = Signal(object)  # Change
    layers_changed = Signal()  # order, names, properties
    pixels_changed = Signal(object)  # Change with the region
    active_changed = Signal()  # another layer, or its mask instead of its pixels
    selection_changed = Signal()
    history_changed = Signal()
    size_changed = Signal()
    saved_changed = Signal()
    color_changed = Signal()
    recent_colors_changed = Signal()
    brush_changed = Signal(object)  # StrokeMode
    style_changed = Signal()
    failed = Signal(object)  # ArtDeskError
    told = Signal(str)  # a hint for the status bar, already translated

    def __init__(self, document: Document | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._active: Layer | None = None
        self._on_mask = False
        self._foreground: Color = BLACK
        self._background: Color = WHITE
        self._recent: tuple[Color, ...] = ()
        self._style = StyleChoice()
        self._brushes: dict[StrokeMode, BrushInHand] = {}
        for mode, preset_id in FIRST_PRESETS.items():
            found = preset(preset_id)
            self._brushes[mode] = BrushInHand(found.settings, preset_id) if found else BrushInHand()
        self.set_document(document)

    # --- the document ------------------------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        return self._document

    def set_document(self, document: Document | None) -> None:
        """Work on another document from now on."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._document = document
        self._active = None
        self._on_mask = False
        if document is not None:
            self._active = document.active_layer
            self._on_mask = self._starts_on_mask(self._active)
            self._unsubscribe = document.subscribe(self._hear)
        self.document_replaced.emit(document)
        self.active_changed.emit()

    def _hear(self, change: Change) -> None:
        document = self._document
        if document is None:
            return
        self.changed.emit(change)
        if change.kind == "pixels":
            self.pixels_changed.emit(change)
        elif change.kind == "structure":
            self.layers_changed.emit()
        elif change.kind == "selection":
            self.selection_changed.emit()
        elif change.kind == "size":
            self.size_changed.emit()
            self.layers_changed.emit()
        elif change.kind == "history":
            self.history_changed.emit()
        elif change.kind == "saved":
            self.saved_changed.emit()
        active = document.active_layer
        if active is not self._active:
            self._active = active
            self._on_mask = self._starts_on_mask(active)
            self.active_changed.emit()
        elif self._on_mask and (active is None or active.mask is None):
            self._on_mask = False
            self.active_changed.emit()

    @staticmethod
    def _starts_on_mask(layer: Layer | None) -> bool:
        # The pixels of a style layer are painted by a network: a hand can only work on its mask.
        return isinstance(layer, StyleLayer) and layer.mask is not None

    def attempt(self, verb: Callable[[], T]) -> T | None:
        """Run a verb; an `ArtDeskError` is told to the person instead of raised, and None comes back."""
        try:
            return verb()
        except ArtDeskError as error:
            self.failed.emit(error)
            return None

    def need_document(self) -> Document:
        """The document, or WrongUse when there is none."""
        if self._document is None:
            raise WrongUse("Open a picture first.")
        return self._document

    def need_layer(self) -> Layer:
        """The active layer, or WrongUse when none is chosen."""
        layer = self.need_document().active_layer
        if layer is None:
            raise WrongUse("Choose a layer first.")
        return layer

    # --- what is painted on ------------------------------------------------------------------------------------

    @property
    def active(self) -> Layer | None:
        return self._document.active_layer if self._document is not None else None

    @property
    def on_mask(self) -> bool:
        """Whether tools work on the active layer's mask instead of its pixels."""
        return self._on_mask and self.active is not None and self.active.mask is not None

    def set_on_mask(self, on_mask: bool) -> None:
        """Work on the mask of the active layer, or on its pixels."""
        layer = self.active
        on_mask = on_mask and layer is not None and layer.mask is not None
        if on_mask != self._on_mask:
            self._on_mask = on_mask
            self.active_changed.emit()

    @property
    def plane(self) -> str | None:
        """The plane tools work on, as `Document.begin_edit` wants it."""
        return "mask" if self.on_mask else None

    # --- colours -----------------------------------------------------------------------------------------------

    @property
    def color(self) -> Color:
        """The foreground colour, RGBA."""
        return self._foreground

    @property
    def background(self) -> Color:
        return self._background

    @property
    def recent_colors(self) -> tuple[Color, ...]:
        """The colours last painted with, newest first."""
        return self._recent

    def set_color(self, color: Color) -> None:
        if color != self._foreground:
            self._foreground = color
            self.color_changed.emit()

    def set_background(self, color: Color) -> None:
        if color != self._background:
            self._background = color
            self.color_changed.emit()

    def swap_colors(self) -> None:
        self._foreground, self._background = self._background, self._foreground
        self.color_changed.emit()

    def reset_colors(self) -> None:
        """Black on white."""
        self._foreground, self._background = BLACK, WHITE
        self.color_changed.emit()

    def note_color_used(self) -> None:
        """The foreground colour was painted with: it belongs to the recent ones."""
        recent = (self._foreground, *(c for c in self._recent if c != self._foreground))[:MOST_RECENT_COLORS]
        if recent != self._recent:
            self._recent = recent
            self.recent_colors_changed.emit()

    # --- brushes -----------------------------------------------------------------------------------------------

    def brush(self, mode: StrokeMode = StrokeMode.PAINT) -> BrushSettings:
        """The brush in hand for a kind of stroke."""
        return self._brushes[mode].settings

    def preset_id(self, mode: StrokeMode) -> str:
        """The preset the brush came from; "" when it was changed since."""
        return self._brushes[mode].preset_id

    def set_brush(self, mode: StrokeMode, settings: BrushSettings, preset_id: str = "") -> None:
        hand = self._brushes[mode]
        if settings != hand.settings or preset_id != hand.preset_id:
            self._brushes[mode] = BrushInHand(settings, preset_id)
            self.brush_changed.emit(mode)

    def change_brush(self, mode: StrokeMode, **values: object) -> None:
        """Change some properties of the brush in hand."""
        self.set_brush(mode, replace(self.brush(mode), **values))  # type: ignore[arg-type]

    # --- style -------------------------------------------------------------------------------------------------

    @property
    def style(self) -> StyleChoice:
        return self._style

    def set_style(self, style: StyleChoice) -> None:
        """The style chosen in the gallery."""
        if style != self._style:
            self._style = style
            self.style_changed.emit()
