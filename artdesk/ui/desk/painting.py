"""From a chosen style to a new layer.

Makes the request, hands it to the job runner, takes the result into the document.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from PySide6.QtCore import QObject, Signal

from artdesk.core.image import Image
from artdesk.core.receipt import Receipt
from artdesk.core.requests import Mix, StylizeRequest, StylizeSettings
from artdesk.core.results import PictureResult
from artdesk.document.document import Document
from artdesk.document.layers import Layer, Mask, PixelLayer
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles
from artdesk.ui.desk.background import Background
from artdesk.ui.desk.still import seen
from artdesk.ui.i18n import pick, say, say_note, tr
from artdesk.ui.services import DeskServices
from artdesk.workers.jobs import Job

log = logging.getLogger(__name__)

KEY = "painting"
PRIORITY = 10


@dataclass
class _Errand:
    """One painting on its way: for which document, in place of which earlier result."""

    document: Document
    settings: StylizeSettings
    name: str
    replacing: Layer | None
    job: Job | None = None


@dataclass(frozen=True)
class PaintedLayer:
    """What is known of a layer that a network painted."""

    receipt: Receipt
    settings: StylizeSettings


class StylePainter(QObject):
    """Paints the document in a style; every result is one undoable step.

    A second style chosen right after the first takes its place (undo brings the first back); as soon as anything
    else was done to the picture, the next result is a layer of its own.
    """

    painted = Signal(object, object)  # Layer, PictureResult
    failed = Signal(object)  # Exception
    noted = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, services: DeskServices, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._background = background
        self._errand: _Errand | None = None
        self._standing: tuple[Document, Layer, int] | None = None  # the last result, while nothing else was done
        self._known: dict[str, PaintedLayer] = {}
        self.last_seconds: float | None = None
        services.jobs.job_ended.connect(self._on_ended)

    def paint(self, document: Document, settings: StylizeSettings) -> None:
        """Paint what is seen in the document. A painting still under way is superseded."""
        standing = self.standing(document)
        errand = _Errand(document, settings, self.name_of(settings.mix), standing)
        self._errand = errand
        self.busy_changed.emit(True)
        snapshot = document.snapshot_for_saving()
        layer_id = standing.id if standing is not None else None
        self._background.run(
            lambda: (errand, seen(snapshot, below=layer_id)),
            self._on_source,
            self._on_failure,
            what="picture to paint",
            priority=9,
        )

    def standing(self, document: Document | None) -> Layer | None:
        """The layer of the last result if nothing was done to the document since; else None."""
        if self._standing is None or document is None:
            return None
        known, layer, state = self._standing
        if known is not document or document.history.state_id != state or document.find(layer.id) is None:
            return None
        return layer

    def receipt_of(self, document: Document) -> Receipt | None:
        """The receipt of the topmost visible painted layer: what an exported picture tells of itself."""
        for layer in reversed(list(document.layers())):
            if layer.visible and layer.opacity > 0 and layer.id in self._known:
                return self._known[layer.id].receipt
        return None

    def name_of(self, mix: Mix) -> str:
        """The styles' names as a layer name."""
        names = []
        for style_id, _ in mix[:3]:
            style = self._services.style(style_id)
            names.append(pick(style.title) if style is not None else style_id)
        return " + ".join(names) or tr("Painting")

    def stop(self) -> None:
        """Give up the painting under way."""
        errand, self._errand = self._errand, None
        if errand is not None:
            if errand.job is not None:
                self._services.jobs.cancel(errand.job)
            self.busy_changed.emit(False)

    def known(self) -> dict[str, PaintedLayer]:
        """What is known of the painted layers, by layer id."""
        return dict(self._known)

    def remember(self, known: dict[str, PaintedLayer]) -> None:
        """Take over what another painter knew of this document's layers."""
        self._known.update(known)

    def forget(self) -> None:
        """The document is gone."""
        self.stop()
        self._standing = None
        self._known.clear()

    def _on_source(self, answer: tuple[_Errand, Image]) -> None:
        errand, image = answer
        if errand is not self._errand:
            return
        values = {entry.name: getattr(errand.settings, entry.name) for entry in fields(StylizeSettings)}
        request = StylizeRequest(**values, image=image)
        errand.job = self._services.jobs.submit(request, label=errand.name, replaces=KEY, priority=PRIORITY)

    def _on_ended(self, job: Job) -> None:
        errand = self._errand
        if errand is None or errand.job is not job:
            return
        if job.state == "finished":
            self.last_seconds = job.seconds
            result: PictureResult = job.result
            selection = errand.document.selection
            coverage = selection.tiles.copy() if selection is not None else None
            self._background.run(
                lambda: (errand, result, _layer_of(result.image, errand.name, coverage)),
                self._on_layer,
                self._on_failure,
                what="painted layer",
                priority=9,
            )
            return
        self._errand = None
        self.busy_changed.emit(False)
        if job.state == "failed" and job.error is not None:
            self.failed.emit(job.error)

    def _on_layer(self, answer: tuple[_Errand, PictureResult, PixelLayer]) -> None:
        errand, result, layer = answer
        if errand is not self._errand:
            return
        self._errand = None
        self.busy_changed.emit(False)
        document = errand.document
        if (document.width, document.height) != (result.image.shape[1], result.image.shape[0]):
            self.noted.emit(tr("The picture changed its size while it was painted; the painting was left out."))
            return
        replacing = errand.replacing if errand.replacing is self.standing(document) else None
        self._put(document, layer, replacing)
        self._standing = (document, layer, document.history.state_id)
        self._known[layer.id] = PaintedLayer(result.receipt, errand.settings)
        for note in result.notes:
            self.noted.emit(say_note(note))
        self.painted.emit(layer, result)

    def _put(self, document: Document, layer: PixelLayer, replacing: Layer | None) -> None:
        group, index = document.root, len(document.root.children)
        children: Sequence[Layer] = document.root.children
        dirty: Rect = layer.content_rect()
        if replacing is not None:
            group = document.parent_of(replacing)
            index = group.children.index(replacing)
            children = [known for known in group.children if known is not replacing]
            dirty = dirty.united(replacing.content_rect())
        changes: list[tuple[Any, str, Any]] = [
            (group, "children", (*children[:index], layer, *children[index:])),
            (document, "active_layer", layer),
        ]
        document.assign(
            tr("Paint: {name}", name=layer.name),
            changes,
            dirty.intersected(document.rect),
            layers=[layer] if replacing is None else [layer, replacing],
        )

    def _on_failure(self, error: Exception) -> None:
        self._errand = None
        self.busy_changed.emit(False)
        log.error("a painting could not be prepared or taken in: %s", say(error))
        self.failed.emit(error)


def _layer_of(image: Image, name: str, coverage: Tiles | None) -> PixelLayer:
    """A layer with the painted pixels, masked by the selection there was when it was finished."""
    mask = Mask(coverage) if coverage is not None else None
    return PixelLayer(name=name, pixels=Tiles.of_array(image), mask=mask)
