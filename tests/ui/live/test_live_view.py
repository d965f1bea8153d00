"""The live picture as a widget."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from artdesk.core.image import as_image
from artdesk.ui.live.view import LiveView
from artdesk.workers.live import LiveFrame
from artdesk.workers.meter import LiveNumbers


def numbers(**more: Any) -> LiveNumbers:
    return LiveNumbers(fps=24.5, device="cpu", painter="live", width=64, height=48, **more)


def lone_view(qtbot: QtBot, size: tuple[int, int] = (200, 150)) -> LiveView:
    view = LiveView()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    return view


def a_frame(size: tuple[int, int] = (64, 48)) -> LiveFrame:
    w, h = size
    return LiveFrame(as_image(np.full((h, w, 3), 200, np.uint8)), as_image(np.full((h, w, 3), 50, np.uint8)), 0.0)


def test_split_shows_the_original_left_and_can_be_dragged(qtbot: QtBot) -> None:
    view = lone_view(qtbot)
    view.show_frame(a_frame())
    view.set_split(True)
    area = view.picture_rect()
    shot = view.grab().toImage()
    assert shot.pixelColor(area.left() + 20, area.center().y()) == QColor(50, 50, 50)
    assert shot.pixelColor(area.right() - 20, area.center().y()) == QColor(200, 200, 200)
    middle = QPoint(area.center().x(), area.center().y())
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(view, QPoint(area.left() + 10, middle.y()))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    shot = view.grab().toImage()
    assert shot.pixelColor(area.left() + 40, area.center().y()) == QColor(200, 200, 200)


def test_the_picture_keeps_its_shape_and_its_own_size_is_not_scaled(qtbot: QtBot) -> None:
    view = lone_view(qtbot, (300, 120))
    view.show_frame(a_frame())
    assert view.picture_rect().height() == 120
    assert view.picture_rect().width() == 160
    view.resize(200, 160)
    view.show_frame(a_frame((190, 150)))
    assert view.picture_rect().width() == 190


def test_every_frame_is_counted_once(qtbot: QtBot) -> None:
    view = lone_view(qtbot)
    said: list[object] = []
    view.frame_painted.connect(said.append)
    frame = a_frame()
    view.show_frame(frame)
    qtbot.waitUntil(lambda: len(said) == 1)
    view.update()
    qtbot.wait(30)
    assert said == [frame]


def test_numbers_lie_over_the_picture_and_go_away(qtbot: QtBot) -> None:
    view = lone_view(qtbot, (400, 300))
    view.show_frame(a_frame((400, 300)))
    plain = view.grab().toImage().pixelColor(13, 60)
    view.set_numbers(numbers())
    assert view.grab().toImage().pixelColor(13, 60).lightness() < plain.lightness() - 60
    view.set_numbers(None)
    assert view.grab().toImage().pixelColor(13, 60) == plain
