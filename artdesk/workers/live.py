"""The live runner: capture thread → one-place mailbox → inference threads → the newest result is shown.

Nothing queues up anywhere: who is late misses a frame, and the drops are counted. Stopping takes half a
second at most, whatever the camera, the network or the interface are doing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, Signal

from artdesk.core.errors import ArtDeskError, Cancelled, EngineError
from artdesk.core.image import Image
from artdesk.core.live import (
    Frame,
    FrameSink,
    FrameSource,
    LiveMix,
    LivePainter,
    LiveSettings,
    MeasuresFlicker,
    PainterRole,
    mirrored,
    mixed,
    working_size,
)
from artdesk.core.progress import CancelToken
from artdesk.workers.capture import FrameCapture, Patience, Retry, SourceState
from artdesk.workers.mailbox import Mailbox
from artdesk.workers.meter import LiveNumbers, Meter
from artdesk.workers.quality import Quality, QualityController

log = logging.getLogger(__name__)
_BAD_FRAMES = 3
_NUMBERS_EVERY = 0.2


@dataclass(frozen=True)
class LiveFrame:
    """A result on its way to the screen: the painted frame and the one it was painted from."""

    painted: Image
    original: Image
    taken: float


class LiveRunner(QObject):
    """Paints what a source sees until stopped. Create, start and stop it in the interface's thread.

    `counts_itself`: a frame counts as shown when `frame_shown` is emitted; with False the view says so with
    `count_shown` when it has really painted it. `roles` are the painters automatic quality may choose from.
    """

    frame_shown = Signal(object, object)
    """(LiveFrame, LiveNumbers), in the interface's thread, only the newest; numbers are renewed 5 times a second."""
    source_changed = Signal(object)
    """SourceState: opening, running, lost (with the reason), failed, ended."""
    quality_chosen = Signal(object)
    """Quality: what automatic quality chose."""
    failed = Signal(object)
    """Exception: painting cannot go on. The runner has stopped."""
    sink_failed = Signal(object, object)
    """(FrameSink, Exception): the recorder or the virtual camera gave up; the picture goes on."""
    _result_there = Signal()
    _state_there = Signal(object)
    _quality_there = Signal(object)
    _failure_there = Signal(object)
    _sink_there = Signal(object, object)

    def __init__(
        self,
        open_source: Callable[[], FrameSource],
        painter: LivePainter,
        settings: LiveSettings,
        *,
        retry: Retry = "always",
        patience: Patience | None = None,
        roles: tuple[PainterRole, ...] = ("live",),
        counts_itself: bool = True,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.meter = Meter()
        self._painter = painter
        self._roles = roles
        self._counts_itself = counts_itself
        self._capture = FrameCapture(open_source, retry=retry, changed=self._state_there.emit, patience=patience)
        self._results: Mailbox[LiveFrame] = Mailbox()
        self._posted = threading.Event()
        self._token = CancelToken()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._taking = threading.Lock()
        self._giving = threading.Lock()
        self._given = 0.0
        self._late = 0
        self._bad = 0
        self._failed_already = False
        self._settings = settings
        self._settings_changed = True
        self._paused = False
        self._sinks: tuple[FrameSink, ...] = ()
        self._quality: QualityController | None = None
        self._frame_height = 0
        self._morph_from: LiveMix = settings.mix
        self._morph_start = 0.0
        self._mix_now: LiveMix = settings.mix
        self._paint_seconds = 0.0
        self._size = (0, 0)
        self._numbers = LiveNumbers()
        self._numbers_at = 0.0
        queued = Qt.ConnectionType.QueuedConnection
        self._result_there.connect(self._show_newest, queued)
        self._state_there.connect(self._tell_state, queued)
        self._quality_there.connect(self._tell_quality, queued)
        self._failure_there.connect(self._tell_failure, queued)
        self._sink_there.connect(self._tell_sink, queued)

    # -- the interface's side

    @property
    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    @property
    def settings(self) -> LiveSettings:
        return self._settings

    @property
    def finished(self) -> bool:
        """True when the source has ended and everything was painted."""
        return self._capture.finished and not self.running

    def start(self) -> None:
        if self._threads:
            raise RuntimeError("a live runner starts once")
        self._capture.start()
        lanes = max(1, self._painter.lanes)
        self._threads = [
            threading.Thread(target=self._run, name=f"artdesk-live-{lane}", daemon=True) for lane in range(lanes)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """End capture and painting; within 0.5 s. False if a device keeps its own thread for a while longer."""
        self._token.cancel()
        self._results.close()
        clean = self._capture.stop(0.25)
        deadline = time.monotonic() + 0.22
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return clean and not self.running

    def set_settings(self, settings: LiveSettings) -> None:
        """In force with the next frame."""
        with self._lock:
            if settings.mix != self._settings.mix:
                self._morph_from = self._mix_now
                self._morph_start = time.monotonic()
            self._settings = settings
            self._settings_changed = True

    def set_paused(self, paused: bool) -> None:
        """Keep the last picture and let the processor rest. The source stays open."""
        self._paused = paused

    def add_sink(self, sink: FrameSink) -> None:
        with self._lock:
            self._sinks = (*self._sinks, sink)

    def remove_sink(self, sink: FrameSink) -> None:
        """No frame is handed to `sink` after this returns to its caller's next frame; closing it is the caller's."""
        with self._lock:
            self._sinks = tuple(s for s in self._sinks if s is not sink)

    def count_shown(self, frame: LiveFrame) -> None:
        """The view has painted `frame` on the screen."""
        self.meter.count(frame.taken)

    def numbers(self) -> LiveNumbers:
        """The numbers as they are now."""
        age, middle, high = self.meter.ages()
        flicker = self._painter if isinstance(self._painter, MeasuresFlicker) else None
        settings = self._in_force()
        return LiveNumbers(
            fps=self.meter.rate(),
            age_ms=age * 1e3,
            age_p50_ms=middle * 1e3,
            age_p95_ms=high * 1e3,
            shown=self.meter.shown,
            dropped=self._capture.dropped + self._results.dropped + self._late,
            paint_ms=self._paint_seconds * 1e3,
            flicker_in=flicker.flicker_in if flicker else 0.0,
            flicker_out=flicker.flicker_out if flicker else 0.0,
            device=self._painter.device,
            painter=settings.painter,
            width=self._size[0],
            height=self._size[1],
        )

    def _show_newest(self) -> None:
        self._posted.clear()
        frame = self._results.take()
        if frame is None or self._token.cancelled:
            return
        if self._counts_itself:
            self.meter.count(frame.taken)
        now = time.monotonic()
        if now - self._numbers_at >= _NUMBERS_EVERY:
            # Percentiles over thousands of ages are no work for every frame.
            self._numbers, self._numbers_at = self.numbers(), now
        self.frame_shown.emit(frame, self._numbers)

    def _tell_state(self, state: SourceState) -> None:
        if not self._token.cancelled:
            self.source_changed.emit(state)

    def _tell_quality(self, quality: Quality) -> None:
        if not self._token.cancelled:
            self.quality_chosen.emit(quality)

    def _tell_failure(self, error: Exception) -> None:
        if not self._token.cancelled:
            self.stop()
            self.failed.emit(error)

    def _tell_sink(self, sink: FrameSink, error: Exception) -> None:
        self.sink_failed.emit(sink, error)

    # -- the inference threads, one for each lane of the painter

    def _run(self) -> None:
        while not self._token.cancelled:
            with self._taking:
                frame = self._capture.take(0.1)
                if frame is not None and not self._paused:
                    self._prepare(frame)
            if frame is None:
                if self._capture.finished:
                    return
                continue
            if self._paused:
                continue
            try:
                self._paint(frame)
                self._bad = 0
            except Cancelled:
                return
            except ArtDeskError as error:
                # One bad frame is left out; a painter that keeps failing is told.
                self._bad += 1
                log.warning("a frame was not painted: %s", error)
                if self._bad >= _BAD_FRAMES:
                    self._fail(error)
                    return
            except Exception as error:
                log.exception("live painting failed")
                self._fail(EngineError("Live painting failed: {reason}.", reason=str(error) or type(error).__name__))
                return

    def _fail(self, error: Exception) -> None:
        with self._giving:
            told, self._failed_already = self._failed_already, True
        if not told:
            self._failure_there.emit(error)

    def _paint(self, frame: Frame) -> None:
        image = mirrored(frame.image) if self._settings.mirror else frame.image
        started = time.perf_counter()
        painted = self._painter.paint(image, self._token)
        # Lanes work side by side: this is what one frame costs in time between frames.
        seconds = (time.perf_counter() - started) / len(self._threads)
        if self._token.cancelled:
            return
        with self._giving:
            if frame.taken < self._given:
                self._late += 1
                return
            self._given = frame.taken
            self._paint_seconds += 0.1 * (seconds - self._paint_seconds) if self._paint_seconds else seconds
            self._results.put(LiveFrame(painted, image, frame.taken))
            if not self._posted.is_set():
                # One message at a time: a busy interface finds one waiting, and behind it the newest frame.
                self._posted.set()
                self._result_there.emit()
            self._feed_sinks(painted, frame.taken)
            if self._quality is not None and self._quality.record(seconds, time.monotonic()):
                self._settings_changed = True
                self._quality_there.emit(self._quality.choice)

    def _feed_sinks(self, painted: Image, taken: float) -> None:
        for sink in self._sinks:
            if sink.problem is not None:
                self.remove_sink(sink)
                self._sink_there.emit(sink, sink.problem)
                continue
            sink.write(painted, taken)

    def _prepare(self, frame: Frame) -> None:
        """Hand the painter what is in force for this frame, if it differs from the last one's."""
        height, width = frame.image.shape[:2]
        with self._lock:
            settings = self._settings
            changed = self._settings_changed
            self._settings_changed = False
            morphing = self._mix_now != settings.mix
            start, before = self._morph_start, self._morph_from
        self._check_quality(settings, height)
        if not changed and not morphing and height == self._frame_height and self._size[0]:
            return
        self._frame_height = height
        if morphing:
            share = (time.monotonic() - start) / settings.morph_seconds if settings.morph_seconds > 0 else 1.0
            self._mix_now = settings.mix if share >= 1.0 else mixed(before, settings.mix, share)
        in_force = replace(self._in_force(settings), mix=self._mix_now)
        self._size = working_size(width, height, in_force.height)
        self._painter.set(in_force)

    def _check_quality(self, settings: LiveSettings, frame_height: int) -> None:
        if not settings.auto:
            self._quality = None
        elif self._quality is None or frame_height != self._frame_height:
            self._quality = QualityController(
                frame_height=frame_height, target_fps=settings.target_fps, roles=self._roles
            )
            self._settings_changed = self._settings_changed or self._frame_height != 0
            self._quality_there.emit(self._quality.choice)
        else:
            self._quality.target_fps = settings.target_fps

    def _in_force(self, settings: LiveSettings | None = None) -> LiveSettings:
        settings = settings or self._settings
        quality = self._quality
        if settings.auto and quality is not None:
            return replace(settings, painter=quality.choice.painter, height=quality.choice.height)
        return settings
