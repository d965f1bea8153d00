"""A small picture of a large one, gathered strip by strip."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PIL

from artdesk.document.blend import straightened
from artdesk.document.tiles import TILE

LONGEST_SIDE = 256


class Thumbnailer:
    """Feed it premultiplied strips of 256 rows from the top; it keeps only their reduction."""

    def __init__(self, width: int, height: int) -> None:
        self._step = 1
        while max(width, height) // (self._step * 2) >= LONGEST_SIDE and self._step < TILE:
            self._step *= 2
        scale = min(1.0, LONGEST_SIDE / max(width, height))
        self._size = max(1, round(width * scale)), max(1, round(height * scale))
        self._strips: list[NDArray[np.uint8]] = []

    def add(self, strip: NDArray[np.uint8]) -> None:
        """The next rows (h, w, 4), premultiplied; h is 256 for all but the last strip."""
        step = self._step
        height, width = strip.shape[:2]
        pad = (-height % step, -width % step)
        if any(pad):
            strip = np.pad(strip, ((0, pad[0]), (0, pad[1]), (0, 0)), mode="edge")
        height, width = strip.shape[0] // step, strip.shape[1] // step
        cells = strip.reshape(height, step, width, step, 4)
        # Rows first: that sum runs over contiguous memory.
        sums = cells.sum(axis=1, dtype=np.uint32).sum(axis=2, dtype=np.uint32)
        self._strips.append(((sums + step * step // 2) // (step * step)).astype(np.uint8))

    def image(self) -> NDArray[np.uint8]:
        """The thumbnail (h, w, 4) with straight alpha, at most 256 pixels long."""
        small = PIL.fromarray(np.concatenate(self._strips)).resize(self._size, PIL.Resampling.BOX)
        return straightened(np.array(small))

    def png(self) -> bytes:
        """The thumbnail as a PNG file."""
        out = io.BytesIO()
        PIL.fromarray(self.image()).save(out, "PNG")
        return out.getvalue()
