"""Pictures as the numbers a foreign network wants, and back: layout, channel order, range, number type."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput
from artdesk.core.image import Image, as_image
from artdesk.engine.foreign.facts import ImagePort

Floats = NDArray[np.float32]


def encode(image: Image, port: ImagePort) -> NDArray[Any]:
    """`image` (h, w, 3 or 4; alpha is passed over) as the tensor `port` describes; rank 4 layouts get a batch of
    one.
    """
    if port.channels == 1:
        planes = [np.asarray(cv2.cvtColor(np.ascontiguousarray(image[:, :, :3]), cv2.COLOR_RGB2GRAY))]
    else:
        planes = [image[:, :, channel] for channel in ((2, 1, 0) if port.order == "bgr" else (0, 1, 2))]
    gain, offset = _line(port)
    h, w = image.shape[:2]
    first = port.layout in ("nchw", "chw")
    out = np.empty((len(planes), h, w) if first else (h, w, len(planes)), np.dtype(port.dtype))
    for channel, plane in enumerate(planes):
        into = out[channel] if first else out[:, :, channel]
        if port.dtype == "uint8":
            into[:] = plane if (gain[channel], offset[channel]) == (1.0, 0.0) else _bytes(plane, gain, offset, channel)
        elif port.dtype == "float32":
            np.multiply(plane, np.float32(gain[channel]), out=into)
            into += np.float32(offset[channel])
        else:
            into[:] = plane.astype(np.float32) * np.float32(gain[channel]) + np.float32(offset[channel])
    return out[None] if port.layout in ("nchw", "nhwc") else out


def _bytes(plane: Image, gain: list[float], offset: list[float], channel: int) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(plane * gain[channel] + offset[channel]), 0, 255), np.uint8)


def _line(port: ImagePort) -> tuple[list[float], list[float]]:
    """Gain and offset of each channel, in the model's order: number = byte * gain + offset."""
    scale = port.scale
    mean = scale.mean or (0.0,) * port.channels
    std = scale.std or (1.0,) * port.channels
    gain = [(scale.high - scale.low) / 255 / s for s in std]
    offset = [(scale.low - m) / s for m, s in zip(mean, std, strict=True)]
    return gain, offset


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


def decode(tensor: NDArray[Any], port: ImagePort) -> Image:
    """A network's output as an Image (h, w, 3), rounded and clipped; as `decode_floats`, but written for speed.

    Raises: BadOutput for NaN and for what is no picture.
    """
    x = np.asarray(tensor)
    if not np.isfinite(x.sum(dtype=np.float64)):
        raise BadOutput("The network gave values that are not numbers: nothing was painted.")
    batched, first = port.layout in ("nchw", "nhwc"), port.layout in ("nchw", "chw")
    if x.ndim != 3 + batched or (batched and x.shape[0] != 1):
        raise BadOutput("The network gave back something that is no picture.")
    x = x[0] if batched else x
    if x.shape[0 if first else 2] != port.channels:
        raise BadOutput("The network gave back something that is no picture.")
    planes = []
    for channel, (gain, offset) in enumerate(zip(*_line(port), strict=True)):
        plane = np.ascontiguousarray(x[channel] if first else x[:, :, channel], np.float32)
        planes.append(cv2.addWeighted(plane, 1 / gain, plane, 0.0, -offset / gain, dtype=cv2.CV_8U))
    if port.channels == 1:
        planes *= 3
    elif port.order == "bgr":
        planes.reverse()
    return as_image(cv2.merge(planes))


def pad_around(image: Image, border: int) -> Image:
    """`image` continued by its mirror on all four sides by `border` pixels."""
    if border == 0:
        return image
    h, w = image.shape[:2]
    return as_image(image[mirrored(h, -border, h + border)][:, mirrored(w, -border, w + border)])


def mirrored(length: int, start: int, stop: int) -> NDArray[np.int64]:
    """Indices start..stop folded back into 0..length-1 without repeating the edge, however far they go."""
    if length == 1:
        return np.zeros(stop - start, np.int64)
    period = 2 * (length - 1)
    at = np.arange(start, stop) % period
    return np.where(at < length, at, period - at)
