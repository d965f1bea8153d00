import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.camera.formats import fit_within, letterboxed, rgb_of, turned
from artdesk.core.errors import CameraError
from artdesk.core.image import as_image


def test_bgr_becomes_rgb() -> None:
    frame = np.zeros((5, 7, 3), np.uint8)
    frame[..., 0] = 200  # blue in OpenCV's order
    image = rgb_of(frame)
    assert image.shape == (5, 7, 3)
    assert image[0, 0].tolist() == [0, 0, 200]


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 4), (9, 8, 2), (9, 7, 2), (1, 1, 3)])
def test_odd_formats_become_rgb(shape: tuple[int, ...]) -> None:
    image = rgb_of(np.full(shape, 128, np.uint8))
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert image.shape[0] == shape[0]
    assert not image.flags.writeable


def test_grey_keeps_its_value_and_sixteen_bits_are_scaled() -> None:
    assert rgb_of(np.full((4, 4), 77, np.uint8))[0, 0].tolist() == [77, 77, 77]
    assert rgb_of(np.full((4, 4), 0x8000, np.uint16))[0, 0].tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 5), np.uint8), np.zeros(9)]
)
def test_unknown_formats_are_told(bad: np.ndarray) -> None:
    with pytest.raises(CameraError):
        rgb_of(bad)


def test_too_large_is_refused_before_anything_is_copied() -> None:
    huge = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (20_000, 20_000, 3))
    with pytest.raises(CameraError, match="too large"):
        rgb_of(huge)


def test_turned_is_counter_clockwise() -> None:
    image = as_image(np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3))
    assert np.array_equal(turned(image, 90), np.rot90(image))
    assert np.array_equal(turned(image, -90), np.rot90(image, 3))
    assert np.array_equal(turned(image, 180), np.rot90(image, 2))
    assert turned(image, 7) is image


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000), st.integers(1, 2000))
def test_fitting_keeps_inside_and_never_enlarges(w: int, h: int, bw: int, bh: int) -> None:
    fw, fh = fit_within(w, h, (bw, bh))
    assert 1 <= fw <= min(w, bw)
    assert 1 <= fh <= min(h, bh)
    assert fw in (w, bw) or fh in (h, bh) or min(fw, fh) == 1 or abs(fw / fh - w / h) / (w / h) < 0.5


@given(st.integers(1, 60), st.integers(1, 60))
def test_letterboxing_gives_exactly_the_size_with_the_picture_inside(w: int, h: int) -> None:
    out = letterboxed(as_image(np.full((h, w, 3), 255, np.uint8)), 32, 24)
    assert out.shape == (24, 32, 3)
    assert out[11:14, 15:18].max() == 255
