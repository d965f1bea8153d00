"""Styles and models coming in and going out.

A picture becomes a style, a model is looked at and imported, one is deleted.
"""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from artdesk.core.image import Image, fitted
from artdesk.core.pictures import open_picture
from artdesk.core.requests import EncodeStyleRequest, RemoveModelRequest
from artdesk.core.results import StyleResult
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import say_note, tr
from artdesk.ui.qt_image import image_of
from artdesk.ui.services import DeskServices
from artdesk.workers.jobs import Job

log = logging.getLogger(__name__)

PRIORITY = 8
_LONGEST = 1024  # the stylist looks at 256 pixels; more only costs memory while it waits


class StylesDesk(QObject):
    """Makes styles of pictures and deletes them again. Says what happened."""

    made = Signal(str)  # style id
    removed = Signal(str)
    failed = Signal(object)
    noted = Signal(str)

    def __init__(self, services: DeskServices, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._background = background
        self._asked: set[int] = set()
        self._leaving: dict[int, str] = {}
        services.jobs.job_ended.connect(self._on_ended)

    def add_files(self, paths: list[Path]) -> None:
        """Every picture becomes a style named like its file."""
        for path in paths:
            self._background.run(
                _StyleReader(path, float(self._services.settings.value.limit_mp)),
                self._on_read,
                self._on_failed,
                what=f"style picture {path.name}",
                priority=6,
            )

    def add_qimage(self, image: QImage) -> None:
        """A picture without a file becomes a style."""
        copy, name = QImage(image), tr("My style")
        self._background.run(
            lambda: (fitted(image_of(copy), _LONGEST), name), self._on_read, self._on_failed, what="style picture"
        )

    def remove(self, style_id: str) -> None:
        """Delete one of the person's own styles or an imported model."""
        style = self._services.style(style_id)
        if style is not None and style.kind == "model" and style.model_id:
            job = self._services.jobs.submit(
                RemoveModelRequest(style.model_id), label=tr("Deleting a model"), priority=PRIORITY
            )
            self._leaving[job.id] = style_id
            return
        remove = self._services.remove_style

        def work() -> str:
            remove(style_id)
            return style_id

        self._background.run(work, self._on_removed, self._on_failed, what=f"remove style {style_id}")

    def _on_read(self, answer: tuple[Image, str]) -> None:
        image, name = answer
        request = EncodeStyleRequest(image=image, name=name, device=self._services.settings.value.device)
        job = self._services.jobs.submit(request, label=tr("Learning the style “{name}”", name=name), priority=PRIORITY)
        self._asked.add(job.id)

    def _on_ended(self, job: Job) -> None:
        leaving = self._leaving.pop(job.id, None)
        if leaving is not None and job.state == "finished":
            self.removed.emit(leaving)
        elif leaving is not None and job.error is not None:
            self.failed.emit(job.error)
        if job.id not in self._asked:
            return
        self._asked.discard(job.id)
        if job.state == "finished":
            result: StyleResult = job.result
            for note in result.notes:
                self.noted.emit(say_note(note))
            self.made.emit(result.style_id)
        elif job.state == "failed" and job.error is not None:
            self.failed.emit(job.error)

    def _on_removed(self, style_id: str) -> None:
        self.removed.emit(style_id)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(error)


class _StyleReader:
    """Reads and shrinks a style picture in a background thread."""

    def __init__(self, path: Path, limit_mp: float) -> None:
        self._path, self._limit = path, limit_mp

    def __call__(self) -> tuple[Image, str]:
        picture = open_picture(self._path, limit_mp=self._limit)
        return fitted(picture.image, _LONGEST), self._path.stem.replace("_", " ").strip() or tr("My style")
