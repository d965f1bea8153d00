"""Odd camera formats made into the image contract: grey, two-plane, 4-channel, 16-bit, odd sizes, rotated."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from artdesk.core.errors import CameraError
from artdesk.core.image import Image, as_image

LARGEST_PIXELS = 64_000_000
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


def rgb_of(frame: Any) -> Image:
    """An OpenCV frame (BGR and its relatives) as RGB.

    Takes (h, w), (h, w, 1) grey; (h, w, 2) YUYV; (h, w, 3) BGR; (h, w, 4) BGRA; uint8 or uint16.
    Raises: CameraError for anything else, so that a broken driver is told and not shown.
    """
    array = np.asarray(frame)
    if array.ndim not in (2, 3) or array.size == 0:
        raise CameraError("The camera sends pictures of an unknown format ({format}).", format=str(array.shape))
    if array.shape[0] * array.shape[1] > LARGEST_PIXELS:
        raise CameraError("The pictures are too large for live painting ({format}).", format=str(array.shape[:2]))
    if array.dtype == np.uint16:
        array = (array >> 8).astype(np.uint8)
    if array.dtype != np.uint8:
        raise CameraError("The camera sends pictures of an unknown format ({format}).", format=str(array.dtype))
    channels = 1 if array.ndim == 2 else array.shape[2]
    array = np.ascontiguousarray(array)
    if channels == 1:
        return as_image(cv2.cvtColor(array, cv2.COLOR_GRAY2RGB))
    if channels == 2:
        if array.shape[1] % 2:
            array = np.ascontiguousarray(array[:, :-1])
        return as_image(cv2.cvtColor(array, cv2.COLOR_YUV2RGB_YUYV))
    if channels == 3:
        return as_image(cv2.cvtColor(array, cv2.COLOR_BGR2RGB))
    if channels == 4:
        return as_image(cv2.cvtColor(array, cv2.COLOR_BGRA2RGB))
    raise CameraError("The camera sends pictures of an unknown format ({format}).", format=str(array.shape))


def turned(image: Image, degrees: int) -> Image:
    """`image` turned counter-clockwise by a multiple of 90 degrees; other angles leave it."""
    how = _TURNS.get(degrees % 360)
    return image if how is None else as_image(cv2.rotate(image, how))


def fit_within(width: int, height: int, size: tuple[int, int] | None) -> tuple[int, int]:
    """The largest (width, height) of the same shape inside `size`; never enlarged, None leaves it."""
    if size is None or width < 1 or height < 1:
        return width, height
    k = min(1.0, size[0] / width, size[1] / height)
    return max(1, round(width * k)), max(1, round(height * k))


def letterboxed(image: Image, width: int, height: int) -> Image:
    """`image` scaled into exactly width × height, black where its shape leaves room."""
    h, w = image.shape[:2]
    if (w, h) == (width, height):
        return image
    k = min(width / w, height / h)
    inner_w, inner_h = max(1, round(w * k)), max(1, round(h * k))
    how = cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR
    inner = cv2.resize(image[:, :, :3], (inner_w, inner_h), interpolation=how)
    out = np.zeros((height, width, 3), np.uint8)
    x, y = (width - inner_w) // 2, (height - inner_h) // 2
    out[y : y + inner_h, x : x + inner_w] = inner
    return as_image(out)
