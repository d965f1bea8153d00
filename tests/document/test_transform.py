from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.errors import WrongUse
from artdesk.document.document import Document
from artdesk.document.layers import Mask, PixelLayer
from artdesk.document.rect import Rect
from artdesk.document.resample import resampled
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from artdesk.document.transform import Affine, transformed
from artdesk.document.verbs_canvas import as_affine
from tests.document.random_documents import small_document, some_pixels, state_of

WIDE = Rect(-2000, -2000, 4000, 4000)
number = st.floats(-3, 3, allow_nan=False)


def disc(x: float, y: float, radius: float, size: int = 600) -> Tiles:
    ys, xs = np.mgrid[0:size, 0:size]
    soft = np.clip(radius - np.hypot(xs + 0.5 - x, ys + 0.5 - y) + 0.5, 0, 1)
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[..., 0] = 250
    pixels[..., 1] = 120
    pixels[..., 3] = np.round(soft * 255)
    return Tiles.of_array(pixels)


@given(st.tuples(number, number, number, number, number, number), number, number)
def test_a_map_and_its_inverse_cancel(values: tuple[float, ...], x: float, y: float) -> None:
    affine = Affine(*values)
    if abs(affine.determinant) < 0.05:
        return
    assert affine.then(affine.inverse()).apply(x, y) == pytest.approx((x, y), abs=1e-3)


def test_composition_is_in_reading_order() -> None:
    both = Affine.move(10, 0).then(Affine.scale(2, 2))
    assert both.apply(1, 1) == (22, 2)
    assert Affine.turn(90, (5, 5)).apply(6, 5) == pytest.approx((5, 6))
    matrix = np.array([[1, 2, 3], [4, 5, 6], [0, 0, 1]])
    assert as_affine(matrix) == Affine(1, 4, 2, 5, 3, 6)
    assert as_affine((1, 4, 2, 5, 3, 6)) == Affine(1, 4, 2, 5, 3, 6)
    with pytest.raises(WrongUse):
        as_affine([1, 2, 3])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([90, 180, 270]), st.integers(-40, 400), st.integers(-40, 400))
def test_right_angles_lose_nothing(seed: int, degrees: int, x: int, y: int) -> None:
    tiles = Tiles.of_array(some_pixels(np.random.default_rng(seed), 300, 270), -30, 40)
    there = transformed(tiles, Affine.turn(degrees, (x, y)), WIDE)
    turned = np.rot90(tiles.read(Rect(-30, 40, 300, 270)), -degrees // 90)
    place = Affine.turn(degrees, (x, y)).bounds(Rect(-30, 40, 300, 270))
    assert np.array_equal(there.read(place), turned)
    assert transformed(there, Affine.turn(-degrees, (x, y)), WIDE).same_pixels(tiles)


@pytest.mark.parametrize(
    "affine",
    [
        Affine.turn(30, (300, 300)),
        Affine.scale(1.7, 0.8, (300, 300)),
        Affine.scale(0.2, 0.2, (300, 300)),
        Affine.move(0.5, 0.25),
        Affine(1, 0.3, 0.4, 1, -60, -40),
    ],
)
def test_shapes_keep_their_weight_place_and_colour(affine: Affine) -> None:
    tiles = disc(280, 310, 90)
    pixels = transformed(tiles, affine, WIDE).read(Rect(-600, -600, 1800, 1800)).astype(float)
    alpha = pixels[..., 3] / 255
    before = tiles.read(Rect(0, 0, 600, 600))[..., 3].sum() / 255
    assert alpha.sum() == pytest.approx(before * abs(affine.determinant), rel=0.02)
    ys, xs = np.mgrid[0:1800, 0:1800]
    middle = (alpha * (xs + 0.5)).sum() / alpha.sum() - 600, (alpha * (ys + 0.5)).sum() / alpha.sum() - 600
    assert middle == pytest.approx(affine.apply(280, 310), abs=0.3)
    solid = pixels[alpha > 0.5]
    assert np.abs(solid[:, :2] - [250, 120]).max() <= 3


def test_masks_show_what_lies_outside_them_after_turning() -> None:
    mask = Tiles(1, 255)
    mask.write(Rect(100, 100, 100, 100), np.zeros((100, 100), np.uint8))
    turned = transformed(mask, Affine.turn(45, (150, 150)), WIDE)
    whole = turned.read(Rect(0, 0, 300, 300)).astype(float)
    assert (255 - whole).sum() / 255 == pytest.approx(100 * 100, rel=0.02)
    assert whole[0, 0] == 255
    assert whole[150, 150] == 0


def test_maps_that_flatten_or_are_not_numbers_are_refused() -> None:
    document = small_document()
    for values in ((0, 0, 0, 0, 1, 1), (1, 1, 1, 1, 0, 0), (float("nan"), 0, 0, 1, 0, 0), (1e9, 0, 0, 1, 0, 0)):
        with pytest.raises(WrongUse):
            document.transform_layer(document.root.children[0], values)
    assert document.history.position == 0


def test_with_a_selection_only_selected_pixels_move_and_the_selection_goes_with_them() -> None:
    rng = np.random.default_rng(0)
    before = rng.integers(0, 256, (300, 300, 4), dtype=np.uint8)
    before[..., 3] = 255
    document = Document.of_image(before)
    document.select(Selection.rectangle(Rect(10, 10, 50, 40)))
    document.move_pixels(document.root.children[0], 100, 120)
    after = document.root.children[0].pixels.read(document.rect)  # type: ignore[attr-defined]
    assert np.array_equal(after[130:170, 110:160], before[10:50, 10:60])
    assert not after[10:50, 10:60].any()
    assert np.array_equal(after[:10], before[:10])
    assert document.selection is not None
    assert document.selection.bounds() == Rect(110, 130, 50, 40)
    document.undo()
    assert document.selection.bounds() == Rect(10, 10, 50, 40)
    assert np.array_equal(document.composite(document.rect), before)


def test_moving_a_layer_out_and_back_keeps_its_pixels() -> None:
    document = small_document()
    before = state_of(document)
    layer = document.root.children[1]
    document.move_pixels(layer, -150, 90)
    document.move_pixels(layer, 150, -90)
    assert state_of(document) == before


def test_turning_the_picture_four_times_changes_nothing() -> None:
    document = small_document()
    document.add_mask(document.root.children[1])
    document.select(Selection.ellipse(Rect(20, 30, 100, 60)))
    before = state_of(document)
    for _ in range(4):
        document.rotate(90)
    assert state_of(document) == before
    document.rotate(180)
    document.flip("horizontal")
    document.flip("vertical")
    assert state_of(document) == before
    with pytest.raises(WrongUse):
        document.rotate(45)


def test_rotating_turns_clockwise() -> None:
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[0, 0] = (255, 0, 0, 255)
    document = Document.of_image(pixels)
    document.rotate(90)
    assert (document.width, document.height) == (20, 40)
    assert document.composite(document.rect)[0, 19].tolist() == [255, 0, 0, 255]


def test_cropping_cuts_and_undo_brings_all_of_it_back() -> None:
    document = small_document()
    before = document.composite(document.rect)
    document.crop(Rect(100, 50, 120, 90))
    assert (document.width, document.height) == (120, 90)
    assert np.array_equal(document.composite(document.rect), before[50:140, 100:220])
    document.undo()
    assert np.array_equal(document.composite(document.rect), before)
    with pytest.raises(WrongUse):
        document.crop(Rect(5000, 0, 10, 10))


def test_a_smaller_canvas_hides_and_a_larger_one_shows_again() -> None:
    document = small_document()
    before = document.composite(document.rect)
    document.resize_canvas(100, 100, -50, -60)
    assert np.array_equal(document.composite(document.rect), before[60:160, 50:150])
    document.resize_canvas(300, 270, 50, 60)
    assert np.array_equal(document.composite(document.rect), before)
    with pytest.raises(WrongUse):
        document.resize_canvas(0, 10)
    with pytest.raises(WrongUse):
        document.resize_canvas(20_000, 10)


def test_scaling_the_picture_keeps_borders_opaque_and_averages() -> None:
    ys, xs = np.mgrid[0:300, 0:500]
    pixels = np.dstack([xs * 255 // 499, ys * 255 // 299, (xs + ys) % 256 // 2 + 60]).astype(np.uint8)
    document = Document.of_image(pixels)
    document.resize_image(250, 150)
    small = document.composite(document.rect).astype(float)
    assert (small[..., 3] == 255).all()
    mean = pixels.astype(float).reshape(150, 2, 250, 2, 3).mean(axis=(1, 3))
    assert np.abs(small[..., :3] - mean).mean() < 2
    document.resize_image(1000, 600)
    large = document.composite(document.rect)
    assert (large[..., 3] == 255).all()
    assert np.abs(large[::2, ::2, :2].astype(float) - pixels[..., :2]).mean() < 2


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 255))
def test_scaling_one_colour_gives_that_colour(w: int, h: int, alpha: int) -> None:
    pixels = np.empty((260, 300, 4), np.uint8)
    pixels[...] = (200, 30, 90, alpha)
    out = resampled(Tiles.of_array(pixels), (300, 260), (w, h)).read(Rect(0, 0, w, h))
    assert (out == (pixels[0, 0] if alpha else 0)).all()


@pytest.mark.parametrize(("old", "new"), [((64, 4096), (40, 2048)), ((50, 3000), (70, 4500)), ((40, 2501), (40, 1999))])
def test_scaling_in_bands_leaves_no_seams(old: tuple[int, int], new: tuple[int, int]) -> None:
    ys, xs = np.mgrid[0 : old[1], 0 : old[0]]
    pixels = np.empty((old[1], old[0], 4), np.uint8)
    pixels[..., 0] = 127 + 120 * np.sin(ys / 40)
    pixels[..., 1] = 127 + 120 * np.cos(xs / 9 + ys / 70)
    pixels[..., 2] = 90
    pixels[..., 3] = 128 + 100 * np.sin(ys / 55)
    banded = resampled(Tiles.of_array(pixels), old, new).read(Rect(0, 0, *new)).astype(int)
    yy, xx = (np.mgrid[0 : new[1], 0 : new[0]] + 0.5) * np.array([old[1] / new[1], old[0] / new[0]])[
        :, None, None
    ] - 0.5
    assert np.abs(banded[..., 0] - (127 + 120 * np.sin(yy / 40))).max() < 8
    assert np.abs(banded[..., 1] - (127 + 120 * np.cos(xx / 9 + yy / 70))).max() < 12
    assert np.abs(banded[..., 3] - (128 + 100 * np.sin(yy / 55))).max() < 4
    steps = np.abs(np.diff(banded[..., 3], axis=0))
    assert steps.max() <= 6


def test_colour_of_clear_pixels_does_not_bleed_when_scaling() -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[...] = (0, 255, 0, 0)
    pixels[:, :32] = (255, 0, 0, 255)
    out = resampled(Tiles.of_array(pixels), (64, 64), (31, 31)).read(Rect(0, 0, 31, 31))
    assert out[out[..., 3] > 8][:, 1].max() <= 40
    assert out[5, 2].tolist() == [255, 0, 0, 255]


def test_a_group_is_transformed_with_masks_and_all() -> None:
    document = small_document()
    layer = document.root.children[1]
    layer.mask = Mask(Tiles.of_array(np.full((50, 50), 90, np.uint8), 100, 100, default=255))
    group = document.group_layers([layer])
    document.transform_layer(group, Affine.move(7, -3))
    assert layer.mask is not None
    assert layer.mask.tiles.bounds() == Rect(107, 97, 50, 50)
    assert isinstance(layer, PixelLayer)
    document.set_layer(layer, locked=True)
    with pytest.raises(WrongUse, match="locked"):
        document.transform_layer(layer, Affine.move(1, 1))
