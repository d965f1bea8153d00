"""What imported models can do beside being a style: enlarge the picture, find something in it and select it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from artdesk.core.image import Image
from artdesk.core.requests import MaskRequest, UpscaleRequest
from artdesk.core.results import MaskResult, PictureResult
from artdesk.document.document import Document
from artdesk.document.selection import Selection
from artdesk.ui.desk.still import seen
from artdesk.ui.i18n import pick, say_note, tr
from artdesk.workers.jobs import Job

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow

PRIORITY = 9


class ModelVerbs(QObject):
    """The object of the action group “models”.

    Results come back as an undoable selection or as a picture of their own.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._asked: dict[int, Document] = {}
        window.services.jobs.job_ended.connect(self._on_ended)

    def enlarge(self) -> None:
        """Enlarge what is seen with an imported upscaler; the result opens as a new picture."""
        self._ask("upscaler", tr("Enlarge with"), tr("Import an enlarging model first: drop its .onnx file here."))

    def select_with_model(self) -> None:
        """Select what an imported mask model finds."""
        self._ask("mask", tr("Select with"), tr("Import a mask model first: drop its .onnx file here."))

    def _ask(self, family: str, title: str, nothing: str) -> None:
        window, document = self._window, self._window.document
        if document is None:
            return
        models = [model for model in window.services.models() if model.family == family]
        if not models:
            window.messages.say(nothing, "note")
            return
        names = [pick(model.title) or model.id for model in models]
        row = 0
        if len(models) > 1:
            name, agreed = QInputDialog.getItem(window, title, tr("Model"), names, 0, False)
            if not agreed:
                return
            row = names.index(name)
        snapshot = document.snapshot_for_saving()
        chosen = models[row].id
        window.background.run(
            lambda: (document, family, chosen, seen(snapshot)), self._on_seen, window.tell_failure, what=family
        )

    def _on_seen(self, answer: tuple[Document, str, str, Image]) -> None:
        document, family, model_id, image = answer
        settings = self._window.services.settings.value
        request: Any
        if family == "upscaler":
            request = UpscaleRequest(image, model_id, settings.device, settings.memory_mb)
            label = tr("Enlarging")
        else:
            request = MaskRequest(image, model_id, settings.device)
            label = tr("Looking for what to select")
        job = self._window.services.jobs.submit(request, label=label, replaces=f"model:{family}", priority=PRIORITY)
        self._asked[job.id] = document

    def _on_ended(self, job: Job) -> None:
        document = self._asked.pop(job.id, None)
        if document is None:
            return
        if job.state == "failed" and job.error is not None:
            self._window.tell_failure(job.error)
        if job.state != "finished" or document is not self._window.document:
            return
        for note in job.result.notes:
            self._window.tell_note(say_note(note))
        if isinstance(job.result, MaskResult):
            mask = job.result.mask
            if mask.shape == (document.height, document.width):
                document.select(Selection.of_array(mask))
        elif isinstance(job.result, PictureResult) and self._window.verbs.may_leave():
            name = self._window.file.title if self._window.file is not None else ""
            self._window.files.open_image(job.result.image, tr("{name}, enlarged", name=name))
