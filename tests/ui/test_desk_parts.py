"""The parts of the desk by themselves: the form made from a request, messages, background work, dialogs, the theme."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from artdesk.core.errors import ModelRefused
from artdesk.core.fields import Field
from artdesk.core.image import as_image
from artdesk.core.receipt import Receipt
from artdesk.core.requests import ImportModelRequest, ProbeModelRequest, StylizeSettings
from artdesk.core.results import DevicesResult, ImportResult, Note, ProbeResult
from artdesk.ui import theme
from artdesk.ui.desk.background import Background
from artdesk.ui.desk.drops import dropped_paths, has_picture
from artdesk.ui.desk.export_dialog import ExportDialog
from artdesk.ui.desk.form import FieldForm
from artdesk.ui.desk.messages import MessageBar
from artdesk.ui.desk.model_dialog import ModelDialog
from artdesk.ui.desk.preferences_dialog import PreferencesDialog
from artdesk.ui.desk.thumbnails import square
from artdesk.ui.services import DeskServices
from tests.ui.desk_helpers import Until, opened


@dataclass(frozen=True)
class Wish:
    """A request with one field of every kind."""

    much: Annotated[float, Field("Much", 0.5, 3.0, 0.05)] = 1.0
    many: Annotated[int, Field("Many", 0, 900, 10)] = 0
    really: Annotated[bool, Field("Really")] = False
    which: Annotated[Literal["a", "b"], Field("Which", choices=("a", "b"))] = "a"
    secret: Annotated[str, Field("Secret", hidden=True)] = ""
    unsaid: int = 3


class TestForm:
    """Controls follow the request's own description."""

    def test_every_visible_field_has_a_control_with_its_default(self, qtbot: Any, english: None) -> None:
        form = FieldForm(Wish)
        qtbot.addWidget(form)
        assert form.values() == {"much": 1.0, "many": 0, "really": False, "which": "a"}

    def test_values_go_in_and_come_out(self, qtbot: Any, english: None) -> None:
        form = FieldForm(Wish)
        qtbot.addWidget(form)
        said: list[int] = []
        form.changed.connect(lambda: said.append(1))
        wished = {"much": 2.35, "many": 40, "really": True, "which": "b"}
        form.set_values(wished)
        assert form.values() == wished
        assert len(said) == 1

    def test_what_does_not_fit_is_left_alone_or_bounded(self, qtbot: Any, english: None) -> None:
        form = FieldForm(Wish)
        qtbot.addWidget(form)
        form.set_values({"much": float("nan"), "many": 10**9, "really": "yes", "which": "z", "nobody": 1})
        assert form.values() == {"much": 1.0, "many": 900, "really": False, "which": "a"}

    def test_the_real_request_can_be_made_from_its_form(self, qtbot: Any, english: None) -> None:
        form = FieldForm(StylizeSettings)
        qtbot.addWidget(form)
        assert StylizeSettings(**form.values()) == StylizeSettings()


class TestMessages:
    """The one place where things are said."""

    def test_the_same_sentence_stands_once_and_the_newest_first(self, qtbot: Any, english: None) -> None:
        host = QWidget()
        qtbot.addWidget(host)
        bar = MessageBar(host)
        for text in ("one", "two", "one", "three", "four", "five"):
            bar.say(text, "failure")
        assert bar.texts() == ["five", "four", "three", "one"]

    def test_a_choice_is_carried_out_once(self, qtbot: Any, english: None) -> None:
        host = QWidget()
        qtbot.addWidget(host)
        bar = MessageBar(host)
        done: list[str] = []
        message = bar.say("Again?", "note", [("Yes", lambda: done.append("yes")), ("No", lambda: done.append("no"))])
        buttons = [b for b in message.findChildren(QWidget) if b.property("call") == 1]
        buttons[0].click()  # type: ignore[attr-defined]
        assert done == ["no"]
        assert bar.texts() == []


class TestBackground:
    """Slow work elsewhere, answers here."""

    def test_answers_arrive_in_the_owners_thread(self, qtbot: Any) -> None:
        background = Background()
        heard: list[Any] = []
        background.run(threading.get_ident, lambda answer: heard.append((answer, threading.get_ident())))
        qtbot.waitUntil(lambda: bool(heard), timeout=4000)
        worker, here = heard[0]
        assert here == threading.get_ident() != worker
        assert background.shutdown()

    def test_failures_arrive_and_forgotten_work_is_silent(self, qtbot: Any) -> None:
        background = Background(threads=1)
        heard: list[Any] = []

        def broken() -> None:
            raise OSError("no")

        background.run(broken, heard.append, lambda error: heard.append(type(error)))
        task = background.run(lambda: time.sleep(0.05), lambda answer: heard.append("late"))
        task.cancel()
        qtbot.waitUntil(lambda: not background.busy(), timeout=4000)
        assert heard == [OSError]
        assert background.shutdown()


class TestModelDialog:
    """A foreign model is shown before it is taken in."""

    @pytest.fixture
    def probing(self, studio: Any) -> Any:
        card = as_image(np.full((20, 30, 3), 120, np.uint8))
        receipt = Receipt("check_model", "", "0" * 64, "cpu")

        def perform(request: Any, progress: Any) -> Any:
            studio.asked.append(request)
            if request.path.name == "bad.onnx":
                raise ModelRefused("“{name}” is not an ONNX model.", name="bad.onnx")
            shown = {"name": "x", "family": "fixed_style", "lines": (("Kind", Note("A style of its own")),)}
            if isinstance(request, ProbeModelRequest):
                return ProbeResult(receipt, (), **shown, before=card, after=card)
            return ImportResult(receipt, (), **shown, before=card, after=card, model_id="x")

        studio.perform = perform
        return studio

    def test_probe_then_import_with_the_persons_word(self, qtbot: Any, probing: Any, services: DeskServices) -> None:
        dialog = ModelDialog(services, Path("candy.onnx"))
        qtbot.addWidget(dialog)
        assert not dialog._import.isEnabled()
        qtbot.waitUntil(dialog._import.isEnabled, timeout=4000)
        dialog.order.setCurrentIndex(dialog.order.findData("bgr"))
        dialog.name.setText("My candy")
        with qtbot.waitSignal(dialog.imported, timeout=4000) as told:
            dialog._start_import()
        assert told.args == ["x"]
        assert probing.asked[-1] == ImportModelRequest(Path("candy.onnx"), "", "My candy", (("order", "bgr"),))

    def test_a_refusal_is_a_sentence_and_cannot_be_imported(
        self, qtbot: Any, probing: Any, services: DeskServices
    ) -> None:
        dialog = ModelDialog(services, Path("bad.onnx"))
        qtbot.addWidget(dialog)
        qtbot.waitUntil(lambda: "not an ONNX model" in dialog.state.text(), timeout=4000)
        assert not dialog._import.isEnabled()


def test_preferences_are_in_force_at_once(qtbot: Any, services: DeskServices) -> None:
    dialog = PreferencesDialog(services)
    qtbot.addWidget(dialog)
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    dialog.receipts.setChecked(False)
    dialog.undo.setValue(1024)
    now = services.settings.value
    assert (now.theme, now.write_receipts, now.undo_mb) == ("light", False, 1024)


def test_measuring_shows_the_table(qtbot: Any, studio: Any, services: DeskServices) -> None:
    rows = (("painter", "cpu", 120.4, ""), ("painter", "cuda", None, "no NVIDIA driver is installed"))
    receipt = Receipt("measure_devices", "", "", "cpu")
    studio.perform = lambda request, progress: DevicesResult(receipt, (), rows, {"painter": "cpu"})
    dialog = PreferencesDialog(services)
    qtbot.addWidget(dialog)
    dialog._measure()
    qtbot.waitUntil(lambda: "painter: cpu" in dialog.measured.text(), timeout=4000)
    assert dialog.measure.isEnabled()


@pytest.mark.parametrize(
    ("typed", "format_", "expected"),
    [("a.png", ".jpg", "a.jpg"), ("a", ".png", "a.png"), ("a.b", ".webp", "a.b.webp"), ("a.jpeg", ".jpg", "a.jpeg")],
)
def test_the_export_name_follows_the_format(qtbot: Any, english: None, typed: str, format_: str, expected: str) -> None:
    dialog = ExportDialog(Path("/x/start.png"), 90, True, False)
    qtbot.addWidget(dialog)
    dialog.file.setText("/x/" + typed)
    dialog.format.setCurrentIndex(dialog.format.findData(format_))
    assert dialog.wish().path == Path("/x") / expected
    assert not dialog.wish().overwrite


def test_drops_from_the_network_are_left_alone() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/cat.jpg"), QUrl.fromLocalFile("/tmp/cat.jpg")])
    assert dropped_paths(mime) == [Path("/tmp/cat.jpg")]
    away = QMimeData()
    away.setUrls([QUrl("https://example.org/cat.jpg")])
    assert not has_picture(away)


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 900, 3), (4000, 300, 4), (192, 192, 3)])
def test_thumbnail_sources_are_small_squares(shape: tuple[int, int, int]) -> None:
    small = square(as_image(np.full(shape, 255, np.uint8)))
    assert small.shape == (192, 192, 3)
    assert int(small.min()) == 255


def test_a_theme_dresses_icons_anew(qapp: QApplication) -> None:
    before = theme.colours().name
    try:
        theme.apply_theme(qapp, "dark")
        button = QToolButton()
        theme.dress(button, "open")
        dark = button.icon().pixmap(20).toImage()
        theme.apply_theme(qapp, "light")
        light = button.icon().pixmap(20).toImage()
        assert dark != light
        assert theme.icon("no such icon").isNull()
        assert isinstance(theme.icon("open"), QIcon)
        assert "@" not in theme.sheet_of(theme.LIGHT)
    finally:
        theme.apply_theme(qapp, before)
        qapp.setStyleSheet("")


def test_a_message_stays_above_the_page_that_comes_up(window: Any, photo: Path, until: Until) -> None:
    window.messages.say("Still to be read.", "note")
    opened(window, until, photo)
    widgets = [child for child in window.stack.children() if child.isWidgetType()]
    assert widgets[-1] is window.messages
