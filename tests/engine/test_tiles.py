"""Tiles cover everything once, overlap as far as the network sees, and do not show."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.errors import OutOfMemory
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.engine.engine import Engine
from artdesk.engine.families.painter import paint
from artdesk.engine.rows import ArrayRows, ScaledRows, shrink_rows
from artdesk.engine.tiles import even_side, run_tiles, spans, tile_side
from tests.engine.scripted import ALIGN, RADIUS, photograph


@settings(deadline=None)
@given(
    length=st.integers(1, 5000),
    side=st.integers(1, 900),
    margin=st.integers(0, 130),
    align=st.sampled_from([1, 2, 4, 8, 32]),
)
def test_spans_cover_everything_once_with_margin(length: int, side: int, margin: int, align: int) -> None:
    found = spans(length, side, margin, align)
    assert found[0].start == 0
    assert found[-1].stop == length
    for one, two in itertools.pairwise(found):
        assert one.stop == two.start
    for span in found:
        assert 0 <= span.outer_start <= span.start < span.stop <= span.outer_stop <= length
        assert span.outer_start % align == 0
        assert span.outer_start == 0 or span.start - span.outer_start >= margin
        assert span.outer_stop == length or span.outer_stop - span.stop >= margin
        assert span.outer_stop - span.outer_start <= max(side, 4 * (margin + align) + 3 * align)


@settings(deadline=None)
@given(length=st.integers(64, 4000), least=st.integers(1, 64), side=st.integers(200, 500))
def test_no_tile_is_smaller_than_the_network_takes(length: int, least: int, side: int) -> None:
    assert all(s.outer_stop - s.outer_start >= least for s in spans(length, side, 20, 4, least))


@settings(deadline=None)
@given(length=st.integers(1000, 9000), side=st.integers(300, 900))
def test_tiles_are_even(length: int, side: int) -> None:
    even = even_side(length, side, 32, 4)
    assert even <= side
    sizes = [s.outer_stop - s.outer_start for s in spans(length, side, 32, 4)]
    assert min(sizes[:-1]) == max(sizes[:-1])


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(40, 420),
    height=st.integers(40, 420),
    side=st.integers(48, 300),
    seed=st.integers(0, 5),
)
def test_tiles_do_not_show(engine: Engine, width: int, height: int, side: int, seed: int) -> None:
    """Tiles and whole, both with the same given state: at most 2/255 apart."""
    card = engine.library.painter()
    image = as_image(photograph(width, height, seed=seed))
    code = engine.library.code("frost")
    token = CancelToken()
    thumb = shrink_rows(ArrayRows(image), max(20, width // 2), max(20, height // 2))
    state = paint(engine, card, thumb, code, token=token).state
    whole = paint(engine, card, image, code, state=state, hold=1.0, token=token).image
    tiled = np.zeros_like(whole)

    def paint_tile(tile: Image, *, smaller_helps: bool, last: bool) -> Image:
        return paint(engine, card, tile, code, state=state, hold=1.0, token=token).image

    def write(top: int, rows: Image) -> None:
        tiled[top : top + len(rows)] = rows

    run_tiles(
        ArrayRows(image),
        side=side,
        margin=RADIUS,
        align=ALIGN,
        least=16,
        paint_tile=paint_tile,
        write=write,
        progress=Progress(),
    )
    assert np.abs(tiled.astype(int) - whole).max() <= 2


@settings(max_examples=25, deadline=None)
@given(strikes=st.sets(st.integers(1, 12), max_size=3), width=st.integers(300, 700), height=st.integers(300, 700))
def test_out_of_memory_halves_the_tiles_and_loses_nothing(strikes: set[int], width: int, height: int) -> None:
    """Whatever tile strikes, every pixel is written once, with the right content."""
    image = as_image(np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8))
    out = np.zeros_like(image)
    rows_written = np.zeros(height, int)
    calls = 0

    def paint_tile(tile: Image, *, smaller_helps: bool, last: bool) -> Image:
        nonlocal calls
        calls += 1
        if calls in strikes and smaller_helps:
            raise OutOfMemory("no memory")
        return tile

    def write(top: int, rows: Image) -> None:
        out[top : top + len(rows)] = rows
        rows_written[top : top + len(rows)] += 1

    run_tiles(
        ArrayRows(image), side=512, margin=20, align=4, least=16,
        paint_tile=paint_tile, write=write, progress=Progress(),
    )  # fmt: skip
    assert (rows_written == 1).all()
    assert (out == image).all()


def test_when_the_smallest_tile_does_not_fit_it_is_said() -> None:
    sides: list[int] = []

    def paint_tile(tile: Image, *, smaller_helps: bool, last: bool) -> Image:
        sides.append(max(tile.shape[:2]))
        raise OutOfMemory("no memory")

    with pytest.raises(OutOfMemory):
        run_tiles(
            ArrayRows(as_image(photograph(900, 900))), side=900, margin=8, align=2, least=16,
            paint_tile=paint_tile, write=lambda top, rows: None, progress=Progress(),
        )  # fmt: skip
    assert sides == sorted(sides, reverse=True)
    assert sides[-1] <= 192


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(2, 90), height=st.integers(2, 90), new_width=st.integers(1, 180),
    new_height=st.integers(1, 180), cut=st.integers(0, 180),
)  # fmt: skip
def test_scaled_rows_are_the_same_in_every_band(
    width: int, height: int, new_width: int, new_height: int, cut: int
) -> None:
    """A picture scaled in two bands is the picture scaled at once, but for rounding."""
    base = ArrayRows(as_image(photograph(width, height)))
    scaled = ScaledRows(base, new_width, new_height)
    cut = min(cut, new_height)
    bands = [scaled.read(a, b) for a, b in ((0, cut), (cut, new_height)) if b > a]
    assert np.abs(np.concatenate(bands).astype(int) - scaled.read(0, new_height)).max() <= 2


def test_scaled_rows_keep_the_picture() -> None:
    """Halved by averages: as the mean of each four pixels; enlarged by two: close to the picture again."""
    image = as_image(photograph(64, 48))
    half = ScaledRows(ArrayRows(image), 32, 24).read(0, 24)
    mean = image.reshape(24, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(half - mean).max() <= 1
    back = ScaledRows(ArrayRows(as_image(half)), 64, 48).read(0, 48)
    assert np.abs(back.astype(int).mean() - image.mean()) < 1


def test_a_memory_budget_makes_tiles_smaller(engine: Engine) -> None:
    card = engine.library.painter()
    small, large = tile_side(card, "cpu", 32), tile_side(card, "cpu", 400)
    assert small < large
    assert small**2 * 240 <= 32 * 2**20 * 1.01
