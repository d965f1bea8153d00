"""The stations of a walk and its film: order, length, stopping, files that are there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from artdesk.core.requests import WalkRequest
from artdesk.ui.garden.stations import StationRow
from artdesk.ui.garden.walk_dialog import WalkDialog
from tests.ui.garden.conftest import GardenStudio

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def row(qtbot: QtBot, english: None) -> StationRow:
    made = StationRow([(node, f"Picture {node}", None) for node in (3, 5, 8)])
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_dragging_changes_the_order(row: StationRow, qtbot: QtBot) -> None:
    start, end = row._frame(0).center(), row._frame(2).center()
    qtbot.mousePress(row, LEFT, pos=start)
    for step in range(1, 11):
        qtbot.mouseMove(row, start + (end - start) * step / 10)
    qtbot.mouseRelease(row, LEFT, pos=end)
    assert row.nodes() == (5, 8, 3)


def test_a_click_leaves_out_and_takes_in(row: StationRow, qtbot: QtBot) -> None:
    qtbot.mouseClick(row, LEFT, pos=row._frame(1).center())
    assert row.nodes() == (3, 8)
    qtbot.mouseClick(row, LEFT, pos=row._frame(1).center() + QPoint(1, 1))
    assert row.nodes() == (3, 5, 8)


def test_keys_move_and_leave_out(row: StationRow, qtbot: QtBot) -> None:
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(row, Qt.Key.Key_Left)
    qtbot.keyClick(row, Qt.Key.Key_Space)
    assert row.nodes() == (3, 8)
    qtbot.keyClick(row, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert row.nodes() == (3, 8)


@pytest.fixture
def dialog(page: Any, window: Any, services: Any, qtbot: QtBot, tmp_path: Path) -> WalkDialog:
    for node in (0, 2, 4):
        page.grid.star_toggled.emit(node)
    garden = page.keeper.garden
    made = WalkDialog(services, garden, garden.favourites(), page.pictures, tmp_path / "walk.mp4")
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_film_is_made_as_wished(dialog: WalkDialog, studio: GardenStudio, until: Any, tmp_path: Path) -> None:
    assert dialog.seconds() == pytest.approx(2 * 48 / 24)
    dialog.loop.setChecked(True)
    assert dialog.seconds() == pytest.approx(3 * 48 / 24)
    dialog.form.set_values({"frames": 12, "fps": 10})
    dialog.stations.put(0, 2)
    dialog.format.setCurrentIndex(2)
    dialog.format.activated.emit(2)
    dialog.go.click()
    until(lambda: (tmp_path / "walk.webp").exists() and dialog._job is None)
    request = next(known for known in studio.asked if isinstance(known, WalkRequest))
    assert request.nodes == (2, 4, 0)
    assert (request.frames, request.fps, request.loop, request.overwrite) == (12, 10, True, False)
    assert "walk.webp" in dialog.state.text()


def test_a_film_can_be_stopped(dialog: WalkDialog, studio: GardenStudio, until: Any, tmp_path: Path) -> None:
    studio.gate.clear()
    dialog.go.click()
    until(lambda: dialog.progress.value() > 0)
    assert not dialog.form.isEnabled()
    dialog.go.click()
    until(lambda: dialog._job is None)
    assert dialog.form.isEnabled()
    assert not (tmp_path / "walk.mp4").exists()


def test_an_older_film_is_only_replaced_when_asked(
    dialog: WalkDialog, studio: GardenStudio, until: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "walk.mp4").write_bytes(b"older")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    dialog.go.click()
    assert dialog._job is None
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    dialog.go.click()
    until(lambda: dialog._job is None)
    assert (tmp_path / "walk.mp4").read_bytes() == b"film"


def test_one_picture_alone_is_no_walk(dialog: WalkDialog) -> None:
    dialog.stations.toggle(0)
    dialog.stations.toggle(1)
    assert not dialog.go.isEnabled()
    assert "two" in dialog.length.text()
