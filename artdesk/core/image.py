"""The image contract: uint8, (h, w, 3) RGB or (h, w, 4) RGBA with straight alpha, contiguous, read-only."""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
Plane: TypeAlias = NDArray[np.uint8]
"""One 8-bit plane (h, w): an alpha channel or a mask."""


def as_image(array: Any, *, copy: bool = False) -> Image:
    """Make `array` an Image, or say why it is none.

    Shapes: (h, w) grey becomes RGB; (h, w, 3) and (h, w, 4) stay. Values must be uint8 already: a silent
    conversion of floats is how black pictures are made. A view is taken where possible; with `copy` the
    result never shares memory with `array`.

    Raises: ValueError for another dtype, shape or an empty picture.
    """
    a = np.asarray(array)
    if a.dtype != np.uint8:
        raise ValueError(f"an image holds uint8, not {a.dtype}")
    if a.ndim == 2:
        a = np.repeat(a[:, :, None], 3, axis=2)
        copy = False
    if a.ndim != 3 or a.shape[2] not in (3, 4):
        raise ValueError(f"an image has the shape (h, w, 3) or (h, w, 4), not {a.shape}")
    if a.shape[0] < 1 or a.shape[1] < 1:
        raise ValueError("an image has at least one pixel")
    if copy:
        a = a.copy(order="C")
    elif not a.flags.c_contiguous:
        a = np.ascontiguousarray(a)
    elif a.flags.writeable:
        a = a.view()
    a.flags.writeable = False
    return a


def split_alpha(image: Image) -> tuple[Image, Plane | None]:
    """RGB and the alpha plane (None where the image has none)."""
    if image.shape[2] == 3:
        return image, None
    return as_image(image[:, :, :3]), np.ascontiguousarray(image[:, :, 3])


def with_alpha(rgb: Image, alpha: Plane | None) -> Image:
    """`rgb` (h, w, 3) with `alpha` (h, w) as its fourth channel; without alpha the image itself."""
    if alpha is None:
        return rgb
    if alpha.shape != rgb.shape[:2]:
        raise ValueError(f"alpha {alpha.shape} does not fit the image {rgb.shape[:2]}")
    return as_image(np.dstack([rgb[:, :, :3], alpha]))


def with_full_alpha(rgb: Image) -> Image:
    """`rgb` (h, w, 3), any part of a picture, as a new writable (h, w, 4) array without transparency.

    OpenCV does in a twentieth of the time what numpy does pixel by pixel, and lets other threads run meanwhile.
    """
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), np.uint8)


def copy_colours(rgba: Image, out: Image) -> None:
    """Write the colours of `rgba` (h, w, 4) into `out` (h, w, 3), which may be a part of a picture.

    Raises: ValueError when `out` has another size.
    """
    if out.shape != (*rgba.shape[:2], 3):
        raise ValueError(f"colours of {rgba.shape} do not fit {out.shape}")
    made = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB, dst=out)
    if not np.shares_memory(made, out):  # a layout that OpenCV cannot write to
        out[...] = made


def resized(image: Image, width: int, height: int) -> Image:
    """`image` at width × height: area averaging when shrinking, Lanczos when enlarging.

    Colours of transparent pixels never bleed: RGBA is scaled premultiplied.
    """
    width, height = max(1, int(width)), max(1, int(height))
    h, w = image.shape[:2]
    if (w, h) == (width, height):
        return image
    shrink = width < w or height < h
    how = cv2.INTER_AREA if shrink else cv2.INTER_LANCZOS4
    if image.shape[2] == 3:
        return as_image(cv2.resize(image, (width, height), interpolation=how))
    alpha = image[:, :, 3:].astype(np.float32) / 255
    scaled = cv2.resize(np.dstack([image[:, :, :3] * alpha, alpha * 255]), (width, height), interpolation=how)
    out_alpha = np.clip(scaled[:, :, 3:], 0, 255)
    rgb = np.divide(scaled[:, :, :3] * 255, out_alpha, out=np.zeros_like(scaled[:, :, :3]), where=out_alpha > 0.5)
    return as_image(np.clip(np.dstack([rgb, out_alpha]) + 0.5, 0, 255).astype(np.uint8))


def size_within(width: int, height: int, longest: int) -> tuple[int, int]:
    """(width, height) scaled down so that the longer side is at most `longest`; 0 leaves it."""
    side = max(width, height)
    if longest <= 0 or side <= longest:
        return width, height
    k = longest / side
    return max(1, round(width * k)), max(1, round(height * k))


def fitted(image: Image, longest: int) -> Image:
    """`image` scaled down so that its longer side is at most `longest` px; never enlarged."""
    h, w = image.shape[:2]
    return resized(image, *size_within(w, h, longest))
