from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.document.blend import BlendMode
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Mask, PixelLayer
from artdesk.document.mips import halved
from artdesk.document.rect import Rect
from artdesk.document.tiles import TILE, Tiles
from tests.document.random_documents import random_step, small_document, some_pixels
from tests.document.reference import picture_of

# Modes whose result follows its input evenly; the others magnify the rounding of every layer below.
EVEN = [
    BlendMode.NORMAL,
    BlendMode.MULTIPLY,
    BlendMode.SCREEN,
    BlendMode.OVERLAY,
    BlendMode.DARKEN,
    BlendMode.LIGHTEN,
    BlendMode.HARD_LIGHT,
    BlendMode.PLUS,
]


def random_stack(seed: int) -> Document:
    """Layers, groups, masks and clipping by chance, on an opaque or an empty ground."""
    rng = np.random.default_rng(seed)
    document = Document(290, 260)

    def layer() -> PixelLayer:
        made = PixelLayer(pixels=Tiles.of_array(some_pixels(rng, 200, 180), *rng.integers(-40, 120, 2).tolist()))
        made.mode = EVEN[int(rng.integers(len(EVEN)))]
        made.opacity = float(rng.choice([1.0, 1.0, 0.6, 0.0]))
        made.visible = bool(rng.random() < 0.9)
        made.clip = bool(rng.random() < 0.35)
        if rng.random() < 0.3:
            cover = rng.integers(0, 256, (150, 150), dtype=np.uint8)
            made.mask = Mask(Tiles.of_array(cover, 30, 30, default=255 * int(rng.integers(2))))
            made.mask.enabled = bool(rng.random() < 0.8)
        return made

    inner = GroupLayer(children=(layer(), layer(), layer()), opacity=0.8, mode=EVEN[int(rng.integers(len(EVEN)))])
    stack: list = [layer(), inner, layer(), layer()]
    if rng.random() < 0.5:
        stack.insert(0, PixelLayer(pixels=Tiles.of_array(np.full((260, 290, 4), 255, np.uint8))))
    document.root.children = tuple(stack)
    return document


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_groups_masks_clipping_and_opacity_follow_the_definitions(seed: int) -> None:
    document = random_stack(seed)
    error = np.abs(document.composite(document.rect, premultiplied=True) - picture_of(document))
    # Every layer and group rounds once to bytes; a clipped one over a nearly clear base rounds its colour too.
    assert error.mean() < 0.8
    assert np.percentile(error, 99.9) <= 4


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=10), st.integers(0, 2))
def test_what_is_remembered_never_goes_stale(seeds: list[int], level: int) -> None:
    document = small_document(2)
    for seed in seeds:
        document.composite(document.rect)
        document.composite(document.rect.scaled_down(level), level=level)
        random_step(document, seed)
        layers = list(document.layers())
        document.set_active(layers[seed % len(layers)] if layers else None)
    fresh = document.snapshot_for_saving()
    for at in (0, level):
        area = document.rect.scaled_down(at)
        shown = document.composite(area, level=at, premultiplied=True).astype(int)
        assert np.abs(shown - fresh.composite(area, level=at, premultiplied=True)).max() <= 2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10_000)), min_size=3, max_size=16))
def test_looking_painting_and_undoing_in_any_order_shows_the_truth(acts: list[tuple[int, int]]) -> None:
    document = small_document(4)
    for number in range(3):
        document.root.children += (
            PixelLayer(pixels=Tiles.of_array(some_pixels(np.random.default_rng(number), 290, 200))),
        )
    for act, seed in acts:
        rng = np.random.default_rng(seed)
        layers = [layer for layer in document.layers() if isinstance(layer, PixelLayer) and layer.visible]
        if act <= 3 and layers:
            # A stroke that is looked at while it is painted, as on the canvas.
            layer = layers[seed % len(layers)]
            document.set_active(layer)
            if any(above.locked or not above.visible for above in document.path_to(layer)):
                continue
            edit = document.begin_edit(layer, "Brush")
            for _ in range(3):
                rect = Rect(*rng.integers(-20, 260, 2).tolist(), 40, 30)
                edit.write(rect, some_pixels(rng, 40, 30))
                document.composite(rect.grown(5))
                document.composite(rect.scaled_down(1), level=1)
            edit.cancel() if act == 0 else edit.commit()
        elif act == 4:
            random_step(document, seed)
        elif act in (5, 6):
            document.undo()
        elif act == 7:
            document.redo()
        elif act == 8:
            document.composite(document.rect)
        else:
            document.composite(document.rect.scaled_down(2), level=2)
    fresh = document.snapshot_for_saving()
    for level in (2, 1, 0):
        area = document.rect.scaled_down(level)
        shown = document.composite(area, level=level, premultiplied=True).astype(int)
        assert np.abs(shown - fresh.composite(area, level=level, premultiplied=True)).max() <= 2, level


def test_undo_shows_at_once_what_was_there() -> None:
    document = Document(900, 900)
    rng = np.random.default_rng(2)
    document.root.children = tuple(PixelLayer(pixels=Tiles.of_array(some_pixels(rng, 900, 900))) for _ in range(4))
    layer = document.root.children[1]
    document.set_active(layer)
    before = document.composite(document.rect)
    with document.begin_edit(layer, "Brush") as edit:
        edit.write(Rect(100, 100, 600, 500), some_pixels(rng, 600, 500))
    after = document.composite(document.rect)
    painted: list[int] = []
    original = document.compositor._make
    document.compositor._make = lambda *place: painted.append(1) or original(*place)  # type: ignore[method-assign,func-returns-value]
    document.compositor._renew = lambda *rest: painted.append(1)  # type: ignore[method-assign]
    document.undo()
    assert np.array_equal(document.composite(document.rect), before)
    document.redo()
    assert np.array_equal(document.composite(document.rect), after)
    assert painted == []


def test_many_small_strokes_show_exactly_what_one_fresh_composite_shows() -> None:
    rng = np.random.default_rng(5)
    document = Document(600, 600)
    for _ in range(5):
        document.root.children += (PixelLayer(pixels=Tiles.of_array(some_pixels(rng, 600, 600))),)
    layer = document.root.children[2]
    document.set_active(layer)
    document.composite(document.rect)
    edit = document.begin_edit(layer, "Brush")
    for _ in range(40):
        rect = Rect(*rng.integers(0, 560, 2).tolist(), 60, 50)
        edit.write(rect, some_pixels(rng, 60, 50))
        document.composite(rect)
    edit.commit()
    fresh = document.snapshot_for_saving().composite(document.rect, premultiplied=True).astype(int)
    assert np.abs(document.composite(document.rect, premultiplied=True) - fresh).max() <= 1


def test_zoom_levels_are_true_averages() -> None:
    document = random_stack(11)
    whole = picture_of(document)
    for level in (1, 2):
        step = 1 << level
        area = document.rect.scaled_down(level)
        padded = np.zeros((area.h * step, area.w * step, 4))
        padded[: document.height, : document.width] = whole
        mean = padded.reshape(area.h, step, area.w, step, 4).mean(axis=(1, 3))
        error = np.abs(document.composite(area, level=level, premultiplied=True) - mean)
        assert error.mean() < 0.8
        assert error.max() <= 5


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_halving_is_within_one_step_and_unbiased(seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 32, 4), dtype=np.uint8)
    exact = pixels.reshape(32, 2, 16, 2, 4).mean(axis=(1, 3))
    error = halved(pixels) - exact
    assert np.abs(error).max() <= 1
    assert abs(error.mean()) < 0.1


def test_an_opaque_photo_is_shown_without_a_copy() -> None:
    rng = np.random.default_rng(0)
    document = Document.of_image(rng.integers(0, 256, (512, 512, 3), dtype=np.uint8))
    document.composite(document.rect)
    assert document.compositor.bytes_used() == 0
    assert document.composite_tile(0, 0) is document.root.children[0].pixels.tile(0, 0)  # type: ignore[attr-defined]
    assert not document.composite_tile(5, 5).any()


def test_the_cache_is_bounded_and_counted() -> None:
    rng = np.random.default_rng(0)
    document = Document(2048, 2048)
    noise = some_pixels(rng, 2048, 2048)
    noise[..., 3] = 99
    document.root.children = (PixelLayer(pixels=Tiles.of_array(noise)),)
    document.compositor.floor_bytes = 4 << 20
    document.composite(document.rect)
    assert document.compositor.bytes_used() <= 4 << 20
    assert np.array_equal(document.composite_tile(7, 7)[..., 3], noise[7 * TILE :, 7 * TILE :, 3])


def test_the_canvas_edge_is_kept() -> None:
    document = Document(300, 300)
    layer = PixelLayer(pixels=Tiles.of_array(np.full((400, 400, 4), 255, np.uint8), -50, -50))
    document.root.children = (layer,)
    around = document.composite(Rect(-20, -20, 340, 340))
    assert not around[:20].any()
    assert not around[:, 320:].any()
    assert (around[20:320, 20:320] == 255).all()


def test_what_lies_under_a_layer_in_a_group_includes_what_lies_under_the_group() -> None:
    document = Document(64, 64)
    red, green = np.zeros((64, 64, 4), np.uint8), np.zeros((64, 64, 4), np.uint8)
    red[...] = (255, 0, 0, 255)
    green[:32] = (0, 255, 0, 255)
    top = PixelLayer()
    group = GroupLayer(children=(PixelLayer(pixels=Tiles.of_array(green)), top), opacity=0.3)
    document.root.children = (PixelLayer(pixels=Tiles.of_array(red)), group)
    under = document.below(top, document.rect)
    assert under[0, 0].tolist() == [0, 255, 0, 255]
    assert under[40, 0].tolist() == [255, 0, 0, 255]


def test_sixteen_thousand_pixels_square_are_no_trouble_when_mostly_empty() -> None:
    document = Document(16384, 16384)
    layer = document.add_layer()
    with document.begin_edit(layer, "Brush") as edit:
        edit.write(Rect(16000, 16000, 900, 900), np.full((900, 900, 4), 200, np.uint8))
    small = document.thumbnail(64)
    assert small.shape[:2] == (64, 64)
    assert small[63, 63, 3] > 0
    assert small[0, 0, 3] == 0
    assert layer.content_rect().right == 16384


@pytest.mark.parametrize("mode", [BlendMode.HUE, BlendMode.SOFT_LIGHT, BlendMode.PLUS])
def test_painting_under_a_special_mode_repaints_it(mode: BlendMode) -> None:
    document = small_document()
    top = document.root.children[-1]
    document.set_layer(top, mode=mode)
    ground = document.root.children[0]
    document.set_active(ground)
    document.composite(document.rect)
    with document.begin_edit(ground, "Brush") as edit:
        edit.write(Rect(100, 100, 60, 60), np.full((60, 60, 4), 255, np.uint8))
    fresh = document.snapshot_for_saving()
    assert np.array_equal(document.composite(document.rect), fresh.composite(document.rect))


def test_coarse_tiles_stay_when_fine_ones_are_pushed_out() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (2048, 2048, 3), dtype=np.uint8)
    document = Document.of_image(pixels)
    document.compositor.floor_bytes = 1 << 20
    document.composite_tile(0, 0, 3)
    fine = [(x, y) for y in range(4) for x in range(4)]
    for _ in range(2):
        for x, y in fine:
            document.composite_tile(x, y, 1)
        for x in range(2):
            document.composite_tile(x, 0, 2)
    assert document.holds_tile(0, 0, 3)
    assert not all(document.holds_tile(x, y, 1) for x, y in fine)
