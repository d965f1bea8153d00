"""Pictures as the numbers a foreign network wants, and back: layout, channel order, range, number type."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image
from artdesk.engine.foreign.facts import ImagePort

Floats = NDArray[np.float32]
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def encode(image: Image, port: ImagePort) -> NDArray[Any]:
    """`image` (h, w, 3) as the tensor `port` describes; rank 4 layouts get a batch of one."""
    return encode_floats(image[:, :, :3].astype(np.float32) * np.float32(1 / 255), port)


def encode_floats(picture: Floats, port: ImagePort) -> NDArray[Any]:
    """As `encode`, from (h, w, 3) float32 RGB 0..1."""
    scale = port.scale
    if port.channels == 1:
        picture = np.asarray(picture @ _LUMA, np.float32)[:, :, None]
    elif port.order == "bgr":
        picture = picture[:, :, ::-1]
    x: NDArray[Any] = picture * np.float32(scale.high - scale.low) + np.float32(scale.low)
    if scale.mean:
        x = (x - np.array(scale.mean, np.float32)) / np.array(scale.std, np.float32)
    if port.dtype == "uint8":
        x = np.clip(np.rint(x), 0, 255)
    if port.layout in ("nchw", "chw"):
        x = x.transpose(2, 0, 1)
    if port.layout in ("nchw", "nhwc"):
        x = x[None]
    return np.ascontiguousarray(x, dtype=np.dtype(port.dtype))


def decode_floats(tensor: NDArray[Any], port: ImagePort) -> Floats:
    """A network's output as (h, w, 3) float32 RGB, 0..1 where the network kept to its range (nothing is clipped).

    Raises ValueError where the tensor is no picture of that layout.
    """
    x = np.asarray(tensor)
    if port.layout in ("nchw", "nhwc"):
        if x.ndim != 4 or x.shape[0] != 1:
            raise ValueError(f"not one picture: {x.shape}")
        x = x[0]
    if x.ndim != 3:
        raise ValueError(f"not a picture: {x.shape}")
    if port.layout in ("nchw", "chw"):
        x = x.transpose(1, 2, 0)
    if x.shape[2] != port.channels:
        raise ValueError(f"{x.shape[2]} channels instead of {port.channels}")
    x = x.astype(np.float32)
    scale = port.scale
    if scale.mean:
        x = x * np.array(scale.std, np.float32) + np.array(scale.mean, np.float32)
    x = (x - np.float32(scale.low)) * np.float32(1 / (scale.high - scale.low))
    if x.shape[2] == 1:
        x = np.repeat(x, 3, axis=2)
    elif port.order == "bgr":
        x = x[:, :, ::-1]
    return np.ascontiguousarray(x[:, :, :3])


def to_image(picture: Floats) -> Image:
    """Float RGB 0..1 as an Image, rounded and clipped."""
    return as_image(np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8))


def pad_to(image: Image, height: int, width: int) -> Image:
    """`image` continued by its mirror to the right and below up to `height` × `width`; nothing where it is that
    large.
    """
    h, w = image.shape[:2]
    if (h, w) == (height, width):
        return image
    rows, columns = _mirrored(h, 0, height), _mirrored(w, 0, width)
    return as_image(image[rows][:, columns])


def pad_around(image: Image, border: int) -> Image:
    """`image` continued by its mirror on all four sides by `border` pixels."""
    if border == 0:
        return image
    h, w = image.shape[:2]
    return as_image(image[_mirrored(h, -border, h + border)][:, _mirrored(w, -border, w + border)])


def _mirrored(length: int, start: int, stop: int) -> NDArray[np.int64]:
    """Indices start..stop folded back into 0..length-1 without repeating the edge, however far they go."""
    if length == 1:
        return np.zeros(stop - start, np.int64)
    period = 2 * (length - 1)
    at = np.arange(start, stop) % period
    return np.where(at < length, at, period - at)
