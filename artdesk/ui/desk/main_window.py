"""The main window: canvas in the middle, gallery and sliders beside it, what is being done below.

Connects, decides little.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QToolBar, QWidget

from artdesk.core.errors import ArtDeskError
from artdesk.core.image import Image
from artdesk.core.results import PictureResult
from artdesk.document.changes import Change
from artdesk.document.document import Document
from artdesk.document.layers import Layer
from artdesk.ui.actions import ACTIONS, joined
from artdesk.ui.desk.autosave import AutosaveTimer, Recovery
from artdesk.ui.desk.background import Background
from artdesk.ui.desk.batch import BatchRunner
from artdesk.ui.desk.binder import ActionBinder
from artdesk.ui.desk.empty import EmptyDesk
from artdesk.ui.desk.files import FileKeeper, OpenFile
from artdesk.ui.desk.gallery import Gallery
from artdesk.ui.desk.job_bar import JobBar
from artdesk.ui.desk.layout import (
    LiveGate,
    contributed,
    keep_window,
    place_painting,
    place_side,
    place_status,
    place_tools,
    restore_window,
    show_painting,
)
from artdesk.ui.desk.messages import MessageBar
from artdesk.ui.desk.model_verbs import ModelVerbs
from artdesk.ui.desk.painting import StylePainter
from artdesk.ui.desk.recent import RecentMenu
from artdesk.ui.desk.standing import Standing
from artdesk.ui.desk.styles_desk import StylesDesk
from artdesk.ui.desk.stylize_panel import StylizePanel
from artdesk.ui.desk.verbs import DeskVerbs
from artdesk.ui.desk.wiring import wire
from artdesk.ui.garden.gate import GardenGate
from artdesk.ui.i18n import pick, say, say_note, tr
from artdesk.ui.paint.session import StyleChoice
from artdesk.ui.paint.workspace import PaintWorkspace
from artdesk.ui.services import DeskServices

log = logging.getLogger(__name__)

_REPAINT_AT_ONCE = 4.0  # seconds: a painting that takes longer is not begun anew by a slider alone


class MainWindow(QMainWindow):
    """The desk. Panels say facts, verbs change things, this class lets them know of each other."""

    language_wished = Signal()  # the person speaks another language: build the window anew

    def __init__(self, services: DeskServices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.services = services
        self.file: OpenFile | None = None
        self.last_export: Path | None = None
        self.background = Background(self)
        self.files = FileKeeper(services.settings, self.background, self)
        self.painter = StylePainter(services, self.background, self)
        self.styles_desk = StylesDesk(services, self.background, self)
        self.autosave = AutosaveTimer(services.data / "autosave", services.settings, self.background, self)
        self.recovery = Recovery(services.data / "autosave", self.background, self)
        self.verbs = DeskVerbs(self)
        self.painting_bars: list[QToolBar] = []
        self.painting_docks: list[QDockWidget] = []
        self.live: LiveGate
        self.models: ModelVerbs
        self.garden: GardenGate
        self._unsubscribe: Callable[[], None] | None = None
        self.batch: BatchRunner | None = None
        self._closing = False
        self._wish_waits = False  # a style was clicked before there was a picture
        self._fresh_style = ""  # a style that was made and will be shown when the library has been read
        self._build()
        wire(self)
        self.show_file(None)
        self.standing = Standing(self)

    @property
    def document(self) -> Document | None:
        """The document on the desk."""
        return self.file.document if self.file is not None else None

    @property
    def shows_through(self) -> bool:
        """Whether the picture was transparent somewhere when it was opened."""
        return self.file is not None and self.file.before.shape[2] == 4

    def _build(self) -> None:
        self.setObjectName("desk")
        self.setMinimumSize(900, 640)
        self.setAcceptDrops(False)
        self.stack = QStackedWidget()
        self.empty = EmptyDesk(self.background, self.services.settings.value.recent)
        self.workspace = PaintWorkspace(self)
        self.workspace.bind(self.services)
        self.canvas = self.workspace.canvas
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.workspace.center)
        self.setCentralWidget(self.stack)
        self.messages = MessageBar(self.stack)
        self.gallery = Gallery(self.services, self.background)
        self.panel = StylizePanel(self.services)
        self.bar = JobBar(self.services.jobs)
        self.side = place_side(self)
        place_status(self)
        tables, groups = contributed(self)
        self.binder = ActionBinder(self, joined(ACTIONS, *tables), {"desk": self.verbs, **groups})
        self.binder.build_menus()
        self.recent_menu = RecentMenu(self.services.settings, self.verbs)
        self.binder.menus["file"].insertMenu(self.binder.actions["file.place"], self.recent_menu)
        place_tools(self)
        place_painting(self)
        QShortcut(
            QKeySequence(Qt.Key.Key_Escape), self, self.verbs.stop_jobs, context=Qt.ShortcutContext.WindowShortcut
        )
        self.resize(1440, 900)
        self.resizeDocks([self.side], [380], Qt.Orientation.Horizontal)
        restore_window(self)

    def tell_failure(self, error: Exception) -> None:
        """Say a failure where the person looks."""
        self.messages.say(say(error), "failure")

    def tell_note(self, text: str) -> None:
        """Say something that should be known but is no failure."""
        self.messages.say(text, "warning")

    def paint_now(self) -> None:
        """Paint in the chosen mix with the settings of the panel."""
        document, settings = self.document, self.panel.settings()
        if document is not None and settings.mix:
            self.painter.paint(document, settings)

    def compare(self, on: bool) -> None:
        """Show the picture as it was opened under a wipe."""
        file = self.file
        if on and file is not None and file.before.shape[:2] != (file.document.height, file.document.width):
            self.messages.say(tr("The picture has another size now; there is nothing to compare with."), "note")
            on = False
        self.canvas.set_comparison(file.before if on and file is not None else None)
        self.binder.set_checked("view.compare", on)

    def show_gallery(self, shown: bool) -> None:
        """Show or hide the panel with the styles."""
        self.side.setVisible(shown)
        self.binder.set_checked("view.gallery", shown)

    def on_style_chosen(self, style_id: str) -> None:
        """A style was clicked: paint in it, or remember it for the picture to come."""
        self.panel.mix.set_mix(((style_id, 1.0),))
        if self.document is None:
            self._wish_waits = True
            style = self.services.style(style_id)
            name = pick(style.title) if style is not None else style_id
            self.messages.say(tr("“{name}” is chosen. Now open a picture to paint.", name=name), "note")
        self.paint_now()

    def on_mix_wished(self, style_id: str) -> None:
        """A style is to join or leave the mix."""
        style = self.services.style(style_id)
        if style is not None and style.kind == "model":
            self.messages.say(tr("An imported model cannot be mixed with others."), "note")
            return
        self.panel.mix.toggle(style_id)
        self.paint_now()

    def on_panel_changed(self) -> None:
        """A slider or the mix has another value."""
        settings = self.panel.settings()
        self.gallery.set_mix(settings.mix)
        self.workspace.set_style(
            StyleChoice(settings.mix, settings.strength, settings.keep_colors, settings.stroke_size)
        )
        self._say_estimate()
        self.panel.set_ready(self.document is not None and bool(self.panel.mix.mix()))

    def on_panel_settled(self) -> None:
        """A control came to rest: a quick painting that stands is painted anew."""
        seconds = self.painter.last_seconds
        if self.painter.standing(self.document) is not None and seconds is not None and seconds < _REPAINT_AT_ONCE:
            self.paint_now()

    def _say_estimate(self) -> None:
        document, settings = self.document, self.panel.settings()
        self.panel.estimate.setText("")
        if document is None or not settings.mix:
            return
        pixels = document.width * document.height
        if settings.size:
            pixels = round(pixels * min(1.0, settings.size / max(document.width, document.height)) ** 2)
        seconds = self.services.seconds_for(settings.painter, pixels, settings.device)
        if seconds is not None and seconds >= 0.95:
            self.panel.estimate.setText(tr("about {seconds:.0f} s on this machine", seconds=seconds))

    def on_painted(self, layer: Layer, result: PictureResult) -> None:
        """A painting lies on the canvas."""
        ran = result.receipt.device
        title = next((device.title for device in self.services.devices() if device.id == ran), ran)
        self.bar.show_ran(tr(title), result.receipt.seconds)
        self._say_estimate()

    def on_opened(self, file: OpenFile) -> None:
        """A file was read: it takes the place of what lay on the desk."""
        self.show_file(file)
        self.verbs.take_also()
        for note in file.notes:
            self.tell_note(say_note(note))
        if file.receipt is not None and isinstance(file.receipt.settings.get("mix"), list | tuple):
            self.messages.say(
                tr("This picture was painted with ArtDesk. Use its settings again?"),
                "note",
                [(tr("Use the settings"), self._restore_receipt)],
            )
        if self.panel.mix.mix() and file.receipt is None and self._wish_waits:
            self.paint_now()
        self._wish_waits = False

    def _restore_receipt(self) -> None:
        if self.file is None or self.file.receipt is None:
            return
        missing = self.panel.set_settings(self.file.receipt.settings)
        if missing:
            self.messages.say(tr("This style is not here any more: {names}", names=", ".join(missing)), "warning")

    def show_file(self, file: OpenFile | None) -> None:
        """Lay this on the desk in place of what lay there; None clears the desk."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.painter.forget()
        self.file = file
        self.last_export = None
        document = self.document
        self.workspace.set_document(document)
        self.binder.set_checked("view.compare", False)
        self.stack.setCurrentWidget(self.workspace.center if document is not None else self.empty)
        self.messages.raise_()  # the page that came up would lie above what is still to be read
        show_painting(self, document is not None)
        self.autosave.watch(
            document, file.title if file is not None else "", recovered=file.recovered if file else None
        )
        self.gallery.set_picture(file.before if file is not None else None)
        if document is not None:
            self._unsubscribe = document.subscribe(self._on_change)
            self.canvas.setFocus()
        self.on_panel_changed()
        self.refresh_actions()

    def _on_change(self, change: Change) -> None:
        if change.kind in ("history", "saved", "selection", "size"):
            self.refresh_actions()

    def refresh_actions(self) -> None:
        """What can be done now, and what the title says."""
        document, file = self.document, self.file
        state = {"picture": document is not None and not self.garden.shown}
        if document is not None and file is not None:
            state |= {
                "undo": document.history.can_undo,
                "redo": document.history.can_redo,
                "selection": document.selection is not None,
            }
            name = document.path.name if document.path is not None else file.title
            self.setWindowTitle(f"{'• ' if document.dirty else ''}{name} – ArtDesk")
        else:
            self.setWindowTitle("ArtDesk")
        self.say_position()
        self.binder.enable(state)

    def say_position(self, zoom: float | None = None) -> None:
        """Size and zoom, in the bar below."""
        document = self.document
        if document is None or self.garden.shown:
            self.bar.show_position("")
            return
        scale = self.canvas.viewport.scale
        self.bar.show_position(f"{document.width} × {document.height}   {scale:.0%}")

    def take_layer(self, image: Image, name: str) -> None:
        """A picture that wants to be a layer (read from a file, pasted, taken from live painting)."""
        document = self.document
        if document is None:
            self.files.open_image(image, name)
            return
        try:
            document.paste_image(image, name)
        except ArtDeskError as error:
            self.tell_failure(error)

    def on_file_ended(self) -> None:
        """Opening or saving has ended, well or not."""
        self.bar.say("")
        self.empty.set_recent(self.services.settings.value.recent)

    def on_saved(self, document: Document, path: Path) -> None:
        """The project is safely on the disk."""
        if document is self.document:
            self.autosave.was_saved()
        self.messages.say(tr("Saved: {name}", name=path.name), "good")

    def on_exported(self, path: Path) -> None:
        """A flat picture was written."""
        self.last_export = path
        self.messages.say(tr("Exported: {name}", name=str(path)), "good")

    def on_copied(self, image: QImage) -> None:
        """What is seen is ready for the clipboard."""
        QGuiApplication.clipboard().setImage(image)
        self.bar.say(tr("Copied."))

    def on_style_made(self, style_id: str) -> None:
        """A picture has become a style: show it once the library knows it."""
        self._fresh_style = style_id

    def on_library(self) -> None:
        """The library was read anew."""
        self.gallery.refresh()
        self.panel.refresh_devices()
        self._say_estimate()
        if self._fresh_style and self.services.style(self._fresh_style) is not None:
            fresh, self._fresh_style = self._fresh_style, ""
            self.gallery.show_style(fresh)
            self.on_style_chosen(fresh)

    def on_style_removed(self, style_id: str) -> None:
        """A style is gone: it cannot be mixed any more."""
        self.panel.mix.drop(style_id)

    def on_model_imported(self, model_id: str) -> None:
        """A foreign model has joined the library."""
        if not self.garden.welcome(model_id):
            self.messages.say(tr("The model is in the gallery now."), "good")

    def on_prepared(self, failure: Exception | None) -> None:
        """The engine stands, or says why it does not."""
        if failure is not None:
            self.tell_failure(failure)
        for problem in self.services.problems():
            self.tell_note(say_note(problem))

    def start_batch(self) -> None:
        """Read the queue of the last time; says so when work is left in it."""
        if self.batch is None and self.services.batch is not None:
            self.batch = BatchRunner(self.services.jobs, self.services.batch, self)
            self.batch.found_waiting.connect(self._on_waiting)
            self.batch.failed.connect(self.tell_failure)

    def _on_waiting(self, count: int) -> None:
        text = tr("{count} pictures still wait in the batch queue.", count=count)
        self.messages.say(text, "note", [(tr("Show the queue"), self.verbs.open_batch)])

    def on_settings(self, before: object, now: object) -> None:
        """Settings were changed, here or in the preferences."""
        document = self.document
        if document is not None:
            document.history.set_limit(self.services.settings.value.undo_mb)

    def retire(self) -> None:
        """Let go of everything without asking: another window takes over."""
        self._closing = True
        keep_window(self)
        self.show_file(None)
        self._let_go()
        self.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._closing or not (self.verbs.may_leave() and self.garden.may_leave()):
            if not self._closing:
                event.ignore()
            return
        self._closing = True
        keep_window(self)
        self.show_file(None)
        self._let_go()
        event.accept()

    def _let_go(self) -> None:
        self.hide()
        self.live.close()
        if self.batch is not None:
            self.batch.shutdown()
        self.services.jobs.cancel_all()
        self.background.shutdown()
