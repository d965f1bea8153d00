"""Layers, history, brush and colour panels: what they show and what they do to the document."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from artdesk.document.blend import BlendMode
from artdesk.document.brush import Grain, StrokeMode
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.document.rect import Rect
from artdesk.ui.paint.layer_model import MIME
from artdesk.ui.paint.layer_row import LayerRow
from artdesk.ui.paint.session import StyleChoice
from artdesk.ui.paint.thumbnails import plane_sample
from tests.ui.paint.conftest import Desk
from tests.ui.paint.hands import drag


def names(desk: Desk, parent: QModelIndex | None = None) -> list[object]:
    """The tree as nested lists of names, topmost first."""
    model = desk.workspace.layers.model
    parent = parent if parent is not None else QModelIndex()
    found: list[object] = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        found.append(index.data())
        if model.rowCount(index):
            found.append(names(desk, index))
    return found


def drop(desk: Desk, layer: Layer, row: int, group: Layer | None = None) -> None:
    model = desk.workspace.layers.model
    data = QMimeData()
    data.setData(MIME, layer.id.encode())
    parent = model.index_of(group.id) if group is not None else QModelIndex()
    model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, parent)


def part(desk: Desk, layer: Layer, name: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Click a part of a layer's row."""
    panel = desk.workspace.layers
    tree = panel.tree
    tree.setFocus()
    box = tree.visualRect(panel.model.index_of(layer.id))
    places = {"eye": LayerRow.eye(box), "pixels": LayerRow.thumb(box), "lock": LayerRow.lock(box)}
    places["mask"] = panel._row.mask(box)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, keys, places[name].center())


def test_the_tree_shows_layers_topmost_first_and_drops_move_them(desk: Desk) -> None:
    document = desk.document
    one, two = document.add_layer(name="One"), document.add_layer(name="Two")
    group = document.add_group("Group")
    assert names(desk) == ["Group", "Two", "One", "Background"]
    drop(desk, one, 0)
    assert names(desk) == ["One", "Group", "Two", "Background"]
    drop(desk, two, -1, group)
    assert names(desk) == ["One", "Group", ["Two"], "Background"]
    drop(desk, one, 1, group)
    assert names(desk) == ["Group", ["Two", "One"], "Background"]
    drop(desk, group, 2)  # below the background
    assert names(desk) == ["Background", "Group", ["Two", "One"]]
    drop(desk, group, 0, group)  # into itself: told, not done
    assert names(desk) == ["Background", "Group", ["Two", "One"]]
    assert desk.errors
    for _ in range(4):
        document.undo()
    assert names(desk) == ["Group", "Two", "One", "Background"]


def test_a_closed_group_stays_closed_when_layers_come_and_go(desk: Desk) -> None:
    document, panel = desk.document, desk.workspace.layers
    inner = document.add_layer(name="Inner")
    group = document.group_layers([inner])
    index = panel.model.index_of(group.id)
    assert panel.tree.isExpanded(index)
    panel.tree.collapse(index)
    document.set_active(group)
    document.add_layer(name="Other")
    assert not panel.tree.isExpanded(panel.model.index_of(group.id))
    assert panel.tree.currentIndex().data() == "Other"


def test_clicks_on_eye_lock_and_thumbnails(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer(name="One")
    part(desk, layer, "eye")
    assert not layer.visible
    part(desk, layer, "eye")
    assert layer.visible
    part(desk, layer, "lock")
    assert layer.locked
    part(desk, layer, "lock")
    desk.workspace.add_mask()
    assert desk.session.on_mask
    part(desk, layer, "pixels")
    assert not desk.session.on_mask
    part(desk, layer, "mask")
    assert desk.session.on_mask
    desk.session.set_color((0, 0, 0, 255))
    drag(desk.canvas, [(60, 60), (90, 60), (120, 60)])
    assert layer.mask is not None
    assert layer.mask.tiles.read(document.rect).min() == 0


def test_an_opacity_drag_is_one_step(desk: Desk) -> None:
    panel, document = desk.workspace.layers, desk.document
    position = document.history.position
    slider = panel.opacity
    y = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 5, y))
    for x in range(slider.width() - 10, slider.width() // 4, -8):
        QTest.mouseMove(slider, QPoint(x, y))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, y))
    layer = document.active_layer
    assert layer is not None
    assert 0.15 < layer.opacity < 0.4
    assert document.history.position == position + 1
    assert not document.history._merge_until  # sealed: the next drag is a step of its own
    document.undo()
    assert layer.opacity == 1
    assert slider.value == 1


def test_modes_switches_and_new_layers_from_the_panel(desk: Desk) -> None:
    panel, document = desk.workspace.layers, desk.document
    layer = document.active_layer
    assert layer is not None
    panel.mode.setCurrentIndex(panel.mode.findData(BlendMode.MULTIPLY))
    panel.mode.activated.emit(panel.mode.currentIndex())
    assert layer.mode is BlendMode.MULTIPLY
    panel.toggles["lock_alpha"].click()
    panel.toggles["clip"].click()
    assert (layer.lock_alpha, layer.clip) == (True, True)
    panel.action_wished.emit("layer.add")
    panel.action_wished.emit("layer.add_group")
    panel.action_wished.emit("layer.duplicate")
    assert len(list(document.layers())) == 4
    assert isinstance(document.active_layer, GroupLayer)
    panel.tree.setFocus()
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert len(list(document.layers())) == 3
    document.set_active(layer)
    QTest.keyClick(panel.tree, Qt.Key.Key_Space)
    assert not layer.visible


def test_renaming_in_the_row(desk: Desk) -> None:
    model, document = desk.workspace.layers.model, desk.document
    layer = document.active_layer
    assert layer is not None
    assert model.setData(model.index_of(layer.id), "  Sky ")
    assert layer.name == "Sky"
    assert not model.setData(model.index_of(layer.id), " ")
    document.undo()
    assert layer.name == "Background"


def test_a_style_layers_settings_are_undoable_and_make_it_stale(desk: Desk) -> None:
    document = desk.document
    desk.workspace.set_style(StyleChoice((("ember", 1.0),)))
    desk.workspace.add_style_layer()
    layer = document.active_layer
    assert isinstance(layer, StyleLayer)
    box = desk.workspace.layers.style_settings
    assert box.isVisible()
    assert box.style_name.text() == "Ember"
    document.set_painted(layer, desk_picture(desk))
    assert not layer.stale
    desk.workspace.set_style(StyleChoice((("ember", 1.0), ("frost", 3.0))))
    box.take_style.click()
    assert layer.mix == (("ember", 1.0), ("frost", 3.0))
    assert "Frost 75 %" in box.style_name.text()
    assert layer.stale
    box.keep_colors.click()
    assert layer.keep_colors
    document.undo()
    document.undo()
    assert layer.mix == (("ember", 1.0),)
    assert not layer.stale
    document.set_active(document.root.children[0])
    assert not box.isVisible()


def desk_picture(desk: Desk) -> np.ndarray:
    return desk.document.composite(desk.document.rect)


def test_the_history_lists_steps_with_pictures_and_jumps(desk: Desk) -> None:
    panel, document = desk.workspace.history, desk.document
    desk.session.set_color((255, 0, 0, 255))
    drag(desk.canvas, [(50, 50), (90, 50), (120, 50)])
    desk.qtbot.waitUntil(lambda: document.history.entries[0].thumbnail is not None, timeout=30000)
    drag(desk.canvas, [(50, 150), (90, 150), (120, 150)])
    desk.qtbot.waitUntil(lambda: panel.steps.count() == 3, timeout=30000)
    assert [panel.steps.item(row).text() for row in range(3)] == ["As opened", "Brush stroke", "Brush stroke"]
    panel.steps.itemClicked.emit(panel.steps.item(1))
    assert document.history.position == 1
    desk.qtbot.waitUntil(lambda: panel.steps.currentRow() == 1, timeout=30000)
    panel.steps.itemClicked.emit(panel.steps.item(2))
    assert document.history.position == 2
    panel.steps.itemClicked.emit(panel.steps.item(0))
    assert document.history.position == 0


def test_snapshots_come_back_and_can_be_undone(desk: Desk) -> None:
    panel, document = desk.workspace.history, desk.document
    document.take_snapshot("Start")
    panel.refresh()
    assert panel.snapshots.item(0).text() == "Start"
    before = desk_picture(desk)
    drag(desk.canvas, [(50, 50), (90, 50), (120, 50)])
    after = desk_picture(desk)
    panel.snapshots.itemActivated.emit(panel.snapshots.item(0))
    assert np.array_equal(desk_picture(desk), before)
    document.undo()
    assert np.array_equal(desk_picture(desk), after)


def test_the_brush_panel_offers_the_brushes_of_the_tool_in_hand(desk: Desk) -> None:
    panel = desk.workspace.brushes
    desk.take("eraser")
    assert panel.mode is StrokeMode.ERASE
    assert {panel.presets.item(row).text() for row in range(panel.presets.count())} == {"Hard eraser", "Soft eraser"}
    desk.take("brush")
    row = next(row for row in range(panel.presets.count()) if panel.presets.item(row).text() == "Chalk")
    panel.presets.item(row).setSelected(True)
    assert desk.session.preset_id(StrokeMode.PAINT) == "chalk"
    assert panel.grain.currentData() == Grain.ROUGH
    panel._sliders["size"].value_changed.emit(77.0)
    assert desk.session.brush().size == 77
    assert desk.session.preset_id(StrokeMode.PAINT) == ""
    panel._checks["opacity_pressure"].click()
    assert desk.session.brush().opacity_pressure is not None
    desk.qtbot.waitUntil(
        lambda: all(not panel.presets.item(r).icon().isNull() for r in range(panel.presets.count())), timeout=30000
    )


def test_colours_by_wheel_number_and_swatch(desk: Desk) -> None:
    panel, session = desk.workspace.colors, desk.session
    panel.hex.setText("3366cc")
    panel.hex.editingFinished.emit()
    assert session.color == (0x33, 0x66, 0xCC, 255)
    assert panel.wheel.color().name() == "#3366cc"
    panel.wheel.color_chosen.emit(QColor(10, 20, 30))
    assert session.color == (10, 20, 30, 255)
    panel.edit_background(True)
    panel.swatches[3].click()
    assert session.background[:3] == (170, 62, 48)
    session.swap_colors()
    assert session.color[:3] == (170, 62, 48)
    desk.workspace.reset_colors()
    assert (session.color[:3], session.background[:3]) == ((0, 0, 0), (255, 255, 255))


def test_a_layers_thumbnail_samples_its_plane(desk: Desk) -> None:
    document = desk.document
    layer = document.add_layer()
    with document.begin_edit(layer, "Half") as edit:
        edit.write(Rect(0, 0, 200, 300), np.full((300, 200, 4), (9, 8, 7, 255), np.uint8))
    tiles = layer.paint()
    assert tiles is not None
    sample = plane_sample(tiles, document, 32)
    half = sample.shape[1] // 2
    assert (sample[:, : half - 1, 3] == 255).all()
    assert not sample[:, half + 1 :, 3].any()
