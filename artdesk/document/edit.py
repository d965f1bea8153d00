"""Painting into one plane of a layer, many small writes as one undoable step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from artdesk.document.blend import Array, faded
from artdesk.document.history import TileChange, TilesCommand, plane_of
from artdesk.document.layers import Layer
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import TILE, Key, Tiles

if TYPE_CHECKING:
    from artdesk.document.base import DocumentBase


class Edit:
    """An open edit: `write` as often as needed, then `commit` (one history step) or `cancel` (as if never begun).

    Made by `Document.begin_edit`. Usable as a context manager: commits, or cancels when an exception passes.
    Arrays are `(h, w, 4)` straight RGBA for pixels, `(h, w)` for masks. Everything outside the canvas is cut off.
    The selection held when the edit began limits every write, and a layer whose transparency is locked keeps its
    alpha; the caller need not care about either.
    """

    def __init__(self, document: DocumentBase, layer: Layer, plane: str, label: str) -> None:
        self.document = document
        self.layer = layer
        self.plane = plane
        self.label = label
        self.selection = document.selection
        self.lock_alpha = layer.lock_alpha and plane != "mask"
        self.touched = NOTHING
        self._tiles = plane_of(layer, plane)
        self._before = self._tiles.copy()
        self._dirty: dict[Key, Rect] = {}
        self._open = True

    @property
    def is_mask(self) -> bool:
        return self.plane == "mask"

    @property
    def is_open(self) -> bool:
        return self._open

    @property
    def limits(self) -> Rect:
        """Where writing can have an effect: the canvas, or the selection's bounds in it."""
        canvas = self.document.rect
        return canvas if self.selection is None else canvas.intersected(self.selection.bounds())

    @property
    def before(self) -> Tiles:
        """The plane as it was when the edit began (do not write)."""
        return self._before

    def read(self, rect: Rect) -> Array:
        """A copy of the pixels as they are now."""
        return self._tiles.read(rect)

    def read_before(self, rect: Rect) -> Array:
        """A copy of the pixels as they were when the edit began."""
        return self._before.read(rect)

    def write(self, rect: Rect, array: Array, *, notify: bool = True) -> Rect:
        """Make `array` the new pixels of `rect`, as far as selection and locks allow; returns the touched region.

        Where the selection is partial (feathered), the result lies between the pixels *before the edit* and
        `array`, so writing twice does not count twice. Pass `notify=False` to report several writes at once with
        `notify()`.
        """
        assert self._open, "this edit has ended"
        part = rect.intersected(self.limits)
        if part.empty:
            return NOTHING
        piece = array if part == rect else array[part.slices((rect.x, rect.y))]
        if self.selection is not None:
            amount = self.selection.read(part)
            if not bool((amount == 255).all()):
                piece = faded(self._before.read(part), piece, amount)
        if self.lock_alpha:
            piece = self._with_alpha_kept(part, piece)
        self._tiles.write(part, piece)
        for key in part.cells(TILE):
            inside = part.intersected(Rect(key[0] * TILE, key[1] * TILE, TILE, TILE))
            self._dirty[key] = self._dirty.get(key, NOTHING).united(inside)
        self.touched = self.touched.united(part)
        self.document.touch(part, self.layer)
        if notify:
            self.notify(part)
        return part

    def _with_alpha_kept(self, part: Rect, piece: Array) -> Array:
        """Source atop: as far as the new pixels are opaque they colour what is there; bare canvas stays bare."""
        before = self._before.read(part)
        amount = piece[..., 3:].astype(np.float32) * np.float32(1 / 255)
        old = before[..., :3].astype(np.float32)
        kept = before.copy()
        kept[..., :3] = old + (piece[..., :3] - old) * amount + np.float32(0.5)
        kept[before[..., 3] == 0] = 0
        return kept

    def notify(self, rect: Rect) -> None:
        """Tell the watchers that `rect` looks different now."""
        self.document.emit("pixels", rect, self.layer.id)

    def commit(self) -> Rect:
        """End the edit as one history step (none when nothing changed); returns everything touched."""
        if not self._open:
            return NOTHING
        self._open = False
        self.document.edit_ended(self)
        changed = self._tiles.changed_keys(self._before)
        self._tiles.tidy(changed)
        self._tiles.share()
        changes = []
        for key in sorted(changed):
            before, after = self._before.tile(*key), self._tiles.tile(*key)
            if before is not after and not _same(before, after):
                changes.append(TileChange(key, before, after, self._dirty.get(key, NOTHING)))
            elif before is not after:
                self._tiles.swap_tile(key, before)
        if changes:
            self.document.record(TilesCommand(self.label, self.layer, self.plane, changes))
        return self.touched

    def cancel(self) -> Rect:
        """Put every pixel back as it was; returns everything that changes on screen."""
        if not self._open:
            return NOTHING
        self._open = False
        self.document.edit_ended(self)
        for key in self._tiles.changed_keys(self._before):
            self._tiles.swap_tile(key, self._before.tile(*key))
            self.document.touch(self._dirty.get(key, NOTHING), self.layer)
        self.document.settle_back()
        if not self.touched.empty:
            self.notify(self.touched)
        return self.touched

    def __enter__(self) -> Edit:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.cancel()


def _same(a: Array | None, b: Array | None) -> bool:
    return (
        a is not None
        and b is not None
        and bool(
            (a.view(np.uint32 if a.ndim == 3 else np.uint8) == b.view(np.uint32 if b.ndim == 3 else np.uint8)).all()
        )
    )
