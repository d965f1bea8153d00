"""Decides what is painted for the live pane: the newest state quickly, then what changed in full quality."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from artdesk.core.image import Image, as_image, resized
from artdesk.core.requests import StylizeRequest
from artdesk.core.results import PictureResult
from artdesk.document.changes import Change
from artdesk.document.rect import NOTHING, Rect
from artdesk.ui.canvas.tiles import DocumentSource
from artdesk.ui.i18n import say, tr
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.style_layers import Jobs
from artdesk.workers.jobs import Job

log = logging.getLogger(__name__)

QUICK_SIDE = 512
"""Longest side of the quick picture."""
FINE_SIDE = 2048
"""Longest side of the picture the pane keeps; a larger document is seen at a coarser level."""
PAUSE_MS = 400
CONTEXT = 96
"""Pixels around a changed region that are painted with it and faded out: a stroke of paint reaches that far."""
LEAST_SIDE = 384
"""No region is painted smaller: a network needs some picture to know what it sees."""

SLICE = 0.008
"""Seconds one turn of the event loop may spend on gathering the picture."""

Kind = Literal["quick", "fine"]


@dataclass
class _Errand:
    kind: Kind
    region: Rect  # in pixels of the pane's picture
    core: Rect  # the part of it that really changed
    job: Job | None = None


class LivePainter(QObject):
    """Keeps `picture` (h, w, 3), the document in the session's style, up to date while `on`.

    One quick job is under way at a time; when it ends, the newest state is next, so that a moving hand is never
    waited for and never starves the pane.
    """

    picture_changed = Signal()
    state_changed = Signal(str)  # words for the person

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs: Jobs | None = None
        self._device: Callable[[], str] = lambda: "auto"
        self._on = False
        self._picture: NDArray[np.uint8] | None = None
        self._level = 0
        self._waiting = NOTHING  # changed since the last quick picture was begun
        self._coarse = NOTHING  # shown by a quick picture only
        self._errands: dict[Kind, _Errand] = {}
        self.pause_ms = PAUSE_MS
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._begin_fine)
        self._gather = QTimer(self, interval=0, singleShot=True)
        self._gather.timeout.connect(self._begin_quick)
        self._source: DocumentSource | None = None
        session.changed.connect(self._document_changed)
        session.document_replaced.connect(self._start_anew)
        session.style_changed.connect(self._start_anew)

    def bind(self, jobs: Jobs, *, device: Callable[[], str] | None = None) -> None:
        """Take the job runner; the caller connects its `job_ended` to `on_job_ended`."""
        self._jobs = jobs
        self._device = device or self._device

    # --- the switch --------------------------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        return self._on

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        """What is shown, None before the first result."""
        return self._picture

    def set_on(self, on: bool) -> None:
        """Switch live painting on or off; off, its jobs are cancelled at once."""
        if on == self._on:
            return
        self._on = on
        self._start_anew()

    def _start_anew(self) -> None:
        """Another style, another picture: nothing that was painted counts any more."""
        self._pause.stop()
        self._gather.stop()
        for errand in list(self._errands.values()):
            if errand.job is not None and self._jobs is not None:
                self._jobs.cancel(errand.job)
        self._errands.clear()
        self._picture = None
        document = self._session.document
        if not self._on or document is None:
            self._waiting = self._coarse = NOTHING
            self.picture_changed.emit()
            self.state_changed.emit("")
            return
        self._level = _level_for(document.width, document.height, FINE_SIDE, document.levels)
        self._source = DocumentSource(document)
        self._waiting = self._whole()
        self.picture_changed.emit()
        if not self._session.style.mix:
            self.state_changed.emit(tr("Choose a style in the gallery"))
            return
        self.state_changed.emit(tr("Painting …"))
        self._begin_quick()
        self._pause.start(self.pause_ms)

    # --- what changes ------------------------------------------------------------------------------------------

    def _whole(self) -> Rect:
        document = self._session.document
        return document.rect.scaled_down(self._level) if document is not None else NOTHING

    def _document_changed(self, change: Change) -> None:
        if not self._on:
            return
        if change.kind == "size":
            self._start_anew()
        elif change.kind in ("pixels", "structure"):
            document = self._session.document
            rect = change.rect if change.rect is not None else document.rect if document is not None else NOTHING
            if rect.empty:
                return
            if self._source is not None:
                self._source.changed(rect)
            self._waiting = self._waiting.united(rect.scaled_down(self._level)).intersected(self._whole())
            self._begin_quick()
            fine = self._errands.pop("fine", None)  # its picture is no longer true
            if fine is not None:
                self._coarse = self._coarse.united(fine.core)
                if fine.job is not None and self._jobs is not None:
                    self._jobs.cancel(fine.job)
            self._pause.start(self.pause_ms)

    # --- quick -------------------------------------------------------------------------------------------------

    def _begin_quick(self) -> None:
        document = self._session.document
        if "quick" in self._errands or self._waiting.empty or document is None or not self._session.style.mix:
            return
        level = _level_for(document.width, document.height, QUICK_SIDE, document.levels)
        if not self._ready(level):
            self._gather.start()
            return
        source = _opaque(document.composite(document.rect.scaled_down(level), level=level, premultiplied=True))
        errand = _Errand("quick", self._whole(), self._waiting)
        self._waiting = NOTHING
        self._submit(errand, source, "live", tr("Live painting"), 20)

    def _ready(self, level: int) -> bool:
        """Whether this level can be read at once; if not, some of it has been gathered and more is to come."""
        return self._source is None or self._source.prepare_level(level, time.perf_counter() + SLICE)

    # --- fine --------------------------------------------------------------------------------------------------

    def _begin_fine(self) -> None:
        """The hand rests: what a quick picture stands for is painted properly."""
        document = self._session.document
        if not self._on or document is None or not self._session.style.mix:
            return
        if "quick" in self._errands or not self._waiting.empty:
            self._pause.start(self.pause_ms)  # first what is new, then what is fine
            return
        core = self._coarse
        if core.empty:
            return
        if not self._ready(self._level):
            self._pause.start(1)
            return
        region = region_around(core, self._whole())
        source = _opaque(document.composite(region, level=self._level, premultiplied=True))
        self._coarse = NOTHING
        self._submit(_Errand("fine", region, core), source, "quality", tr("Live painting"), 8)

    def _submit(
        self, errand: _Errand, source: Image, painter: Literal["live", "quality"], label: str, priority: int
    ) -> None:
        if self._jobs is None:
            return
        style = self._session.style
        request = StylizeRequest(
            image=source,
            mix=style.mix,
            strength=style.strength,
            keep_colors=style.keep_colors,
            stroke_size=style.stroke_size,
            painter=painter,
            device=self._device(),
        )
        self._errands[errand.kind] = errand
        errand.job = self._jobs.submit(request, label=label, replaces=f"live-pane-{errand.kind}", priority=priority)

    # --- results -----------------------------------------------------------------------------------------------

    def on_job_ended(self, job: Job) -> None:
        """Slot for the runner's `job_ended`."""
        errand = next((known for known in self._errands.values() if known.job is job), None)
        if errand is None:
            return
        del self._errands[errand.kind]
        if not self._on:
            return
        if job.state == "finished" and isinstance(job.result, PictureResult):
            self._take(errand, job.result)
            quick = errand.kind == "quick"
            self.state_changed.emit(
                tr("{device} · {ms} ms", device=job.result.receipt.device, ms=round(job.seconds * 1000))
                if quick or self._coarse.empty
                else tr("Painting …")
            )
        elif job.state == "failed" and job.error is not None:
            log.warning("live painting failed: %s", job.error)
            self.state_changed.emit(say(job.error))
            self._waiting = NOTHING
            return
        if errand.kind == "quick":
            self._begin_quick()

    def _take(self, errand: _Errand, result: PictureResult) -> None:
        whole = self._whole()
        image = result.image[:, :, :3]
        if errand.kind == "quick":
            grown = _enlarged(image, whole.w, whole.h)
            if self._picture is None or self._picture.shape[:2] != (whole.h, whole.w):
                self._picture = grown.copy()
                self._coarse = whole
            else:
                part = errand.core.grown(CONTEXT // 2).intersected(whole)
                _lay(self._picture, grown[part.slices()], part, errand.core)
                self._coarse = self._coarse.united(errand.core)
        elif self._picture is not None and image.shape[:2] == (errand.region.h, errand.region.w):
            _lay(self._picture, image, errand.region, errand.core)
        self.picture_changed.emit()


def region_around(core: Rect, whole: Rect) -> Rect:
    """What is painted so that `core` comes out well: with context, not too small, inside the picture."""
    region = core.grown(CONTEXT).intersected(whole)
    if region.area * 2 > whole.area:
        return whole
    grow_x, grow_y = max(0, LEAST_SIDE - region.w), max(0, LEAST_SIDE - region.h)
    wide, high = min(whole.w, region.w + grow_x), min(whole.h, region.h + grow_y)
    x = min(max(whole.x, region.x - grow_x // 2), whole.right - wide)
    y = min(max(whole.y, region.y - grow_y // 2), whole.bottom - high)
    return Rect(x, y, wide, high)


def _level_for(width: int, height: int, side: int, levels: int) -> int:
    level = 0
    while max(width, height) >> level > side and level < levels - 1:
        level += 1
    return level


def _opaque(pixels: NDArray[np.uint8]) -> Image:
    """A premultiplied picture on white paper, RGB."""
    paper = 255 - pixels[:, :, 3:]
    return as_image(pixels[:, :, :3] + paper)


def _enlarged(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(resized(as_image(image), width, height))


def _lay(picture: NDArray[np.uint8], piece: NDArray[np.uint8], region: Rect, core: Rect) -> None:
    """Put a piece into the picture: wholly inside `core`, fading out towards the region's edges."""
    weight_x = _ramp(region.x, region.right, core.x, core.right, picture.shape[1])
    weight_y = _ramp(region.y, region.bottom, core.y, core.bottom, picture.shape[0])
    weight = (weight_y[:, None] * weight_x[None, :])[..., None]
    where = region.slices()
    before = picture[where].astype(np.float32)
    picture[where] = (before + (piece - before) * weight + 0.5).astype(np.uint8)


def _ramp(start: int, end: int, core_start: int, core_end: int, size: int) -> NDArray[np.float32]:
    """1 over the core, down to 0 at the ends; the picture's own edges do not fade."""
    at = np.arange(start, end, dtype=np.float32) + 0.5
    left = np.ones_like(at) if start == 0 else np.clip((at - start) / max(1, core_start - start), 0, 1)
    right = np.ones_like(at) if end == size else np.clip((end - at) / max(1, end - core_end), 0, 1)
    ramp: NDArray[np.float32] = np.minimum(left, right).astype(np.float32)
    return ramp
