"""Live painting measured as it is used: a video file, the live painter, a real window, everything running at once.

`pipeline_ratio` sets the frames a second that were really painted on the screen against a bare `session.run` loop
over the same frames at the same size; both take turns in one run, so a busy machine slows both alike. Everything runs
on the processor, through ONNX Runtime: the machine without a graphics card is the one that has to be quick enough.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import ArtDeskError, EngineError
from artdesk.core.image import Image, as_image
from artdesk.core.live import LiveSettings, SourceSpec
from artdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from artdesk.bench import BenchContext
    from artdesk.studio.perform import Studio

WIDTH, HEIGHT, RATE = 640, 480, 30
_NOISE = 4.0


def scene(width: int, height: int, seed: int = 7) -> NDArray[np.uint8]:
    """A made-up scene (h, w, 3) with soft ground, hard edges and fine texture, as photographs have them."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(
        rng.integers(60, 200, (7, 9, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    texture = cv2.GaussianBlur(rng.normal(0, 22, (height, width)).astype(np.float32), (0, 0), 1.6) * 2.2
    picture: NDArray[np.uint8] = np.clip(ground.astype(np.float32) + texture[:, :, None], 0, 255).astype(np.uint8)
    for _ in range(60):
        x, y, r = (int(v) for v in rng.integers((0, 0, 10), (width, height, 70)))
        color = tuple(int(v) for v in rng.integers(0, 255, 3))
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), r, color, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (x, y), (x + r, y + r // 2), color, -1)
    return picture


def noisy(picture: NDArray[np.uint8], seed: int, sigma: float = _NOISE) -> Image:
    """`picture` as a camera sees it: with noise of its own in every frame."""
    noise = np.zeros(picture.shape, np.int16)
    cv2.setRNGSeed(seed)
    cv2.randn(noise, (0.0,) * 3, (sigma,) * 3)
    return as_image(cv2.add(picture, noise, dtype=cv2.CV_8U))


def panning(count: int, step: int = 4, sigma: float = 1.5) -> list[Image]:
    """Frames of a good camera that pans over the scene, `step` pixels a frame, there and back."""
    wide = scene(WIDTH + 240, HEIGHT)
    places = [abs((n * step) % 480 - 240) for n in range(count)]
    return [noisy(np.ascontiguousarray(wide[:, x : x + WIDTH]), n, sigma) for n, x in enumerate(places)]


def write_video(path: Path, frames: list[Image]) -> None:
    from artdesk.camera.recorder import Recorder

    recorder = Recorder(path, rate=RATE)
    for number, frame in enumerate(frames):
        while not recorder.ready:
            time.sleep(0.001)
        recorder.write(frame, number / RATE)
    recorder.close()


def measure(context: BenchContext) -> dict[str, Any]:
    """Frames per second, ages, ratio, flicker and lag of the live painter. Raises ModelMissing, Cancelled."""
    from artdesk.compose import make_studio

    studio = make_studio()
    try:
        card = studio.engine.library.painter("live")
        styles = [style.id for style in studio.engine.library.styles() if style.kind != "model"]
        if not styles:
            raise EngineError("There is no style to measure with.")
        settings = LiveSettings(mix=((styles[0], 1.0),), auto=False)
        figures: dict[str, Any] = {"device": "cpu", "size": f"{WIDTH}x{HEIGHT}"}
        with tempfile.TemporaryDirectory(prefix="artdesk-bench-") as folder:
            video = Path(folder) / "pan.mp4"
            write_video(video, panning(120))
            figures |= _pipeline(studio, card, settings, video, context)
        context.progress.step(0.8, "flicker")
        figures |= _flicker(studio, settings, 16 if context.quick else 40)
        figures["edge_lag_frames"] = _edge_lag(studio, settings, 10)
        return figures
    finally:
        studio.engine.close()


def _pipeline(studio: Studio, card: Any, settings: LiveSettings, video: Path, context: BenchContext) -> dict[str, Any]:
    seconds, turns = (3.0, 2) if context.quick else (6.0, 4)
    bare = _BareLoop(card, video)
    shown: list[dict[str, float]] = []
    loops: list[float] = []
    with _Screen(studio) as screen:
        fast = SourceSpec("file", path=video, own_rate=False)
        screen.play(fast, settings, 1.0)
        bare.run(1.0)
        for turn in range(turns):
            context.progress.step(0.1 + 0.5 * turn / turns, "live")
            shown.append(screen.play(fast, settings, seconds))
            loops.append(bare.run(seconds))
        context.progress.step(0.65, "live")
        own = screen.play(SourceSpec("file", path=video), settings, seconds)
        auto = screen.play(SourceSpec("file", path=video), replace(settings, auto=True), seconds + 2)
    ratios = [play["fps"] / loop for play, loop in zip(shown, loops, strict=True)]
    fps = statistics.median(play["fps"] for play in shown)
    return {
        "displayed_fps": round(fps, 2),
        "bare_fps": round(statistics.median(loops), 2),
        "pipeline_ratio": round(statistics.median(ratios), 3),
        "frame_age_ms_p50": round(statistics.median(play["p50"] for play in shown), 1),
        "frame_age_ms_p95": round(statistics.median(play["p95"] for play in shown), 1),
        "frame_age_p95_in_frame_times": round(statistics.median(play["p95"] * play["fps"] / 1e3 for play in shown), 2),
        "own_rate_fps": round(own["fps"], 2),
        "own_rate_age_ms_p95": round(own["p95"], 1),
        "automatic_fps": round(auto["fps"], 2),
        "automatic_choice": f"{auto['painter']} {auto['width']:.0f}x{auto['height']:.0f}",
    }


class _BareLoop:
    """Nothing but `session.run`, over the same frames, with the runtime's own defaults."""

    def __init__(self, card: Any, video: Path) -> None:
        import onnxruntime

        from artdesk.camera.videofile import VideoFileSource
        from artdesk.engine.tensors import to_tensor

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(card.file), options, providers=["CPUExecutionProvider"])
        source = VideoFileSource(video, loop=False, own_rate=False)
        self._frames: list[NDArray[np.float32]] = []
        while len(self._frames) < 24 and (frame := source.read()) is not None:
            self._frames.append(to_tensor(frame.image))
        source.close()
        self._code = np.zeros((1, card.painter.code_size), np.float32)
        self._state = np.zeros((1, card.painter.state_size), np.float32)

    def run(self, seconds: float) -> float:
        """Frames a second."""
        started = time.perf_counter()
        done = 0
        state = self._state
        while (spent := time.perf_counter() - started) < seconds:
            inputs = {
                "image": self._frames[done % len(self._frames)],
                "code": self._code,
                "state": state,
                "hold": np.array(0.9 if done else 0.0, np.float32),
            }
            _, state = self._session.run(["painted", "state_out"], inputs)
            done += 1
        return done / spent


class _Screen:
    """The live window on the screen there is (or on none: Qt's offscreen one)."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._window: Any = None

    def __enter__(self) -> _Screen:
        if sys.platform.startswith("linux") and not any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY")):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from PySide6.QtWidgets import QApplication

        from artdesk.core.settings import Settings
        from artdesk.live_desk import make_live_services
        from artdesk.ui.live.window import LiveWindow
        from artdesk.ui.services import SettingsStore

        existing = QApplication.instance()
        self._app = existing if isinstance(existing, QApplication) else QApplication(["artdesk"])
        library = self._studio.engine.library
        self._window = LiveWindow(
            make_live_services(self._studio), SettingsStore(value=Settings(device="cpu")), styles=library.styles
        )
        # The picture at its own size, as most people leave it.
        self._window.resize(WIDTH + 330, HEIGHT + 120)
        self._window.show()
        return self

    def __exit__(self, *_: object) -> None:
        self._window.close()
        self._window.deleteLater()
        self._app.processEvents()

    def play(self, spec: SourceSpec, settings: LiveSettings, seconds: float) -> dict[str, float]:
        """Show `spec` for `seconds` after the first frame; what was really painted on the screen."""
        from PySide6.QtCore import QEventLoop, QTimer

        window = self._window
        window.controls.set_settings(settings)
        failures: list[Exception] = []
        window.failed.connect(failures.append)
        loop = QEventLoop()
        painted: list[None] = []

        def first(_frame: object) -> None:
            if not painted:
                QTimer.singleShot(round(seconds * 1000), loop.quit)
            painted.append(None)

        window.view.frame_painted.connect(first)
        window.failed.connect(loop.quit)
        QTimer.singleShot(round(seconds * 1000) + 20_000, loop.quit)
        window.open_source(spec)
        loop.exec()
        window.view.frame_painted.disconnect(first)
        window.failed.disconnect(loop.quit)
        window.failed.disconnect(failures.append)
        runner = window.runner
        runner.stop()
        if failures:
            raise failures[0] if isinstance(failures[0], ArtDeskError) else EngineError(str(failures[0]))
        numbers = runner.numbers()
        return {
            "fps": runner.meter.mean_rate(),
            "p50": numbers.age_p50_ms,
            "p95": numbers.age_p95_ms,
            "painter": numbers.painter,
            "width": numbers.width,
            "height": numbers.height,
        }


def _change(frames: list[Image]) -> float:
    """Mean change from frame to frame, 0..255."""
    return statistics.fmean(float(cv2.norm(a, b, cv2.NORM_L1)) / a.size for a, b in itertools.pairwise(frames))


def _flicker(studio: Studio, settings: LiveSettings, count: int) -> dict[str, float]:
    """Change per frame on a still scene with camera noise: steady, and frame by frame without hold and blend."""
    from artdesk.live_desk import make_painter

    still = scene(WIDTH, HEIGHT)
    frames = [noisy(still, 1000 + n) for n in range(count)]
    token = CancelToken()
    steady, plain = make_painter(studio, "cpu"), make_painter(studio, "cpu")
    steady.set(settings)
    plain.set(replace(settings, hold=0.0, steady=0.0))
    settle = count // 4
    out = [steady.paint(frame, token) for frame in frames][settle:]
    raw = [plain.paint(frame, token) for frame in frames][settle:]
    figures = {
        "flicker_in": _change(frames[settle:]),
        "flicker_frame_by_frame": _change(raw),
        "flicker_out": _change(out),
    }
    ratio = figures["flicker_out"] / max(figures["flicker_frame_by_frame"], 1e-6)
    return {name: round(value, 3) for name, value in {**figures, "flicker_ratio": ratio}.items()}


def _edge_lag(studio: Studio, settings: LiveSettings, count: int) -> int:
    """How many frames the edges of a panning scene lag: which earlier unblended painting the shown one is most like."""
    from artdesk.live_desk import make_painter

    frames = panning(count, step=6)
    token = CancelToken()
    steady, plain = make_painter(studio, "cpu"), make_painter(studio, "cpu")
    steady.set(settings)
    plain.set(replace(settings, steady=0.0))
    shown = [steady.paint(frame, token) for frame in frames]
    sharp = [plain.paint(frame, token) for frame in frames]
    distances = [
        statistics.fmean(float(cv2.norm(shown[n], sharp[n - lag], cv2.NORM_L1)) for n in range(4, count))
        for lag in range(4)
    ]
    return distances.index(min(distances))
