"""Every tool, used with a mouse or a pen on the canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from artdesk.document.brush import BrushSettings, Response, StrokeMode
from artdesk.document.layers import PixelLayer, StyleLayer
from artdesk.document.rect import Rect
from artdesk.ui.paint.session import StyleChoice
from artdesk.ui.paint.tools import TOOLS
from tests.ui.paint.conftest import Desk
from tests.ui.paint.hands import at, click, drag, move, pen

SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
RED = (220, 20, 10, 255)
LINE = [(60.0, 60.0), (110.0, 80.0), (160.0, 60.0), (210.0, 90.0)]


def pixels(desk: Desk) -> np.ndarray:
    return desk.document.composite(desk.document.rect)


def pixel(desk: Desk, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(v) for v in desk.document.composite(Rect(x, y, 1, 1))[0, 0])


def hard(desk: Desk, size: float = 20, mode: StrokeMode = StrokeMode.PAINT) -> None:
    desk.session.set_brush(mode, BrushSettings(size=size, hardness=1.0))


def test_the_brush_paints_in_the_colour_in_hand_as_one_step(desk: Desk) -> None:
    desk.session.set_color(RED)
    hard(desk)
    before = pixels(desk)
    drag(desk.canvas, LINE)
    assert pixel(desk, 110, 76) == RED
    assert desk.document.history.undo_label == "Brush stroke"
    assert desk.session.recent_colors[0] == RED
    changed = (pixels(desk) != before).any(-1)
    assert not changed[:, 260:].any()
    desk.document.undo()
    assert np.array_equal(pixels(desk), before)


def test_a_pens_pressure_widens_the_stroke_and_its_other_end_erases(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    desk.session.set_color(RED)
    desk.session.set_brush(StrokeMode.PAINT, BrushSettings(size=40, hardness=1.0, size_pressure=Response(0.05)))
    points = [(40.0 + 10 * n, 150.0) for n in range(30)]
    pen(desk.canvas, points, [0.1 + 0.9 * n / 29 for n in range(30)])
    alpha = layer.pixels.read(document.rect)[..., 3] > 128
    assert 2 <= alpha[:, 70].sum() < 14
    assert alpha[:, 310].sum() > 30
    hard(desk, 60, StrokeMode.ERASE)
    pen(desk.canvas, [(300.0, 150.0), (310.0, 150.0)], eraser=True)
    assert document.history.undo_label == "Erase"
    assert not layer.pixels.read(document.rect)[150, 300:310, 3].any()
    assert desk.workspace.tool.id == "brush"


def test_escape_takes_a_stroke_back_and_leaves_no_step(desk: Desk) -> None:
    before, position = pixels(desk), desk.document.history.position
    hard(desk)
    QTest.mousePress(desk.canvas, Qt.MouseButton.LeftButton, pos=at(desk.canvas, 50, 50).toPoint())
    move(desk.canvas, at(desk.canvas, 90, 90).toPoint())
    assert not np.array_equal(pixels(desk), before)
    QTest.keyPress(desk.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(desk.canvas, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert np.array_equal(pixels(desk), before)
    assert desk.document.history.position == position


def test_shift_joins_two_clicks_with_a_straight_line(desk: Desk) -> None:
    desk.session.set_color(RED)
    hard(desk, 10)
    click(desk.canvas, 50, 200)
    click(desk.canvas, 250, 200, SHIFT)
    assert all(pixel(desk, x, 200) == RED for x in range(52, 248, 10))


def test_alt_picks_a_colour_with_a_brush_in_hand(desk: Desk) -> None:
    expected = pixel(desk, 123, 45)
    position = desk.document.history.position
    click(desk.canvas, 123, 45, ALT)
    assert desk.session.color == expected
    assert desk.document.history.position == position
    desk.take("picker")
    click(desk.canvas, 300, 250, CTRL)
    assert desk.session.background == pixel(desk, 300, 250)


def test_smudge_moves_paint_without_making_any(desk: Desk) -> None:
    desk.take("smudge")
    before = pixels(desk)
    drag(desk.canvas, LINE)
    after = pixels(desk)
    assert not np.array_equal(before, after)
    assert (after[..., 3] == 255).all()
    assert desk.document.history.undo_label == "Smudge"


def test_fill_stays_within_the_selection(desk: Desk) -> None:
    document = desk.document
    document.fill(document.layer(document.active_layer), (255, 255, 255, 255))  # type: ignore[arg-type]
    desk.take("rect_select")
    drag(desk.canvas, [(50, 50), (120, 90), (150, 130)])
    assert document.selection is not None
    assert document.selection.bounds() == Rect(50, 50, 100, 80)
    desk.session.set_color(RED)
    desk.take("fill")
    click(desk.canvas, 100, 100)
    red = (pixels(desk) == RED).all(-1)
    assert red[50:130, 50:150].all()
    assert red.sum() == 100 * 80


def test_the_gradient_runs_from_one_colour_to_the_other(desk: Desk) -> None:
    desk.session.set_color((0, 0, 0, 255))
    desk.session.set_background((255, 255, 255, 255))
    desk.take("gradient")
    drag(desk.canvas, [(0, 150), (200, 150), (399, 150)])
    row = pixels(desk)[150, :, 0].astype(int)
    assert row[5] < 12
    assert row[394] > 243
    assert (np.diff(row) >= -2).all()


@pytest.mark.parametrize(("tool", "area"), [("rect_select", 8000), ("ellipse_select", 8000 * np.pi / 4)])
def test_shapes_select_add_and_subtract(desk: Desk, tool: str, area: float) -> None:
    document = desk.document
    desk.take(tool)
    drag(desk.canvas, [(40, 40), (100, 80), (140, 120)])
    assert document.selection is not None
    one = document.selection.read(document.rect).sum() / 255
    assert one == pytest.approx(area, rel=0.02)
    drag(desk.canvas, [(200, 40), (250, 80), (300, 120)], SHIFT)
    two = document.selection.read(document.rect).sum() / 255
    assert two == pytest.approx(2 * area, rel=0.02)
    drag(desk.canvas, [(190, 30), (250, 80), (310, 130)], ALT)
    three = document.selection.read(document.rect).sum() / 255
    assert three < 1.35 * area
    click(desk.canvas, 350, 250)
    assert document.selection is None


def test_the_lasso_selects_what_it_goes_around(desk: Desk) -> None:
    desk.take("lasso")
    drag(desk.canvas, [(50, 50), (150, 50), (150, 150), (50, 150)])
    selection = desk.document.selection
    assert selection is not None
    assert selection.read(Rect(100, 100, 1, 1))[0, 0] == 255
    assert selection.read(desk.document.rect).sum() / 255 == pytest.approx(10000, rel=0.02)


def test_wand_and_by_colour_differ_in_what_hangs_together(desk: Desk) -> None:
    document = desk.document
    layer = document.active_layer
    assert layer is not None
    document.fill(layer, (255, 255, 255, 255))
    with document.begin_edit(layer, "Squares") as edit:
        for x in (50, 200):
            edit.write(Rect(x, 50, 60, 60), np.full((60, 60, 4), RED, np.uint8))
    desk.take("wand")
    desk.workspace.tool.set_value("smooth", False)
    click(desk.canvas, 70, 70)
    assert document.selection is not None
    assert document.selection.bounds() == Rect(50, 50, 60, 60)
    desk.take("by_color")
    desk.workspace.tool.set_value("smooth", False)
    click(desk.canvas, 70, 70)
    assert document.selection.bounds() == Rect(50, 50, 210, 60)


def test_a_feathered_selection_fades_what_is_painted(desk: Desk) -> None:
    document = desk.document
    layer = document.active_layer
    assert layer is not None
    document.fill(layer, (0, 0, 0, 255))
    desk.take("rect_select")
    desk.workspace.tool.set_value("feather", 20)
    drag(desk.canvas, [(100, 100), (200, 150), (300, 200)])
    document.fill(layer, (255, 255, 255, 255))
    column = pixels(desk)[150, :, 0].astype(int)
    assert column[200] == 255
    assert 60 < column[100] < 200
    assert column[60] == 0


def test_dragging_moves_a_layer_and_enter_keeps_it(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    with document.begin_edit(layer, "Square") as edit:
        edit.write(Rect(50, 60, 40, 30), np.full((30, 40, 4), RED, np.uint8))
    desk.take("transform")
    position = document.history.position
    QTest.mousePress(desk.canvas, Qt.MouseButton.LeftButton, pos=at(desk.canvas, 70, 75).toPoint())
    move(desk.canvas, at(desk.canvas, 120, 95).toPoint())
    assert tuple(pixels(desk)[70, 60]) != RED  # while it is dragged, its old place shows what lies below
    move(desk.canvas, at(desk.canvas, 150, 125).toPoint())
    QTest.mouseRelease(desk.canvas, Qt.MouseButton.LeftButton, pos=at(desk.canvas, 150, 125).toPoint())
    assert layer.pixels.bounds() == Rect(130, 110, 40, 30)  # let go, the document holds it: nothing can be lost
    drag(desk.canvas, [(150, 125), (155, 130), (160, 135)])
    QTest.keyPress(desk.canvas, Qt.Key.Key_Left)
    assert layer.pixels.bounds() == Rect(139, 120, 40, 30)
    assert document.history.position == position + 1  # however often it was pulled
    QTest.keyPress(desk.canvas, Qt.Key.Key_Return)
    assert document.history.position == position + 1
    document.undo()
    assert layer.pixels.bounds() == Rect(50, 60, 40, 30)
    assert tuple(pixels(desk)[70, 60]) == RED


def test_pulling_small_and_large_again_loses_nothing(desk: Desk) -> None:
    document = desk.document
    layer = document.active_layer
    assert isinstance(layer, PixelLayer)
    before = pixels(desk)
    desk.take("transform")
    drag(desk.canvas, [(400, 300), (100, 80), (20, 15)])
    assert layer.pixels.bounds().w < 30
    drag(desk.canvas, [(20, 15), (100, 80), (400, 300)])
    difference = np.abs(pixels(desk)[4:-4, 4:-4].astype(int) - before[4:-4, 4:-4])
    assert difference.mean() < 3


def test_corners_scale_and_escape_takes_back(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    with document.begin_edit(layer, "Square") as edit:
        edit.write(Rect(50, 60, 40, 40), np.full((40, 40, 4), RED, np.uint8))
    desk.take("transform")
    drag(desk.canvas, [(90, 100), (110, 120), (130, 140)])
    QTest.keyPress(desk.canvas, Qt.Key.Key_Escape)
    assert layer.pixels.bounds() == Rect(50, 60, 40, 40)
    drag(desk.canvas, [(90, 100), (110, 120), (130, 140)])
    desk.take("brush")  # taking up another tool keeps it
    bounds = layer.pixels.bounds()
    assert abs(bounds.w - 80) <= 2
    assert abs(bounds.h - 80) <= 2
    assert (bounds.x, bounds.y) == pytest.approx((50, 60), abs=1)  # smooth edges reach a pixel further


def test_turning_by_a_quarter_with_shift(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    with document.begin_edit(layer, "Bar") as edit:
        edit.write(Rect(150, 140, 100, 20), np.full((20, 100, 4), RED, np.uint8))
    desk.take("transform")
    drag(desk.canvas, [(260, 150), (240, 220), (200, 258)], SHIFT)
    desk.take("brush")
    bounds = layer.pixels.bounds()
    assert abs(bounds.w - 20) <= 3
    assert abs(bounds.h - 100) <= 3


def test_a_group_moves_with_all_it_holds(desk: Desk) -> None:
    document = desk.document
    inner = document.add_layer()
    assert isinstance(inner, PixelLayer)
    with document.begin_edit(inner, "Square") as edit:
        edit.write(Rect(50, 60, 40, 30), np.full((30, 40, 4), RED, np.uint8))
    group = document.group_layers([inner])
    document.set_active(group)
    desk.take("transform")
    drag(desk.canvas, [(70, 75), (100, 95), (110, 105)])
    desk.canvas.repaint()
    QTest.keyPress(desk.canvas, Qt.Key.Key_Return)
    assert inner.pixels.bounds() == Rect(90, 90, 40, 30)


def test_with_a_selection_only_that_part_moves(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer()
    assert isinstance(layer, PixelLayer)
    with document.begin_edit(layer, "Bar") as edit:
        edit.write(Rect(50, 60, 100, 30), np.full((30, 100, 4), RED, np.uint8))
    desk.take("rect_select")
    drag(desk.canvas, [(100, 40), (150, 80), (200, 120)])
    desk.take("transform")
    drag(desk.canvas, [(120, 75), (140, 150), (140, 175)])
    QTest.keyPress(desk.canvas, Qt.Key.Key_Return)
    alpha = layer.pixels.read(document.rect)[..., 3]
    assert alpha[75, 60:100].all()
    assert not alpha[75, 100:].any()
    assert alpha[175, 121:169].all()


def test_crop_keeps_the_frame_alone(desk: Desk) -> None:
    before = pixels(desk)
    desk.take("crop")
    drag(desk.canvas, [(100, 50), (200, 100), (300, 200)])
    drag(desk.canvas, [(100, 125), (110, 125), (120, 125)])  # the left side, pulled in
    QTest.keyPress(desk.canvas, Qt.Key.Key_Return)
    assert (desk.document.width, desk.document.height) == (180, 150)
    assert np.array_equal(pixels(desk), before[50:200, 120:300])


def test_the_style_brush_makes_a_hidden_style_layer_and_shows_it_where_it_passes(desk: Desk) -> None:
    desk.take("style_brush")
    click(desk.canvas, 100, 100)
    assert "style" in str(desk.errors[-1]).lower()  # none is chosen yet
    desk.workspace.set_style(StyleChoice((("ember", 1.0),), strength=0.8))
    desk.session.set_brush(StrokeMode.STYLE_MASK, BrushSettings(size=30, hardness=1.0))
    drag(desk.canvas, LINE)
    layer = desk.document.active_layer
    assert isinstance(layer, StyleLayer)
    assert (layer.name, layer.mix, layer.strength) == ("Ember", (("ember", 1.0),), 0.8)
    assert layer.mask is not None
    shown = layer.mask.tiles.read(desk.document.rect)
    assert shown[76, 110] == 255
    assert shown[250, 350] == 0
    drag(desk.canvas, LINE, CTRL)
    assert layer.mask.tiles.read(desk.document.rect)[76, 110] == 0


def test_locked_and_hidden_layers_are_told_not_painted(desk: Desk) -> None:
    document = desk.document
    layer = document.active_layer
    assert layer is not None
    before = pixels(desk)
    document.set_layer(layer, locked=True)
    drag(desk.canvas, LINE)
    assert "locked" in str(desk.errors[-1])
    document.set_layer(layer, locked=False, visible=False)
    drag(desk.canvas, LINE)
    assert "hidden" in str(desk.errors[-1])
    document.set_layer(layer, visible=True)
    assert np.array_equal(pixels(desk), before)


@pytest.mark.parametrize("tool", [kind.id for kind in TOOLS])
def test_no_tool_breaks_without_a_document_or_a_layer(desk: Desk, tool: str) -> None:
    desk.workspace.set_document(None)
    desk.take(tool)
    drag(desk.canvas, [(10, 10), (20, 20), (30, 30)])
    desk.open()
    document = desk.document
    document.remove_layer(document.active_layer)  # type: ignore[arg-type]
    desk.take("brush" if tool != "brush" else "eraser")
    desk.take(tool)
    drag(desk.canvas, [(10, 10), (40, 40), (80, 60)])
    QTest.keyPress(desk.canvas, Qt.Key.Key_Escape)
    desk.canvas.repaint()


def test_every_tool_has_its_own_key_and_words() -> None:
    keys = [kind.shortcut for kind in TOOLS]
    assert len(set(keys)) == len(keys)
    assert all(kind.title and kind.help and kind.icon for kind in TOOLS)


def test_keys_take_up_tools_and_change_the_size(desk: Desk) -> None:
    desk.canvas.setFocus()
    QTest.keyClick(desk.canvas, Qt.Key.Key_E)
    assert desk.workspace.tool.id == "eraser"
    QTest.keyClick(desk.canvas, Qt.Key.Key_B)
    assert desk.workspace.tool.id == "brush"
    size = desk.session.brush().size
    QTest.keyClick(desk.canvas, Qt.Key.Key_BracketRight)
    assert desk.session.brush().size > size
