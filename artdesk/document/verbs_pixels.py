"""Verbs on pixels: fill, clear, paste, and taking in what a network made."""

from __future__ import annotations

import numpy as np

from artdesk.core.errors import WrongUse
from artdesk.core.image import Image, resized
from artdesk.document.base import DocumentBase
from artdesk.document.blend import Array, faded
from artdesk.document.layers import Layer, PixelLayer
from artdesk.document.pixels import rgba_of, times
from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE, Tiles
from artdesk.document.tree import LayerRef
from artdesk.document.verbs_layers import LayerVerbs


class PixelVerbs(LayerVerbs, DocumentBase):
    """Filling, clearing and bringing pictures in; all respect selection and locks."""

    def fill(self, ref: LayerRef, color: tuple[int, int, int, int] | int, *, plane: str | None = None) -> Rect:
        """Fill the selection (or the canvas) with an RGBA colour, or a mask with a value 0..255."""
        with self.begin_edit(ref, "Fill", plane=plane) as edit:
            if edit.is_mask:
                value = int(color if isinstance(color, int) else round(sum(color[:3]) / 3))
                one: Array = np.array(value, np.uint8)
            else:
                rgba = (color, color, color, 255) if isinstance(color, int) else color
                one = np.array(rgba, np.uint8)
            for key in edit.limits.cells(TILE):
                part = edit.limits.intersected(Rect(key[0] * TILE, key[1] * TILE, TILE, TILE))
                shape = (part.h, part.w) if edit.is_mask else (part.h, part.w, 4)
                edit.write(part, np.broadcast_to(one, shape), notify=False)
            return edit.touched

    def clear(self, ref: LayerRef, *, plane: str | None = None) -> Rect:
        """Make the selection (or the whole canvas) of a layer transparent; of a mask: hidden."""
        with self.begin_edit(ref, "Clear", plane=plane) as edit:
            for key, tile in edit.before.items():
                part = edit.limits.intersected(Rect(key[0] * TILE, key[1] * TILE, TILE, TILE))
                if not part.empty:
                    edit.write(part, np.zeros((part.h, part.w, *tile.shape[2:]), np.uint8), notify=False)
            return edit.touched

    def copy_selected(self, ref: LayerRef) -> tuple[Image, Rect] | None:
        """What is selected of a layer as a picture with its place, for the clipboard; None when that is nothing."""
        layer = self.layer(ref)
        area = self.rect if self.selection is None else self.selection.bounds()
        area = area.intersected(layer.content_rect()).intersected(self.rect)
        tiles = layer.paint()
        if tiles is not None:
            area = area.intersected(tiles.bounds())
        if area.empty:
            return None
        pixels = self.render_layer(layer, area)
        if self.selection is not None:
            pixels[..., 3] = times(pixels[..., 3], self.selection.read(area))
            pixels[pixels[..., 3] == 0] = 0
        return pixels, area

    def paste_image(self, image: Image, name: str = "", at: tuple[int, int] | None = None) -> PixelLayer:
        """A picture as a new layer above the active one, its first pixel at `at` (None: in the middle)."""
        h, w = image.shape[:2]
        x, y = ((self.width - w) // 2, (self.height - h) // 2) if at is None else at
        layer = PixelLayer(name=name or self.free_name("Pasted"), pixels=Tiles.of_array(image, x, y))
        self._insert_above_active("Paste", layer)
        return layer

    def _insert_above_active(self, label: str, layer: Layer) -> None:
        below = self.active_layer
        group = self.root if below is None else self.parent_of(below)
        self._insert(label, layer, group, len(group.children) if below is None else group.children.index(below) + 1)

    def put_result(
        self,
        image: Image,
        layer: LayerRef | None = None,
        region: Rect | None = None,
        mask: Array | None = None,
        *,
        name: str = "",
        label: str = "",
    ) -> Layer:
        """Take in what a network made of `region` (default: the canvas), on a layer or as a new one.

        The picture is scaled to the region where it has another size. Only what is selected changes, weakened by
        `mask` (uint8 `(h, w)` of the region, 255 = wholly). Returns the layer that holds it.
        """
        area = self.rect if region is None else region
        if area.empty or (mask is not None and mask.shape != (area.h, area.w)):
            raise WrongUse("The result does not fit its place in the picture.")
        pixels = rgba_of(resized(image, area.w, area.h))
        if layer is not None:
            target = self.layer(layer)
            with self.begin_edit(target, label or "Network result") as edit:
                if mask is not None:
                    pixels = faded(edit.read(area), pixels, mask)
                edit.write(area, pixels, notify=False)
            return target
        amount = self.selection.read(area) if self.selection is not None else None
        if mask is not None:
            amount = mask if amount is None else times(amount, mask)
        if amount is not None:
            pixels = pixels.copy()
            pixels[..., 3] = times(pixels[..., 3], amount)
            pixels[pixels[..., 3] == 0] = 0
        made = PixelLayer(name=name or self.free_name("Result"))
        part = area.intersected(self.rect)
        made.pixels.write(part, pixels[part.slices((area.x, area.y))])
        self._insert_above_active(label or "Network result", made)
        return made
