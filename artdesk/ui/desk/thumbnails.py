"""Fills the gallery: the person's own picture, small, in every style, painted one by one at low priority."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from artdesk.core.image import Image, as_image, resized
from artdesk.core.pictures import open_picture
from artdesk.core.requests import StylizeRequest
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import pick, say
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.services import DeskServices, StyleLike
from artdesk.workers.jobs import Job

log = logging.getLogger(__name__)

SIDE = 192  # pixels; a tile shows about 120
PRIORITY = -10


def square(image: Image, side: int = SIDE) -> Image:
    """The middle of a picture as a small square without transparency; what a tile shows."""
    height, width = image.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    # thinned before it is cut and scaled: a thumbnail of 24 megapixels must not cost 24 megapixels
    stride = max(1, edge // (side * 4))
    part = as_image(image[top : top + edge : stride, left : left + edge : stride])
    small = resized(part, side, side)
    if small.shape[2] == 4:
        alpha = small[:, :, 3:].astype("float32") / 255.0
        rgb = small[:, :, :3] * alpha + 255.0 * (1.0 - alpha)
        small = as_image((rgb + 0.5).astype("uint8"))
    return small


class Thumbnails(QObject):
    """Asks for one small painting per style and says which arrived. The newest picture wins."""

    previewed = Signal(str, QImage)  # the style's own preview was read
    painted = Signal(str, QImage)
    failed = Signal(str, str)

    def __init__(self, services: DeskServices, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._background = background
        self._small: Image | None = None
        self._styles: list[StyleLike] = []
        self._asked: dict[int, str] = {}
        self._done: set[str] = set()
        self._previewed: set[str] = set()
        services.jobs.job_ended.connect(self._on_ended)

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Another list of styles: read the previews that are new, paint the ones that are missing."""
        self._styles = list(styles)
        for style in self._styles:
            if style.id in self._previewed or not str(style.preview) or str(style.preview) == ".":
                continue
            self._previewed.add(style.id)
            self._background.run(
                _Reader(style), self._on_preview, self._on_no_preview, what=f"preview of {style.id}", priority=-5
            )
        self._ask()

    def set_picture(self, image: Image | None) -> None:
        """The person's picture (any size; scaled in the background), or None for an empty desk."""
        self.forget()
        if image is not None:
            self._background.run(lambda: square(image), self._on_small, what="thumbnail source", priority=5)

    def forget(self) -> None:
        """Drop the picture and everything still asked for it."""
        self._small = None
        self._done.clear()
        asked, self._asked = self._asked, {}
        for job in self._services.jobs.jobs():
            if job.id in asked:
                self._services.jobs.cancel(job)

    def again(self, style_id: str) -> None:
        """Paint one thumbnail anew."""
        self._done.discard(style_id)
        self._ask()

    def _on_small(self, small: Image) -> None:
        self._small = small
        self._ask()

    def _on_preview(self, answer: tuple[str, Image]) -> None:
        self.previewed.emit(answer[0], qimage_of(answer[1]))

    def _on_no_preview(self, error: Exception) -> None:
        log.info("a style has no readable preview: %s", error)

    def _ask(self) -> None:
        if self._small is None:
            return
        waiting = set(self._asked.values())
        for style in self._styles:
            if style.id in self._done or style.id in waiting:
                continue
            request = StylizeRequest(image=self._small, mix=((style.id, 1.0),), painter="live")
            job = self._services.jobs.submit(
                request, label=pick(style.title), replaces=f"thumbnail:{style.id}", priority=PRIORITY
            )
            self._asked[job.id] = style.id

    def _on_ended(self, job: Job) -> None:
        style_id = self._asked.pop(job.id, None)
        if style_id is None:
            return
        if job.state == "finished":
            self._done.add(style_id)
            self.painted.emit(style_id, qimage_of(job.result.image))
        elif job.state == "failed" and job.error is not None:
            self._done.add(style_id)
            self.failed.emit(style_id, say(job.error))


class _Reader:
    """Reads one preview picture in a background thread."""

    def __init__(self, style: StyleLike) -> None:
        self._id, self._path = style.id, style.preview

    def __call__(self) -> tuple[str, Image]:
        return self._id, square(open_picture(self._path, limit_mp=16).image)
