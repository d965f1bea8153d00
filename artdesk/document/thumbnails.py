"""Small pictures of the document, its layers and masks, for panels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image, fitted
from artdesk.document.base import DocumentBase
from artdesk.document.blend import Array, blend
from artdesk.document.layers import GroupLayer, Layer
from artdesk.document.pixels import times
from artdesk.document.rect import Rect
from artdesk.document.render import runs_of
from artdesk.document.tiles import TILE, Tiles
from artdesk.document.tree import LayerRef


class ThumbnailVerbs(DocumentBase):
    """Thumbnails keep the canvas's proportions; the longer side has at most `side` pixels."""

    def thumbnail(self, side: int = 256) -> Image:
        """The picture itself, RGBA. Needs the whole composite at the fitting zoom level."""
        level = 0
        while level + 1 < self.levels and max(self.width, self.height) >> (level + 1) >= side:
            level += 1
        return fitted(as_image(self.composite(self.rect.scaled_down(level), level=level)), side)

    def remember_thumbnail(self, side: int = 64) -> Image:
        """Give the present history entry a thumbnail; call it when there is time. Returns it."""
        made = self.thumbnail(side)
        entries, position = self.history.entries, self.history.position
        if position == 0:
            self.history.first_thumbnail = made
        else:
            entries[position - 1].thumbnail = made
        return made

    def layer_thumbnail(self, ref: LayerRef, side: int = 64) -> Image:
        """One layer by itself, RGBA; sampled, so it costs little however large the canvas is."""
        return fitted(as_image(self._sampled(self.layer(ref), self._step(side))), side)

    def mask_thumbnail(self, ref: LayerRef, side: int = 64) -> Image | None:
        """A layer's mask as grey RGB; None when it has none."""
        mask = self.layer(ref).mask
        if mask is None:
            return None
        return fitted(as_image(_points(mask.tiles, self.rect, self._step(side))), side)

    def _step(self, side: int) -> int:
        return max(1, max(self.width, self.height) // (2 * max(1, side)))

    def _sampled(self, layer: Layer, step: int) -> Array:
        tiles = layer.paint()
        pixels = self._sampled_group(layer, step) if tiles is None else _points(tiles, self.rect, step)
        if layer.mask is not None and layer.mask.enabled:
            pixels[..., 3] = times(pixels[..., 3], _points(layer.mask.tiles, self.rect, step))
        return pixels

    def _sampled_group(self, group: Layer, step: int) -> Array:
        out = np.zeros((len(_places(self.height, step)), len(_places(self.width, step)), 4), np.uint8)
        assert isinstance(group, GroupLayer)
        for base, clipped in runs_of(group.children):
            if not base.visible:
                continue
            own = self._sampled(base, step)
            if clipped:
                shape, own[..., 3] = own[..., 3].copy(), 255
                for layer in clipped:
                    if layer.visible:
                        own = blend(layer.mode, own, self._sampled(layer, step), layer.opacity)
                own[..., 3] = shape
            out = blend(base.mode, out, own, base.opacity)
        return out


def _places(length: int, step: int) -> NDArray[np.int64]:
    return np.arange(min(step // 2, length - 1), length, step)


def _points(tiles: Tiles, canvas: Rect, step: int) -> Array:
    """Every `step`-th pixel of the canvas, as an array of its own."""
    xs, ys = _places(canvas.w, step), _places(canvas.h, step)
    shape = (len(ys), len(xs)) if tiles.channels == 1 else (len(ys), len(xs), tiles.channels)
    out = np.full(shape, tiles.default, np.uint8)
    for (ix, iy), tile in tiles.items():
        left, right = np.searchsorted(xs, [ix * TILE, (ix + 1) * TILE])
        top, bottom = np.searchsorted(ys, [iy * TILE, (iy + 1) * TILE])
        if right > left and bottom > top:
            out[top:bottom, left:right] = tile[np.ix_(ys[top:bottom] - iy * TILE, xs[left:right] - ix * TILE)]
    return out
