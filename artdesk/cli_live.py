"""`artdesk live`: paint a camera, a video, the screen or a picture, with or without a window."""

from __future__ import annotations

import json as json_text
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artdesk.cli_options import DEVICE_HELP, complain, mix_of, progress_bar, stoppable
from artdesk.core.errors import ArtDeskError, EngineError, WrongUse
from artdesk.core.live import FrameSink, LiveSettings, SourceSpec
from artdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from artdesk.studio.perform import Studio
    from artdesk.workers.capture import SourceState
    from artdesk.workers.live import LiveRunner


def source_of(text: str, *, size: tuple[int, int] | None, loop: bool, own_rate: bool) -> SourceSpec:
    """`0`, `screen`, `screen:X,Y,W,H`, a video file or a picture. Raises WrongUse."""
    from artdesk.core.pictures import OPEN_SUFFIXES

    if re.fullmatch(r"\d{1,3}", text):
        return SourceSpec("webcam", index=int(text), size=size)
    if text == "screen":
        return SourceSpec("screen", size=size)
    match = re.fullmatch(r"screen:(-?\d+),(-?\d+),(\d+),(\d+)", text)
    if match:
        x, y, width, height = (int(part) for part in match.groups())
        return SourceSpec("screen", region=(x, y, width, height), size=size)
    if text.startswith("screen:"):
        raise WrongUse("--source screen:X,Y,WIDTH,HEIGHT wants four numbers, not “{value}”.", value=text)
    path = Path(text)
    if not path.exists():
        raise WrongUse("The source “{name}” is no camera number, not the screen, and no file.", name=text)
    if path.suffix.lower() in OPEN_SUFFIXES and path.suffix.lower() != ".gif":
        return SourceSpec("still", path=path, size=size)
    return SourceSpec("file", path=path, size=size, loop=loop, own_rate=own_rate)


def size_of(text: str) -> tuple[int, int] | None:
    """(width, height) of `640x480`; None for an empty text. Raises WrongUse."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    width, height = (int(part) for part in match.groups()) if match else (0, 0)
    if not (16 <= width <= 7680 and 16 <= height <= 7680):
        raise WrongUse("--size is WIDTHxHEIGHT such as 640x480, not “{value}”.", value=text)
    return width, height


def live(
    source: Annotated[
        str, typer.Option("--source", help="A camera's number, a video file, a picture, screen or screen:X,Y,W,H.")
    ] = "0",
    style: Annotated[str, typer.Option("--style", help="A style's id, or a picture to take the style of.")] = "",
    mix: Annotated[list[str] | None, typer.Option("--mix", help="Another style and its share: ID=0.3.")] = None,
    size: Annotated[str, typer.Option("--size", help="Frame size to ask for, such as 640x480.")] = "",
    strength: Annotated[float, typer.Option("--strength", min=0.0, max=1.0, help="How strongly to paint.")] = 1.0,
    keep_colors: Annotated[bool, typer.Option("--keep-colors", help="Keep the picture's own colours.")] = False,
    mirror: Annotated[bool, typer.Option("--mirror", help="Show a mirror image.")] = False,
    painter: Annotated[str, typer.Option("--painter", help="auto, live or quality.")] = "auto",
    height: Annotated[int, typer.Option("--height", min=0, max=4320, help="Working height; 0 chooses.")] = 0,
    fps: Annotated[float, typer.Option("--fps", min=1, max=240, help="Frame rate to aim at.")] = 24,
    steady: Annotated[float, typer.Option("--steady", min=0, max=1, help="How still still areas are kept.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Play a video once instead of again and again.")] = False,
    fast: Annotated[bool, typer.Option("--fast", help="Play a video as fast as can be.")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Record to this MP4 file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the recorded file if it exists.")] = False,
    virtual_camera: Annotated[bool, typer.Option("--virtual-camera", help="Feed the virtual camera.")] = False,
    frames: Annotated[int, typer.Option("--frames", min=0, help="Stop after so many frames; 0 never.")] = 0,
    no_window: Annotated[bool, typer.Option("--no-window", help="Do not show anything.")] = False,
    device: Annotated[str, typer.Option("--device", help=DEVICE_HELP)] = "auto",
    json: Annotated[bool, typer.Option("--json", help="A JSON line a second, and a summary as the last line.")] = False,
) -> None:
    """Paint a camera, a video file, the screen or a picture live."""
    if painter not in ("auto", "live", "quality"):
        raise WrongUse("--painter is auto, live or quality, not “{value}”.", value=painter)
    if record is not None and record.suffix.lower() != ".mp4":
        raise WrongUse("--record writes MP4 films; “{name}” does not end with .mp4.", name=str(record))
    unattended = no_window and not frames
    spec = source_of(source, size=size_of(size), loop=not once and not unattended, own_rate=not fast)
    _check_screen(no_window)
    from artdesk.compose import make_studio

    with stoppable() as token:
        studio = make_studio()
        try:
            settings = LiveSettings(
                mix=_mix(studio, style, mix or [], device, token, quiet=json),
                strength=strength,
                keep_colors=keep_colors,
                painter="quality" if painter == "quality" else "live",
                height=height,
                steady=steady,
                mirror=mirror,
                auto=painter == "auto" and height == 0,
                target_fps=fps,
            )
            session = _Session(studio, spec, settings, device, token, frames=frames, json=json)
            session.record, session.overwrite, session.virtual = record, overwrite, virtual_camera
            if no_window:
                session.run_alone()
            else:
                session.run_window()
        finally:
            studio.engine.close()
    if session.problem is not None:
        raise session.problem


def _check_screen(no_window: bool) -> None:
    if no_window or not sys.platform.startswith("linux"):
        return
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        raise WrongUse("There is no screen to open a window on; use --no-window.")


def _mix(studio: Studio, style: str, shares: list[str], device: str, token: CancelToken, *, quiet: bool) -> Any:
    from artdesk.cli import known_style

    if not style:
        styles = [known for known in studio.engine.library.styles() if known.kind != "model"]
        if not styles:
            raise WrongUse("There is no style to paint in.")
        style = styles[0].id
    with progress_bar("style", token, quiet=quiet) as progress:
        return mix_of(style, shares, lambda name: known_style(studio, name, device, progress))


class _Session:
    """One run of `artdesk live`: the runner or the window, the sinks, a line a second, the summary."""

    def __init__(
        self,
        studio: Studio,
        spec: SourceSpec,
        settings: LiveSettings,
        device: str,
        token: CancelToken,
        *,
        frames: int,
        json: bool,
    ) -> None:
        import psutil

        self._studio, self._spec, self._settings, self._device = studio, spec, settings, device
        self._token, self._frames, self._json = token, frames, json
        self._process = psutil.Process()
        self._sinks: list[FrameSink] = []
        self._state = "opening"
        self._last: dict[str, Any] = {}
        self.record: Path | None = None
        self.overwrite = False
        self.virtual = False
        self.problem: ArtDeskError | None = None

    # -- without a window

    def run_alone(self) -> None:
        from PySide6.QtCore import QCoreApplication

        from artdesk.camera.sources import opener_of
        from artdesk.live_desk import make_painter, painter_roles
        from artdesk.workers.live import LiveRunner

        app = QCoreApplication.instance() or QCoreApplication(["artdesk"])
        painter = make_painter(self._studio, self._device)
        retry = "never" if self._spec.kind in ("file", "still") else "after_first"
        runner = LiveRunner(
            opener_of(self._spec),
            painter,
            self._settings,
            retry=retry,  # type: ignore[arg-type]
            roles=painter_roles(self._studio),
        )
        try:
            self._open_sinks(runner)
            runner.source_changed.connect(self._source_changed)
            runner.failed.connect(self._failed)
            runner.sink_failed.connect(self._sink_failed)
            runner.frame_shown.connect(lambda *_: self._enough(runner))
            runner.start()
            self._loop(app, lambda: runner, lambda: runner.finished)
        finally:
            runner.stop()
            self._finish(runner)

    # -- with the live window

    def run_window(self) -> None:
        from PySide6.QtWidgets import QApplication

        from artdesk.core.paths import config_dir
        from artdesk.core.settings import load_settings
        from artdesk.live_desk import make_live_services
        from artdesk.ui.i18n import set_language
        from artdesk.ui.live.window import LiveWindow
        from artdesk.ui.services import SettingsStore
        from artdesk.ui.theme import apply_theme

        existing = QApplication.instance()
        app = existing if isinstance(existing, QApplication) else QApplication(["artdesk"])
        store = SettingsStore(value=load_settings(config_dir() / "settings.json"))
        store.change(device=self._device)
        set_language(store.value.language)
        apply_theme(app, store.value.theme)
        library = self._studio.engine.library
        window = LiveWindow(
            make_live_services(self._studio),
            store,
            styles=library.styles,
            devices=self._studio.engine.devices,
            settings=self._settings,
        )
        runner: LiveRunner | None = None
        try:
            window.source_state.connect(self._source_changed)
            window.failed.connect(self._failed)
            window.closed.connect(self._token.cancel)
            window.view.frame_painted.connect(lambda _frame: self._enough(window.runner))
            window.show()
            window.open_source(self._spec)
            runner = window.runner
            if runner is not None:
                self._open_sinks(runner)
                runner.sink_failed.connect(self._sink_failed)
            self._loop(app, lambda: window.runner, lambda: window.runner is not None and window.runner.finished)
            runner = window.runner or runner
        finally:
            if runner is not None:
                runner.stop()
                self._finish(runner)
            window.shut_down()
            window.close()

    # -- both

    def _open_sinks(self, runner: LiveRunner) -> None:
        from artdesk.camera.recorder import Recorder
        from artdesk.camera.virtual import VirtualCamera

        if self.virtual:
            width, height = self._spec.size or (640, 480)
            self._sinks.append(VirtualCamera(width, height, self._settings.target_fps))
        if self.record is not None:
            self._sinks.append(Recorder(self.record, rate=self._settings.target_fps, overwrite=self.overwrite))
        for sink in self._sinks:
            runner.add_sink(sink)

    def _loop(self, app: Any, runner: Any, finished: Any) -> None:
        from PySide6.QtCore import QTimer

        ticks = 0

        def tick() -> None:
            nonlocal ticks
            ticks += 1
            if self._token.cancelled or self.problem is not None or finished():
                app.quit()
            elif ticks % 10 == 0 and runner() is not None:
                self._say_second(runner())

        timer = QTimer()
        timer.setInterval(100)
        timer.timeout.connect(tick)
        timer.start()
        app.exec()
        timer.stop()

    def _enough(self, runner: LiveRunner | None) -> None:
        if self._frames and runner is not None and runner.meter.shown >= self._frames:
            self._token.cancel()
            runner.stop()

    def _source_changed(self, state: SourceState) -> None:
        self._state = state.kind
        if state.error is not None:
            if state.kind == "failed":
                self.problem = state.error
            else:
                complain(state.error)

    def _failed(self, error: Exception) -> None:
        self.problem = (
            error
            if isinstance(error, ArtDeskError)
            else EngineError("Live painting failed: {reason}.", reason=str(error))
        )

    def _sink_failed(self, sink: FrameSink, error: Exception) -> None:
        self._sinks = [kept for kept in self._sinks if kept is not sink]
        self._failed(error)

    def _figures(self, runner: LiveRunner, *, whole: bool) -> dict[str, Any]:
        numbers = runner.numbers()
        return {
            "fps": round(runner.meter.mean_rate() if whole else numbers.fps, 2),
            "frame_age_ms_p50": round(numbers.age_p50_ms, 1),
            "frame_age_ms_p95": round(numbers.age_p95_ms, 1),
            "dropped": numbers.dropped,
            "flicker_in": round(numbers.flicker_in, 3),
            "flicker_out": round(numbers.flicker_out, 3),
            "device": numbers.device,
            "rss_mb": round(self._process.memory_info().rss / 1e6, 1),
            "frames": numbers.shown,
            "painter": numbers.painter,
            "size": f"{numbers.width}x{numbers.height}",
            "source": self._state,
        }

    def _say_second(self, runner: LiveRunner) -> None:
        figures = self._figures(runner, whole=False)
        if self._json:
            print(json_text.dumps(figures), flush=True)
        elif figures["frames"]:
            ages = f"{figures['frame_age_ms_p50']:.0f}/{figures['frame_age_ms_p95']:.0f} ms"
            where = f"{figures['painter']} {figures['size']} on {figures['device']}"
            print(f"{figures['fps']:6.1f} fps   age {ages}   dropped {figures['dropped']}   {where}", flush=True)

    def _finish(self, runner: LiveRunner) -> None:
        """Close the sinks and print the summary."""
        for sink in self._sinks:
            runner.remove_sink(sink)
            try:
                sink.close()
            except ArtDeskError as error:
                self.problem = self.problem or error
        figures = {"summary": True, **self._figures(runner, whole=True)}
        if self.record is not None and self.record.exists():
            figures["recorded"] = str(self.record)
        if self._json:
            print(json_text.dumps(figures), flush=True)
        elif self.problem is None:
            print(
                f"{figures['frames']} frames, {figures['fps']} fps, age {figures['frame_age_ms_p50']}/"
                f"{figures['frame_age_ms_p95']} ms, dropped {figures['dropped']}, flicker {figures['flicker_in']} → "
                f"{figures['flicker_out']}, {figures['device']}, {figures['rss_mb']} MB"
            )
