"""Keeps style layers painted: when what lies under one changes, a job paints it anew and the result is taken in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from artdesk.core.image import Image
from artdesk.core.requests import Request, StylizeRequest
from artdesk.core.results import PictureResult
from artdesk.document.changes import Change
from artdesk.document.document import Document
from artdesk.document.layers import StyleLayer
from artdesk.document.rect import Rect
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import say_note, tr
from artdesk.ui.paint.session import DocumentSession
from artdesk.workers.jobs import Job

log = logging.getLogger(__name__)

PAUSE_MS = 500
"""How long the hand must rest before a style layer is painted anew."""
BAND_PIXELS = 3_000_000
"""A result is taken in by bands of about this many pixels, so that the interface is never held."""
PRIORITY = 6


class Jobs(Protocol):
    """What is needed of the job runner."""

    def submit(self, request: Request, *, label: str, replaces: str | None = None, priority: int = 0) -> Job: ...

    def cancel(self, job: Job) -> None: ...


@dataclass
class _Errand:
    """One style layer being painted."""

    document: Document
    layer_id: str
    revision: int
    job: Job | None = None


class StyleLayers(QObject):
    """Watches the session's document; `layer_state_changed(layer id)` says that one is being painted or is done.

    The lowest stale layer goes first: a higher one may paint what it shows. One job runs at a time.
    """

    layer_state_changed = Signal(str)
    layer_painted = Signal(str, object)  # layer id, PictureResult

    def __init__(self, session: DocumentSession, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._background = background
        self._jobs: Jobs | None = None
        self._errand: _Errand | None = None
        self._failed: dict[str, int] = {}  # layer id -> the revision that could not be painted
        self._taking: list[tuple[_Errand, Image, Rect]] = []
        self._painter = "quality"
        self._device: Callable[[], str] = lambda: "auto"
        self._busy: Callable[[], bool] = lambda: False
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.paint_next)
        self._bands = QTimer(self, interval=0)
        self._bands.timeout.connect(self._take_band)
        session.changed.connect(self._document_changed)
        session.document_replaced.connect(self._document_replaced)

    def bind(
        self, jobs: Jobs, *, device: Callable[[], str] | None = None, busy: Callable[[], bool] | None = None
    ) -> None:
        """Take the job runner; the caller connects its `job_ended` to `on_job_ended`. `device` says where to paint,
        `busy` whether somebody is drawing a stroke right now."""
        self._jobs = jobs
        self._device = device or self._device
        self._busy = busy or self._busy

    # --- what the panel asks -----------------------------------------------------------------------------------

    def painting(self, layer_id: str) -> bool:
        """Whether this layer is being painted now."""
        return self._errand is not None and self._errand.layer_id == layer_id

    def could_not(self, layer: StyleLayer) -> bool:
        """Whether the last try on this state of the layer failed."""
        return self._failed.get(layer.id) == layer.revision

    def repaint(self, layer: StyleLayer | None = None) -> None:
        """Paint now: this layer even if it is up to date, or all that are stale."""
        document = self._session.document
        if document is None:
            return
        self._failed.clear()
        if layer is not None:
            self._stop()
            self._begin(document, layer)
        else:
            self.paint_next()

    def stop(self) -> None:
        """Give up what is being painted."""
        self._pause.stop()
        self._stop()

    # --- the way of one layer ----------------------------------------------------------------------------------

    def _document_replaced(self) -> None:
        self.stop()
        self._failed.clear()
        if self._session.document is not None:
            self._pause.start()

    def _document_changed(self, change: Change) -> None:
        if change.kind in ("pixels", "structure", "size"):
            self._pause.start()

    def paint_next(self) -> None:
        """Begin with the lowest stale layer, unless one is under way that is still wanted."""
        document = self._session.document
        if document is None or self._jobs is None or self._taking:
            return
        if self._busy():  # never in the middle of a stroke
            self._pause.start()
            return
        waiting = [layer for layer in document.stale_layers() if layer.visible and not self.could_not(layer)]
        if not waiting:
            return
        layer = waiting[0]
        errand = self._errand
        if errand is not None and errand.layer_id == layer.id and errand.revision == layer.revision:
            return
        self._stop()
        self._begin(document, layer)

    def _begin(self, document: Document, layer: StyleLayer) -> None:
        errand = self._errand = _Errand(document, layer.id, layer.revision)
        still = document.snapshot_for_saving()
        layer_id = layer.id
        self.layer_state_changed.emit(layer_id)
        self._background.run(
            lambda: (errand, still.style_source(layer_id)),
            self._on_source,
            self._on_failure,
            what="source of a style layer",
            priority=5,
        )

    def _stop(self) -> None:
        errand, self._errand = self._errand, None
        self._taking.clear()
        self._bands.stop()
        if errand is not None:
            if errand.job is not None and self._jobs is not None:
                self._jobs.cancel(errand.job)
            self.layer_state_changed.emit(errand.layer_id)

    def _on_source(self, answer: tuple[_Errand, Image]) -> None:
        errand, image = answer
        layer = errand.document.find(errand.layer_id)
        if errand is not self._errand or self._jobs is None or not isinstance(layer, StyleLayer):
            return
        request = StylizeRequest(
            image=image,
            mix=layer.mix,
            strength=layer.strength,
            keep_colors=layer.keep_colors,
            stroke_size=layer.stroke_size,
            device=self._device(),
        )
        label = tr("Style layer “{name}”", name=layer.name)
        errand.job = self._jobs.submit(request, label=label, replaces=f"style-layer-{layer.id}", priority=PRIORITY)

    def on_job_ended(self, job: Job) -> None:
        """Slot for the runner's `job_ended`."""
        errand = self._errand
        if errand is None or errand.job is not job:
            return
        if job.state == "finished" and isinstance(job.result, PictureResult):
            for note in job.result.notes:
                self._session.told.emit(say_note(note))
            self.take_style_result(errand.layer_id, job.result, revision=errand.revision)
            return
        self._errand = None
        if job.state == "failed" and job.error is not None:
            self._on_failure(job.error, errand)
        self.layer_state_changed.emit(errand.layer_id)

    def take_style_result(self, layer_id: str, result: PictureResult, *, revision: int | None = None) -> None:
        """Put a painted picture into a style layer, by bands. `revision`: the layer's when its source was read."""
        document = self._session.document
        layer = document.find(layer_id) if document is not None else None
        if document is None or not isinstance(layer, StyleLayer):
            self._errand = None
            return
        image = result.image
        if (image.shape[1], image.shape[0]) != (document.width, document.height):
            self._errand = None  # the canvas changed meanwhile: the layer is stale and will be painted again
            self._pause.start()
            return
        errand = self._errand if self._errand is not None and self._errand.layer_id == layer_id else None
        if errand is None:
            errand = self._errand = _Errand(document, layer_id, layer.revision if revision is None else revision)
        rows = max(256, BAND_PIXELS // max(1, document.width) // 256 * 256)
        for top in range(0, document.height, rows):
            band = Rect(0, top, document.width, min(rows, document.height - top))
            self._taking.append((errand, image[band.y : band.bottom], band))
        self.layer_painted.emit(layer_id, result)
        self._take_band()
        if self._taking:
            self._bands.start()

    def _take_band(self) -> None:
        if not self._taking:
            self._bands.stop()
            return
        errand, image, band = self._taking.pop(0)
        last = not self._taking
        # Only the last band may declare the layer fresh: until then part of it is old.
        revision = errand.revision if last else -1
        done = self._session.attempt(
            lambda: errand.document.set_painted(errand.layer_id, np.ascontiguousarray(image), band, revision=revision)
        )
        if done is None:
            self._taking.clear()
            last = True
        if last:
            self._bands.stop()
            self._errand = None
            self.layer_state_changed.emit(errand.layer_id)
            self._pause.start()

    def _on_failure(self, error: Exception, errand: _Errand | None = None) -> None:
        errand = errand or self._errand
        self._errand = None
        if errand is not None:
            self._failed[errand.layer_id] = errand.revision
            self.layer_state_changed.emit(errand.layer_id)
        log.warning("a style layer could not be painted: %s", error)
        self._session.failed.emit(error)
