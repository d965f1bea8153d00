import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.core.image import as_image, fitted, resized, size_within, split_alpha, with_alpha


def test_an_image_is_read_only_and_contiguous() -> None:
    source = np.zeros((4, 6, 3), np.uint8)[:, ::2]
    image = as_image(source)
    assert image.shape == (4, 3, 3)
    assert image.flags.c_contiguous
    with pytest.raises(ValueError):
        image[0, 0, 0] = 1


def test_the_given_array_stays_writeable() -> None:
    source = np.zeros((2, 2, 3), np.uint8)
    as_image(source)
    source[0, 0, 0] = 7


def test_a_copy_shares_nothing() -> None:
    source = np.zeros((2, 2, 3), np.uint8)
    image = as_image(source, copy=True)
    source[:] = 9
    assert image.max() == 0


def test_grey_becomes_rgb() -> None:
    assert as_image(np.full((2, 3), 5, np.uint8)).tolist() == [[[5] * 3] * 3] * 2


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 3), np.float32),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((0, 2, 3), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_what_is_no_image_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError):
        as_image(array)


def test_alpha_goes_and_comes_back() -> None:
    image = as_image(np.random.default_rng(0).integers(0, 256, (5, 7, 4), dtype=np.uint8))
    rgb, alpha = split_alpha(image)
    assert rgb.shape == (5, 7, 3)
    assert np.array_equal(with_alpha(rgb, alpha), image)


def test_transparent_colours_do_not_bleed_when_scaled() -> None:
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, :4] = (255, 0, 0, 255)
    image[:, 4:] = (0, 255, 0, 0)
    small = resized(as_image(image), 3, 3)
    seen = small[small[:, :, 3] > 8]
    assert (seen[:, 1] <= 2).all()
    assert (seen[:, 0] >= 250).all()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200))
def test_size_within_keeps_the_shape(width: int, height: int, longest: int) -> None:
    w, h = size_within(width, height, longest)
    assert max(w, h) <= max(longest, 1)
    assert w >= 1
    assert h >= 1
    assert (w, h) == (width, height) or max(w, h) == longest


def test_fitted_never_enlarges() -> None:
    image = as_image(np.zeros((10, 20, 3), np.uint8))
    assert fitted(image, 100) is image
    assert fitted(image, 10).shape == (5, 10, 3)
