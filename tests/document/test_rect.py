from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from artdesk.document.rect import NOTHING, Rect, bounds_of

coordinate = st.integers(-600, 600)
rects = st.builds(Rect, coordinate, coordinate, st.integers(-3, 600), st.integers(-3, 600))


@given(rects, rects)
def test_union_holds_both_and_intersection_lies_in_both(a: Rect, b: Rect) -> None:
    assert a.united(b).contains(a)
    assert a.united(b).contains(b)
    both = a.intersected(b)
    assert a.contains(both)
    assert b.contains(both)
    assert both == b.intersected(a)
    assert a.intersects(b) == (not both.empty)


@given(rects, st.sampled_from([1, 7, 256]))
def test_cells_cover_the_region_exactly(rect: Rect, size: int) -> None:
    if size == 1 and rect.area > 4000:
        return
    cells = [Rect(ix * size, iy * size, size, size) for ix, iy in rect.cells(size)]
    assert sum(cell.intersected(rect).area for cell in cells) == rect.area
    assert all(cell.intersects(rect) for cell in cells)


@given(rects, st.integers(0, 5))
def test_scaling_down_never_misses_a_pixel(rect: Rect, level: int) -> None:
    small = rect.scaled_down(level)
    step = 1 << level
    if rect.empty:
        assert small.empty
    else:
        assert Rect(small.x * step, small.y * step, small.w * step, small.h * step) == rect.aligned(step)


def test_empty_rectangles_behave_alike() -> None:
    assert Rect(5, 5, 0, 9).empty
    assert Rect(5, 5, 0, 9).united(Rect(1, 2, 3, 4)) == Rect(1, 2, 3, 4)
    assert list(NOTHING.cells(256)) == []
    assert Rect(1, 1, -4, 2).area == 0


def test_bounds_of_a_mask() -> None:
    mask = np.zeros((9, 12), bool)
    assert bounds_of(mask).empty
    mask[3, 4] = mask[6, 10] = True
    assert bounds_of(mask) == Rect(4, 3, 7, 4)
