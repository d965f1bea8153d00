"""Fill, wand, gradient, picker."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from artdesk.core.errors import WrongUse
from artdesk.document.document import Document
from artdesk.document.flood import connected, grown, similar, smoothed
from artdesk.document.layers import Mask, PixelLayer
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles
from artdesk.document.tools import (
    Gradient,
    GradientShape,
    draw_gradient,
    flood_fill,
    magic_wand,
    pick_color,
    select_by_color,
)

RED, BLUE = (220, 20, 20, 255), (20, 20, 220, 255)


def boxes() -> tuple[Document, PixelLayer]:
    """Two red boxes on white, 300 × 280, one of them open to a third."""
    pixels = np.full((280, 300, 4), 255, np.uint8)
    pixels[20:120, 20:120] = RED
    pixels[150:270, 150:290] = RED
    document = Document(300, 280)
    layer = PixelLayer(name="Layer", pixels=Tiles.of_array(pixels))
    document.root.children = (layer,)
    document.active_layer = layer
    return document, layer


def reached(alike: NDArray[np.bool_], x: int, y: int) -> NDArray[np.bool_]:
    """Flood fill the slow and obvious way."""
    found = np.zeros_like(alike)
    if not alike[y, x]:
        return found
    waiting = deque([(x, y)])
    found[y, x] = True
    while waiting:
        cx, cy = waiting.popleft()
        for nx, ny in ((cx + 1, cy), (cx - 1, cy), (cx, cy + 1), (cx, cy - 1)):
            inside = 0 <= nx < alike.shape[1] and 0 <= ny < alike.shape[0]
            if inside and alike[ny, nx] and not found[ny, nx]:
                found[ny, nx] = True
                waiting.append((nx, ny))
    return found


@settings(max_examples=150, deadline=None)
@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)), st.data())
def test_connected_is_flood_fill(alike: NDArray[np.bool_], data: st.DataObject) -> None:
    x = data.draw(st.integers(0, alike.shape[1] - 1))
    y = data.draw(st.integers(0, alike.shape[0] - 1))
    assert np.array_equal(connected(alike, x, y), reached(alike, x, y))


def test_connected_follows_a_long_spiral() -> None:
    side = 101
    alike = np.zeros((side, side), np.bool_)
    x, y, dx, dy = 0, 0, 1, 0
    alike[y, x] = True
    for _ in range(side * side):
        ax, ay = x + 2 * dx, y + 2 * dy
        if not (0 <= x + dx < side and 0 <= y + dy < side) or (0 <= ax < side and 0 <= ay < side and alike[ay, ax]):
            dx, dy = -dy, dx
            if alike[y + dy, x + dx]:
                break
        x, y = x + dx, y + dy
        alike[y, x] = True
    assert np.array_equal(connected(alike, 0, 0), alike)


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(np.uint8, (9, 7, 4)),
    st.tuples(*[st.integers(0, 255)] * 4).filter(lambda color: color[3] > 0),
    st.integers(0, 255),
)
def test_similar_means_every_channel(
    pixels: NDArray[np.uint8], color: tuple[int, int, int, int], tolerance: int
) -> None:
    wanted = np.abs(pixels.astype(int) - color).max(axis=2) <= tolerance
    assert np.array_equal(similar(pixels, color, tolerance), wanted)


def test_clear_pixels_are_alike_whatever_they_hide() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2] = (200, 100, 50, 0)
    assert similar(pixels, (0, 0, 0, 0), 10).all()


def test_growing_and_smoothing() -> None:
    mask = np.zeros((41, 41), np.bool_)
    mask[20, 20] = True
    wide = grown(mask, 8)
    rows, columns = np.nonzero(wide)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 28, 12, 28)
    assert not wide[12, 12]
    soft = smoothed(wide)
    assert soft[20, 20] == 255
    assert soft[0, 0] == 0
    assert 0 < soft[11, 20] < 255
    assert smoothed(np.ones((5, 5), np.bool_)).min() == 255


def test_the_wand_takes_the_connected_region_and_colour_takes_all() -> None:
    document, _ = boxes()
    wand = magic_wand(document, 50, 50, smooth=False)
    assert wand.bounds() == Rect(20, 20, 100, 100)
    both = select_by_color(document, 50, 50, smooth=False)
    assert both.bounds() == Rect(20, 20, 270, 250)
    assert int((both.read(document.rect) == 255).sum()) == 100 * 100 + 120 * 140
    assert magic_wand(document, 900, 5).empty


def test_a_fill_stays_in_its_region_and_is_one_step() -> None:
    document, layer = boxes()
    before = layer.pixels.read(document.rect)
    rect = flood_fill(document, layer, 50, 50, BLUE, grow=0, smooth=False)
    after = layer.pixels.read(document.rect)
    assert rect.contains(Rect(20, 20, 100, 100))
    assert np.all(after[20:120, 20:120] == BLUE)
    after[20:120, 20:120] = RED
    assert np.array_equal(after, before)
    document.undo()
    assert np.array_equal(layer.pixels.read(document.rect), before)


def test_a_fill_looks_at_the_picture_and_paints_on_the_layer() -> None:
    document, _ = boxes()
    top = PixelLayer(name="Top")
    document.add_layer(top)
    flood_fill(document, top, 50, 50, BLUE, merged=True, grow=1)
    pixels = top.pixels.read(document.rect)
    assert tuple(pixels[70, 70]) == BLUE
    assert pixels[19, 60, 3] > 0
    assert pixels[200, 200, 3] == 0
    flood_fill(document, top, 200, 10, RED, merged=False, grow=0, smooth=False)
    assert tuple(top.pixels.read(Rect(200, 200, 1, 1))[0, 0]) == RED


def test_a_fill_respects_selection_and_opacity() -> None:
    document, layer = boxes()
    document.selection = Selection(Tiles.of_array(np.full((50, 300), 255, np.uint8), 0, 60))
    flood_fill(document, layer, 50, 50, BLUE, grow=0, smooth=False, opacity=0.5)
    after = layer.pixels.read(document.rect)
    assert tuple(after[30, 50]) == RED
    assert np.abs(after[80, 50].astype(int) - (120, 20, 120, 255)).max() <= 1


def test_a_mask_is_filled_by_lightness() -> None:
    document, layer = boxes()
    layer.mask = Mask()
    flood_fill(document, layer, 50, 50, (0, 0, 0, 255), plane="mask", grow=0, smooth=False)
    mask = layer.mask.tiles.read(document.rect)
    assert int(mask[50, 50]) == 0
    assert int(mask[5, 5]) == 255


def test_a_fill_that_fails_leaves_no_open_edit() -> None:
    document, layer = boxes()
    layer.locked = True
    with pytest.raises(WrongUse):
        flood_fill(document, layer, 5, 5, BLUE)
    assert document.open_edit is None


@pytest.mark.parametrize("shape", list(GradientShape))
def test_gradients_run_from_start_to_end(shape: GradientShape) -> None:
    document, layer = boxes()
    gradient = Gradient.between((255, 255, 255, 255), (0, 0, 0, 255), shape)
    draw_gradient(document, layer, gradient, (150, 140), (290, 140))
    row = layer.pixels.read(Rect(0, 140, 300, 1))[0, :, 0].astype(int)
    if shape is GradientShape.ANGULAR:
        assert row[200:].min() > 249
        assert abs(row[20] - 128) <= 3
    else:
        assert np.all(np.diff(row[151:]) <= 2)
        assert row[152] > 245
        assert row[290] < 6
        assert abs(row[220] - 128) <= 3
        assert row[10] > 249 if shape is GradientShape.LINEAR else row[10] < 6
    assert document.history.undo_label == "Gradient"


def test_a_gradient_to_clear_does_not_darken() -> None:
    document = Document(300, 40)
    layer = PixelLayer(name="Layer")
    document.root.children = (layer,)
    draw_gradient(document, layer, Gradient.between((250, 200, 0, 255), (0, 0, 0, 0)), (0, 0), (300, 0))
    pixels = layer.pixels.read(document.rect)
    seen = pixels[pixels[..., 3] > 20].astype(int)
    assert np.abs(seen[:, :3] - (250, 200, 0)).max() <= 2


def test_a_gradient_needs_order() -> None:
    with pytest.raises(WrongUse):
        Gradient(((0.5, RED), (0.2, BLUE)))


def test_the_picker_averages_what_is_seen() -> None:
    document, layer = boxes()
    assert pick_color(document, 50.7, 50.2) == RED
    assert pick_color(document, -3, 5) is None
    document.add_layer(PixelLayer(name="Clear"))
    assert pick_color(document, 50, 50, layer=document.active_layer) == (0, 0, 0, 0)
    assert pick_color(document, 50, 50, layer=layer) == RED
    mixed = pick_color(document, 120, 70, radius=2)
    assert mixed is not None
    assert 20 < mixed[1] < 255
