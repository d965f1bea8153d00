"""Small conversions between the image contract and the document's RGBA."""

from __future__ import annotations

import numpy as np

from artdesk.core.image import Image
from artdesk.document.blend import Array


def rgba_of(image: Image) -> Array:
    """RGB or RGBA as RGBA; pixels without alpha are opaque. The result may share memory with `image`."""
    if image.shape[2] == 4:
        return image
    out = np.empty((*image.shape[:2], 4), np.uint8)
    out[..., :3] = image
    out[..., 3] = 255
    return out


def times(values: Array, amount: Array) -> Array:
    """`values * amount / 255`, rounded; both uint8 of the same shape."""
    product = values.astype(np.uint16) * amount + 128
    return np.asarray((product + (product >> 8)) >> 8, np.uint8)
