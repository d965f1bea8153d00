"""Pictures to tensors and back: uint8 (h, w, 3) RGB against float32 (1, 3, h, w) in 0..1. Written for speed."""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput
from artdesk.core.image import Image, as_image

Tensor: TypeAlias = NDArray[np.float32]
_SCALE = np.float32(1 / 255)


def to_tensor(image: Image, out: Tensor | None = None) -> Tensor:
    """`image` (h, w, 3 or 4; alpha is passed over) as a tensor (1, 3, h, w); `out` is written into if it fits."""
    h, w = image.shape[:2]
    if out is None or out.shape != (1, 3, h, w):
        out = np.empty((1, 3, h, w), np.float32)
    for channel, plane in enumerate(cv2.split(image)[:3]):
        np.multiply(plane, _SCALE, out=out[0, channel])
    return out


def to_image(tensor: NDArray[np.floating]) -> Image:
    """A tensor (1, 3, h, w) or (3, h, w), 0..1, as an image; values outside are cut off, halves rounded.

    Raises: BadOutput when a value is not a number.
    """
    planes = tensor[0] if tensor.ndim == 4 else tensor
    planes = np.ascontiguousarray(planes, np.float32)
    # Lowest and highest are NaN or infinite if any value is.
    lowest, highest = float(planes.min()), float(planes.max())
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise BadOutput("The network gave values that are not numbers: nothing was painted.")
    out = np.empty((*planes.shape[1:], 3), np.uint8)
    # Four times as quick as a multiplication with saturation, but it would turn negative values round.
    cv2.merge([cv2.convertScaleAbs(p if lowest >= 0 else cv2.max(p, 0.0), alpha=255.0) for p in planes], out)
    return as_image(out)
