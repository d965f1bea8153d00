"""From the garden to the canvas and back: layers, pictures, styles, finished paintings; planting pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog

from artdesk.core.errors import ArtDeskError
from artdesk.core.image import Image, fitted, resized
from artdesk.core.pictures import open_picture
from artdesk.core.receipt import COMPOSITE, Receipt
from artdesk.core.requests import EncodePointRequest, EncodeStyleRequest, FinishRequest, StylizeSettings
from artdesk.document.document import Document
from artdesk.ui.desk.files import OpenFile
from artdesk.ui.desk.painting import PaintedLayer
from artdesk.ui.desk.still import seen
from artdesk.ui.garden.pictures import Made
from artdesk.ui.i18n import say_note, tr
from artdesk.ui.qt_image import image_of, qimage_of
from artdesk.workers.jobs import Job

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow

log = logging.getLogger(__name__)

PRIORITY = 8
_LONGEST = 1024  # encoders look at 256 pixels or so; more only costs memory while it waits


@dataclass(frozen=True)
class _Errand:
    """What is to become of a job's result."""

    kind: str  # "plant", "style" or "finish"
    name: str
    goal: str = ""
    document: Document | None = None


class GardenTraffic(QObject):
    """Carries pictures between the garden and the desk. The desk's own steps stay undoable there."""

    planted = Signal(str, str, str)  # model id, point, name
    sent = Signal()

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._errands: dict[int, _Errand] = {}
        self._arriving: tuple[Image, Receipt] | None = None
        window.services.jobs.job_ended.connect(self._on_ended)
        window.files.opened.connect(self._on_opened)

    # --- out ---------------------------------------------------------------------------------------------------

    def to_layer(self, made: Made, name: str) -> None:
        """A layer above the active one, as large as fits the picture on the desk; without a picture a new one."""
        document = self._window.document
        if document is None:
            self.to_document(made, name)
            return
        width, height = document.width, document.height

        def fit() -> tuple[Document, Image, Receipt, str]:
            h, w = made.image.shape[:2]
            scale = min(width / w, height / h)
            return document, resized(made.image, round(w * scale), round(h * scale)), made.receipt, name

        self._window.background.run(fit, self._on_layer, self._window.tell_failure, what="layer from the garden")

    def to_document(self, made: Made, name: str) -> None:
        """A picture of its own on the desk; asks about unsaved changes of the one that lies there."""
        if self._window.verbs.may_leave():
            self._arriving = (made.image, made.receipt)
            self._window.files.open_image(made.image, name)

    def to_style(self, made: Made, name: str) -> None:
        """A style of the person's own."""
        request = EncodeStyleRequest(made.image, name, device=self._window.services.settings.value.device)
        self._submit(request, tr("Learning the style “{name}”", name=name), _Errand("style", name))

    def finish(self, made: Made, name: str) -> None:
        """Ask how, then enlarge and paint."""
        from artdesk.ui.garden.finish_dialog import FinishDialog

        window = self._window
        look = window.panel.settings()
        size = (made.image.shape[1], made.image.shape[0])
        title = window.painter.name_of(look.mix) if look.mix else ""
        dialog = FinishDialog(
            window.services, look, title, qimage_of(made.image), size, window.document is not None, window
        )
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        settings = dialog.settings()
        values = {entry.name: getattr(settings, entry.name) for entry in fields(StylizeSettings)}
        request = FinishRequest(
            **values, image=made.image, factor=dialog.factor, upscaler=dialog.upscaler, origin=made.receipt
        )
        errand = _Errand("finish", name, dialog.goal, window.document)
        self._submit(request, tr("Finishing {name}", name=name), errand, replaces="garden:finish")

    def copy(self, made: Made) -> None:
        """To the clipboard."""
        QGuiApplication.clipboard().setImage(qimage_of(made.image).copy())
        self._window.bar.say(tr("Copied."))

    # --- in ----------------------------------------------------------------------------------------------------

    def plant_document(self, model_id: str) -> None:
        """Find what is seen on the desk in the model."""
        document, file = self._window.document, self._window.file
        if document is None or file is None:
            self._window.messages.say(
                tr("There is no picture on the desk to plant. Drop one here, or paste one with Ctrl+V."), "note"
            )
            return
        snapshot = document.snapshot_for_saving()
        self._read(lambda: seen(snapshot), model_id, Path(file.title).stem or tr("Picture"))

    def plant_file(self, path: Path, model_id: str) -> None:
        """Find a picture file in the model."""
        limit = float(self._window.services.settings.value.limit_mp)
        self._read(lambda: open_picture(path, limit_mp=limit).image, model_id, path.stem)

    def plant_qimage(self, image: QImage, model_id: str) -> None:
        """Find a picture without a file in the model."""
        copy = QImage(image)
        self._read(lambda: image_of(copy), model_id, tr("Pasted"))

    def _read(self, read: Callable[[], Image], model_id: str, name: str) -> None:
        self._window.background.run(
            lambda: (model_id, fitted(read(), _LONGEST), name),
            self._on_read,
            self._window.tell_failure,
            what="picture to plant",
            priority=9,
        )

    def _on_read(self, answer: tuple[str, Image, str]) -> None:
        model_id, image, name = answer
        request = EncodePointRequest(model_id, image, self._window.services.settings.value.device)
        self._submit(request, tr("Planting “{name}”", name=name), _Errand("plant", name), replaces="garden:plant")

    # --- what became of it -------------------------------------------------------------------------------------

    def _submit(
        self,
        request: EncodePointRequest | EncodeStyleRequest | FinishRequest,
        label: str,
        errand: _Errand,
        *,
        replaces: str | None = None,
    ) -> None:
        job = self._window.services.jobs.submit(request, label=label, replaces=replaces, priority=PRIORITY)
        if not job.over:
            self._errands[job.id] = errand

    def _on_ended(self, job: Job) -> None:
        errand = self._errands.pop(job.id, None)
        if errand is None:
            return
        window = self._window
        if job.state == "failed" and job.error is not None:
            window.tell_failure(job.error)
        if job.state != "finished":
            return
        for note in job.result.notes:
            window.tell_note(say_note(note))
        if errand.kind == "plant":
            self.planted.emit(job.request.model_id, job.result.point, errand.name)  # type: ignore[attr-defined]
        elif errand.kind == "style":
            self._tell_style(str(job.result.style_id), errand.name)
        else:
            made = Made(job.result.image, job.result.receipt)
            if errand.goal == "layer" and errand.document is not None and errand.document is window.document:
                self.to_layer(made, errand.name)
            else:
                self.to_document(made, errand.name)

    def _tell_style(self, style_id: str, name: str) -> None:
        def paint() -> None:
            self.sent.emit()
            self._window.show_gallery(True)
            self._window.gallery.show_style(style_id)
            self._window.on_style_chosen(style_id)

        self._window.messages.say(
            tr("“{name}” is a style in the gallery now.", name=name), "good", [(tr("Paint with it"), paint)]
        )

    def _on_layer(self, answer: tuple[Document, Image, Receipt, str]) -> None:
        document, image, receipt, name = answer
        window = self._window
        if document is not window.document:
            return
        try:
            layer = document.paste_image(image, name)
        except ArtDeskError as error:
            window.tell_failure(error)
            return
        # Among other layers it is a part of a picture; what is exported says so.
        window.painter.remember({layer.id: PaintedLayer(replace(receipt, source_type=COMPOSITE), StylizeSettings())})
        window.messages.say(
            tr("“{name}” is a layer on the desk now.", name=name), "good", [(tr("Show the desk"), self.sent.emit)]
        )

    def _on_opened(self, file: OpenFile) -> None:
        arriving, self._arriving = self._arriving, None
        if arriving is not None and file.before is arriving[0]:
            file.receipt = arriving[1]
