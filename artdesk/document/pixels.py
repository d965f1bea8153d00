"""Small conversions of RGBA pixels: from pictures, and between straight and premultiplied alpha."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from artdesk.core.image import Image, with_full_alpha

Array = NDArray[np.uint8]


def rgba_of(image: Image) -> Array:
    """RGB or RGBA as RGBA; pixels without alpha are opaque. The result may share memory with `image`."""
    if image.shape[2] == 4:
        return image
    return with_full_alpha(image)


def times(values: Array, amount: Array) -> Array:
    """`values * amount / 255`, rounded; both uint8 of the same shape."""
    product = values.astype(np.uint16) * amount + 128
    return np.asarray((product + (product >> 8)) >> 8, np.uint8)


def premultiplied(pixels: Array) -> Array:
    """Straight RGBA `(h, w, 4)` to premultiplied, rounded (`c·a/255`); a new array."""
    return _converted(pixels, QImage.Format.Format_ARGB32, QImage.Format.Format_ARGB32_Premultiplied)


def straightened(pixels: Array) -> Array:
    """Premultiplied RGBA `(h, w, 4)` to straight, rounded; colour 0 where alpha is 0; a new array."""
    return _converted(pixels, QImage.Format.Format_ARGB32_Premultiplied, QImage.Format.Format_ARGB32)


_STRIP_PIXELS = 1 << 18
"""Qt keeps the interpreter while it converts: a large picture goes in strips, so that other threads get their turn."""


def _converted(pixels: Array, kind: QImage.Format, wanted: QImage.Format) -> Array:
    """Qt's own conversion (SIMD). Red and blue have each other's names here, which changes nothing."""
    pixels = np.ascontiguousarray(pixels)
    h, w = pixels.shape[:2]
    out = np.empty((h, w, 4), np.uint8)
    rows = max(1, _STRIP_PIXELS // max(1, w))
    for top in range(0, h if w else 0, rows):
        part = pixels[top : top + rows]
        made = QImage(part.data, w, len(part), part.strides[0], kind).convertToFormat(wanted)
        held = np.frombuffer(made.constBits(), np.uint8).reshape(len(part), made.bytesPerLine())
        out[top : top + rows] = held[:, : 4 * w].reshape(len(part), w, 4)
    return out
