"""The live window over scripted sources and painters."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from artdesk.core.errors import CameraError
from artdesk.core.image import Image, as_image
from artdesk.core.live import Frame, LiveSettings, SourceChoice, SourceSpec
from artdesk.core.progress import CancelToken
from artdesk.core.settings import Settings
from artdesk.ui.i18n import set_language
from artdesk.ui.live.actions import LIVE_ACTIONS, WINDOW_ACTIONS
from artdesk.ui.live.door import LiveDoor
from artdesk.ui.live.services import LiveServices
from artdesk.ui.live.window import LiveWindow
from artdesk.ui.services import DeskServices, SettingsStore


@dataclass
class Style:
    id: str
    title: dict[str, str]
    kind: str = "bundled"
    artist: dict[str, str] = field(default_factory=dict)
    year: str = ""
    technique: str = ""
    preview: Path = Path()
    model_id: str | None = None
    rights: str = ""


STYLES = [Style("ember", {"en": "Ember"}), Style("frost", {"en": "Frost"}), Style("m", {"en": "Net"}, kind="model")]


class Source:
    title = "Cam"
    waits = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._number = 0

    def read(self) -> Frame | None:
        if self._stop.wait(0.01):
            return None
        if self._world.unplugged:
            raise CameraError("{name} no longer sends pictures. Was it unplugged?", name="Cam")
        self._number += 1
        image = np.full((48, 64, 3), 60, np.uint8)
        return Frame(as_image(image), self._number, time.monotonic(), self._number / 30)

    def interrupt(self) -> None:
        self._stop.set()

    def close(self) -> None: ...


class Painter:
    device = "cpu"
    lanes = 1
    flicker_in = flicker_out = 0.0

    def __init__(self) -> None:
        self.told: list[LiveSettings] = []

    def set(self, settings: LiveSettings) -> None:
        self.told.append(settings)

    def reset(self) -> None: ...

    def paint(self, frame: Image, token: CancelToken) -> Image:
        return as_image(255 - frame)


class Sink:
    problem: Exception | None = None
    name = "Loop"

    def __init__(self) -> None:
        self.frames = 0
        self.closed = False

    def write(self, image: Image, taken: float) -> None:
        self.frames += 1

    def close(self) -> None:
        self.closed = True


class World:
    """Everything around the window, scripted."""

    def __init__(self) -> None:
        self.unplugged = False
        self.missing_driver = False
        self.painters: list[Painter] = []
        self.devices: list[str] = []
        self.specs: list[SourceSpec] = []
        self.sinks: list[Sink] = []
        self.saved: list[Path] = []
        self.cameras = (SourceChoice("HD Webcam", SourceSpec("webcam", index=0), ((640, 480), (1280, 720))),)

    def services(self) -> LiveServices:
        def open_source(spec: SourceSpec, title: str) -> Any:
            self.specs.append(spec)
            return lambda: Source(self)

        def painter(device: str) -> Painter:
            self.devices.append(device)
            self.painters.append(Painter())
            return self.painters[-1]

        def sink(*_: object) -> Sink:
            if self.missing_driver:
                raise CameraError("No virtual camera was found. Install OBS Studio.")
            self.sinks.append(Sink())
            return self.sinks[-1]

        def save(path: Path, image: Image) -> Path:
            self.saved.append(path)
            return path

        return LiveServices(
            list_sources=lambda: self.cameras,
            open_source=open_source,
            painter=painter,
            roles=lambda: ("live",),
            record=sink,
            virtual_camera=sink,
            save_picture=save,
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def window(qtbot: QtBot, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveWindow]:
    monkeypatch.setattr("artdesk.ui.live.sinks.QStandardPaths.writableLocation", lambda where: str(tmp_path))
    set_language("en")
    made = LiveWindow(world.services(), SettingsStore(value=Settings(favourites=("frost",))), styles=lambda: STYLES)
    made.resize(900, 500)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("artdesk-")]
    made.deleteLater()


def play(qtbot: QtBot, window: LiveWindow) -> None:
    window.open_source(SourceSpec("webcam", index=0), "HD Webcam")
    qtbot.waitUntil(lambda: window.view.frame is not None)


def test_the_first_camera_opens_by_itself_and_is_shown(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    window.look_for_cameras()
    qtbot.waitUntil(lambda: window.view.frame is not None)
    assert world.specs[0].size == (640, 480)
    assert window.source_bar.source.currentText() == "HD Webcam"
    qtbot.waitUntil(lambda: window.runner is not None and window.runner.meter.shown > 2)
    centre = window.view.grab().toImage().pixelColor(window.view.rect().center())
    assert centre == QColor(195, 195, 195)


def test_no_camera_is_a_sentence(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    world.cameras = ()
    window.look_for_cameras()
    qtbot.waitUntil(lambda: "No camera" in window.view._message)


def test_unplugged_shows_the_sentence_over_the_last_picture_and_comes_back(
    qtbot: QtBot, window: LiveWindow, world: World
) -> None:
    play(qtbot, window)
    world.unplugged = True
    qtbot.waitUntil(lambda: "unplugged" in window.view._message)
    assert window.view.frame is not None
    assert "Trying again" in window.view._hint
    world.unplugged = False
    qtbot.waitUntil(lambda: window.view._message == "", timeout=5000)


def test_controls_reach_the_painter(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    assert window.controls.settings.mix == (("ember", 1.0),)
    window.controls.strength.set_value(0.4)
    window.controls.colors.setChecked(True)
    qtbot.waitUntil(lambda: world.painters[-1].told[-1].strength == 0.4)
    qtbot.waitUntil(lambda: world.painters[-1].told[-1].keep_colors)
    window.controls.other_box.setCurrentIndex(window.controls.other_box.findData("frost"))
    window.controls._gather()
    qtbot.waitUntil(lambda: dict(world.painters[-1].told[-1].mix) == {"ember": 0.5, "frost": 0.5})


def test_fixed_style_networks_are_not_offered(window: LiveWindow) -> None:
    assert window.controls.style_box.findData("m") == -1


def test_favourites_by_number(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window.choose_favourite(0)
    qtbot.waitUntil(lambda: world.painters[-1].told[-1].mix == (("frost", 1.0),))
    window.choose_favourite(1)
    qtbot.waitUntil(lambda: world.painters[-1].told[-1].mix == (("ember", 1.0),))
    window.choose_favourite(8)  # there is none: nothing happens
    assert window.controls.settings.mix == (("ember", 1.0),)


def test_manual_quality(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window.controls.auto.setChecked(False)
    window.controls.height_box.setCurrentIndex(window.controls.height_box.findData(240))
    window.controls._gather()
    qtbot.waitUntil(lambda: world.painters[-1].told[-1].height == 240)
    assert window.controls.role.isEnabled()
    assert window.controls.role.findData("quality") == -1  # not installed


def test_automatic_quality_says_what_it_chose(qtbot: QtBot, window: LiveWindow) -> None:
    play(qtbot, window)
    qtbot.waitUntil(lambda: "Chosen" in window.controls.chosen.text())


def test_another_device_gets_a_painter_of_its_own(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window._device_chosen("cuda")
    assert world.devices == ["auto", "cuda"]
    qtbot.waitUntil(lambda: window.runner is not None and window.runner.meter.shown > 1)


def test_recording_snapshot_and_layer(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window._actions["live.record"].setChecked(True)
    qtbot.waitUntil(lambda: world.sinks[0].frames > 2)
    window._actions["live.record"].setChecked(False)
    qtbot.waitUntil(lambda: world.sinks[0].closed)
    window.take_snapshot()
    qtbot.waitUntil(lambda: len(world.saved) == 1)
    assert world.saved[0].suffix == ".png"
    with qtbot.waitSignal(window.layer_taken) as taken:
        window.take_layer()
    assert taken.args[0].shape == (48, 64, 3)


def test_recording_goes_on_through_a_change_of_the_source(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window._actions["live.record"].setChecked(True)
    qtbot.waitUntil(lambda: world.sinks[0].frames > 2)
    window.open_source(SourceSpec("screen"), "Screen")
    before = world.sinks[0].frames
    qtbot.waitUntil(lambda: world.sinks[0].frames > before + 2)


def test_closing_finishes_the_recording(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window._actions["live.record"].setChecked(True)
    qtbot.waitUntil(lambda: world.sinks[0].frames > 1)
    started = time.monotonic()
    window.close()
    assert time.monotonic() - started < 1.0
    assert world.sinks[0].closed


def test_a_full_disk_ends_the_recording_with_a_sentence(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window._actions["live.record"].setChecked(True)
    world.sinks[0].problem = CameraError("Recording has stopped: {reason}.", reason="disk full")
    qtbot.waitUntil(lambda: "disk full" in window._note.text())
    assert not window._actions["live.record"].isChecked()


def test_virtual_camera_without_a_driver_says_which_to_install(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    world.missing_driver = True
    window._actions["live.virtual"].setChecked(True)
    qtbot.waitUntil(lambda: "OBS" in window._note.text())
    assert not window._actions["live.virtual"].isChecked()


def test_virtual_camera_gets_frames(qtbot: QtBot, window: LiveWindow, world: World) -> None:
    play(qtbot, window)
    window._actions["live.virtual"].setChecked(True)
    qtbot.waitUntil(lambda: bool(world.sinks) and world.sinks[0].frames > 2)
    assert "Loop" in window._note.text()
    window._actions["live.virtual"].setChecked(False)
    qtbot.waitUntil(lambda: world.sinks[0].closed)


def test_output_window_shows_only_the_picture_at_its_size(qtbot: QtBot, window: LiveWindow) -> None:
    play(qtbot, window)
    window._actions["live.output"].setChecked(True)
    output = window._output
    assert output is not None
    assert output.windowFlags() & Qt.WindowType.FramelessWindowHint
    qtbot.waitUntil(lambda: output.view.frame is not None)
    output.activateWindow()
    qtbot.waitUntil(output.isActiveWindow)
    qtbot.keyClick(output, Qt.Key.Key_Escape)
    assert window._output is None
    assert not window._actions["live.output"].isChecked()


def test_full_screen_and_back(qtbot: QtBot, window: LiveWindow) -> None:
    window._actions["live.full"].setChecked(True)
    assert window.isFullScreen()
    assert not window._panel.isVisible()
    window.leave_full_screen()
    assert not window.isFullScreen()
    assert window._panel.isVisible()


def test_pause(qtbot: QtBot, window: LiveWindow) -> None:
    play(qtbot, window)
    window._actions["live.pause"].setChecked(True)
    qtbot.wait(80)
    frame = window.view.frame
    qtbot.wait(100)
    assert window.view.frame is frame
    window._actions["live.pause"].setChecked(False)
    qtbot.waitUntil(lambda: window.view.frame is not frame)


def test_actions_have_methods_and_distinct_keys() -> None:
    for spec in WINDOW_ACTIONS:
        assert hasattr(LiveWindow, spec.method), spec.id
    for spec in LIVE_ACTIONS:
        assert hasattr(LiveDoor, spec.method), spec.id
    keys = [key for spec in WINDOW_ACTIONS for key in spec.shortcuts]
    assert len(keys) == len(set(keys))


def test_the_desks_door_opens_one_window_and_closes_it(qtbot: QtBot, world: World, tmp_path: Path) -> None:
    desk = DeskServices(
        jobs=None,  # type: ignore[arg-type]  # live painting asks nothing of the job runner
        settings=SettingsStore(value=Settings()),
        data=tmp_path,
        styles=lambda: STYLES,
        live=world.services(),
    )
    door = LiveDoor(desk)
    assert door.available
    door.open_live()
    first = door.window
    assert first is not None
    door.open_live()
    assert door.window is first
    qtbot.waitUntil(lambda: first.view.frame is not None)
    with qtbot.waitSignal(door.layer_taken):
        first.take_layer()
    door.close()
    assert door.window is None
    assert not [t for t in threading.enumerate() if t.name.startswith("artdesk-")]
