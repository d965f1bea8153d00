"""The table of paint actions: every entry has a verb, words in both languages, and does what it says."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QSpinBox

from artdesk.core.paths import bundled
from artdesk.document.blend import BlendMode
from artdesk.document.brush import PRESETS
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.ui import actions as desk_actions
from artdesk.ui.desk.dialog import DeskDialog
from artdesk.ui.live.actions import LIVE_ACTIONS
from artdesk.ui.paint import brush_panel, layers_panel
from artdesk.ui.paint.actions import PAINT_ACTIONS
from artdesk.ui.paint.dialogs import CanvasSizeDialog, ImageSizeDialog
from artdesk.ui.paint.tools import TOOLS
from artdesk.ui.qt_image import image_of
from tests.ui.paint.conftest import Desk

ROOT = Path(__file__).resolve().parents[3]


def test_every_action_finds_its_verb_and_its_icon(desk: Desk) -> None:
    owners = {"paint": desk.workspace, "canvas": desk.canvas}
    for spec in PAINT_ACTIONS:
        assert callable(getattr(owners[spec.group], spec.method)), spec.id
        if spec.icon:
            assert (Path(bundled("resources")) / "icons" / f"{spec.icon}.svg").is_file(), spec.icon
    for kind in TOOLS:
        assert (Path(bundled("resources")) / "icons" / f"{kind.icon}.svg").is_file()


def test_no_key_is_given_twice() -> None:
    everything = desk_actions.joined(desk_actions.ACTIONS, PAINT_ACTIONS, LIVE_ACTIONS)
    taken = {key for spec in everything for key in spec.shortcuts}
    assert not taken & {kind.shortcut for kind in TOOLS}


def _words() -> set[str]:
    """Every English text painting shows: literals of tr() and sentences, and the words in the tables."""
    words: set[str] = set()
    for folder in ("paint", "canvas"):
        for file in (ROOT / "artdesk" / "ui" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    if name in ("tr", "WrongUse"):
                        words.add(str(node.args[0].value))
    for kind in TOOLS:
        words |= {kind.title, kind.help, *(action.title for action in kind.actions)}
        for option in kind.options:
            words |= {option.title, option.help, *(title for _, title in option.choices)}
    for spec in PAINT_ACTIONS:
        words |= {spec.text, spec.tip}
    words |= {title for _, _, title, _ in layers_panel.BUTTONS}
    words |= {*brush_panel.TIPS.values(), *brush_panel.GRAINS.values(), *(knob.title for knob in brush_panel.KNOBS)}
    words |= {text for _, text in (*brush_panel.PRESSURES, *brush_panel.SWITCHES)}
    words |= {one.title for one in PRESETS} | {mode.title for mode in BlendMode}
    return words - {""}


def test_everything_is_said_in_chinese_too() -> None:
    folder = Path(bundled("resources")) / "translations" / "zh"
    known: dict[str, str] = {}
    for file in folder.glob("*.json"):
        known.update(json.loads(file.read_text(encoding="utf-8")))
    missing = sorted(word for word in _words() if not known.get(word))
    assert not missing
    for word in _words():
        names = {part.split("}")[0] for part in word.split("{")[1:]}
        assert names == {part.split("}")[0] for part in known[word].split("{")[1:]}, word


def test_copy_cut_and_clear_take_what_is_selected(desk: Desk) -> None:
    document, workspace = desk.document, desk.workspace
    layer = document.active_layer
    assert layer is not None
    before = document.composite(document.rect)
    document.select(Selection.rectangle(Rect(20, 30, 50, 40)))
    workspace.cut_content()
    taken = image_of(QGuiApplication.clipboard().image())
    assert np.array_equal(taken[..., :3], before[30:70, 20:70, :3])
    assert not document.composite(Rect(20, 30, 50, 40))[..., 3].any()
    document.undo()
    assert np.array_equal(document.composite(document.rect), before)
    workspace.select_layer()
    assert document.selection is not None
    assert document.selection.bounds() == document.rect


def test_layer_verbs(desk: Desk) -> None:
    document, workspace = desk.document, desk.workspace
    workspace.add_layer()
    workspace.group_layer()
    assert [layer.kind for layer in document.root.children] == ["pixel", "group"]
    workspace.choose_below()
    workspace.choose_below()
    workspace.choose_below()
    assert document.active_layer is document.root.children[0]
    workspace.raise_layer()
    assert [layer.kind for layer in document.root.children] == ["group", "pixel"]
    workspace.lower_layer()
    workspace.choose_above()
    workspace.ungroup_layer()
    assert [layer.kind for layer in document.root.children] == ["pixel", "pixel"]
    workspace.merge_down()
    assert len(document.root.children) == 1
    workspace.merge_down()  # nothing below: told
    assert desk.errors
    workspace.add_mask()
    workspace.fill_background()
    workspace.toggle_mask_target()
    assert not desk.session.on_mask
    workspace.apply_mask()
    workspace.flip_layer_horizontally()
    workspace.toggle_clip()
    workspace.flatten()
    while document.history.can_undo:
        document.undo()
    assert len(document.root.children) == 1


def test_image_verbs_turn_and_mirror_everything(desk: Desk) -> None:
    document, workspace = desk.document, desk.workspace
    before = document.composite(document.rect)
    workspace.rotate_right()
    assert np.array_equal(document.composite(document.rect), np.rot90(before, -1))
    workspace.rotate_left()
    workspace.flip_image_horizontally()
    assert np.array_equal(document.composite(document.rect), before[:, ::-1])
    workspace.flip_image_vertically()
    workspace.rotate_half()
    assert np.array_equal(document.composite(document.rect), before)
    document.select(Selection.rectangle(Rect(10, 20, 100, 50)))
    workspace.crop_to_selection()
    assert (document.width, document.height) == (100, 50)


def answer(width: int | None = None, *, accept: bool = True) -> None:
    """Answer the dialog that is about to open."""

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, DeskDialog)
        box = dialog.findChild(QSpinBox)
        if width is not None and box is not None:
            box.setValue(width)
        dialog.accept() if accept else dialog.reject()

    QTimer.singleShot(0, act)


def test_sizes_are_asked_and_taken(desk: Desk) -> None:
    document, workspace = desk.document, desk.workspace
    answer(200)
    workspace.resize_image()
    assert (document.width, document.height) == (200, 150)  # the proportions are kept
    answer(300)
    workspace.resize_canvas()
    assert (document.width, document.height) == (300, 150)
    assert document.composite(Rect(0, 0, 40, 150))[..., 3].max() == 0  # the picture stands in the middle
    answer(10, accept=False)
    workspace.resize_image()
    assert document.width == 300


def test_selections_grow_shrink_and_feather_by_what_is_asked(desk: Desk) -> None:
    document, workspace = desk.document, desk.workspace
    document.select(Selection.rectangle(Rect(100, 100, 50, 50)))
    answer(10)
    workspace.grow_selection()
    assert document.selection is not None
    assert document.selection.bounds() == Rect(90, 90, 70, 70)
    answer(10)
    workspace.shrink_selection()
    assert abs(document.selection.bounds().w - 50) <= 2
    answer(8)
    workspace.feather_selection()
    assert 0 < document.selection.read(Rect(98, 125, 1, 1))[0, 0] < 255
    workspace.invert_selection()
    assert document.selection.read(Rect(5, 5, 1, 1))[0, 0] == 255
    workspace.select_all()
    assert document.selection.bounds() == document.rect


@pytest.mark.parametrize(("number", "expected"), [(0, (0, 0)), (4, (50, 25)), (8, (100, 50))])
def test_where_the_picture_lies_on_a_larger_canvas(desk: Desk, number: int, expected: tuple[int, int]) -> None:
    dialog = CanvasSizeDialog(400, 300)
    desk.qtbot.addWidget(dialog)
    dialog.width_box.setValue(500)
    dialog.height_box.setValue(350)
    button = dialog._group.button(number)
    assert button is not None
    button.setChecked(True)
    assert dialog.offset() == expected


def test_percent_and_pixels_agree(desk: Desk) -> None:
    dialog = ImageSizeDialog(400, 300)
    desk.qtbot.addWidget(dialog)
    dialog.percent.setValue(50)
    assert dialog.size_wanted() == (200, 150)
    dialog.height_box.setValue(600)
    assert dialog.size_wanted() == (800, 600)
    assert dialog.percent.value() == 200
