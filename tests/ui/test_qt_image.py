"""The Qt bridge: the same pixels both ways, no copy on the way in, the array alive as long as the QImage."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage

from artdesk.ui.qt_image import image_of, premultiplied_qimage_of, qimage_of


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4]), st.integers(0, 2**32 - 1))
def test_round_trip(width: int, height: int, channels: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    back = image_of(qimage_of(pixels))
    assert back.shape == pixels.shape
    assert np.array_equal(back, pixels)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 9), st.integers(0, 9))
def test_a_part_of_a_picture_keeps_its_stride(width: int, height: int, left: int, top: int) -> None:
    whole = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    part = whole[top : top + height, left : left + width]
    image = qimage_of(part)
    assert image.bytesPerLine() >= width * 3
    assert np.array_equal(image_of(image), part)


def test_it_is_a_view_and_keeps_the_array_alive() -> None:
    pixels = np.full((50, 30, 3), 7, np.uint8)
    gone = weakref.ref(pixels)
    image = qimage_of(pixels)
    pixels[3, 4] = (200, 100, 50)
    assert image.pixelColor(4, 3) == QColor(200, 100, 50)
    copy = QImage(image)
    del pixels, image
    gc.collect()
    assert gone() is not None  # a QImage made from the QImage still shows these pixels
    assert copy.pixelColor(4, 3) == QColor(200, 100, 50)


def test_what_is_no_picture_is_refused() -> None:
    for wrong in (np.zeros((3, 3), np.uint8), np.zeros((3, 3, 2), np.uint8), np.zeros((3, 3, 3), np.float32)):
        with pytest.raises(ValueError):
            qimage_of(wrong)
    with pytest.raises(ValueError):
        image_of(QImage())
    with pytest.raises(ValueError):
        premultiplied_qimage_of(np.zeros((3, 3, 3), np.uint8))
