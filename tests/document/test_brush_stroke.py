"""Strokes on a document: opacity, flow, erasing, smudging, masks, selection, undo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.errors import WrongUse
from artdesk.document.brush import BrushSettings, StrokeEngine, StrokeMode, Tip
from artdesk.document.brush.path import Sample
from artdesk.document.brush.presets import ArraySurface
from artdesk.document.brush.stroke import Coverage, StrokePainter
from artdesk.document.document import Document
from artdesk.document.layers import Mask, PixelLayer, StyleLayer
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import Tiles

RED = (200, 30, 20, 255)


def canvas(width: int = 300, height: int = 200) -> tuple[Document, PixelLayer]:
    document = Document(width, height)
    layer = PixelLayer(name="Layer")
    document.root.children = (layer,)
    document.active_layer = layer
    return document, layer


def line(engine: StrokeEngine, *points: tuple[float, float], pressure: float = 1.0) -> Rect:
    rect = engine.move_to(*points[0], pressure)
    for point in points[1:]:
        rect = rect.united(engine.line_to(*point, pressure))
    return rect.united(engine.end())


# strokes on a document


def test_opacity_is_a_ceiling_for_the_whole_stroke() -> None:
    document, layer = canvas()
    brush = BrushSettings(size=40, hardness=1.0, opacity=0.5)
    line(StrokeEngine(document, layer, brush, RED), (50, 100), (250, 100), (50, 100), (250, 100))
    alpha = layer.pixels.read(document.rect)[..., 3]
    assert int(alpha.max()) == 128
    line(StrokeEngine(document, layer, brush, RED), (50, 100), (250, 100))
    assert int(layer.pixels.read(document.rect)[..., 3].max()) == pytest.approx(192, abs=1)


@pytest.mark.parametrize("hardness", [0.0, 0.5, 0.75, 0.85, 1.0])
@pytest.mark.parametrize("tip", [Tip.ROUND, Tip.FLAT])
def test_nothing_is_painted_beside_the_tip(tip: Tip, hardness: float) -> None:
    document, layer = canvas()
    brush = BrushSettings(tip=tip, size=40, ratio=0.5, hardness=hardness, flow=0.5)
    line(StrokeEngine(document, layer, brush, RED), (60, 100), (240, 100))
    alpha = layer.pixels.read(document.rect)[..., 3]
    assert int(alpha[100, 60:240].min()) > 200
    assert not alpha[:89].any()
    assert not alpha[112:].any()
    assert not alpha[:, :39].any()


def test_the_rim_of_a_hard_brush_stays_smooth() -> None:
    document, layer = canvas()
    line(StrokeEngine(document, layer, BrushSettings(size=41, hardness=1.0, spacing=0.03), RED), (60, 60), (240, 130))
    alpha = layer.pixels.read(document.rect)[..., 3].astype(int)
    partly = (alpha > 20) & (alpha < 235)
    # A line this steep crosses a pixel of the rim on both sides in nearly every column.
    assert np.mean(partly[:, 90:210].sum(axis=0) >= 1) > 0.8


def test_flow_builds_up_within_a_stroke() -> None:
    def alpha_after(times: int) -> int:
        document, layer = canvas()
        brush = BrushSettings(size=40, hardness=1.0, flow=0.05, spacing=0.5)
        points = [(100 + 60 * (step % 2), 100) for step in range(times + 1)]
        line(StrokeEngine(document, layer, brush, RED), *points)
        return int(layer.pixels.read(Rect(130, 100, 1, 1))[0, 0, 3])

    once, often = alpha_after(1), alpha_after(12)
    assert 0 < once < often <= 255


def test_colour_is_kept_exactly_and_only_the_reported_region_changes() -> None:
    document, layer = canvas()
    rect = line(StrokeEngine(document, layer, BrushSettings(size=30, hardness=0.5), RED), (60, 60), (200, 120))
    pixels = layer.pixels.read(document.rect)
    painted = pixels[pixels[..., 3] > 0]
    assert np.all(painted[:, :3] == RED[:3])
    outside = pixels[..., 3].copy()
    outside[rect.intersected(document.rect).slices()] = 0
    assert not outside.any()


def test_a_stroke_is_one_step_and_undo_leaves_no_trace() -> None:
    document, layer = canvas()
    line(StrokeEngine(document, layer, BrushSettings(size=20), RED), (20, 20), (280, 180))
    before = document.composite(document.rect)
    line(StrokeEngine(document, layer, BrushSettings(size=60), (0, 0, 255, 255)), (20, 180), (280, 20))
    assert document.history.undo_label == "Brush stroke"
    document.undo()
    assert np.array_equal(document.composite(document.rect), before)
    document.undo()
    assert not document.composite(document.rect).any()


def test_a_cancelled_stroke_was_never_there() -> None:
    document, layer = canvas()
    engine = StrokeEngine(document, layer, BrushSettings(size=50), RED)
    engine.move_to(50, 50)
    engine.line_to(200, 100)
    engine.cancel()
    assert not layer.pixels.read(document.rect).any()
    assert not document.history.can_undo
    assert engine.line_to(10, 10).empty
    assert engine.end().empty


def test_the_selection_limits_every_mode() -> None:
    chosen = Selection(Tiles.of_array(np.full((200, 100), 255, np.uint8), 100, 0))
    for mode in (StrokeMode.PAINT, StrokeMode.ERASE, StrokeMode.SMUDGE):
        document, layer = canvas()
        ground = np.zeros((200, 300, 4), np.uint8)
        ground[:, ::2] = (10, 200, 30, 255)
        layer.pixels = Tiles.of_array(ground)
        document.selection = chosen
        line(StrokeEngine(document, layer, BrushSettings(size=50, hardness=1.0), RED, mode), (10, 100), (290, 100))
        changed = np.any(layer.pixels.read(document.rect) != ground, axis=2)
        assert changed[:, 100:200].any(), mode
        assert not changed[:, :100].any(), mode
        assert not changed[:, 200:].any(), mode


def test_locked_transparency_keeps_every_alpha() -> None:
    document, layer = canvas()
    line(StrokeEngine(document, layer, BrushSettings(size=60, hardness=0.2), RED), (100, 100), (200, 100))
    alpha = layer.pixels.read(document.rect)[..., 3]
    layer.lock_alpha = True
    line(StrokeEngine(document, layer, BrushSettings(size=90), (0, 0, 255, 255)), (0, 100), (300, 100))
    after = layer.pixels.read(document.rect)
    assert np.array_equal(after[..., 3], alpha)
    assert tuple(after[100, 150, :3]) == (0, 0, 255)


def test_erasing_takes_opacity_and_leaves_colour() -> None:
    document, layer = canvas()
    layer.pixels = Tiles.of_array(np.full((200, 300, 4), 255, np.uint8))
    line(
        StrokeEngine(document, layer, BrushSettings(size=40, hardness=1.0, opacity=0.6), RED, StrokeMode.ERASE),
        (50, 100),
        (250, 100),
    )
    pixel = layer.pixels.read(Rect(150, 100, 1, 1))[0, 0]
    assert tuple(pixel) == (255, 255, 255, 102)
    assert document.history.undo_label == "Erase"


def test_smudging_drags_colour_along_and_invents_none() -> None:
    document, layer = canvas()
    ground = np.zeros((200, 300, 4), np.uint8)
    ground[:, :150] = (250, 0, 0, 255)
    ground[:, 150:] = (0, 0, 250, 255)
    layer.pixels = Tiles.of_array(ground)
    brush = BrushSettings(size=40, hardness=0.8, spacing=0.05, smudge_length=0.9)
    line(StrokeEngine(document, layer, brush, (0, 255, 0, 255), StrokeMode.SMUDGE), (120, 100), (220, 100))
    after = layer.pixels.read(document.rect)
    assert int(after[100, 170, 0]) > 60
    assert int(after[..., 1].max()) == 0
    assert int(after[..., 3].min()) == 255
    assert np.array_equal(after[:40], ground[:40])


def test_smudging_at_a_clear_edge_keeps_the_colour_clean() -> None:
    document, layer = canvas()
    ground = np.zeros((200, 300, 4), np.uint8)
    ground[:, :150] = (240, 180, 60, 255)
    layer.pixels = Tiles.of_array(ground)
    line(
        StrokeEngine(document, layer, BrushSettings(size=50, spacing=0.05), RED, StrokeMode.SMUDGE),
        (110, 100),
        (210, 100),
    )
    after = layer.pixels.read(document.rect)
    seen = after[after[..., 3] > 40][:, :3].astype(int)
    assert np.abs(seen - (240, 180, 60)).max() <= 4
    assert int(after[100, 165, 3]) > 60


def test_the_style_brush_shows_and_the_eraser_hides() -> None:
    document = Document(300, 200)
    style = StyleLayer(
        name="Style", painted=Tiles.of_array(np.full((200, 300, 4), 255, np.uint8)), mask=Mask(Tiles(1, 0))
    )
    document.root.children = (style,)
    assert style.mask is not None
    line(
        StrokeEngine(document, style, BrushSettings(size=60, hardness=1.0), RED, StrokeMode.STYLE_MASK),
        (50, 100),
        (250, 100),
    )
    assert int(style.mask.tiles.read(Rect(150, 100, 1, 1))[0, 0]) == 255
    assert int(document.composite(Rect(150, 10, 1, 1))[0, 0, 3]) == 0
    line(
        StrokeEngine(document, style, BrushSettings(size=20, hardness=1.0), RED, StrokeMode.ERASE),
        (50, 100),
        (250, 100),
    )
    assert int(style.mask.tiles.read(Rect(150, 100, 1, 1))[0, 0]) == 0
    assert int(style.mask.tiles.read(Rect(150, 120, 1, 1))[0, 0]) == 255
    document.undo()
    document.undo()
    assert not style.mask.tiles.read(document.rect).any()


def test_a_mask_is_painted_by_lightness_and_can_be_smudged() -> None:
    document, layer = canvas()
    layer.mask = Mask()
    line(
        StrokeEngine(document, layer, BrushSettings(size=60, hardness=1.0), (128, 128, 128, 255), plane="mask"),
        (50, 100),
        (150, 100),
    )
    assert int(layer.mask.tiles.read(Rect(100, 100, 1, 1))[0, 0]) == 128
    brush = BrushSettings(size=40, spacing=0.05)
    line(StrokeEngine(document, layer, brush, RED, StrokeMode.SMUDGE, plane="mask"), (150, 100), (240, 100))
    assert int(layer.mask.tiles.read(Rect(195, 100, 1, 1))[0, 0]) < 250


def test_what_cannot_be_painted_says_why() -> None:
    document, layer = canvas()
    with pytest.raises(WrongUse, match="no mask"):
        StrokeEngine(document, layer, BrushSettings(), mode=StrokeMode.STYLE_MASK)
    layer.locked = True
    with pytest.raises(WrongUse, match="locked"):
        StrokeEngine(document, layer, BrushSettings())


def test_painting_beyond_the_canvas_is_harmless() -> None:
    document, layer = canvas()
    rect = line(StrokeEngine(document, layer, BrushSettings(size=80), RED), (-200, -200), (500, 400), (-300, 50))
    assert document.rect.contains(rect)
    assert layer.pixels.read(document.rect).any()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), min_size=1, max_size=6),
    st.floats(2, 90),
    st.integers(0, 5),
)
def test_one_stroke_never_exceeds_its_opacity(points: list[tuple[float, float]], size: float, seed: int) -> None:
    surface = ArraySurface(np.zeros((200, 300, 4), np.uint8))
    brush = BrushSettings(size=size, hardness=0.3, opacity=0.4, scatter=0.5, size_jitter=0.5, tip=list(Tip)[seed])
    painter = StrokePainter(surface, brush, RED, seed=seed)
    painter.start(Sample(*points[0]))
    for point in points[1:]:
        painter.move(Sample(*point))
    painter.finish()
    assert int(surface.pixels[..., 3].max()) <= 102


def test_dabs_mixed_together_or_one_by_one_are_the_same() -> None:
    brush = BrushSettings(size=40, hardness=0.2, flow=0.3, spacing=0.2)
    slow, fast = (ArraySurface(np.zeros((300, 900, 4), np.uint8)) for _ in range(2))
    painter = StrokePainter(slow, brush, RED)
    painter.start(Sample(30, 30))
    for step in range(1, 101):
        painter.move(Sample(30 + 8.3 * step, 30 + 2.4 * step))
    painter.finish()
    painter = StrokePainter(fast, brush, RED)
    painter.start(Sample(30, 30))
    painter.move(Sample(860, 270))
    painter.finish()
    assert np.abs(slow.pixels[..., 3].astype(int) - fast.pixels[..., 3]).max() <= 2


def test_coverage_crosses_tiles() -> None:
    coverage = Coverage()
    rect = Rect(-300, 200, 700, 400)
    values = np.random.default_rng(1).random((400, 700), dtype=np.float32)
    coverage.write(rect, values)
    assert np.abs(coverage.read(rect) - values).max() < 1e-4
    assert not coverage.read(Rect(1000, 1000, 20, 20)).any()


def test_chance_differs_between_strokes_unless_it_is_fixed() -> None:
    def spray(seed: int | None) -> bytes:
        document, layer = canvas()
        brush = BrushSettings(tip=Tip.SPRAY, size=60, scatter=0.5, angle_jitter=1.0)
        line(StrokeEngine(document, layer, brush, RED, seed=seed), (60, 60), (240, 130))
        return layer.pixels.read(document.rect).tobytes()

    assert spray(None) != spray(None)
    assert spray(3) == spray(3)
