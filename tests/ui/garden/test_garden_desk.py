"""The garden on the desk: shown and left, grown without waiting, sent to the canvas and planted from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from artdesk.core.garden import new_garden, sow
from artdesk.core.garden_file import load_garden, recipe, save_garden
from artdesk.core.pictures import save_picture
from artdesk.core.receipt import COMPOSITE, GENERATED, Receipt
from artdesk.core.requests import EncodePointRequest, EncodeStyleRequest, FinishRequest, GenerateRequest, StylizeRequest
from artdesk.core.results import Note
from tests.ui.desk_helpers import opened
from tests.ui.garden.conftest import MEADOW, GardenStudio, picture_of


def asked(studio: GardenStudio, kind: type) -> list[Any]:
    return [request for request in studio.asked if isinstance(request, kind)]


def test_it_is_built_when_it_is_first_wanted(window: Any) -> None:
    assert window.garden.page is None
    assert not window.garden.shown
    assert window.garden.may_leave()


def test_the_first_page_grows_by_itself_with_the_first_model(page: Any) -> None:
    garden = page.keeper.garden
    assert garden.model_id == "meadow"
    assert len(page.grid.tiles()) == 9
    assert page.stack.currentIndex() == 0
    assert not page.keeper.dirty


def test_the_desks_own_verbs_rest_while_it_is_shown(window: Any, until: Any, photo: Path) -> None:
    opened(window, until, photo)
    window.garden.set_shown(True)
    for action in ("edit.clear", "edit.paste", "view.gallery"):
        assert not window.binder.actions[action].isEnabled()
    assert not window.side.isVisible()
    assert not window.painting_bars[0].isVisible()
    assert window.binder.actions["garden.show"].isChecked()
    window.garden.leave()
    for action in ("edit.clear", "edit.paste", "view.gallery"):
        assert window.binder.actions[action].isEnabled()
    assert window.side.isVisible()
    until(window.painting_bars[0].isVisible)
    assert window.stack.currentWidget() is window.workspace.center
    assert not window.binder.actions["garden.show"].isChecked()


def test_the_desk_stays_as_small_as_it_may_be(window: Any, until: Any, photo: Path) -> None:
    opened(window, until, photo)
    before = window.stack.minimumSizeHint()
    window.garden.set_shown(True)
    assert window.stack.minimumSizeHint() == before
    window.resize(900, 640)
    assert window.garden.page.width() <= 900


def test_opening_a_picture_leaves_the_garden(page: Any, window: Any, until: Any, photo: Path) -> None:
    opened(window, until, photo)
    assert not window.garden.shown
    assert window.side.isVisible()


def test_pictures_come_one_by_one_and_a_newer_wish_wins(
    page: Any, studio: GardenStudio, until: Any, qtbot: Any
) -> None:
    studio.gate.clear()
    page.sow.sow_wished.emit(1000)
    first = page.keeper.page.nodes
    assert page.pictures.making
    qtbot.wait(30)
    assert page.pictures.made(first[0]) is None
    page.sow.sow_wished.emit(2000)
    second = page.keeper.page.nodes
    studio.grown.clear()
    studio.gate.set()
    until(lambda: page.pictures.made(second[-1]) is not None)
    place = studio.grown.index(second[-1])
    grown = studio.grown[: place + 1]
    assert len(set(first) & set(grown)) <= 1  # the one that was just under way; the others wait for a quiet moment
    assert [n for n in grown if n in second] == list(second)


def test_a_seed_typed_and_entered_is_sown(page: Any, qtbot: Any) -> None:
    page.sow.seed.setFocus()
    page.sow.seed.selectAll()
    qtbot.keyClicks(page.sow.seed, "4711")
    qtbot.keyClick(page.sow.seed, Qt.Key.Key_Return)
    assert [node.seed for node in page.keeper.garden.page()] == list(range(4711, 4720))
    before = page.keeper.garden
    page.sow.seed.setText("99999999999")
    qtbot.keyClick(page.sow.seed, Qt.Key.Key_Return)
    page.sow.seed.setText("rose")
    qtbot.keyClick(page.sow.seed, Qt.Key.Key_Return)
    assert page.keeper.garden is before


def test_keys_on_the_page(page: Any, qtbot: Any) -> None:
    grid, keeper = page.grid, page.keeper
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_L)
    qtbot.keyClick(grid, Qt.Key.Key_X)
    first, second = keeper.page.nodes[:2]
    assert keeper.garden.nodes[first].favourite
    assert keeper.garden.nodes[second].locked
    assert list(keeper.crossing) == [second]
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert keeper.page.note == "descend"
    assert keeper.page.nodes[1] == second
    qtbot.keyClick(grid, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert keeper.page.note == "sow"


def test_another_gardens_pictures_are_never_shown_as_its_own(
    page: Any, window: Any, studio: GardenStudio, until: Any
) -> None:
    shown = dict(page.grid._pixmaps)
    assert set(shown) == set(range(9))
    studio.gate.clear()
    window.garden.change_model("glass")
    assert page.keeper.page.nodes == tuple(range(9))
    assert not page.grid._pixmaps
    studio.gate.set()
    until(lambda: len(page.grid._pixmaps) == 9)
    garden = page.keeper.garden
    for node in range(9):
        colour = page.grid._pixmaps[node].toImage().pixelColor(5, 5)
        assert [colour.red(), colour.green(), colour.blue()] == picture_of(garden, node)[5, 5].tolist()


def test_a_closer_look_follows_the_keys(page: Any, qtbot: Any, window: Any) -> None:
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_V)
    assert page.closer.isVisible()
    qtbot.keyClick(page.grid, Qt.Key.Key_Right)
    chosen = page.keeper.chosen
    colour = page.closer.grab().toImage().pixelColor(page.closer.rect().center())
    assert [colour.red(), colour.green(), colour.blue()] == picture_of(page.keeper.garden, chosen)[5, 5].tolist()
    qtbot.keyClick(page.grid, Qt.Key.Key_Escape)
    assert not page.closer.isVisible()
    page.chosen.look_wished.emit()
    assert page.closer.isVisible()
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    assert page.keeper.page.note == "descend"
    assert not page.closer.isVisible()
    page.chosen.look_wished.emit()
    qtbot.mouseClick(page.closer, Qt.MouseButton.LeftButton)
    assert not page.closer.isVisible()


def test_what_cannot_be_made_is_said_once_and_marked(page: Any, window: Any, studio: GardenStudio, until: Any) -> None:
    studio.broken = True
    page.sow.sow_wished.emit(50)
    until(lambda: bool(window.messages.texts()))
    assert any("is not well" in text for text in window.messages.texts())
    assert all(tile.problem for tile in page.grid.tiles())
    count = len(asked(studio, GenerateRequest))
    page.refresh()
    assert len(asked(studio, GenerateRequest)) == count


def test_a_layer_fits_the_picture_and_can_be_undone(page: Any, window: Any, until: Any, photo: Path) -> None:
    opened(window, until, photo)
    window.garden.set_shown(True)
    before = len(list(window.document.layers()))
    page.chosen.layer_wished.emit()
    until(lambda: len(list(window.document.layers())) == before + 1)
    seen = window.document.composite(window.document.rect)  # 90 × 60, the square in its middle
    assert (seen[:, 15:75] == seen[30, 45]).all()
    assert not (seen[:, 14] == seen[30, 45]).all()
    assert window.garden.shown
    receipt = window.painter.receipt_of(window.document)
    assert receipt is not None
    assert receipt.source_type == COMPOSITE
    window.document.undo()
    assert len(list(window.document.layers())) == before


def test_a_picture_of_its_own_says_it_was_generated(page: Any, window: Any, until: Any) -> None:
    page.chosen.document_wished.emit()
    until(lambda: window.file is not None)
    made = page.pictures.made(page.keeper.chosen)
    assert np.array_equal(window.file.before, made.image)
    assert window.file.receipt.source_type == GENERATED
    assert not window.garden.shown


def test_a_style_joins_the_gallery_and_paints_only_when_asked(
    page: Any, window: Any, until: Any, studio: GardenStudio, photo: Path
) -> None:
    opened(window, until, photo)
    window.garden.set_shown(True)
    page.chosen.renamed.emit("Moss")
    page.chosen.style_wished.emit()
    until(lambda: any("Moss" in text for text in window.messages.texts()))
    assert asked(studio, EncodeStyleRequest)[0].name == "Moss"
    assert not any(
        request.image.shape[0] == 60 and request.mix == (("own_1", 1.0),) for request in asked(studio, StylizeRequest)
    )


def test_finishing_gives_a_painting(page: Any, window: Any, until: Any, studio: GardenStudio, monkeypatch: Any) -> None:
    from artdesk.ui.garden.finish_dialog import FinishDialog

    monkeypatch.setattr(FinishDialog, "exec", lambda self: FinishDialog.DialogCode.Accepted)
    page.chosen.finish_wished.emit()
    until(lambda: window.file is not None)
    request = asked(studio, FinishRequest)[0]
    assert request.factor == 4.0
    assert request.mix == (("wave", 1.0),)
    assert request.origin is not None
    assert (window.document.width, window.document.height) == (128, 128)


def test_the_picture_on_the_desk_is_planted(
    page: Any, window: Any, until: Any, studio: GardenStudio, photo: Path
) -> None:
    opened(window, until, photo)
    window.garden.set_shown(True)
    page.plant_wished.emit()
    until(lambda: page.keeper.page.note == "picture")
    assert asked(studio, EncodePointRequest)[0].image.shape[:2] == (60, 90)
    assert page.keeper.garden.page()[0].name == "photo"


def test_without_an_encoder_another_model_is_offered(page: Any, window: Any, until: Any, studio: GardenStudio) -> None:
    window.garden.change_model("glass")
    assert page.keeper.garden.model_id == "glass"
    assert page.sow.kind.isVisible()
    image = QImage(40, 40, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    page.image_dropped.emit(image)
    assert not asked(studio, EncodePointRequest)
    assert any("Meadow" in text for text in window.messages.texts())
    window.messages._messages[0]._calls[0]()
    until(lambda: page.keeper.page is not None and page.keeper.page.note == "picture")
    assert page.keeper.garden.model_id == "meadow"


def test_keys_of_the_desk_mean_the_garden_here(page: Any, window: Any, until: Any, qtbot: Any, tmp_path: Path) -> None:
    from PySide6.QtGui import QGuiApplication

    control = Qt.KeyboardModifier.ControlModifier
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_C, control)
    copied = QGuiApplication.clipboard().image()
    assert copied.width() == 32
    qtbot.keyClick(page.grid, Qt.Key.Key_V, control)
    until(lambda: page.keeper.page.note == "picture")
    page.keeper.path = tmp_path / "keys.artdesk-garden"
    qtbot.keyClick(page.grid, Qt.Key.Key_S, control)
    until((tmp_path / "keys.artdesk-garden").is_file)
    assert window.document is None


def test_steering_shows_at_once_and_is_kept_when_wished(page: Any, until: Any, studio: GardenStudio) -> None:
    until(lambda: bool(page.steer._directions))
    chosen = page.keeper.chosen
    row = page.steer._directions[1]
    row.slider._set(2.0)
    until(lambda: page.pictures.trial is not None)
    trial = asked(studio, GenerateRequest)[-1]
    assert trial.garden.nodes[-1].steers == ((1, 2.0),)
    assert len(page.keeper.garden.nodes) == 9
    page.steer.keep_wished.emit()
    assert page.keeper.garden.nodes[page.keeper.chosen].parents == ((chosen, 1.0),)
    assert page.keeper.page.note == "steer"
    assert not page.steer.steers()


def test_a_named_direction_keeps_its_name(page: Any, until: Any) -> None:
    until(lambda: bool(page.steer._directions))
    page.steer.named.emit(1, "Dusk")
    assert page.keeper.garden.direction_name(1) == "Dusk"
    assert page.steer._directions[1].slider.accessibleName() == "Dusk"
    page.steer.spread_wished.emit(1)
    assert page.keeper.page.note == "spread"


def test_crossing_by_the_panel(page: Any) -> None:
    for node in page.keeper.page.nodes[:2]:
        page.grid.cross_toggled.emit(node)
    assert page.cross._foot.isVisibleTo(page)
    page.cross.cross_wished.emit()
    assert page.keeper.page.note == "cross"
    assert not page.cross._foot.isVisibleTo(page)


def test_saved_opened_and_dropped_on_the_desk(page: Any, window: Any, until: Any, tmp_path: Path) -> None:
    path = tmp_path / "river.artdesk-garden"
    page.grid.star_toggled.emit(page.keeper.page.nodes[3])
    page.grid.descended.emit(page.keeper.page.nodes[3])
    assert page.title.text().startswith("•")
    page.keeper.path = path
    window.garden.save_garden()
    until(lambda: not page.keeper.dirty)
    assert page.title.text() == "river"
    written = load_garden(path)
    assert written.favourites()[0].id == 3
    window.garden.new_garden()
    assert page.keeper.page is None
    window.garden.leave()
    window.verbs.take_dropped([path])
    until(lambda: page.keeper.path == path)
    assert page.keeper.garden == written
    assert window.garden.shown
    first = written.page()[0].id
    until(lambda: page.pictures.made(first) is not None)
    assert np.array_equal(page.pictures.made(first).image, picture_of(written, first))


def test_a_garden_of_a_missing_model_opens_and_says_so(page: Any, window: Any, until: Any, tmp_path: Path) -> None:
    path = save_garden(tmp_path / "far.artdesk-garden", sow(new_garden("elsewhere", "c" * 64), 9, 5))
    window.garden.open_path(path)
    until(lambda: page.keeper.garden.model_id == "elsewhere")
    assert any("elsewhere" in text for text in window.messages.texts())
    assert not page.sow.sow.isEnabled()
    assert "elsewhere" in page.sow.model.currentText()
    page.grid.descended.emit(0)
    assert len(page.keeper.garden.generations) == 1


def test_a_note_is_said_once_however_many_pages(page: Any, window: Any, studio: GardenStudio, until: Any) -> None:
    studio.said = (Note("It may differ."),)
    for seed in (10, 20, 30):
        page.sow.sow_wished.emit(seed)
        until(lambda: all(page.pictures.made(node) for node in page.keeper.page.nodes))
        until(lambda: not page.pictures.making)
    assert window.messages.texts().count("It may differ.") == 1
    window.messages.clear()
    page.sow.sow_wished.emit(40)
    until(lambda: not page.pictures.making)
    assert not window.messages.texts()


def test_a_damaged_garden_is_told(page: Any, window: Any, until: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.artdesk-garden"
    path.write_text('{"format": "artdesk-garden", "version": 1}')
    before = page.keeper.garden
    window.garden.open_path(path)
    until(lambda: bool(window.messages.texts()))
    assert "bad.artdesk-garden" in window.messages.texts()[0]
    assert page.keeper.garden is before


def test_what_was_not_saved_is_there_at_the_next_start(
    page: Any, window: Any, services: Any, until: Any, qtbot: Any
) -> None:
    from artdesk.ui.garden.store import GardenStore

    page.grid.star_toggled.emit(2)
    kept = services.data / "garden" / "unsaved.artdesk-garden"
    until(kept.is_file)
    found: list[Any] = []
    store = GardenStore(services.data / "garden", window.background)
    store.opened.connect(lambda garden, path: found.append((garden, path)))
    store.look_for_kept()
    until(lambda: bool(found))
    assert found[0][0].favourites()[0].id == 2
    assert found[0][1] is None
    page.grid.star_toggled.emit(2)  # nothing worth keeping is left
    until(lambda: not kept.exists())


def test_what_is_saved_is_not_brought_back(page: Any, window: Any, services: Any, until: Any, tmp_path: Path) -> None:
    page.grid.star_toggled.emit(2)
    kept = services.data / "garden" / "unsaved.artdesk-garden"
    until(kept.is_file)
    page.keeper.path = tmp_path / "a.artdesk-garden"
    window.garden.save_garden()
    until(lambda: not page.keeper.dirty)
    assert not kept.exists()
    assert str(tmp_path / "a.artdesk-garden") in services.settings.value.recent


def test_an_imported_model_is_offered(page: Any, window: Any) -> None:
    window.on_model_imported("glass")
    assert "Glass" in window.messages.texts()[0]
    window.messages._messages[0]._calls[0]()
    assert page.keeper.garden.model_id == "glass"
    window.on_model_imported("candy")
    assert "gallery" in window.messages.texts()[0]


@pytest.mark.parametrize(("answer", "leaves"), [("Do not save", True), ("Cancel", False)])
def test_the_desk_asks_before_a_garden_is_lost(
    page: Any, window: Any, monkeypatch: Any, answer: str, leaves: bool
) -> None:
    from PySide6.QtWidgets import QMessageBox

    page.grid.star_toggled.emit(2)
    clicked: list[Any] = []

    def choose(box: QMessageBox) -> int:
        clicked.append(next(button for button in box.buttons() if button.text() == answer))
        return 0

    monkeypatch.setattr(QMessageBox, "exec", choose)
    monkeypatch.setattr(QMessageBox, "clickedButton", lambda box: clicked[-1])
    assert window.garden.may_leave() is leaves
    window.garden.change_model("glass")
    assert (page.keeper.garden.model_id == "glass") is leaves
    assert page.sow.model.currentData() == page.keeper.garden.model_id


def test_without_models_it_says_what_to_do(window: Any, studio: GardenStudio) -> None:
    studio.models = []
    window.garden.set_shown(True)
    page = window.garden.page
    assert page.stack.currentIndex() == 1
    assert "No network" in page._empty_title.text()
    heard: list[bool] = []
    page.import_wished.disconnect()
    page.import_wished.connect(lambda: heard.append(True))
    page.empty_button.click()
    assert heard


def test_a_model_that_comes_later_begins_the_garden(
    window: Any, studio: GardenStudio, services: Any, until: Any
) -> None:
    studio.models = []
    window.garden.set_shown(True)
    until(lambda: window.garden._looked)
    studio.models = [MEADOW]
    services.news.changed.emit()
    until(lambda: window.garden.keeper.page is not None)


def test_a_generated_picture_leads_back_to_its_garden(page: Any, window: Any, until: Any, tmp_path: Path) -> None:
    garden = page.keeper.garden
    receipt = Receipt("generate", "meadow", "a" * 64, "cpu", recipe(garden, 4), source_type=GENERATED)
    path = save_picture(tmp_path / "grown.png", picture_of(garden, 4), receipt=receipt)
    opened(window, until, path)
    assert any("grew" in text for text in window.messages.texts())
    window.messages._messages[0]._calls[0]()
    assert window.garden.shown
    assert [node.seed for node in page.keeper.garden.nodes] == [garden.nodes[4].seed]


def test_another_language_takes_the_garden_over(services: Any, until: Any, qtbot: Any) -> None:
    from artdesk.ui.desk.handover import hand_over
    from artdesk.ui.desk.main_window import MainWindow

    old, new = MainWindow(services), MainWindow(services)
    old.show()
    old.garden.set_shown(True)
    until(lambda: old.garden.keeper.page is not None)
    old.garden.page.grid.star_toggled.emit(1)
    garden = old.garden.keeper.garden
    new.show()
    hand_over(old, new)
    assert new.garden.shown
    assert new.garden.keeper.garden == garden
    assert new.garden.keeper.dirty
    until(lambda: new.garden.page.pictures.made(8) is not None)
    new.retire()
    qtbot.wait(20)
