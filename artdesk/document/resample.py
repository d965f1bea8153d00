"""Pictures at another size, tile by tile: every output tile reads only the input it needs.

A separable Lanczos-3 filter, widened when shrinking (so it averages), on premultiplied values; at the canvas's
edges the weights that would fall outside are folded onto the last pixel, so borders stay as opaque as they were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE, Tiles

Floats = NDArray[np.float32]


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def _weights(start: int, count: int, old: int, new: int) -> tuple[int, Floats]:
    """First input index and the `(count, span)` weights for output pixels `start … start+count-1` of an axis."""
    scale = old / new
    reach = 3 * max(1.0, scale)
    centres = (np.arange(start, start + count) + 0.5) * scale - 0.5
    low, high = int(np.floor(centres[0] - reach)), int(np.ceil(centres[-1] + reach))
    taps = np.arange(low, high + 1)
    weights = _lanczos((taps[None, :] - centres[:, None]) / max(1.0, scale))
    weights /= weights.sum(axis=1, keepdims=True)
    first, last = max(0, low), min(old - 1, high)
    folded = weights[:, first - low : last - low + 1].copy()
    if low < first:
        folded[:, 0] += weights[:, : first - low].sum(axis=1)
    if high > last:
        folded[:, -1] += weights[:, last - low + 1 :].sum(axis=1)
    return first, folded.astype(np.float32)


def resampled(tiles: Tiles, old: tuple[int, int], new: tuple[int, int]) -> Tiles:
    """A canvas-sized plane (`old` = width, height) at the size `new`; what lies outside the canvas is cut off.

    Works for RGBA and for coverage. Cells without content stay without.
    """
    out = Tiles(tiles.channels, tiles.default)
    columns = [_weights(x, min(TILE, new[0] - x), old[0], new[0]) for x in range(0, new[0], TILE)]
    for y in range(0, new[1], TILE):
        top, rows = _weights(y, min(TILE, new[1] - y), old[1], new[1])
        for ix, (left, across) in enumerate(columns):
            source = Rect(left, top, across.shape[1], rows.shape[1])
            if all(tiles.tile(*key) is None for key in source.cells(TILE)):
                continue
            pixels = tiles.read(source)
            target = Rect(ix * TILE, y, across.shape[0], rows.shape[0])
            out.write(target, _filtered(pixels, rows, across))
    return out


def _filtered(pixels: NDArray[np.uint8], rows: Floats, across: Floats) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        values = rows @ pixels.astype(np.float32) @ across.T
        return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)
    if bool((pixels == pixels[:1, :1]).all()):
        return np.broadcast_to(pixels[0, 0], (rows.shape[0], across.shape[0], 4))
    alpha = pixels[..., 3].astype(np.float32)
    opaque = bool((alpha == 255).all())
    out = np.empty((rows.shape[0], across.shape[0], 4), np.uint8)
    new_alpha = np.full(out.shape[:2], 255.0, np.float32)
    if not opaque:
        new_alpha = np.clip(rows @ alpha @ across.T, 0, 255)
        alpha /= 255
    for channel in range(3):
        plane = pixels[..., channel].astype(np.float32)
        if not opaque:
            plane *= alpha
        value = rows @ plane @ across.T
        if not opaque:
            value = np.divide(value * 255, new_alpha, out=np.zeros_like(value), where=new_alpha >= 0.5)
        out[..., channel] = np.clip(value + 0.5, 0, 255)
    out[..., 3] = new_alpha + 0.5
    return out
