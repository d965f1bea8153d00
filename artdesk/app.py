"""The composition root of the desk: builds, wires, shows, shuts down. The only file that knows every room."""

from __future__ import annotations

import gc
import logging
import logging.handlers
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if sys.platform == "win32":
    import onnxruntime  # noqa: F401  # on Windows it has to be loaded before Qt

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from artdesk import __version__
from artdesk.core.paths import config_dir, data_dir, log_dir
from artdesk.core.progress import Progress
from artdesk.core.requests import (
    EncodeStyleRequest,
    ImportModelRequest,
    MeasureDevicesRequest,
    RemoveModelRequest,
    Request,
)
from artdesk.ui.desk.handover import hand_over
from artdesk.ui.desk.main_window import MainWindow
from artdesk.ui.i18n import set_language
from artdesk.ui.qt_words import QtWords
from artdesk.ui.services import DeskServices, LibraryNews, SettingsStore
from artdesk.ui.theme import app_icon, apply_theme
from artdesk.workers.jobs import JobRunner

if TYPE_CHECKING:
    from artdesk.engine.engine import Engine
    from artdesk.studio.perform import Studio

log = logging.getLogger(__name__)

_START_ANYWAY_MS = 2000

_CHANGES_LIBRARY = (EncodeStyleRequest, ImportModelRequest, RemoveModelRequest, MeasureDevicesRequest)


@dataclass(frozen=True)
class _Shelf:
    """What the interface may know of the library: read once in the inference thread, replaced as a whole."""

    styles: tuple[Any, ...] = ()
    models: tuple[Any, ...] = ()
    gardens: tuple[Any, ...] = ()
    devices: tuple[Any, ...] = ()
    problems: tuple[Any, ...] = ()
    painters: dict[str, Any] = field(default_factory=dict)


class Backroom:
    """The studio, made in the inference thread when the desk already stands, and what the desk may ask of it."""

    def __init__(self) -> None:
        self.news = LibraryNews()
        self._studio: Studio | None = None
        self._lock = threading.Lock()
        self._shelf = _Shelf()

    def prepare(self) -> None:
        """Load the engine and read the library. Slow; called once in the inference thread."""
        self.studio()
        self.read_library()
        if "openvino" in self.engine.usable():  # loaded now, not while the first picture is being looked at
            from artdesk.engine.openvino_runner import load

            try:
                load()
            except Exception:  # the first run says it to the person and takes another device
                log.info("openvino could not be loaded", exc_info=True)

    def studio(self) -> Studio:
        """The one studio."""
        with self._lock:
            if self._studio is None:
                from artdesk.compose import make_studio

                self._studio = make_studio()
            return self._studio

    @property
    def engine(self) -> Engine:
        return self.studio().engine

    def perform(self, request: Request, progress: Progress) -> Any:
        """Carry out a request (inference thread) and read the library anew where it may have changed."""
        result = self.studio().perform(request, progress)
        if isinstance(request, _CHANGES_LIBRARY):
            self.read_library()
        elif any(device.available != known for device, known in self._device_states()):
            self.read_library()  # a device has failed meanwhile: the lists must not offer it
        return result

    def read_library(self) -> None:
        """Take stock. Any thread but the interface's."""
        from artdesk.engine.engine import about_seconds
        from artdesk.studio.garden_models import garden_models

        engine = self.engine
        library = engine.library
        painters = {card.role: card for card in library.models() if card.family == "painter"}
        for card in painters.values():
            about_seconds(engine, card, 1.0)  # what it looks up only once is looked up here, not by the interface
        self._shelf = _Shelf(
            library.styles(), library.models(), garden_models(engine), engine.devices(), library.problems(), painters
        )
        self.news.changed.emit()

    def remove_style(self, style_id: str) -> None:
        """Delete one of the person's own styles (slow: in the background)."""
        self.engine.library.remove_style(style_id)
        self.read_library()

    def live_services(self) -> Any:
        """What live painting needs; loads cameras and codecs, so it is called in the background."""
        from artdesk.live_desk import make_live_services

        return make_live_services(self.studio)

    def batch_queue(self) -> Any:
        """The queue of pictures, read from its journal (slow: in the background)."""
        from artdesk.studio.batch_queue import BatchQueue

        return BatchQueue(data_dir() / "batch.jsonl")

    def styles(self) -> Sequence[Any]:
        return self._shelf.styles

    def models(self) -> Sequence[Any]:
        return self._shelf.models

    def garden_models(self) -> Sequence[Any]:
        return self._shelf.gardens

    def devices(self) -> Sequence[Any]:
        return self._shelf.devices

    def problems(self) -> Sequence[Any]:
        return self._shelf.problems

    def seconds_for(self, painter: str, pixels: int, device: str) -> float | None:
        """About how long painting so many pixels takes here; None before the library has been read."""
        painters = self._shelf.painters
        card = painters.get(painter) or next(iter(painters.values()), None)
        if card is None or self._studio is None:
            return None
        from artdesk.engine.engine import about_seconds

        return about_seconds(self._studio.engine, card, pixels / 1e6, device)

    def close(self) -> None:
        """Let go of the sessions."""
        if self._studio is not None:
            self._studio.close()

    def _device_states(self) -> list[tuple[Any, bool]]:
        known = {device.id: device.available for device in self._shelf.devices}
        return [(device, known.get(device.id, device.available)) for device in self.engine.devices()]


class Desk:
    """Everything that lives as long as the desk is open."""

    def __init__(self, app: QApplication, *, settings: SettingsStore | None = None) -> None:
        # The interface asks for the interpreter after each larger array operation; the default of 5 ms each time
        # adds up to visible pauses while the inference thread prepares its arrays.
        sys.setswitchinterval(0.0001)
        self.app = app
        self._qt_words = QtWords()
        self.settings = settings or SettingsStore(config_dir() / "settings.json")
        self._speak()
        apply_theme(app, self.settings.value.theme)
        self.settings.changed.connect(self._on_settings)
        self.backroom = Backroom()
        self.jobs = JobRunner(self.backroom.perform, prepare=self.backroom.prepare)
        self.services = DeskServices(
            jobs=self.jobs,
            settings=self.settings,
            data=data_dir(),
            styles=self.backroom.styles,
            models=self.backroom.models,
            garden_models=self.backroom.garden_models,
            devices=self.backroom.devices,
            problems=self.backroom.problems,
            remove_style=self.backroom.remove_style,
            seconds_for=self.backroom.seconds_for,
            news=self.backroom.news,
            live=self.backroom.live_services,
            batch=self.backroom.batch_queue,
        )
        self.jobs.prepared.connect(self._on_prepared)
        self.window = self._make_window()

    def open(self, paths: Sequence[Path] = ()) -> None:
        """Show the window; the engine is loaded once it stands."""
        self.window.standing.painted.connect(self.begin)
        self.window.show()
        QTimer.singleShot(_START_ANYWAY_MS, self.window, self.begin)  # a window that starts hidden is not painted
        if paths:
            QTimer.singleShot(0, self.window, lambda: self.window.verbs.open_paths(list(paths)))
        else:
            QTimer.singleShot(600, self.window, self.window.recovery.look)
        QTimer.singleShot(1500, self.window, self.window.start_batch)

    def begin(self) -> None:
        """The window stands: load the engine. Called again, it does nothing more."""
        settle_memory()
        self.jobs.start()

    def close(self) -> bool:
        """End threads and sessions; called after the window was closed. False when a thread would not stop."""
        stopped = self.jobs.shutdown(4.0)
        if stopped:
            self.backroom.close()
        return stopped

    def _speak(self) -> None:
        """The person's language, for our texts and for Qt's own (Yes, No, the file dialogs)."""
        name = set_language(self.settings.value.language)
        self.app.removeTranslator(self._qt_words)
        if name == "zh":
            self._qt_words.load_chinese()
            self.app.installTranslator(self._qt_words)

    def _make_window(self) -> MainWindow:
        window = MainWindow(self.services)
        window.setWindowIcon(app_icon())
        window.language_wished.connect(self._change_language)
        return window

    def _change_language(self) -> None:
        """Every text is made anew: a new window takes over from the old one."""
        self._speak()
        old, self.window = self.window, self._make_window()
        self.app.setQuitOnLastWindowClosed(False)
        self.window.show()
        hand_over(old, self.window)
        self.app.setQuitOnLastWindowClosed(True)
        self.window.start_batch()

    def _on_prepared(self, failure: object) -> None:
        settle_memory()  # the engine's modules, too

    def _on_settings(self, before: Any, now: Any) -> None:
        if before.theme != now.theme:
            apply_theme(self.app, now.theme)


def open_desk(arguments: Sequence[str] = ()) -> int:
    """Run the desk until it is closed; `arguments` are files to open. Returns the exit status."""
    keep_log()
    app = QApplication.instance() or QApplication([sys.argv[0], *arguments])
    assert isinstance(app, QApplication)
    app.setApplicationName("ArtDesk")
    app.setApplicationDisplayName("ArtDesk")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("artdesk")
    sys.excepthook = _on_stray_exception
    desk = Desk(app)
    desk.open([Path(argument) for argument in arguments])
    status = app.exec()
    stopped = desk.close()
    logging.shutdown()
    if not stopped:
        os._exit(status)  # everything is saved; a driver that hangs must not keep a closed desk alive
    return status


def settle_memory() -> None:
    """What was made so far will stay: take it out of the garbage collector's sight, and let it work."""
    gc.freeze()
    gc.enable()


def keep_log() -> None:
    """A log file of at most 2 MB, with what went wrong in full."""
    try:
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            log_dir() / "artdesk.log", maxBytes=1_000_000, backupCount=1, encoding="utf-8"
        )
    except OSError:  # a full or unreadable disk must not keep the desk from opening
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def _on_stray_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A mistake of ours in a slot: into the log and in front of the person, and the desk goes on."""
    if issubclass(kind, KeyboardInterrupt):
        QApplication.quit()
        return
    log.critical("an unexpected error", exc_info=(kind, error, trace))
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow):
            window.tell_failure(error if isinstance(error, Exception) else RuntimeError(str(error)))
