"""The mathematics of the transform handles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.ui.paint.tools.placing import Placing

some = st.floats(-300, 300)
placings = st.builds(
    Placing,
    x=some,
    y=some,
    w=st.floats(4, 500),
    h=st.floats(4, 500),
    sx=st.floats(0.2, 3),
    sy=st.floats(0.2, 3),
    angle=st.floats(-3, 3),
    dx=some,
    dy=some,
)
handles = st.sampled_from([(u, v) for u in (0.0, 0.5, 1.0) for v in (0.0, 0.5, 1.0) if (u, v) != (0.5, 0.5)])


@given(placings, st.floats(0, 1), st.floats(0, 1))
def test_the_matrix_and_the_handles_agree(placing: Placing, u: float, v: float) -> None:
    source = np.array([placing.x + u * placing.w, placing.y + v * placing.h, 1.0])
    assert (placing.matrix() @ source)[:2] == pytest.approx(placing.at(u, v), abs=1e-6)
    assert placing.parts(*placing.at(u, v)) == pytest.approx((u, v), abs=1e-6)


@given(placings, handles, some, some)
def test_a_pulled_handle_follows_and_the_other_side_stays(
    placing: Placing, handle: tuple[float, float], x: float, y: float
) -> None:
    u, v = handle
    pulled = placing.pulled(u, v, x, y, keep_shape=False, about_middle=False)
    assert pulled.at(1 - u, 1 - v) == pytest.approx(placing.at(1 - u, 1 - v), abs=1e-5)
    if 0.5 not in handle and min(abs(pulled.sx * pulled.w), abs(pulled.sy * pulled.h)) > 2:
        assert pulled.at(u, v) == pytest.approx((x, y), abs=1e-5)


@given(placings, handles, some, some)
def test_kept_proportions_are_kept(placing: Placing, handle: tuple[float, float], x: float, y: float) -> None:
    if 0.5 in handle:
        return
    pulled = placing.pulled(*handle, x, y, keep_shape=True, about_middle=True)
    if min(abs(pulled.sx * pulled.w), abs(pulled.sy * pulled.h)) > 2:
        assert pulled.sx / pulled.sy == pytest.approx(placing.sx / placing.sy, rel=1e-6)
    assert pulled.placed_middle == pytest.approx(placing.placed_middle, abs=1e-5)


def test_turning_keeps_the_middle_and_snaps() -> None:
    placing = Placing(0, 0, 100, 40)
    turned = placing.turned((150, 20), (50, 121), step=math.radians(15))
    assert turned.angle == pytest.approx(math.pi / 2)
    assert turned.placed_middle == (50, 20)


def test_moves_by_whole_pixels_are_known_as_such() -> None:
    assert Placing(0, 0, 9, 9).moved(3, -4).whole_move == (3, -4)
    assert Placing(0, 0, 9, 9).moved(3.5, 0).whole_move is None
    assert Placing(0, 0, 9, 9, sx=2).whole_move is None
