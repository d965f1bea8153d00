"""The page under the pointer and the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPixmap
from pytestqt.qtbot import QtBot

from artdesk.ui.garden.grid import CandidateGrid
from artdesk.ui.garden.tile import Tile, badge_rect, whole
from artdesk.ui.i18n import set_language

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def grid(qtbot: QtBot) -> CandidateGrid:
    set_language("en")
    image = QImage(32, 32, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.darkGreen)
    made = CandidateGrid(lambda node: image if node < 8 else None)
    made.resize(640, 600)
    made.show_page(3, [Tile(node) for node in range(9)])
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


@pytest.fixture
def heard(grid: CandidateGrid) -> list[tuple[str, int]]:
    said: list[tuple[str, int]] = []
    for name in ("descended", "chosen", "star_toggled", "lock_toggled", "cross_toggled"):
        getattr(grid, name).connect(lambda node, name=name: said.append((name, node)))
    return said


def test_frames_are_squares_that_lie_inside_and_apart(grid: CandidateGrid) -> None:
    for side in (3, 4):
        grid.show_page(side, [Tile(node) for node in range(side * side)])
        frames = [grid.frame_of(place) for place in range(side * side)]
        assert all(frame.width() == frame.height() for frame in frames)
        assert all(grid.rect().contains(frame) for frame in frames)
        assert not any(a.intersects(b) for k, a in enumerate(frames) for b in frames[:k])


def test_a_click_descends_and_the_small_buttons_mark(grid: CandidateGrid, heard: Any, qtbot: QtBot) -> None:
    frame = grid.frame_of(4)
    qtbot.mouseClick(grid, LEFT, pos=frame.center())
    for badge in ("favourite", "locked", "crossing", "steer"):
        qtbot.mouseClick(grid, LEFT, pos=badge_rect(frame, badge).center())  # type: ignore[arg-type]
    assert heard == [
        ("descended", 4),
        ("star_toggled", 4),
        ("lock_toggled", 4),
        ("cross_toggled", 4),
        ("chosen", 4),
    ]


def test_held_keys_choose_for_crossing_and_steering(grid: CandidateGrid, heard: Any, qtbot: QtBot) -> None:
    center = grid.frame_of(2).center()
    qtbot.mouseClick(grid, LEFT, Qt.KeyboardModifier.ControlModifier, center)
    qtbot.mouseClick(grid, LEFT, Qt.KeyboardModifier.ShiftModifier, center)
    assert heard == [("cross_toggled", 2), ("chosen", 2)]


def test_a_press_that_slips_off_does_nothing(grid: CandidateGrid, heard: Any, qtbot: QtBot) -> None:
    qtbot.mousePress(grid, LEFT, pos=grid.frame_of(0).center())
    qtbot.mouseRelease(grid, LEFT, pos=grid.frame_of(1).center())
    qtbot.mouseClick(grid, LEFT, pos=QPoint(1, 1))
    assert not heard


def test_keys_walk_and_act(grid: CandidateGrid, heard: Any, qtbot: QtBot) -> None:
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_Down, keys.Key_Return, keys.Key_Space, keys.Key_L, keys.Key_X):
        qtbot.keyClick(grid, key)
    assert heard == [
        ("chosen", 1),
        ("chosen", 4),
        ("descended", 4),
        ("star_toggled", 4),
        ("lock_toggled", 4),
        ("cross_toggled", 4),
    ]


def test_arrows_stop_at_the_edge(grid: CandidateGrid, heard: Any, qtbot: QtBot) -> None:
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    assert grid.current == 0
    qtbot.keyClick(grid, Qt.Key.Key_End)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current == 8
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    assert grid.current == 0
    assert heard == [("chosen", 8), ("chosen", 0)]


def test_a_picture_comes_up_where_it_was_awaited(grid: CandidateGrid, qtbot: QtBot) -> None:
    def colour(place: int) -> str:
        centre = grid.frame_of(place).center()
        return grid.grab().toImage().pixelColor(centre).name()

    green = colour(4)
    assert colour(8) != green
    grid._picture = lambda node: _green()
    grid.show_picture(8)
    qtbot.waitUntil(lambda: colour(8) == green, timeout=2000)


def test_what_is_steered_is_shown_in_its_place(grid: CandidateGrid) -> None:
    red = QImage(8, 8, QImage.Format.Format_RGB888)
    red.fill(Qt.GlobalColor.red)
    grid.show_stand_in(4, red)
    centre = grid.frame_of(4).center()
    assert grid.grab().toImage().pixelColor(centre).name() == "#ff0000"
    grid.show_stand_in(-1, None)
    assert grid.grab().toImage().pixelColor(centre).name() != "#ff0000"


def _green() -> QImage:
    image = QImage(32, 32, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.darkGreen)
    return image


def test_a_double_click_descends_once(grid: CandidateGrid, heard: Any, qtbot: QtBot) -> None:
    center = grid.frame_of(3).center()
    qtbot.mouseClick(grid, LEFT, pos=center)
    qtbot.mouseDClick(grid, LEFT, pos=center)
    qtbot.mouseRelease(grid, LEFT, pos=center)
    assert heard == [("descended", 3)]


def test_pictures_that_are_not_square_are_seen_whole() -> None:
    wide = QPixmap(200, 100)
    place = whole(wide, QRect(10, 10, 100, 100))
    assert place == QRect(10, 35, 100, 50)
    assert whole(QPixmap(64, 64), QRect(0, 0, 90, 90)) == QRect(0, 0, 90, 90)
