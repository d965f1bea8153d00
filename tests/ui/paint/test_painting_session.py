"""A whole painting session by pen and mouse, from an empty canvas to a finished picture.

Set ARTDESK_KEEP_PICTURES to a folder to keep the picture and look at it.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from artdesk.document.blend import BlendMode
from artdesk.document.brush import StrokeMode, preset
from artdesk.document.document import Document
from artdesk.document.layers import StyleLayer
from artdesk.document.ora import open_project, save_project
from artdesk.document.rect import Rect
from artdesk.ui.paint.session import Color, StyleChoice
from artdesk.ui.qt_image import qimage_of
from tests.ui.paint.conftest import Desk
from tests.ui.paint.hands import click, drag, pen

SKY: Color = (96, 150, 196, 255)
GLOW: Color = (250, 214, 160, 255)
SUN: Color = (250, 226, 110, 255)
HILL: Color = (70, 106, 70, 255)
TREE: Color = (44, 34, 30, 255)


def take_brush(desk: Desk, preset_id: str, color: Color, **changes: object) -> None:
    found = preset(preset_id)
    assert found is not None
    desk.take("brush")
    desk.session.set_brush(StrokeMode.PAINT, found.settings, preset_id)
    desk.session.change_brush(StrokeMode.PAINT, **changes)
    desk.session.set_color(color)


def paint_sky(desk: Desk) -> None:
    desk.session.set_color(SKY)
    desk.session.set_background(GLOW)
    desk.take("gradient")
    drag(desk.canvas, [(300, 0), (300, 150), (300, 300)])


def paint_sun(desk: Desk) -> None:
    desk.workspace.add_layer()
    desk.document.set_layer(desk.session.need_layer(), name="Sun", mode=BlendMode.SCREEN)
    desk.take("ellipse_select")
    desk.workspace.tool.set_value("feather", 4)
    drag(desk.canvas, [(420, 60), (460, 100), (500, 140)])
    desk.session.set_color(SUN)
    desk.workspace.fill_color()
    desk.workspace.select_none()


def paint_hills(desk: Desk) -> None:
    """A hill drawn with the lasso and filled, then worked over with chalk that stays inside it."""
    desk.workspace.add_layer()
    desk.document.set_layer(desk.session.need_layer(), name="Hills")
    desk.take("lasso")
    ridge = [(x, 270 - 50 * math.sin(x / 95) - 16 * math.sin(x / 31)) for x in range(1, 600, 12)]
    drag(desk.canvas, [(1, 399), *ridge, (599, 399)])
    desk.session.set_color(HILL)
    desk.workspace.fill_color()
    desk.workspace.select_none()
    desk.workspace.toggle_lock_alpha()
    take_brush(desk, "chalk", (126, 150, 84, 255), size=34.0)
    for row in range(5):
        points = [(20.0 + 28 * n, 262.0 + 28 * row + 9 * math.sin(n)) for n in range(21)]
        pen(desk.canvas, points, [0.35 + 0.5 * abs(math.sin(n / 3 + row)) for n in range(21)])


def paint_tree(desk: Desk) -> None:
    desk.workspace.add_layer()
    desk.document.set_layer(desk.session.need_layer(), name="Tree")
    take_brush(desk, "ink_pen", TREE, size=22.0, stabiliser=0.0)
    pen(desk.canvas, [(140, 372), (144, 320), (140, 270), (150, 210), (148, 150)], [1, 0.9, 0.75, 0.5, 0.1])
    for end, start in (((70, 180), 290), ((96, 120), 240), ((226, 168), 280), ((204, 104), 220)):
        pen(desk.canvas, [(144, start), ((144 + end[0]) / 2, start - 40), end], [0.8, 0.5, 0.05])
    take_brush(desk, "sponge", (110, 66, 40, 255), size=56.0)
    for x, y in ((80, 170), (110, 120), (160, 110), (206, 120), (220, 168), (150, 160)):
        pen(desk.canvas, [(x, y), (x + 12, y + 6)], [0.8, 0.7])
    pen(desk.canvas, [(244.0, 168.0), (250.0, 172.0)], eraser=True)


def hide_foot_with_a_mask(desk: Desk) -> None:
    desk.workspace.add_mask()
    assert desk.session.on_mask
    take_brush(desk, "round_soft", (0, 0, 0, 255), size=60.0, flow=1.0)
    drag(desk.canvas, [(100, 384), (140, 386), (190, 384)])


def test_a_picture_from_the_first_stroke_to_the_style(desk: Desk, tmp_path: Path) -> None:
    desk.workspace.style_layers._pause.setInterval(20)
    document = desk.open(Document(600, 400))
    desk.workspace.add_layer()
    document.set_layer(desk.session.need_layer(), name="Sky")

    paint_sky(desk)
    top, low = (document.composite(Rect(30, y, 1, 1))[0, 0].astype(int) for y in (4, 296))
    assert np.abs(top[:3] - SKY[:3]).max() < 8
    assert np.abs(low[:3] - GLOW[:3]).max() < 8

    paint_sun(desk)
    assert document.composite(Rect(460, 100, 1, 1))[0, 0, :3].min() > 180

    paint_hills(desk)
    hills = next(layer for layer in document.layers() if layer.name == "Hills")
    tiles = hills.paint()
    assert tiles is not None
    assert not tiles.read(Rect(0, 0, 600, 150))[..., 3].any()  # chalk stayed on the hill: its transparency is locked
    worked = tiles.read(Rect(40, 300, 520, 60))
    assert len(np.unique(worked.reshape(-1, 4), axis=0)) > 50

    paint_tree(desk)
    hide_foot_with_a_mask(desk)
    foot = document.composite(Rect(141, 384, 1, 1))[0, 0].astype(int)
    assert np.abs(foot[:3] - TREE[:3]).max() > 25  # the mask hides the trunk's foot
    painted = document.composite(document.rect)

    # A style within a selection …
    desk.workspace.set_style(StyleChoice((("ember", 1.0),)))
    desk.take("rect_select")
    drag(desk.canvas, [(380, 20), (450, 80), (540, 180)])
    desk.workspace.add_style_layer()
    sky_style = document.active_layer
    assert isinstance(sky_style, StyleLayer)
    desk.workspace.select_none()
    desk.qtbot.waitUntil(lambda: bool(desk.jobs.open), timeout=30000)
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not sky_style.stale, timeout=30000)
    limited = document.composite(document.rect)
    changed = (limited != painted).any(-1)
    rows, columns = np.nonzero(changed)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (380, 539, 20, 179)

    # … and one that is brushed in.
    document.set_active(next(layer for layer in document.layers() if layer.name == "Tree"))
    desk.workspace.set_style(StyleChoice((("frost", 1.0),)))
    desk.take("style_brush")
    desk.session.change_brush(StrokeMode.STYLE_MASK, size=90.0, flow=1.0)
    pen(desk.canvas, [(80.0 + 16 * n, 330.0) for n in range(24)], [0.9] * 24, tilt=(20, -10))
    brushed = document.active_layer
    assert isinstance(brushed, StyleLayer)
    desk.qtbot.waitUntil(lambda: _painted(desk, brushed), timeout=30000)
    finished = document.composite(document.rect)
    assert np.abs(finished[330, 300, :3].astype(int) - (255 - painted[330, 300, :3].astype(int))).max() <= 4
    assert np.array_equal(finished[5, 5], painted[5, 5])

    # Everything can be taken back and done again, and nothing is lost in a project file.
    steps = document.history.position
    document.jump_to(0)
    assert not document.composite(document.rect).any()
    document.jump_to(steps)
    assert np.array_equal(document.composite(document.rect), finished)
    project = tmp_path / "session.ora"
    save_project(document.snapshot_for_saving(), project, False)
    again = open_project(project)
    difference = np.abs(again.composite(again.rect).astype(int) - finished)
    assert difference.mean() <= 1.0
    assert [layer.name for layer in again.layers()] == [layer.name for layer in document.layers()]
    keep(document)
    click(desk.canvas, 10, 10, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(desk.canvas, Qt.Key.Key_B)
    assert desk.errors == []


def _painted(desk: Desk, layer: StyleLayer) -> bool:
    for job in list(desk.jobs.open):
        desk.jobs.finish(job)
    return not layer.stale and not desk.document.stale_layers()


def keep(document: Document) -> None:
    """Leave the picture where somebody can look at it, if somebody wants to."""
    folder = os.environ.get("ARTDESK_KEEP_PICTURES")
    if folder:
        qimage_of(document.composite(document.rect)).save(str(Path(folder) / "painting_session.png"))
