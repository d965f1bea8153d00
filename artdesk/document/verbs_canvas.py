"""Verbs on geometry: of one layer, and of the whole canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.document.base import DocumentBase, check_size
from artdesk.document.blend import Array, blend
from artdesk.document.blend import BlendMode as Mode
from artdesk.document.layers import GroupLayer, Layer, PixelLayer, StyleLayer
from artdesk.document.pixels import times
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.resample import resampled
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from artdesk.document.transform import Affine, transformed
from artdesk.document.tree import LayerRef

Axis: TypeAlias = Literal["horizontal", "vertical"]
Changes: TypeAlias = list[tuple[Any, str, Any]]


class CanvasVerbs(DocumentBase):
    """Moving, turning and scaling layers; cropping and resizing the canvas."""

    # one layer

    def transform_layer(self, ref: LayerRef, matrix: Affine | Sequence[float] | Any, label: str = "Transform") -> Rect:
        """Map a layer (a group with all it holds, masks too) by an affine matrix.

        `matrix`: an `Affine`, six numbers a, b, c, d, e, f, or a 3 × 3 array that maps columns (x, y, 1).
        With a selection only the selected pixels of a pixel layer move, and the selection moves with them.
        Whole-pixel moves, mirrors and right angles lose nothing. Raises: WrongUse.
        """
        affine = as_affine(matrix)
        affine.check()
        layer = self.layer(ref)
        self.check_editable(layer)
        keep = self._keep_area()
        if self.selection is not None and isinstance(layer, PixelLayer):
            return self._transform_selected(layer, affine, keep, label)
        members = [layer, *(layer.walk() if isinstance(layer, GroupLayer) else ())]
        before = layer.content_rect()
        changes = _mapped(members, lambda tiles: transformed(tiles, affine, keep))
        after = NOTHING
        for _, name, tiles in changes:
            after = after.united(tiles.extent() if name != "tiles" else NOTHING)
        return self.assign(label, changes, before.united(after).intersected(self.rect), layers=members)

    def _transform_selected(self, layer: PixelLayer, affine: Affine, keep: Rect, label: str) -> Rect:
        assert self.selection is not None
        lifted, rest = _lifted(layer.pixels, self.selection)
        if layer.lock_alpha:
            raise WrongUse("The transparency of “{name}” is locked.", name=layer.name)
        moved = transformed(lifted, affine, keep)
        for key, tile in moved.items():
            under = rest.tile(*key)
            rest.put_tile(key, tile if under is None else blend(Mode.NORMAL, under, tile))
        moved.share()
        layer.pixels.share()
        selection = Selection(transformed(self.selection.tiles, affine, self.rect))
        rect = lifted.extent().united(moved.extent()).intersected(self.rect)
        changes = [(layer, "pixels", rest), (self, "selection", None if selection.empty else selection)]
        return self.assign(label, changes, rect, layers=[layer])

    def move_pixels(self, ref: LayerRef, dx: int, dy: int) -> Rect:
        """Move a layer's pixels (only the selected ones, when there is a selection) by whole pixels."""
        return self.transform_layer(ref, Affine.move(dx, dy), "Move")

    def flip_layer(self, ref: LayerRef, axis: Axis) -> Rect:
        """Mirror a layer in the middle of its content (of the selection, when there is one)."""
        area = self.selection.bounds() if self.selection is not None else self._content_bounds(self.layer(ref))
        if area.empty:
            return NOTHING
        return self.transform_layer(ref, _mirror(area, axis), "Flip layer")

    def _content_bounds(self, layer: Layer) -> Rect:
        if isinstance(layer, GroupLayer):
            rect = NOTHING
            for child in layer.walk():
                tiles = child.paint()
                rect = rect.united(tiles.bounds() if tiles is not None else NOTHING)
            return rect
        tiles = layer.paint()
        return tiles.bounds() if tiles is not None else NOTHING

    def _keep_area(self) -> Rect:
        return self.rect.grown(max(self.width, self.height))

    # the whole canvas

    def flip(self, axis: Axis) -> Rect:
        """Mirror the whole picture."""
        return self._map_canvas("Flip picture", _mirror(self.rect, axis), self.width, self.height)

    def rotate(self, degrees: int) -> Rect:
        """Turn the whole picture clockwise by 90, 180 or 270 degrees."""
        w, h = self.width, self.height
        match degrees % 360:
            case 90:
                return self._map_canvas("Rotate picture", Affine(0, 1, -1, 0, h, 0), h, w)
            case 180:
                return self._map_canvas("Rotate picture", Affine(-1, 0, 0, -1, w, h), w, h)
            case 270:
                return self._map_canvas("Rotate picture", Affine(0, -1, 1, 0, 0, w), h, w)
        raise WrongUse("A picture is turned by 90, 180 or 270 degrees.")

    def crop(self, rect: Rect) -> Rect:
        """Make `rect` the canvas; everything outside is gone. Raises: WrongUse when it misses the canvas."""
        area = rect.intersected(self.rect)
        if area.empty:
            raise WrongUse("The crop does not touch the picture.")
        new = Rect(0, 0, area.w, area.h)
        return self._resize("Crop", area.w, area.h, lambda tiles: tiles.shifted(-area.x, -area.y).clipped(new))

    def resize_canvas(self, width: int, height: int, x: int = 0, y: int = 0) -> Rect:
        """Another canvas size, the present picture's corner at (x, y) of it; pixels outside are kept, unseen."""
        check_size(width, height)
        return self._resize("Canvas size", width, height, lambda tiles: tiles.shifted(x, y))

    def resize_image(self, width: int, height: int) -> Rect:
        """Scale the whole picture to another size; style layers are to be painted anew."""
        check_size(width, height)
        old, new = (self.width, self.height), (width, height)
        stale: Changes = [
            (layer, "stale", True) for layer in self.layers() if isinstance(layer, StyleLayer) and not layer.stale
        ]
        return self._resize("Picture size", width, height, lambda tiles: resampled(tiles, old, new), stale)

    def _map_canvas(self, label: str, affine: Affine, width: int, height: int) -> Rect:
        keep = Rect(0, 0, width, height).grown(2 * max(width, height))
        return self._resize(label, width, height, lambda tiles: transformed(tiles, affine, keep))

    def _resize(
        self, label: str, width: int, height: int, work: Callable[[Tiles], Tiles], more: Sequence[Any] = ()
    ) -> Rect:
        changes = _mapped(list(self.layers()), work)
        if self.selection is not None:
            made = Selection(work(self.selection.tiles).clipped(Rect(0, 0, width, height)))
            changes.append((self, "selection", None if made.empty else made))
        changes += [(self, "width", width), (self, "height", height), *more]
        self.assign(label, changes, Rect(0, 0, max(width, self.width), max(height, self.height)), kind="size")
        return self.rect


def _mapped(layers: Sequence[Layer], work: Callable[[Tiles], Tiles]) -> Changes:
    """New tiles for every plane of some layers."""
    changes: Changes = []
    for layer in layers:
        for name, tiles in layer.planes():
            if name == "mask":
                changes.append((layer.mask, "tiles", work(tiles)))
            else:
                changes.append((layer, name, work(tiles)))
    return changes


def _lifted(tiles: Tiles, selection: Selection) -> tuple[Tiles, Tiles]:
    """The selected pixels and what stays behind."""
    lifted, rest = Tiles(), Tiles()
    for key, tile in tiles.items():
        cover = selection.tiles.tile(*key)
        if cover is None:
            rest.put_tile(key, tile)
            continue
        lifted.put_tile(key, _weakened(tile, cover))
        rest.put_tile(key, _weakened(tile, 255 - cover))
    return lifted, rest


def _weakened(tile: Array, cover: Array) -> Array:
    out = tile.copy()
    out[..., 3] = times(tile[..., 3], cover)
    out[out[..., 3] == 0] = 0
    return out


def _mirror(area: Rect, axis: Axis) -> Affine:
    if axis == "horizontal":
        return Affine(a=-1, e=area.x + area.right)
    return Affine(d=-1, f=area.y + area.bottom)


def as_affine(matrix: Affine | Sequence[float] | Any) -> Affine:
    """An `Affine` from one, from a, b, c, d, e, f, or from a 3 × 3 array acting on columns (x, y, 1)."""
    if isinstance(matrix, Affine):
        return matrix
    values = np.asarray(matrix, np.float64)
    if values.shape == (6,):
        return Affine(*values.tolist())
    if values.shape in ((3, 3), (2, 3)):
        (a, c, e), (b, d, f) = values[0].tolist(), values[1].tolist()
        return Affine(a, b, c, d, e, f)
    raise WrongUse("This transformation would leave nothing of the picture.")
