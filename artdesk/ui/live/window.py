"""The live window: picture, controls, sinks. It starts and stops the live runner and says what happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMainWindow, QScrollArea, QToolBar, QVBoxLayout, QWidget

from artdesk.core.live import LivePainter, LiveSettings, SourceSpec
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import pick, say, tr
from artdesk.ui.live.actions import WINDOW_ACTIONS
from artdesk.ui.live.controls import LiveControls
from artdesk.ui.live.output import OutputWindow
from artdesk.ui.live.services import LiveServices
from artdesk.ui.live.sinks import LiveSinks
from artdesk.ui.live.source_bar import SourceBar
from artdesk.ui.live.view import LiveView
from artdesk.ui.services import DeviceLike, SettingsStore, StyleLike
from artdesk.ui.theme import dress
from artdesk.workers.capture import Retry, SourceState
from artdesk.workers.live import LiveFrame, LiveRunner
from artdesk.workers.quality import Quality

log = logging.getLogger(__name__)
_NUMBERS_MS = 250
_NOTE_MS = 8000


class LiveWindow(QMainWindow):
    """Paints a source live. `styles` and `devices` answer from memory; `store` holds favourites and the wished rate.

    Closing the window ends every thread it started.
    """

    layer_taken = Signal(object, str)
    """(Image, name): put this picture on the canvas as a new layer."""
    source_state = Signal(object)
    """SourceState, as the runner says it."""
    failed = Signal(object)
    """Exception: painting stopped."""
    closed = Signal()

    def __init__(
        self,
        live: LiveServices,
        store: SettingsStore,
        *,
        styles: Callable[[], Sequence[StyleLike]],
        devices: Callable[[], Sequence[DeviceLike]] = tuple,
        settings: LiveSettings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Live painting"))
        self._live, self._store, self._styles, self._devices = live, store, styles, devices
        self._runner: LiveRunner | None = None
        self._painter: LivePainter | None = None
        self._device = store.value.device
        self._spec: SourceSpec | None = None
        self._title = ""
        self._output: OutputWindow | None = None
        self._background = Background(self)
        self._actions: dict[str, QAction] = {}
        self.view = LiveView()
        self.source_bar = SourceBar()
        self.controls = LiveControls(settings or LiveSettings(target_fps=float(store.value.live_fps)))
        self.sinks = LiveSinks(live, self._background, self)
        self._note = QLabel()
        self._note.setProperty("kind", "dim")
        self._note.setWordWrap(True)
        self._note.setMinimumHeight(self._note.fontMetrics().height() + 2)
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._build()
        self._fill()
        self._numbers_timer = QTimer(self)
        self._numbers_timer.setInterval(_NUMBERS_MS)
        self._numbers_timer.timeout.connect(self._show_numbers)
        self._numbers_timer.start()
        self._note_timer = QTimer(self)
        self._note_timer.setSingleShot(True)
        self._note_timer.timeout.connect(self._note.clear)

    @property
    def runner(self) -> LiveRunner | None:
        """The runner at work, None before a source was opened."""
        return self._runner

    # -- building

    def _build(self) -> None:
        self._bar = QToolBar(tr("Live painting"))
        self._bar.setMovable(False)
        self._bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.addToolBar(self._bar)
        for spec in WINDOW_ACTIONS:
            action = QAction(tr(spec.text), self)
            dress(action, spec.icon)
            action.setShortcuts([QKeySequence(key) for key in spec.shortcuts])
            action.setToolTip(f"{tr(spec.tip)} ({spec.shortcuts[0]})")
            action.setCheckable(spec.checkable)
            action.setChecked(spec.checked)
            signal = action.toggled if spec.checkable else action.triggered
            signal.connect(getattr(self, spec.method))
            if spec.rule:
                self._bar.addSeparator()
            self._bar.addAction(action)
            self._actions[spec.id] = action
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(self.source_bar)
        column.addWidget(self.controls)
        column.addStretch(1)
        self._panel = QScrollArea()
        self._panel.setWidgetResizable(True)
        self._panel.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._panel.setWidget(panel)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.view, 1)
        row.addWidget(self._panel)
        self._foot = QFrame()
        self._foot.setProperty("kind", "bar")
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(12, 5, 12, 5)
        foot.addWidget(self._note, 1)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(middle, 1)
        rows.addWidget(self._foot)
        self.setCentralWidget(whole)
        self.resize(1080, 760)
        for number in range(1, 10):
            shortcut = QShortcut(QKeySequence(str(number)), self)
            shortcut.activated.connect(_FavouriteKey(self, number - 1).press)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        leave.activated.connect(self.leave_full_screen)
        self.view.frame_painted.connect(self._count_shown)
        self.view.double_clicked.connect(self._actions["live.full"].toggle)
        self.controls.settings_changed.connect(self._settings_changed)
        self.controls.device_chosen.connect(self._device_chosen)
        self.source_bar.chosen.connect(self.open_source)
        self.source_bar.refresh_asked.connect(self.look_for_cameras)
        self.sinks.said.connect(self.say_note)
        self.sinks.recording_ended.connect(self._recording_ended)
        self.sinks.virtual_ended.connect(self._virtual_ended)

    def _fill(self) -> None:
        self.controls.set_roles(self._live.roles())
        self.controls.set_styles(self._styles())
        self.controls.set_devices(self._devices(), self._device)
        content, bar = self._panel.widget(), self._panel.verticalScrollBar().sizeHint().width()
        self._panel.setFixedWidth(max(320, (content.minimumSizeHint().width() if content else 0) + bar + 4))

    # -- the source

    def look_for_cameras(self) -> None:
        """List the cameras again, off the interface thread."""
        self._background.run(self._live.list_sources, self._cameras_found, what="listing cameras")

    def _cameras_found(self, cameras: Any) -> None:
        self.source_bar.set_cameras(cameras)
        if self._spec is not None:
            return
        first = self.source_bar.first_camera()
        if first is not None:
            self.open_source(*first)
        elif self._runner is None:
            self.view.set_message(
                tr("No camera was found"), tr("Plug one in and look again, or choose a video, the screen or a picture.")
            )

    def open_source(self, spec: SourceSpec, title: str = "") -> None:
        """Paint what `spec` delivers from now on; the last picture stays until the first new one."""
        self._spec, self._title = spec, title
        self.source_bar.set_source(spec, title)
        self._start()

    def _start(self) -> None:
        if self._spec is None:
            return
        clean = self._stop_runner()
        if self._painter is None or not clean:
            # A painter that is still busy with its last frame belongs to the old thread.
            self._painter = self._live.painter(self._device)
        self._painter.reset()
        retry: Retry = "never" if self._spec.kind in ("file", "still") else "always"
        runner = LiveRunner(
            self._live.open_source(self._spec, self._title),
            self._painter,
            self.controls.settings,
            retry=retry,
            roles=self._live.roles(),
            counts_itself=False,
            parent=self,
        )
        runner.frame_shown.connect(self._show_frame)
        runner.source_changed.connect(self._source_changed)
        runner.quality_chosen.connect(self._quality_chosen)
        runner.failed.connect(self._runner_failed)
        runner.sink_failed.connect(self.sinks.sink_failed)
        runner.set_paused(self._actions["live.pause"].isChecked())
        self._runner = runner
        self.sinks.set_runner(runner)
        runner.start()

    def _stop_runner(self) -> bool:
        runner, self._runner = self._runner, None
        self.sinks.set_runner(None)
        if runner is None:
            return True
        clean = runner.stop()
        runner.deleteLater()
        return clean

    def _source_changed(self, state: SourceState) -> None:
        if self.sender() is not self._runner:
            return
        if state.kind == "opening":
            if self.view.frame is None:
                self.view.set_message(tr("Opening the source…"))
        elif state.kind == "running":
            self.view.set_message("")
        elif state.kind == "ended":
            self.say_note(tr("The film has ended."))
        else:
            again = tr("Trying again in {seconds} s…", seconds=f"{state.retry_in:g}") if state.kind == "lost" else ""
            self.view.set_message(say(state.error) if state.error else "", again)
        self.source_state.emit(state)

    def _runner_failed(self, error: Exception) -> None:
        self.view.set_message(say(error))
        self.failed.emit(error)

    # -- the picture

    def _show_frame(self, frame: LiveFrame, _numbers: object) -> None:
        self.view.show_frame(frame)
        if self._output is not None:
            self._output.show_frame(frame)

    def _count_shown(self, frame: LiveFrame) -> None:
        if self._runner is not None:
            self._runner.count_shown(frame)

    def _show_numbers(self) -> None:
        on = self._actions["live.numbers"].isChecked() and self._runner is not None
        self.view.set_numbers(self._runner.numbers() if on and self._runner is not None else None)

    def _quality_chosen(self, quality: Quality) -> None:
        if self.sender() is self._runner:
            self.controls.show_quality(quality)

    def _settings_changed(self, settings: LiveSettings) -> None:
        if self._runner is not None:
            self._runner.set_settings(settings)
        if round(settings.target_fps) != self._store.value.live_fps:
            self._store.change(live_fps=round(settings.target_fps))

    def _device_chosen(self, device: str) -> None:
        if device != self._device:
            self._device = device
            self._stop_runner()
            self._painter = None
            self._start()

    def choose_favourite(self, place: int) -> None:
        """Paint in the favourite of that place (0..8); styles that exist fill up a short list."""
        known = {style.id: style for style in self._styles() if style.kind != "model"}
        favourites = [style_id for style_id in self._store.value.favourites if style_id in known]
        ordered = [*favourites, *(style_id for style_id in known if style_id not in favourites)]
        if place < len(ordered):
            self.controls.choose_style(ordered[place])
            self.say_note(pick(known[ordered[place]].title))

    # -- verbs of the actions

    def set_paused(self, on: bool) -> None:
        if self._runner is not None:
            self._runner.set_paused(on)

    def set_split(self, on: bool) -> None:
        self.view.set_split(on)

    def set_numbers_shown(self, on: bool) -> None:
        self._show_numbers()

    def set_recording(self, on: bool) -> None:
        if on and self._runner is None:
            self._recording_ended()
        elif on:
            self.sinks.start_recording(self.controls.settings.target_fps)
        else:
            self.sinks.stop_recording()

    def _recording_ended(self) -> None:
        self._actions["live.record"].setChecked(False)

    def set_virtual_camera(self, on: bool) -> None:
        frame = self.view.frame
        if on and frame is None:
            self._virtual_ended()
        elif on and frame is not None:
            height, width = frame.painted.shape[:2]
            self.sinks.start_virtual(width, height, self.controls.settings.target_fps)
        else:
            self.sinks.stop_virtual()

    def _virtual_ended(self) -> None:
        self._actions["live.virtual"].setChecked(False)

    def take_snapshot(self) -> None:
        if self.view.frame is not None:
            self.sinks.save_snapshot(self.view.frame.painted)

    def take_layer(self) -> None:
        if self.view.frame is not None:
            self.layer_taken.emit(self.view.frame.painted, tr("Live snapshot"))
            self.say_note(tr("The picture is on the canvas as a new layer."))

    def set_output_shown(self, on: bool) -> None:
        if on and self._output is None:
            self._output = OutputWindow()
            self._output.closed.connect(self._output_closed)
            if self.view.frame is not None:
                self._output.show_frame(self.view.frame)
            self._output.show()
        elif not on and self._output is not None:
            self._output.close()

    def _output_closed(self) -> None:
        output, self._output = self._output, None
        if output is not None:
            output.deleteLater()
        self._actions["live.output"].setChecked(False)

    def set_full_screen(self, on: bool) -> None:
        for widget in (self._bar, self._panel, self._foot):
            widget.setVisible(not on)
        if on:
            self.showFullScreen()
        else:
            self.showNormal()

    def leave_full_screen(self) -> None:
        self._actions["live.full"].setChecked(False)

    def say_note(self, text: str) -> None:
        """A sentence at the foot of the window for a few seconds."""
        self._note.setText(text)
        self._note_timer.start(_NOTE_MS)

    # -- opening and closing

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and not self.isFullScreen():
            self._actions["live.full"].setChecked(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut_down()
        self.closed.emit()
        super().closeEvent(event)

    def shut_down(self) -> None:
        """End painting, finish what is being recorded, close the output window."""
        self._numbers_timer.stop()
        self._stop_runner()
        self.sinks.shut_down()
        if self._output is not None:
            self._output.close()
        self._background.shutdown(5.0)


class _FavouriteKey(QObject):
    """One of the keys 1 to 9."""

    def __init__(self, window: LiveWindow, place: int) -> None:
        super().__init__(window)
        self._window, self._place = window, place

    def press(self) -> None:
        self._window.choose_favourite(self._place)
