from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE, Tiles

WORLD = Rect(-300, -300, 1000, 1000)
"""The region the tests paint in; a plain array of this size is the judge."""

writes = st.lists(
    st.tuples(
        st.integers(-300, 600), st.integers(-300, 600), st.integers(1, 400), st.integers(1, 300), st.integers(0, 255)
    ),
    max_size=6,
)


def paint(tiles: Tiles, judge: np.ndarray, job: tuple[int, int, int, int, int]) -> None:
    x, y, w, h, value = job
    rect = Rect(x, y, w, h).intersected(WORLD)
    rng = np.random.default_rng(value)
    shape = (rect.h, rect.w) if tiles.channels == 1 else (rect.h, rect.w, 4)
    # Sometimes noise, sometimes one colour, sometimes the default, which must cost nothing.
    array = rng.integers(0, 256, shape, dtype=np.uint8) if value % 3 else np.full(shape, value, np.uint8)
    if value % 7 == 0:
        array[...] = tiles.default
    tiles.write(rect, array)
    judge[rect.slices((WORLD.x, WORLD.y))] = array


@settings(max_examples=30, deadline=None)
@given(writes, writes, st.sampled_from([(4, 0), (1, 0), (1, 255)]))
def test_copies_share_until_written_and_never_show_the_others_changes(
    first: list, second: list, kind: tuple[int, int]
) -> None:
    channels, default = kind
    tiles = Tiles(channels, default)
    shape = (WORLD.h, WORLD.w) if channels == 1 else (WORLD.h, WORLD.w, 4)
    judge = np.full(shape, default, np.uint8)
    for job in first:
        paint(tiles, judge, job)
    assert np.array_equal(tiles.read(WORLD), judge)
    copy, copy_judge = tiles.copy(), judge.copy()
    seen: set[int] = set()
    tiles.bytes_used(seen)
    assert copy.bytes_used(seen) == 0
    for index, job in enumerate(second):
        paint(*((tiles, judge) if index % 2 else (copy, copy_judge)), job)
    assert np.array_equal(tiles.read(WORLD), judge)
    assert np.array_equal(copy.read(WORLD), copy_judge)
    assert tiles.same_pixels(copy) == np.array_equal(judge, copy_judge)
    content = (judge[..., 3] != 0) if channels == 4 else judge != default
    ys, xs = np.nonzero(content)
    bounds = tiles.bounds()
    if len(ys) == 0:
        assert bounds.empty
    else:
        assert bounds == Rect.of_edges(
            WORLD.x + xs.min(), WORLD.y + ys.min(), WORLD.x + xs.max() + 1, WORLD.y + ys.max() + 1
        )


@settings(max_examples=20, deadline=None)
@given(writes, st.integers(-300, 300), st.integers(-300, 300))
def test_moving_there_and_back_gives_the_same_pixels(jobs: list, dx: int, dy: int) -> None:
    tiles, judge = Tiles(), np.zeros((WORLD.h, WORLD.w, 4), np.uint8)
    for job in jobs:
        paint(tiles, judge, job)
    moved = tiles.shifted(dx, dy)
    assert np.array_equal(moved.read(WORLD.moved(dx, dy)), judge)
    assert moved.shifted(-dx, -dy).same_pixels(tiles)


def test_what_is_transparent_or_of_one_colour_costs_almost_nothing() -> None:
    tiles = Tiles()
    tiles.write(Rect(0, 0, 2048, 2048), np.zeros((2048, 2048, 4), np.uint8))
    assert not tiles
    tiles.write(Rect(0, 0, 2048, 2048), np.full((2048, 2048, 4), 200, np.uint8))
    assert len(tiles) == 64
    assert tiles.bytes_used() == TILE * TILE * 4
    # Writing into a shared tile must not colour the others.
    tiles.write(Rect(3, 3, 1, 1), np.zeros((1, 1, 4), np.uint8))
    assert (tiles.read(Rect(256, 0, 256, 256)) == 200).all()
    assert tiles.bytes_used() == 2 * TILE * TILE * 4


def test_many_small_writes_are_tidied_away() -> None:
    tiles = Tiles()
    tiles.write(Rect(10, 10, 20, 20), np.full((20, 20, 4), 9, np.uint8))
    tiles.write(Rect(10, 10, 20, 20), np.zeros((20, 20, 4), np.uint8))
    tiles.tidy(tiles.keys())
    assert tiles.bytes_used() == 0


def test_tiles_handed_out_cannot_be_written() -> None:
    tiles = Tiles.of_array(np.random.default_rng(0).integers(0, 256, (300, 300, 4), dtype=np.uint8))
    tile = tiles.tile(0, 0)
    assert tile is not None
    with pytest.raises(ValueError):
        tile[0, 0] = 0


def test_an_array_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError):
        Tiles().write(Rect(0, 0, 4, 4), np.zeros((4, 5, 4), np.uint8))
    with pytest.raises(ValueError):
        Tiles(1).write(Rect(0, 0, 4, 4), np.zeros((4, 4, 4), np.uint8))


def test_clipping_leaves_only_the_inside() -> None:
    tiles = Tiles.of_array(np.full((600, 600, 4), 77, np.uint8))
    inner = tiles.clipped(Rect(100, 100, 300, 200))
    assert inner.bounds() == Rect(100, 100, 300, 200)
    assert tiles.bounds() == Rect(0, 0, 600, 600)
