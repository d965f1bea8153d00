"""Pictures as rows: what tiles are cut from, in memory, on the disk, or scaled on the way."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image

_LEAST_PATCH, _LEAST_CELLS, _MOST_CELLS = 56, 5, 8


class Rows(Protocol):
    """A picture that can be read in bands of whole rows. Tiles ask from the top down, bands overlap."""

    width: int
    height: int

    def read(self, top: int, bottom: int) -> Image:
        """Rows top..bottom (bottom not included), (bottom − top, width, channels) uint8."""
        ...


class ArrayRows:
    """A picture in memory (a memory-mapped one too)."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self.height, self.width = image.shape[:2]

    def read(self, top: int, bottom: int) -> Image:
        return self._image[top:bottom]


class ScaledRows:
    """Another picture at width × height. Every band has the pixels that scaling the whole would give, but for rounding.

    Averages over areas when shrinking, cubic when enlarging.
    """

    def __init__(self, base: Rows, width: int, height: int) -> None:
        self._base = base
        self.width, self.height = width, height

    def read(self, top: int, bottom: int) -> Image:
        if self.height == self._base.height:
            return self._across(self._base.read(top, bottom))
        taps, weights = _taps(self._base.height, self.height, top, bottom)
        first, last = int(taps.min()), int(taps.max()) + 1
        band = self._across(self._base.read(first, last))
        total = np.zeros((bottom - top, *band.shape[1:]), np.float32)
        for k in range(taps.shape[1]):
            total += band[taps[:, k] - first] * weights[:, k, None, None]
        return np.clip(total + 0.5, 0, 255).astype(np.uint8)

    def _across(self, band: Image) -> Image:
        # Whole rows are scaled at once, so only the vertical direction has to mind where the band begins.
        if self.width == self._base.width:
            return band
        how = cv2.INTER_AREA if self.width < self._base.width else cv2.INTER_CUBIC
        scaled: Image = cv2.resize(np.ascontiguousarray(band), (self.width, band.shape[0]), interpolation=how)
        return scaled


def _taps(old: int, new: int, top: int, bottom: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For output rows top..bottom: the input rows each is made of (n, k), and their weights (n, k)."""
    y = np.arange(top, bottom)
    ratio = old / new
    if ratio > 1:
        start, stop = y * ratio, np.minimum((y + 1) * ratio, old)
        count = int(np.ceil(ratio)) + 1
        index = np.floor(start).astype(np.int64)[:, None] + np.arange(count)
        weight = np.minimum(stop[:, None], index + 1) - np.maximum(start[:, None], index)
        weight = np.maximum(weight, 0)
    else:
        centre = (y + 0.5) * ratio - 0.5
        base = np.floor(centre).astype(np.int64)
        index = base[:, None] + np.arange(-1, 3)
        x = np.abs(centre[:, None] - index)
        a = -0.75  # as OpenCV's cubic, which scales the other direction
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        weight = np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    weight = weight / weight.sum(axis=1, keepdims=True)
    return np.clip(index, 0, old - 1), weight.astype(np.float32)


def shrink_rows(source: Rows, width: int, height: int, band: int = 256) -> Image:
    """`source` at width × height in memory, read once from the top down."""
    scaled = ScaledRows(source, width, height)
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, band):
        bottom = min(height, top + band)
        out[top:bottom] = scaled.read(top, bottom)[:, :, :3]
    out.flags.writeable = False
    return out


def patchwork_rows(source: Rows, width: int, height: int) -> Image | None:
    """Parts of `source` at their true size, from all over it, laid side by side to width × height; read once.

    None where that says nothing new (the picture fits whole) or too little (a few parts are not the picture).
    """
    cells = min(_MOST_CELLS, width // _LEAST_PATCH, height // _LEAST_PATCH)
    if cells < _LEAST_CELLS or width >= source.width or height >= source.height:
        return None
    wide, high = width // cells, height // cells
    lefts = [_in_cell(i, cells, source.width, wide) for i in range(cells)]
    out = np.empty((high * cells, wide * cells, 3), np.uint8)
    for j in range(cells):
        top = _in_cell(j, cells, source.height, high)
        band = source.read(top, top + high)
        for i, left in enumerate(lefts):
            out[j * high : (j + 1) * high, i * wide : (i + 1) * wide] = band[:, left : left + wide, :3]
    out.flags.writeable = False
    return out


def _in_cell(number: int, cells: int, whole: int, part: int) -> int:
    """Where a part lies that stands in the middle of cell `number` of `cells`."""
    return max(0, min(whole - part, round((number + 0.5) * whole / cells - part / 2)))
