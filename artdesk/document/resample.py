"""Whole planes of pixels at another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from artdesk.core.image import as_image, resized
from artdesk.document.blend import Array
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

BAND = 1024
"""Output rows that are worked on at once: a plane of 16384 x 16384 pixels never lies in memory as a whole."""
MARGIN = 16
"""Rows above and below a band, in pixels of the smaller side, that its filter may look at."""


def resampled(tiles: Tiles, old: tuple[int, int], new: tuple[int, int]) -> Tiles:
    """A canvas-sized plane (`old` = width, height) at the size `new`; what lies outside the canvas is cut off.

    For RGBA and for coverage. Averages when shrinking, Lanczos when enlarging; borders stay as opaque as they were,
    and clear pixels lend no colour.
    """
    out = Tiles(tiles.channels, tiles.default)
    if not tiles:
        return out
    for source, target, skip in _bands(old, new):
        pixels = tiles.read(source)
        size = target.w, target.h + skip[0] + skip[1]
        made = _coverage(pixels, *size) if pixels.ndim == 2 else _pixels(pixels, *size)
        out.write(target, made[skip[0] : skip[0] + target.h])
    return out


def _bands(old: tuple[int, int], new: tuple[int, int]) -> Iterator[tuple[Rect, Rect, tuple[int, int]]]:
    """Source rows, output rows, and how many output rows above and below are to be thrown away.

    Bands begin where an output row begins exactly on a source row; where the two heights share no such rows the
    whole plane is one band.
    """
    shared = int(np.gcd(old[1], new[1]))
    rows_in, rows_out = old[1] // shared, new[1] // shared
    steps = max(1, BAND // rows_out)
    margin = -(-MARGIN // min(rows_in, rows_out))
    for first in range(0, shared, steps):
        last = min(shared, first + steps)
        low, high = max(0, first - margin), min(shared, last + margin)
        source = Rect(0, low * rows_in, old[0], (high - low) * rows_in)
        target = Rect(0, first * rows_out, new[0], (last - first) * rows_out)
        yield source, target, ((first - low) * rows_out, (high - last) * rows_out)


def _coverage(plane: Array, width: int, height: int) -> Array:
    low, high = int(plane.min()), int(plane.max())
    if low == high:
        return np.full((height, width), low, np.uint8)
    return np.ascontiguousarray(resized(as_image(plane), width, height)[..., 0])


def _pixels(pixels: Array, width: int, height: int) -> Array:
    low, high = int(pixels[..., 3].min()), int(pixels[..., 3].max())
    if low != high:
        return resized(as_image(pixels), width, height)
    out = np.zeros((height, width, 4), np.uint8)
    if high:
        # Even alpha weighs every pixel alike: three channels are quicker than four.
        out[..., :3] = resized(as_image(np.ascontiguousarray(pixels[..., :3])), width, height)
        out[..., 3] = high
    return out
