"""Pictures at half the size, for views that are zoomed out."""

from __future__ import annotations

import numpy as np

from artdesk.document.blend import Array

_LOW_BITS = np.uint32(0xFEFEFEFE)


def halved(pixels: Array) -> Array:
    """Every 2 × 2 pixels averaged: premultiplied `(2h, 2w, 4)` to `(h, w, 4)`, within 1/255 of the exact mean.

    Four bytes are averaged in one 32-bit word: rows with rounding up, columns with rounding down, so that
    repeated halving neither brightens nor darkens.
    """
    words = pixels.view(np.uint32)[..., 0]
    a, b = words[0::2], words[1::2]
    rows = (a | b) - (((a ^ b) & _LOW_BITS) >> np.uint32(1))
    a, b = rows[:, 0::2], rows[:, 1::2]
    mean = (a & b) + (((a ^ b) & _LOW_BITS) >> np.uint32(1))
    return mean.view(np.uint8).reshape(*mean.shape, 4)
