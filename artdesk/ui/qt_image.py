"""The one bridge between pictures (numpy) and Qt's QImage: a view with its stride, never a copy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from artdesk.core.image import Image, as_image

_FORMATS = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}


def qimage_of(image: NDArray[np.uint8]) -> QImage:
    """Show a picture to Qt without copying it.

    `image` is uint8 (h, w, 3) RGB or (h, w, 4) RGBA straight alpha; rows may have a stride of their own,
    the pixels of a row must lie together. The QImage keeps the array alive; Qt copies only when somebody
    paints into it. Raises ValueError for any other array.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in _FORMATS:
        raise ValueError(f"not a picture: {image.dtype} {image.shape}")
    height, width, channels = image.shape
    if image.strides[1] != channels or image.strides[2] != 1 or image.strides[0] < width * channels:
        image = np.ascontiguousarray(image)
    if image.flags.c_contiguous:
        return QImage(image.data, width, height, image.strides[0], _FORMATS[channels])
    # A part of a bigger picture: the buffer protocol wants one flat block, so the view is widened to
    # whole rows and the stride says where the next row begins.
    rows = np.lib.stride_tricks.as_strided(
        image, shape=((height - 1) * image.strides[0] + width * channels,), strides=(1,), writeable=False
    )
    return QImage(rows.data, width, height, image.strides[0], _FORMATS[channels])


def premultiplied_qimage_of(image: NDArray[np.uint8]) -> QImage:
    """Show an (h, w, 4) picture whose colours are already multiplied by their alpha."""
    height, width, channels = image.shape
    if channels != 4 or image.dtype != np.uint8:
        raise ValueError(f"not a picture with alpha: {image.dtype} {image.shape}")
    block = np.ascontiguousarray(image)
    return QImage(block.data, width, height, block.strides[0], QImage.Format.Format_RGBA8888_Premultiplied)


def image_of(qimage: QImage) -> Image:
    """Copy a QImage of any format into a picture: RGB when it has no alpha, else RGBA with straight alpha.

    Raises ValueError for a null image.
    """
    if qimage.isNull():
        raise ValueError("an empty image has no pixels")
    channels = 4 if qimage.hasAlphaChannel() else 3
    plain = qimage.convertToFormat(_FORMATS[channels])
    width, height, stride = plain.width(), plain.height(), plain.bytesPerLine()
    flat = np.frombuffer(plain.constBits(), np.uint8, count=stride * height)
    rows = flat.reshape(height, stride)[:, : width * channels].reshape(height, width, channels)
    return as_image(rows.copy())
