from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.document.document import Document
from artdesk.document.filters import blurred, dilated
from artdesk.document.outline import outlines_of
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection

CANVAS = Rect(0, 0, 400, 300)
rects = st.builds(Rect, st.integers(-20, 380), st.integers(-20, 280), st.integers(1, 300), st.integers(1, 300))


def coverage(selection: Selection) -> np.ndarray:
    return selection.read(CANVAS).astype(int)


@settings(max_examples=30, deadline=None)
@given(rects, rects, st.sampled_from(["add", "subtract", "intersect"]))
def test_combining_is_set_arithmetic(a: Rect, b: Rect, how: str) -> None:
    first, second = Selection.rectangle(a), Selection.rectangle(b)
    in_a, in_b = coverage(first) > 0, coverage(second) > 0
    got = coverage(first.combined(second, how)) > 0  # type: ignore[arg-type]
    want = {"add": in_a | in_b, "subtract": in_a & ~in_b, "intersect": in_a & in_b}[how]
    assert np.array_equal(got, want)


@settings(max_examples=15, deadline=None)
@given(rects)
def test_inverting_twice_is_nothing_and_bounds_are_tight(rect: Rect) -> None:
    selection = Selection.rectangle(rect.intersected(CANVAS))
    inverted = selection.inverted(CANVAS)
    assert (coverage(selection) + coverage(inverted) == 255).all()
    assert np.array_equal(coverage(inverted.inverted(CANVAS)), coverage(selection))
    if not selection.empty:
        assert selection.bounds() == rect.intersected(CANVAS)


@settings(max_examples=15, deadline=None)
@given(rects)
def test_an_ellipse_has_the_area_and_the_extent_of_one(rect: Rect) -> None:
    ellipse = Selection.ellipse(rect)
    area = ellipse.read(rect.grown(2)).astype(float).sum() / 255
    assert area == pytest.approx(np.pi / 4 * rect.w * rect.h, rel=0.02, abs=4 + (rect.w + rect.h) / 20)
    assert rect.contains(ellipse.bounds())


def test_a_lasso_covers_what_it_encloses() -> None:
    triangle = Selection.polygon([(10, 10), (310, 10), (10, 210)], within=CANVAS)
    assert triangle.read(Rect(20, 20, 1, 1))[0, 0] == 255
    assert triangle.read(Rect(300, 200, 1, 1))[0, 0] == 0
    assert coverage(triangle).sum() / 255 == pytest.approx(300 * 200 / 2, rel=0.01)
    assert Selection.polygon([(0, 0), (5, 5)], within=CANVAS).empty
    assert Selection.polygon([(0, 0), (float("nan"), 5), (3, 3)], within=CANVAS).empty
    huge = Selection.polygon([(-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9)], within=CANVAS)
    assert (coverage(huge) == 255).all()


@settings(max_examples=12, deadline=None)
@given(rects, st.integers(1, 30))
def test_growing_contains_and_shrinking_lies_inside(rect: Rect, by: int) -> None:
    rect = rect.intersected(CANVAS)
    if rect.empty:
        return
    selection = Selection.rectangle(rect)
    grown, shrunk = selection.grown(by, CANVAS), selection.grown(-by, CANVAS)
    assert (coverage(grown) >= coverage(selection)).all()
    assert (coverage(shrunk) <= coverage(selection)).all()
    assert grown.bounds() == rect.grown(by).intersected(CANVAS)
    # The canvas's edge is no edge: a selection that reaches it does not shrink away from it.
    if rect.w > 2 * by and rect.h > 2 * by:
        left = rect.x if rect.x == 0 else rect.x + by
        right = rect.right if rect.right == CANVAS.right else rect.right - by
        assert (shrunk.bounds().x, shrunk.bounds().right) == (left, right)


def test_growing_a_point_gives_a_disc() -> None:
    disc = coverage(Selection.rectangle(Rect(200, 150, 1, 1)).grown(20, CANVAS))
    ys, xs = np.mgrid[0:300, 0:400]
    distance = np.hypot(xs - 200, ys - 150)
    assert (disc[distance <= 19.5] == 255).all()
    assert (disc[distance > 21] == 0).all()


def test_feathering_keeps_the_amount_and_softens_the_edge_across_tiles() -> None:
    selection = Selection.rectangle(Rect(100, 100, 200, 100))
    soft = coverage(selection.feathered(16, CANVAS))
    assert soft.sum() == pytest.approx(200 * 100 * 255, rel=0.005)
    assert 120 <= soft[150, 100] <= 140
    edge = soft[150, 60:140]
    assert (np.diff(edge) >= 0).all()
    assert np.diff(edge).max() < 20
    whole = Selection.rectangle(CANVAS).feathered(30, CANVAS)
    assert (coverage(whole) == 255).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_dilating_is_the_maximum_over_a_disc(seed: int, radius: int) -> None:
    mask = (np.random.default_rng(seed).random((24, 31)) < 0.05).astype(np.uint8) * 200
    want = mask.copy()
    for y, x in zip(*np.nonzero(mask), strict=True):
        for yy in range(24):
            for xx in range(31):
                if (yy - y) ** 2 + (xx - x) ** 2 <= (radius + 0.5) ** 2:
                    want[yy, xx] = 200
    assert np.array_equal(dilated(mask, radius), want)


def test_blurring_a_point_gives_a_gaussian() -> None:
    point = np.zeros((81, 81), np.uint8)
    point[40, 40] = 255
    wide = np.repeat(np.repeat(point, 1, 0), 1, 1)
    wide[30:51, 30:51] = 255
    soft = blurred(wide, 5.0).astype(float)
    x = np.arange(81) - 40
    kernel = np.exp(-(x**2) / 50)
    kernel /= kernel.sum()
    line = np.convolve(wide[40].astype(float), kernel, "same")
    assert np.abs(soft[40] - np.convolve(wide[:, 40] / 255.0, kernel, "same")[40] * line).max() < 8


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(0.1, 0.9))
def test_outlines_enclose_exactly_the_mask(seed: int, density: float) -> None:
    mask = np.random.default_rng(seed).random((13, 17)) < density
    area = 0
    wound = np.zeros(mask.shape, int)
    for loop in outlines_of(mask):
        points = loop.astype(int)
        following = np.roll(points, -1, axis=0)
        steps = following - points
        assert ((steps == 0).sum(axis=1) == 1).all(), "sides run along rows and columns"
        turns = np.sign(steps)
        assert not (turns == np.roll(turns, -1, axis=0)).all(axis=1).any(), "only turning points are kept"
        area += int((points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]).sum()) // 2
        for (x, y0), (_, y1) in zip(points.tolist(), following.tolist(), strict=True):
            if y0 != y1:
                low, high = sorted((y0, y1))
                wound[low:high, x:] += 1 if y1 < y0 else -1
    assert area == mask.sum()
    assert np.array_equal(wound == 1, mask)


def test_ants_lie_where_the_selection_is_and_large_speckles_stay_quick() -> None:
    selection = Selection.rectangle(Rect(100, 50, 200, 100)).combined(
        Selection.rectangle(Rect(150, 80, 20, 20)), "subtract"
    )
    loops = selection.outlines()
    assert sorted(len(loop) for loop in loops) == [4, 4]
    corners = {tuple(point) for loop in loops for point in loop.tolist()}
    assert (100, 50) in corners
    assert (300, 150) in corners
    assert (150, 80) in corners
    noise = (np.random.default_rng(0).random((1500, 1500)) < 0.5).astype(np.uint8) * 255
    assert sum(len(loop) for loop in Selection.of_array(noise).outlines()) < 500_000


def test_the_document_keeps_selections_inside_the_canvas_and_drops_empty_ones() -> None:
    document = Document(400, 300)
    document.select(Selection.rectangle(Rect(-50, -50, 100, 100)))
    assert document.selection is not None
    assert document.selection.bounds() == Rect(0, 0, 50, 50)
    document.select(Selection.rectangle(Rect(200, 200, 10, 10)), "intersect")
    assert document.selection is None
    document.select(Selection.rectangle(Rect(0, 0, 10, 10)), "subtract")
    assert document.selection is not None
    assert document.selection.bounds() == Rect(0, 0, 400, 300)
    document.undo()
    document.undo()
    assert document.selection is not None
    document.select_none()
    assert document.selection is None
    position = document.history.position
    document.select_none()
    document.invert_selection()
    assert document.history.position == position
