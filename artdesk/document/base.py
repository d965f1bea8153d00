"""The document itself: size, tree of layers, selection, history, and who is told of changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from artdesk.core.errors import WrongUse
from artdesk.document.blend import Array, straightened
from artdesk.document.changes import Change, Kind
from artdesk.document.composite import Compositor
from artdesk.document.edit import Edit
from artdesk.document.history import Assign, Command, History, Slot, StaleFlags
from artdesk.document.layers import BELOW, GroupLayer, Layer, StyleLayer
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import TILE
from artdesk.document.tree import LayerRef, LayerTree

MAX_SIDE = 16384
"""Largest width and height of a canvas in pixels."""

log = logging.getLogger(__name__)


class DocumentBase(LayerTree):
    """What every verb stands on. Use `artdesk.document.document.Document`.

    A document belongs to one thread (the interface's). Another thread gets `snapshot_for_saving()`.
    Layers are read freely; change them through verbs, so that the change is undoable and shown.
    """

    def __init__(self, width: int, height: int, *, undo_mb: int = 1024) -> None:
        check_size(width, height)
        self.width = width
        self.height = height
        super().__init__()
        self.selection: Selection | None = None
        self.active_layer: Layer | None = None
        self.history = History(undo_mb)
        self.compositor = Compositor(self)
        self._path: Path | None = None
        self._saved_state: int | None = self.history.state_id
        self._state_of_origin: int | None = None
        self._watchers: list[Callable[[Change], None]] = []
        self._edit: Edit | None = None
        self._settled: StaleFlags = {}
        self.shown_state = self.history.state_id
        """The state whose pixels the layers hold, but for a change that is just under way."""

    # size

    @property
    def rect(self) -> Rect:
        """The canvas."""
        return Rect(0, 0, self.width, self.height)

    @property
    def levels(self) -> int:
        """How many zoom levels there are; the last one fits into a single tile."""
        return max(1, (max(self.width, self.height) - 1).bit_length() - TILE.bit_length() + 2)

    # watching

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` after every change until the returned function is called."""
        self._watchers.append(callback)

        def unsubscribe() -> None:
            if callback in self._watchers:
                self._watchers.remove(callback)

        return unsubscribe

    def emit(self, kind: Kind, rect: Rect | None = None, layer_id: str | None = None) -> None:
        """Tell every watcher. One that fails does not keep the others from hearing it."""
        change = Change(kind, rect, layer_id)
        for watcher in tuple(self._watchers):
            try:
                watcher(change)
            except Exception:
                log.exception("a watcher of the document failed on %s", change)

    # choosing

    def set_active(self, ref: LayerRef | None) -> None:
        """Choose the layer the tools work on. Not a step of the history."""
        layer = None if ref is None else self.layer(ref)
        if layer is not self.active_layer:
            self.active_layer = layer
            self.history.seal()
            self.emit("selection", None, layer.id if layer else None)

    # doing and undoing

    def do(self, command: Command) -> Rect:
        """Carry out a command and note it; returns the region that changed."""
        self._close_edit()
        self._settled = self._stale_flags()
        rect = command.redo(self)
        self.record(command, rect)
        return rect

    def record(self, command: Command, rect: Rect | None = None) -> None:
        """Note a command whose effect is already there, and tell the watchers."""
        count = self.history.position
        entry = self.history.push(command)
        if entry.command is command or self.history.position > count:
            entry.stale_before = self._settled
        entry.stale_after = self._stale_flags()
        self._tell(command, getattr(command, "rect", None) if rect is None else rect)

    def amend(self, command: Assign) -> Rect:
        """Carry out a change that follows from the newest step and belongs to it; an open edit stays open."""
        rect = command.redo(self)
        self.history.amend(command)
        self._settled = self._stale_flags()
        if self.history.newest is not None:
            self.history.newest.stale_after = self._settled
        self._tell(command, rect)
        return rect

    def _tell(self, command: Command, rect: Rect | None) -> None:
        self.shown_state = self.history.state_id
        self.emit(command.kind, rect, command.layer_id)
        self.emit("history")
        self.emit("saved")

    def settle_back(self) -> None:
        """An edit was taken back: style layers are as fresh or stale as before it."""
        self._restore_stale(self._settled)

    def _stale_flags(self) -> StaleFlags:
        return {layer.id: (layer.stale, layer.stale_rect) for layer in self.layers() if isinstance(layer, StyleLayer)}

    def _restore_stale(self, flags: StaleFlags) -> None:
        for layer in self.layers():
            if isinstance(layer, StyleLayer) and layer.id in flags:
                layer.stale, layer.stale_rect = flags[layer.id]

    def undo(self) -> Rect | None:
        """Take the last step back (an open edit first); returns the changed region, None when there is nothing."""
        if self._edit is not None:
            return self._edit.cancel()
        entry = self.history.step_back()
        if entry is None:
            return None
        rect = entry.command.undo(self)
        self._restore_stale(entry.stale_before)
        self._tell(entry.command, rect)
        return rect

    def redo(self) -> Rect | None:
        """Do the last undone step again; returns the changed region, None when there is nothing."""
        self._close_edit()
        entry = self.history.step_forward()
        if entry is None:
            return None
        rect = entry.command.redo(self)
        self._restore_stale(entry.stale_after)
        self._tell(entry.command, rect)
        return rect

    def jump_to(self, position: int) -> Rect:
        """Undo or redo until `position` steps are done (0 … number of entries); returns the changed region."""
        self._close_edit()
        rect = NOTHING
        position = max(0, min(position, len(self.history.entries)))
        while self.history.position != position:
            step = self.undo() if self.history.position > position else self.redo()
            rect = rect.united(step or NOTHING)
        return rect

    # editing

    def begin_edit(self, ref: LayerRef, label: str, *, plane: str | None = None) -> Edit:
        """Start painting on a layer; `plane` is "pixels", "painted" or "mask" (default: what the layer shows).

        Raises: WrongUse for a locked, hidden or unpaintable layer. Only one edit is open at a time: an older
        one is committed.
        """
        self._close_edit()
        layer = self.layer(ref)
        self.check_editable(layer)
        if plane is None:
            plane = {"pixel": "pixels", "style": "mask"}.get(layer.kind, "mask")
        if plane == "mask" and layer.mask is None:
            raise WrongUse("The layer “{name}” has no mask.", name=layer.name)
        if plane not in dict(layer.planes()):
            raise WrongUse("The layer “{name}” has no pixels to paint on.", name=layer.name)
        self._settled = self._stale_flags()
        self._edit = Edit(self, layer, plane, label)
        return self._edit

    def check_editable(self, layer: Layer) -> None:
        """Raise WrongUse with the reason when a layer (or a group around it) must not be painted on."""
        for above in (*self.path_to(layer), layer):
            if above.locked:
                raise WrongUse("The layer “{name}” is locked.", name=above.name)
            if not above.visible:
                raise WrongUse("The layer “{name}” is hidden.", name=above.name)

    @property
    def open_edit(self) -> Edit | None:
        """The edit that is being painted, if any."""
        return self._edit

    def edit_ended(self, edit: Edit) -> None:
        if self._edit is edit:
            self._edit = None

    def _close_edit(self) -> None:
        if self._edit is not None:
            self._edit.commit()

    # keeping what is derived up to date

    def touch(self, rect: Rect, *layers: Layer) -> None:
        """The picture in `rect` is out of date because of these layers (none: because of the tree itself).

        Cached tiles are renewed when they are next read; style layers that depend on one of the layers become stale.
        """
        if rect.empty:
            return
        self.compositor.invalidate(rect, layers[0] if len(layers) == 1 else None)
        styled = [layer for layer in self.layers() if isinstance(layer, StyleLayer)]
        for style in styled:
            if any(self._feeds(layer, style) for layer in layers):
                style.stale = True
                style.revision += 1
                style.stale_rect = style.stale_rect.united(rect.intersected(self.rect))

    def _feeds(self, layer: Layer, style: StyleLayer) -> bool:
        """Whether what `style` paints can show something of `layer`."""
        if layer is style:
            return False
        if style.source != BELOW:
            source = self.find(style.source)
            return source is layer or (isinstance(source, GroupLayer) and layer in source.walk())
        order = list(self.layers())
        around = self.path_to(style)
        return layer in order and layer not in around and order.index(layer) < order.index(style)

    def resized(self) -> None:
        """The canvas got another size: nothing remembered fits any more."""
        self.compositor.forget()

    # reading the picture

    def composite(self, rect: Rect, *, level: int = 0, premultiplied: bool = False) -> Array:
        """The picture of all visible layers in `rect`: a copy, `(h, w, 4)` uint8.

        `level` n means the picture halved n times, and `rect` is in that level's pixels. Straight alpha, or
        premultiplied for `QImage.Format_RGBA8888_Premultiplied`. Transparent outside the canvas.
        """
        pixels = self.compositor.read(rect, level)
        return pixels if premultiplied else straightened(pixels)

    def composite_tile(self, ix: int, iy: int, level: int = 0) -> Array:
        """One premultiplied `(256, 256, 4)` tile of the picture without copying: read-only, for drawing at once."""
        self.compositor.view_level = level
        return self.compositor.tile(ix, iy, level)

    def holds_tile(self, ix: int, iy: int, level: int) -> bool:
        """Whether `composite_tile` has this tile at hand; large pictures push out what was not looked at for long."""
        return self.compositor.holds(ix, iy, level)

    def below(self, ref: LayerRef, rect: Rect, *, premultiplied: bool = False) -> Array:
        """What lies under a layer: everything that is painted before it, groups around it taken as open."""
        path = self.path_to(self.layer(ref))
        stack: list[Layer] = []
        group = self.root
        for step in path:
            stack.extend(group.children[: group.children.index(step)])
            if isinstance(step, GroupLayer):
                group = step
        pixels = self.compositor.read_stack(stack, rect)
        return pixels if premultiplied else straightened(pixels)

    def render_layer(self, ref: LayerRef, rect: Rect) -> Array:
        """A layer by itself over nothing, as if fully opaque and unclipped, its mask applied. Straight."""
        return straightened(self.compositor.read_alone(self.layer(ref), rect))

    # memory and saving

    def snapshot_for_saving(self) -> Self:
        """The document as it is now, sharing every tile: cheap, and safe to read and composite in another thread.

        Ids are kept, history and watchers are not; later changes here do not show there. `snapshot.state_id` is
        what `mark_saved(state_id=…)` wants when the snapshot has reached the disk.
        """
        twin = type(self)(self.width, self.height)
        twin.root = self.root.twin(fresh_id=False)
        twin.selection = self.selection
        twin.active_layer = twin.find(self.active_layer.id) if self.active_layer is not None else None
        twin._path = self._path
        twin._state_of_origin = self.state_id
        twin.compositor = Compositor(twin, keep=False)
        return twin

    def layer_bytes(self) -> int:
        """Bytes of the layers' tiles, shared ones counted wherever they are used; quick."""
        return sum(len(tiles) * TILE * TILE * tiles.channels for layer in self.layers() for _, tiles in layer.planes())

    def bytes_used(self) -> dict[str, int]:
        """Bytes held, every array counted once: `layers`, `history`, `caches`, `selection`."""
        seen: set[int] = set()
        return {
            "layers": self.root.bytes_used(seen),
            "history": self.history.bytes_used(),
            "caches": self.compositor.bytes_used(),
            "selection": self.selection.tiles.bytes_used(seen) if self.selection else 0,
        }

    @property
    def state_id(self) -> int:
        """Names the present state of the document (in a snapshot: the state it was taken from)."""
        return self.history.state_id if self._state_of_origin is None else self._state_of_origin

    @property
    def path(self) -> Path | None:
        """The project file, None while there is none."""
        return self._path

    @property
    def dirty(self) -> bool:
        """Whether something would be lost if the document were closed now."""
        return self._saved_state != self.history.state_id or (self._edit is not None and not self._edit.touched.empty)

    def mark_saved(self, path: Path | None = None, *, state_id: int | None = None) -> None:
        """The state `state_id` (default: the present one) is safely on disk, at `path` when given."""
        if path is not None:
            self._path = path
        self._saved_state = self.history.state_id if state_id is None else state_id
        self.emit("saved")

    def mark_unsaved(self) -> None:
        """The present state is on no disk (recovered, imported), even though nothing was done yet."""
        self._saved_state = None
        self.emit("saved")

    # for verbs

    def assign(
        self,
        label: str,
        changes: Sequence[tuple[Any, str, Any]],
        rect: Rect,
        *,
        kind: Kind = "structure",
        layers: Sequence[Layer] = (),
        merge_key: object = None,
    ) -> Rect:
        """Set attributes `(target, name, value)` as one undoable step; nothing happens when all are equal already."""
        self._close_edit()
        slots = [
            Slot(target, name, getattr(target, name), value)
            for target, name, value in changes
            if getattr(target, name) is not value
        ]
        if all(_equal(slot.before, slot.after) for slot in slots):
            return NOTHING
        return self.do(Assign(label, slots, rect, kind=kind, layers=layers, merge_key=merge_key))


def _equal(a: Any, b: Any) -> bool:
    return a is b or (isinstance(a, bool | int | float | str | tuple) and type(a) is type(b) and bool(a == b))


def check_size(width: int, height: int) -> None:
    """Raise WrongUse unless a canvas can have this size."""
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise WrongUse(
            "A canvas is between 1 and {limit} pixels wide and high, not {width} × {height}.",
            limit=MAX_SIDE,
            width=width,
            height=height,
        )
