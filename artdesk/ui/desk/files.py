"""Files in and out of the desk: open, save, export, clipboard. Everything slow happens in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from artdesk.core.errors import PictureTooLarge
from artdesk.core.image import Image, as_image
from artdesk.core.pictures import Picture, open_picture, save_picture
from artdesk.core.receipt import Receipt
from artdesk.core.results import Note
from artdesk.document.base import check_size
from artdesk.document.document import Document
from artdesk.ui.desk.background import Background
from artdesk.ui.desk.drops import is_project
from artdesk.ui.desk.export_dialog import ExportWish
from artdesk.ui.desk.still import seen
from artdesk.ui.i18n import say_note, tr
from artdesk.ui.qt_image import image_of
from artdesk.ui.services import SettingsStore

log = logging.getLogger(__name__)

_RECENT = 12


@dataclass
class OpenFile:
    """What lies on the desk: the document and where it came from.

    `before` is the picture as it was opened (for the wipe and the gallery); `picture` is the file it came from, so
    that an export keeps its metadata; None for projects and pasted pictures.
    """

    document: Document
    before: Image
    title: str
    picture: Picture | None = None
    notes: tuple[Note, ...] = ()
    receipt: Receipt | None = None
    source: Path | None = None
    recovered: Any = None  # the autosave it was brought back from


class FileKeeper(QObject):
    """Opens and saves; says what happened. Owns no widget and asks nothing: questions are the window's."""

    began = Signal(str)
    ended = Signal()
    opened = Signal(object)  # OpenFile
    layer_read = Signal(object, str)  # Image, name
    too_large = Signal(object, object, bool)  # Path, PictureTooLarge, as_layer
    failed = Signal(object)
    saved = Signal(object, object)  # Document, Path
    exported = Signal(object)  # Path
    noted = Signal(str)
    copied = Signal(object)  # QImage, for the clipboard

    def __init__(self, settings: SettingsStore, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background
        self._opening: object = None
        self._saving = 0

    @property
    def saving(self) -> bool:
        """Whether a save has not yet ended."""
        return self._saving > 0

    def open(self, path: Path, *, allow_large: bool = False) -> None:
        """Read a picture or a project and say `opened`. A newer wish to open takes the place of an older one."""
        wish = object()
        self._opening = wish
        self.began.emit(tr("Opening {name} …", name=path.name))
        limit, undo = float(self._settings.value.limit_mp), self._settings.value.undo_mb
        self._background.run(
            lambda: (wish, path, _read(path, allow_large, limit, undo)),
            self._on_opened,
            _Asking(self._on_open_failed, path, False),
            what=f"open {path.name}",
            priority=10,
        )

    def read_layer(self, path: Path, *, allow_large: bool = False) -> None:
        """Read a picture and say `layer_read`."""
        self.began.emit(tr("Opening {name} …", name=path.name))
        limit = float(self._settings.value.limit_mp)
        self._background.run(
            lambda: (open_picture(path, allow_large=allow_large, limit_mp=limit).image, path.stem),
            self._on_layer,
            _Asking(self._on_open_failed, path, True),
            what=f"open {path.name} as a layer",
            priority=10,
        )

    def open_qimage(self, image: QImage, title: str) -> None:
        """Open a picture that came without a file (clipboard, dragged out of a browser)."""
        wish = object()
        self._opening = wish
        copy, undo = QImage(image), self._settings.value.undo_mb
        self._background.run(
            lambda: (wish, None, _of_image(image_of(copy), title, undo)), self._on_opened, self._on_failed, what="paste"
        )

    def open_image(self, image: Image, title: str) -> None:
        """Open a picture that is in memory already (a frame of live painting)."""
        wish = object()
        self._opening = wish
        undo = self._settings.value.undo_mb
        self._background.run(
            lambda: (wish, None, _of_image(image, title, undo)), self._on_opened, self._on_failed, what="open image"
        )

    def layer_of_qimage(self, image: QImage, title: str) -> None:
        """Make a layer picture of an image without a file and say `layer_read`."""
        copy = QImage(image)
        self._background.run(lambda: (image_of(copy), title), self._on_layer, self._on_failed, what="paste")

    def new(self, width: int, height: int, colour: tuple[int, int, int, int]) -> None:
        """An empty canvas of one colour."""
        wish = object()
        self._opening = wish
        undo = self._settings.value.undo_mb

        def make() -> tuple[object, None, OpenFile]:
            check_size(width, height)
            pixels = np.empty((height, width, 4), np.uint8)
            pixels[:] = colour
            return wish, None, _of_image(as_image(pixels), tr("Untitled"), undo)

        self._background.run(make, self._on_opened, self._on_failed, what="new canvas")

    def take_recovered(self, document: Document, notes: tuple[Note, ...], item: Any) -> None:
        """A document was brought back from an autosave: open it, unsaved as it is."""
        wish = object()
        self._opening = wish
        title = item.name or tr("Recovered")
        snapshot = document.snapshot_for_saving()
        self._background.run(
            lambda: (wish, None, OpenFile(document, seen(snapshot), title, notes=notes, recovered=item)),
            self._on_opened,
            self._on_failed,
            what="recover",
        )

    def save_project(self, document: Document, path: Path, *, overwrite: bool) -> None:
        """Write the project file; the document is clean once that has really happened."""
        from artdesk.document.ora import save_project  # a zip and XML library: not needed to start

        snapshot = document.snapshot_for_saving()
        self._saving += 1
        self.began.emit(tr("Saving {name} …", name=path.name))

        def write() -> tuple[Document, Path, int]:
            save_project(snapshot, path, overwrite=overwrite)
            return document, path, snapshot.state_id

        self._background.run(write, self._on_saved, self._on_save_failed, what=f"save {path.name}", priority=10)

    def save_psd(self, document: Document, path: Path) -> None:
        """Write a layered copy for Photoshop. What it cannot hold is said; the document stays unsaved."""
        from artdesk.document.psd import save_psd

        snapshot = document.snapshot_for_saving()
        self._saving += 1
        self.began.emit(tr("Saving {name} …", name=path.name))

        def write() -> tuple[Path, tuple[Note, ...]]:
            return path, save_psd(snapshot, path, overwrite=True)

        self._background.run(write, self._on_psd, self._on_save_failed, what=f"save {path.name}", priority=10)

    def export(self, document: Document, wish: ExportWish, like: Picture | None, receipt: Receipt | None) -> None:
        """Write one flat picture of what is seen."""
        snapshot = document.snapshot_for_saving()
        self._saving += 1
        self.began.emit(tr("Exporting {name} …", name=wish.path.name))

        def write() -> Path:
            return save_picture(
                wish.path,
                seen(snapshot),
                like=like,
                receipt=receipt if wish.with_receipt else None,
                overwrite=wish.overwrite,
                quality=wish.quality,
            )

        self._background.run(
            write, self._on_exported, self._on_save_failed, what=f"export {wish.path.name}", priority=10
        )

    def copy(self, document: Document) -> None:
        """Put what is seen (inside the selection's frame) on the clipboard: says `copied` with a QImage."""
        snapshot = document.snapshot_for_saving()
        self._background.run(lambda: _for_clipboard(snapshot), self._on_copied, self._on_failed, what="copy")

    def remember(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        text = str(path.absolute())
        recent = [text, *(known for known in self._settings.value.recent if known != text)]
        self._settings.change(recent=tuple(recent[:_RECENT]))

    def _on_opened(self, answer: tuple[object, Path | None, OpenFile]) -> None:
        wish, path, made = answer
        if wish is not self._opening:
            return
        self.ended.emit()
        if path is not None:
            self.remember(path)
        self.opened.emit(made)

    def _on_layer(self, answer: tuple[Image, str]) -> None:
        self.ended.emit()
        self.layer_read.emit(*answer)

    def _on_open_failed(self, error: Exception, path: Path, as_layer: bool) -> None:
        self.ended.emit()
        if isinstance(error, PictureTooLarge) and "limit" in error.values:
            self.too_large.emit(path, error, as_layer)
        else:
            self.failed.emit(error)

    def _on_failed(self, error: Exception) -> None:
        self.ended.emit()
        self.failed.emit(error)

    def _on_saved(self, answer: tuple[Document, Path, int]) -> None:
        document, path, state = answer
        self._saving -= 1
        document.mark_saved(path, state_id=state)
        self.remember(path)
        self.ended.emit()
        self.saved.emit(document, path)

    def _on_exported(self, path: Path) -> None:
        self._saving -= 1
        self.ended.emit()
        self.exported.emit(path)

    def _on_psd(self, answer: tuple[Path, tuple[Note, ...]]) -> None:
        self._on_exported(answer[0])
        for note in answer[1]:
            self.noted.emit(say_note(note))

    def _on_save_failed(self, error: Exception) -> None:
        self._saving -= 1
        self._on_failed(error)

    def _on_copied(self, image: QImage) -> None:
        self.copied.emit(image)


class _Asking:
    """A failure handler that still knows which file it was about."""

    def __init__(self, call: Callable[[Exception, Path, bool], None], path: Path, as_layer: bool) -> None:
        self._call, self._path, self._as_layer = call, path, as_layer

    def __call__(self, error: Exception) -> None:
        self._call(error, self._path, self._as_layer)


def _read(path: Path, allow_large: bool, limit_mp: float, undo_mb: int) -> OpenFile:
    if is_project(path):
        return _read_project(path, undo_mb)
    picture = open_picture(path, allow_large=allow_large, limit_mp=limit_mp)
    made = _of_image(picture.image, path.name, undo_mb)
    made.picture, made.notes, made.receipt, made.source = picture, picture.notes, picture.receipt, path
    return made


def _read_project(path: Path, undo_mb: int) -> OpenFile:
    notes: Sequence[Note] = ()
    if path.suffix.lower() == ".psd":
        from artdesk.document.psd import open_psd

        document, notes = open_psd(path)
    else:
        from artdesk.document.ora import read_project

        document, notes = read_project(path)
    return OpenFile(document, seen(document), path.name, notes=tuple(notes), source=path)


def _of_image(image: Image, title: str, undo_mb: int) -> OpenFile:
    return OpenFile(Document.of_image(image, tr("Background"), undo_mb=undo_mb), image, title)


def _for_clipboard(document: Document) -> QImage:
    selection, rect = document.selection, document.rect
    if selection is not None and not selection.empty:
        rect = selection.bounds().intersected(rect)
    pixels = document.composite(rect)
    if selection is not None and not selection.empty:
        coverage = selection.read(rect).astype(np.uint16)
        pixels[:, :, 3] = (pixels[:, :, 3] * coverage + 127) // 255
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGBA8888)
    if bool((pixels[:, :, 3] == 255).all()):
        return image.convertToFormat(QImage.Format.Format_RGB888)
    return image.copy()
