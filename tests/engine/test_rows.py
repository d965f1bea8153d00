"""Pictures as rows: the parts that stand for a whole picture at its true size."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.image import as_image
from artdesk.engine.rows import ArrayRows, patchwork_rows


def numbered(width: int, height: int) -> np.ndarray:
    """A picture whose every pixel says where it stands (red and green are x and y, folded at 250 with blue)."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 250, y % 250, (x // 250) * 16 + y // 250], 2).astype(np.uint8)


@settings(deadline=None)
@given(width=st.integers(300, 900), height=st.integers(300, 900), share=st.floats(0.3, 0.95))
def test_parts_are_true_pixels_from_all_over(width: int, height: int, share: float) -> None:
    picture = numbered(width, height)
    w, h = int(width * share), int(height * share)
    parts = patchwork_rows(ArrayRows(as_image(picture)), w, h)
    if parts is None:
        assert min(w, h) < 5 * 56
        return
    assert parts.shape[0] <= h
    assert parts.shape[1] <= w
    p = parts.astype(int)
    x, y = p[..., 0] + 250 * (p[..., 2] // 16), p[..., 1] + 250 * (p[..., 2] % 16)
    assert np.array_equal(picture[y, x], parts)
    # Neighbours stay neighbours but where two parts meet.
    assert (np.diff(x[0]) != 1).sum() <= 7
    assert (np.diff(y[:, 0]) != 1).sum() <= 7
    # Every quarter of the picture is there.
    for low_x in (True, False):
        for low_y in (True, False):
            assert (((x < width / 2) == low_x) & ((y < height / 2) == low_y)).any()


def test_a_picture_that_fits_needs_no_parts() -> None:
    picture = ArrayRows(as_image(numbered(300, 200)))
    assert patchwork_rows(picture, 300, 200) is None
    assert patchwork_rows(picture, 190, 120) is None
