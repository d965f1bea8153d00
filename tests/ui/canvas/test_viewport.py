"""The view's mathematics: what stays where when one zooms, pans and resizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.ui.canvas.viewport import MAX_SCALE, Viewport

sizes = st.integers(1, 16384)
views = st.builds(
    Viewport,
    width=st.integers(50, 3000),
    height=st.integers(50, 2000),
    canvas_width=sizes,
    canvas_height=sizes,
    ratio=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
).map(lambda view: view.fitted())


@given(views, st.floats(0, 1), st.floats(0, 1), st.floats(0.3, 4))
def test_zooming_keeps_the_point_under_the_pointer(view: Viewport, u: float, v: float, factor: float) -> None:
    # A point of the picture that is in sight, so that keeping the picture in sight never interferes.
    left, top, wide, high = view.visible()
    x, y = view.to_view(left + u * wide, top + v * high)
    before = view.to_canvas(x, y)
    zoomed = view.zoomed(factor, x, y)
    after = zoomed.to_canvas(x, y)
    assert abs(after[0] - before[0]) * zoomed.scale <= 1.01 or zoomed.kept_in_sight() is zoomed
    if zoomed.canvas_width * zoomed.scale > 200 and 60 < x < view.width - 60:
        assert abs(after[0] - before[0]) * zoomed.scale <= 1.0  # half a device pixel of rounding


@given(views, st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_however_far_one_pans_some_of_the_picture_stays_in_sight(view: Viewport, dx: float, dy: float) -> None:
    panned = view.panned(dx, dy)
    left, top, right, bottom = panned.device_rect(0, 0, panned.canvas_width, panned.canvas_height)
    assert right > 0
    assert bottom > 0
    assert left < panned.width * panned.ratio
    assert top < panned.height * panned.ratio


@given(views)
def test_fitting_shows_everything_and_never_enlarges(view: Viewport) -> None:
    assert view.scale <= 1
    assert view.visible() == (0, 0, view.canvas_width, view.canvas_height)


@given(views, st.floats(0, 3000), st.floats(0, 2000))
def test_both_ways_between_the_systems_agree(view: Viewport, x: float, y: float) -> None:
    assert view.to_view(*view.to_canvas(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(views)
def test_the_level_has_a_pixel_for_every_screen_pixel(view: Viewport) -> None:
    level = view.level()
    assert view.scale * 2**level <= 1.0 + 1e-9 or level == 0
    assert view.scale * 2 ** (level + 1) > 1.0 - 1e-9


@given(views, st.integers(0, 60), st.integers(0, 60))
def test_neighbouring_tiles_meet_without_a_seam(view: Viewport, column: int, row: int) -> None:
    one = view.device_rect(column * 256, row * 256, 256, 256)
    right = view.device_rect((column + 1) * 256, row * 256, 256, 256)
    below = view.device_rect(column * 256, (row + 1) * 256, 256, 256)
    assert one[2] == right[0]
    assert one[3] == below[1]


def test_steps_go_through_round_zooms_and_end() -> None:
    view = Viewport(800, 600, 4000, 3000).fitted()
    seen = []
    for _ in range(40):
        view = view.stepped(1)
        seen.append(view.scale)
    assert 1.0 in seen
    assert seen[-1] == MAX_SCALE
    assert view.stepped(-1).scale < MAX_SCALE


def test_a_resized_widget_keeps_its_middle() -> None:
    view = Viewport(800, 600, 4000, 3000).fitted().scaled_at(1.0, 400, 300)
    before = view.to_canvas(400, 300)
    after = view.resized(1000, 700, 1.0).to_canvas(500, 350)
    assert after == pytest.approx(before, abs=1.0)


def test_one_hundred_percent_is_one_device_pixel() -> None:
    view = Viewport(800, 600, 4000, 3000, ratio=2.0).fitted().actual()
    assert view.scale == 1.0
    assert view.logical_scale == 0.5
