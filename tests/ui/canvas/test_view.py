"""The canvas as a widget: what is on the screen is what the document holds; zoom, pan, wipe, ants, drops."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from artdesk.core.image import Image, as_image
from artdesk.document.document import Document
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.ui.canvas.view import CanvasView
from artdesk.ui.qt_image import image_of
from tests.ui.paint.hands import move, noise


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[CanvasView]:
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.show()
    qtbot.waitExposed(view)
    yield view
    view.set_document(None)


def settled(qtbot: QtBot, view: CanvasView) -> Image:
    """The widget's pixels once nothing is left to draw."""
    view.repaint()
    qtbot.waitUntil(lambda: not view.unfinished, timeout=30000)
    return image_of(view.grab().toImage())[..., :3]


def test_at_one_hundred_percent_the_screen_shows_the_document_pixel_by_pixel(qtbot: QtBot, canvas: CanvasView) -> None:
    picture = noise(900, 700)
    canvas.set_document(Document.of_image(picture))
    canvas.show_actual_size()
    canvas.pan_by(-37, 21)
    shown = settled(qtbot, canvas)
    x, y, w, h = canvas.viewport.visible()
    left, top = canvas.viewport.left + x, canvas.viewport.top + y
    assert np.array_equal(shown[top : top + h, left : left + w], picture[y : y + h, x : x + w])


def test_panning_moves_pixels_and_draws_what_comes_into_sight(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_document(Document.of_image(noise(1500, 1200)))
    canvas.show_actual_size()
    settled(qtbot, canvas)
    for dx, dy in ((13, -7), (-200, 5), (64, 300), (-3, -3)):
        canvas.pan_by(dx, dy)
        canvas.repaint()
    moved = settled(qtbot, canvas)
    canvas._picture.renew()  # type: ignore[union-attr]  # everything anew must look the same
    assert np.array_equal(moved, settled(qtbot, canvas))


def test_zoomed_out_the_picture_keeps_its_mean_colour(qtbot: QtBot, canvas: CanvasView) -> None:
    picture = noise(3000, 2000)
    canvas.set_document(Document.of_image(picture))
    shown = settled(qtbot, canvas)
    left, top, right, bottom = canvas.viewport.device_rect(0, 0, 3000, 2000)
    inside = shown[top + 2 : bottom - 2, left + 2 : right - 2]
    assert np.abs(inside.mean((0, 1)) - picture.mean((0, 1))).max() < 2.0


def test_a_change_in_the_document_is_seen_where_it_happened(qtbot: QtBot, canvas: CanvasView) -> None:
    document = Document.of_image(noise(600, 400))
    canvas.set_document(document)
    canvas.show_actual_size()
    before = settled(qtbot, canvas)
    layer = document.active_layer
    assert layer is not None
    with document.begin_edit(layer, "Dot") as edit:
        edit.write(Rect(100, 120, 40, 30), np.full((30, 40, 4), (255, 0, 0, 255), np.uint8))
    after = settled(qtbot, canvas)
    changed = (before != after).any(-1)
    rows, columns = np.nonzero(changed)
    left, top, right, bottom = canvas.viewport.device_rect(100, 120, 40, 30)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (left, top, right, bottom)
    document.undo()
    assert np.array_equal(settled(qtbot, canvas), before)


def test_the_wheel_zooms_to_the_pointer(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_document(Document.of_image(noise(2000, 1500)))
    where = QPointF(200, 150)
    before = canvas.viewport.to_canvas(200, 150)
    event = QWheelEvent(
        where, canvas.mapToGlobal(where), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    old = canvas.viewport.scale
    QApplication.sendEvent(canvas, event)
    assert canvas.viewport.scale > old * 1.3
    after = canvas.viewport.to_canvas(200, 150)
    assert abs(after[0] - before[0]) * canvas.viewport.scale <= 1


def test_two_fingers_zoom_to_their_middle(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_document(Document.of_image(noise(2000, 1500)))
    where = QPointF(420, 300)
    before = canvas.viewport.to_canvas(420, 300)
    old = canvas.viewport.scale
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        where,
        where,
        canvas.mapToGlobal(where),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(canvas, event)
    assert canvas.viewport.scale == pytest.approx(old * 1.25)
    after = canvas.viewport.to_canvas(420, 300)
    assert abs(after[0] - before[0]) * canvas.viewport.scale <= 1


def test_space_and_the_middle_button_pan(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_document(Document.of_image(noise(2000, 1500)))
    canvas.show_actual_size()
    left, top = canvas.viewport.left, canvas.viewport.top
    QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 200))
    move(canvas, QPoint(320, 230))
    QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(320, 230))
    assert (canvas.viewport.left - left, canvas.viewport.top - top) == (20, 30)
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 200))
    move(canvas, QPoint(290, 190))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(290, 190))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert (canvas.viewport.left - left, canvas.viewport.top - top) == (10, 20)


def test_the_wipe_shows_before_to_the_left_and_can_be_dragged(qtbot: QtBot, canvas: CanvasView) -> None:
    white = as_image(np.full((300, 400, 3), 255, np.uint8))
    black = as_image(np.zeros((300, 400, 3), np.uint8))
    canvas.set_document(Document.of_image(black))
    canvas.set_comparison(white)
    shown = settled(qtbot, canvas)
    y = int(canvas.viewport.to_view(0, 200)[1])
    xs = [int(canvas.viewport.to_view(x, 0)[0]) for x in (50, 350)]
    assert shown[y, xs[0]].min() > 250
    assert shown[y, xs[1]].max() < 5
    handle = QPoint(round(canvas.viewport.to_view(200, 0)[0]), y)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, handle)
    move(canvas, QPoint(round(canvas.viewport.to_view(380, 0)[0]), y))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, handle)
    assert canvas.wipe_position == pytest.approx(0.95, abs=0.02)
    shown = settled(qtbot, canvas)
    assert shown[y, xs[1]].min() > 250
    with pytest.raises(ValueError, match="size"):
        canvas.set_comparison(as_image(np.zeros((3, 3, 3), np.uint8)))


def test_ants_march_along_the_selection_and_stop_without_one(qtbot: QtBot, canvas: CanvasView) -> None:
    grey = as_image(np.full((300, 400, 3), 128, np.uint8))
    document = Document.of_image(grey)
    canvas.set_document(document)
    canvas.show_actual_size()
    document.select(Selection.rectangle(Rect(100, 80, 120, 90)))
    shown = settled(qtbot, canvas)
    left, top, right, bottom = canvas.viewport.device_rect(100, 80, 120, 90)
    edge = shown[top, left:right]
    assert set(np.unique(edge)) == {0, 255}
    inside = shown[top + 3 : bottom - 3, left + 3 : right - 3]
    assert (inside == 128).all()
    document.select_none()
    assert (settled(qtbot, canvas)[top, left:right] == 128).all()


def test_transparency_is_seen_as_a_checkerboard(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_document(Document(200, 200))
    canvas.show_actual_size()
    shown = settled(qtbot, canvas)
    left, top = canvas.viewport.left, canvas.viewport.top
    assert len(np.unique(shown[top + 2 : top + 100, left + 2 : left + 100])) == 2


def test_another_size_of_the_picture_is_taken_over(qtbot: QtBot, canvas: CanvasView) -> None:
    document = Document.of_image(noise(600, 400))
    canvas.set_document(document)
    document.crop(Rect(100, 50, 200, 150))
    assert (canvas.viewport.canvas_width, canvas.viewport.canvas_height) == (200, 150)
    assert settled(qtbot, canvas).shape == (480, 640, 3)


def test_dropped_pictures_arrive_and_other_files_do_not(qtbot: QtBot, canvas: CanvasView) -> None:
    got: list[object] = []
    canvas.picture_dropped.connect(got.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/a.png"), QUrl.fromLocalFile("/tmp/b.exe"), QUrl.fromLocalFile("/tmp/c.ora")])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    canvas.dropEvent(event)
    assert [path.name for path in got[0]] == ["a.png", "c.ora"]  # type: ignore[attr-defined]
    pasted: list[QImage] = []
    canvas.image_dropped.connect(pasted.append)
    picture = QMimeData()
    picture.setImageData(QImage(4, 3, QImage.Format.Format_RGB32))
    canvas.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    assert (pasted[0].width(), pasted[0].height()) == (4, 3)


def test_a_huge_document_never_holds_a_frame_for_long(qtbot: QtBot, canvas: CanvasView) -> None:
    """16384 x 16384: the first frame comes with what can be made in time, the rest follows."""
    document = Document(16384, 16384)
    layer = document.add_layer()
    with document.begin_edit(layer, "Blocks") as edit:
        for place in range(0, 16384, 2048):
            edit.write(Rect(place, place, 1500, 1500), np.full((1500, 1500, 4), (200, 90, 30, 255), np.uint8))
    canvas.set_document(document)
    canvas.repaint()
    shown = settled(qtbot, canvas)
    x, y = (round(v) for v in canvas.viewport.to_view(2048 * 3 + 700, 2048 * 3 + 700))
    assert np.abs(shown[y, x].astype(int) - (200, 90, 30)).max() <= 3
