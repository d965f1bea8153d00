"""Pictures to numbers and back: whatever the layout, order and range, what comes back is what went in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.errors import BadOutput
from artdesk.core.image import as_image
from artdesk.engine.foreign.facts import ImagePort, Scale
from artdesk.engine.foreign.pixels import decode, decode_floats, encode, mirrored, pad_around, to_image
from artdesk.engine.foreign.testcard import card_picture

SCALES = [
    Scale(0, 1),
    Scale(0, 255),
    Scale(-1, 1),
    Scale(0, 1, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
]
ports = st.builds(
    ImagePort,
    name=st.just("x"),
    dtype=st.sampled_from(["float32", "float64"]),
    layout=st.sampled_from(["nchw", "nhwc", "chw", "hwc"]),
    order=st.sampled_from(["rgb", "bgr"]),
    scale=st.sampled_from(SCALES),
)


@settings(max_examples=80, deadline=None)
@given(ports, st.integers(1, 40), st.integers(1, 40))
def test_there_and_back(port: ImagePort, height: int, width: int) -> None:
    picture = card_picture(height, width)
    tensor = encode(picture, port)
    assert tensor.dtype == port.dtype
    assert tensor.shape[-1 if port.layout in ("nhwc", "hwc") else -3] == 3
    np.testing.assert_array_equal(decode(tensor, port), picture)
    np.testing.assert_array_equal(to_image(decode_floats(tensor, port)), picture)


def test_the_numbers_are_the_ones_the_model_was_trained_on() -> None:
    red = as_image(np.full((1, 1, 3), (255, 0, 51), np.uint8))
    assert encode(red, ImagePort("x", order="bgr")).ravel().tolist() == pytest.approx([0.2, 0, 1])
    assert encode(red, ImagePort("x", scale=Scale(-1, 1))).ravel().tolist() == pytest.approx([1, -1, -0.6])
    imagenet = encode(red, ImagePort("x", scale=SCALES[3]))
    assert imagenet.ravel().tolist() == pytest.approx([(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225])
    bytes_in = encode(red, ImagePort("x", "uint8", "nhwc", scale=Scale(0, 255)))
    assert bytes_in.dtype == np.uint8
    assert bytes_in.ravel().tolist() == [255, 0, 51]
    grey = ImagePort("x", order="grey", channels=1)
    assert encode(red, grey).shape == (1, 1, 1, 1)
    assert decode(encode(red, grey), grey).shape == (1, 1, 3)


def test_values_beyond_the_range_are_cut_and_nonsense_is_refused() -> None:
    port = ImagePort("x")
    wild = np.array([-3.0, 0.5, 7.0], np.float32).reshape(1, 3, 1, 1)
    assert decode(wild, port).ravel().tolist() == [0, 128, 255]
    for bad in (
        np.full((1, 3, 2, 2), np.nan, np.float32),
        np.full((1, 3, 2, 2), np.inf, np.float32),
        np.zeros((2, 3, 2, 2), np.float32),
        np.zeros((1, 4, 2, 2), np.float32),
        np.zeros((3, 2, 2), np.float32),
    ):
        with pytest.raises(BadOutput):
            decode(bad, port)


@given(st.integers(1, 30), st.integers(-100, 0), st.integers(1, 100))
def test_mirrors_go_on_for_ever(length: int, start: int, stop: int) -> None:
    at = mirrored(length, start, stop)
    assert at.min() >= 0
    assert at.max() < length
    assert (np.abs(np.diff(at)) <= 1).all()
    np.testing.assert_array_equal(mirrored(length, 0, length), np.arange(length))


def test_padding_keeps_the_middle() -> None:
    picture = card_picture(9, 7)
    np.testing.assert_array_equal(pad_around(picture, 20)[20:29, 20:27], picture)
