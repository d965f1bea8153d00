"""The first way through: open, click a style, see it, take it back, save it, and every failure said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from artdesk.core.errors import OutOfMemory
from artdesk.core.pictures import open_picture
from artdesk.core.results import Note
from artdesk.document.layers import PixelLayer
from artdesk.ui.desk.export_dialog import ExportWish
from tests.ui.desk_helpers import Until, opened, painted


def seen(window: Any) -> np.ndarray:
    return np.asarray(window.document.composite(window.document.rect))


def test_an_empty_desk_becomes_a_painting_in_two_steps(window: Any, photo: Path, until: Until, studio: Any) -> None:
    assert window.stack.currentWidget() is window.empty
    opened(window, until, photo)
    assert window.stack.currentWidget() is not window.empty
    before = seen(window)
    painted(window, until, "night")
    assert np.array_equal(seen(window)[:, :, 1], 255 - before[:, :, 1])
    assert [layer.name for layer in window.document.layers()] == ["Background", "Starry Night"]
    window.verbs.undo()
    assert np.array_equal(seen(window), before)
    window.verbs.redo()
    assert seen(window)[0, 0, 0] == 40


def test_a_second_style_takes_the_place_of_the_first(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    original = seen(window)
    painted(window, until, "night")
    first = seen(window)
    painted(window, until, "wave")
    assert [layer.name for layer in window.document.layers()] == ["Background", "The Wave"]
    assert np.array_equal(
        seen(window)[:, :, 1], 255 - original[:, :, 1]
    )  # painted from the photo, not from the painting
    window.verbs.undo()
    assert np.array_equal(seen(window), first)


def test_after_other_work_a_style_is_a_layer_of_its_own(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    painted(window, until, "night")
    window.document.add_layer(PixelLayer(name="mine"))
    painted(window, until, "wave")
    assert len(list(window.document.layers())) == 4


def test_a_result_respects_the_selection(window: Any, photo: Path, until: Until) -> None:
    from artdesk.document.selection import Selection
    from artdesk.document.tiles import Tiles

    opened(window, until, photo)
    before = seen(window)
    half = np.zeros((60, 90), np.uint8)
    half[:, 45:] = 255
    document = window.document
    document.assign(
        "Select", [(document, "selection", Selection(Tiles.of_array(half)))], document.rect, kind="selection"
    )
    painted(window, until, "night")
    after = seen(window)
    assert np.array_equal(after[:, :45], before[:, :45])
    assert np.array_equal(after[:, 45:, 1], 255 - before[:, 45:, 1])


def test_a_style_chosen_first_is_painted_when_the_picture_comes(window: Any, photo: Path, until: Until) -> None:
    window.gallery.style_chosen.emit("wave")
    assert "The Wave" in window.messages.texts()[0]
    opened(window, until, photo)
    until(lambda: window.document.history.can_undo)


def test_failures_and_notes_are_said(window: Any, photo: Path, until: Until, studio: Any, tmp_path: Path) -> None:
    opened(window, until, photo)
    studio.failure = OutOfMemory("There is not enough memory for this picture.")
    window.gallery.style_chosen.emit("wave")
    until(lambda: "There is not enough memory for this picture." in window.messages.texts())
    assert not window.document.history.can_undo
    studio.failure = None
    said = "{device} could not be used ({reason}): the processor did the work instead."
    studio.notes = (Note(said, {"device": "NVIDIA CUDA", "reason": "no"}),)
    painted(window, until, "wave")
    assert any("the processor did the work instead" in text for text in window.messages.texts())
    (tmp_path / "text.png").write_text("no picture")
    window.verbs.may_leave = lambda: True
    window.verbs.open_path(tmp_path / "text.png")
    until(lambda: any("is not a picture" in text for text in window.messages.texts()))
    assert window.document is not None  # what lay on the desk is untouched


def test_thumbnails_show_the_persons_picture(window: Any, photo: Path, until: Until, studio: Any) -> None:
    from artdesk.ui.desk.style_model import Role

    opened(window, until, photo)
    model = window.gallery.model
    until(lambda: all(model.data(model.index(row), Role.OWN_PICTURE) for row in range(model.rowCount())))
    small = [request for request in studio.asked if request.image.shape == (192, 192, 3)]
    assert {request.mix[0][0] for request in small} == {"wave", "night", "foreign"}


@pytest.mark.parametrize(
    ("needle", "found"),
    [("wave", ["wave"]), ("星", ["night"]), ("GOGH", ["night"]), ("1831 hoku", ["wave"]), ("x", [])],
)
def test_search_in_both_languages(window: Any, needle: str, found: list[str]) -> None:
    from artdesk.ui.desk.style_model import Role

    window.gallery.search.setText(needle)
    rows = window.gallery.filter
    assert [rows.data(rows.index(row, 0), Role.STYLE_ID) for row in range(rows.rowCount())] == found


def test_favourites_stand_first_and_are_kept(window: Any) -> None:
    from artdesk.ui.desk.style_model import Role

    window.gallery.toggle_favourite("night")
    rows = window.gallery.filter
    assert rows.data(rows.index(0, 0), Role.STYLE_ID) == "night"
    assert window.services.settings.value.favourites == ("night",)
    window.gallery.toggle_favourite("night")
    assert window.services.settings.value.favourites == ()


def test_mixing_asks_for_every_style_with_its_share(window: Any, photo: Path, until: Until, studio: Any) -> None:
    opened(window, until, photo)
    painted(window, until, "wave")
    before = window.document.history.state_id
    window.gallery.mix_wished.emit("night")
    until(lambda: window.document.history.state_id != before)
    assert [r.mix for r in studio.asked if r.image.shape[0] == 60][-1] == (("wave", 0.5), ("night", 0.5))
    window.gallery.mix_wished.emit("foreign")
    assert "cannot be mixed" in window.messages.texts()[0]


def test_the_keyboard_reaches_a_style(window: Any, photo: Path, until: Until, qtbot: Any) -> None:
    opened(window, until, photo)
    window.verbs.focus_gallery()
    view = window.gallery.view
    view.setFocus()
    view.setCurrentIndex(window.gallery.filter.index(1, 0))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    until(lambda: window.document.history.can_undo)


def test_export_keeps_the_receipt_and_gives_it_back(window: Any, photo: Path, until: Until, tmp_path: Path) -> None:
    opened(window, until, photo)
    window.panel.form.set_values({"strength": 0.6})
    painted(window, until, "night")
    file = window.file
    receipt = window.painter.receipt_of(window.document)
    target = tmp_path / "out.png"
    window.files.export(window.document, ExportWish(target, 90, True, False), file.picture, receipt)
    until(lambda: any("Exported" in text for text in window.messages.texts()))
    assert np.array_equal(open_picture(target).image, seen(window)[:, :, :3])
    window.verbs.may_leave = lambda: True
    window.panel.form.set_values({"strength": 1.0})
    window.panel.mix.set_mix((("wave", 1.0),))
    opened(window, until, target)
    until(lambda: any("painted with ArtDesk" in text for text in window.messages.texts()))
    window._restore_receipt()
    assert window.panel.settings().mix == (("night", 1.0),)
    assert window.panel.settings().strength == pytest.approx(0.6)


def test_export_never_overwrites_unasked(window: Any, photo: Path, until: Until, tmp_path: Path) -> None:
    opened(window, until, photo)
    target = tmp_path / "there.png"
    target.write_bytes(b"mine")
    window.files.export(window.document, ExportWish(target, 90, True, False), None, None)
    until(lambda: any("exists already" in text for text in window.messages.texts()))
    assert target.read_bytes() == b"mine"


def test_saving_the_project_makes_it_clean(window: Any, photo: Path, until: Until, tmp_path: Path) -> None:
    opened(window, until, photo)
    painted(window, until, "night")
    assert window.document.dirty
    assert window.windowTitle().startswith("•")
    shown = seen(window)
    window.files.save_project(window.document, tmp_path / "work.ora", overwrite=False)
    until(lambda: not window.document.dirty)
    opened(window, until, tmp_path / "work.ora")
    assert np.array_equal(seen(window), shown)


def test_clipboard_both_ways(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    QApplication.clipboard().clear()
    window.verbs.copy_picture()
    until(lambda: not QGuiApplication.clipboard().image().isNull())
    assert QGuiApplication.clipboard().image().width() == 90
    window.verbs.paste_picture()
    until(lambda: len(list(window.document.layers())) == 2)


def test_a_picture_becomes_a_style_and_goes_again(window: Any, photo: Path, until: Until, studio: Any) -> None:
    window.styles_desk.made.connect(lambda style: window.services.news.changed.emit())
    window.styles_desk.removed.connect(lambda style: window.services.news.changed.emit())
    window.gallery.files_dropped.emit([photo])
    until(lambda: window.gallery.model.style("own_1") is not None)
    assert studio.asked[-1].name == "photo"
    assert window.panel.mix.mix() == (("own_1", 1.0),)
    window.styles_desk.remove("own_1")
    until(lambda: window.gallery.model.style("own_1") is None)
    assert window.panel.mix.mix() == ()


def test_stop_gives_up_the_painting(window: Any, photo: Path, until: Until, qtbot: Any) -> None:
    opened(window, until, photo)
    window.gallery.style_chosen.emit("wave")
    window.verbs.stop_jobs()
    until(lambda: not window.services.jobs.busy())
    qtbot.wait(50)
    assert not window.document.history.can_undo


def test_every_control_has_a_name(window: Any) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit

    nameless = []
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    for part in (window.panel, window.gallery, window.empty):
        for control in (found for kind in kinds for found in part.findChildren(kind)):
            parent = control.parent()
            inner = control.objectName().startswith("qt_") or isinstance(parent, QAbstractSpinBox | QLineEdit)
            text = control.text() if isinstance(control, QAbstractButton) else ""
            named = control.accessibleName() or text or control.toolTip()
            if not inner and not named and "ScrollBar" not in type(control).__name__:
                nameless.append(f"{type(control).__name__} in {type(parent).__name__}")
    assert not nameless


def test_several_files_open_as_a_picture_and_layers(window: Any, photo: Path, until: Until, tmp_path: Path) -> None:
    second = tmp_path / "second.png"
    second.write_bytes(photo.read_bytes())
    window.verbs.take_dropped([photo, second])
    until(lambda: window.document is not None and len(list(window.document.layers())) == 2)
    assert [layer.name for layer in window.document.layers()] == ["Background", "second"]
