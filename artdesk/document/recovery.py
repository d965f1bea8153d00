"""After a crash: what can be brought back, and bringing it back. Nothing is removed unless the person says so."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from artdesk.core.errors import ArtDeskError
from artdesk.core.image import Image, as_image
from artdesk.core.results import Note
from artdesk.document.autosave import remove_folder
from artdesk.document.autosave_store import LOCK, PACK_NAME, THUMBNAIL_NAME, Loader, is_running, read_manifest
from artdesk.document.document import Document
from artdesk.document.png import decode_png
from artdesk.document.records import clean_name

_log = logging.getLogger(__name__)
_LARGEST_THUMBNAIL = 4 << 20
_LEFTOVER_SECONDS = 3600.0


@dataclass(frozen=True, eq=False)
class Recoverable:
    """A document that was open when ArtDesk ended without closing it.

    ``age`` is in seconds since its last autosave, ``thumbnail`` a small picture if there is one, ``path`` the
    autosave's folder, ``project`` the file the document belongs to (None if it was never saved).
    """

    id: str
    name: str
    age: float
    thumbnail: Image | None
    path: Path
    project: Path | None
    width: int
    height: int
    layers: int


def recoverable(folder: Path) -> list[Recoverable]:
    """Everything below ``folder`` that can be recovered, the newest first.

    Autosaves of a running ArtDesk (this one or another) are left out, and so are those whose document had
    been saved to its own file since.
    """
    found: list[Recoverable] = []
    try:
        folders = [path for path in Path(folder).iterdir() if path.is_dir()]
    except OSError:
        return []
    for path in folders:
        if _is_leftover(path):
            remove_folder(path)
            continue
        try:
            values = read_manifest(path)
        except ArtDeskError as error:
            _log.warning("nothing can be recovered from %s: %s", path, error)
            continue
        if is_running(path):
            continue
        if values.get("clean") is True:
            remove_folder(path)
            continue
        found.append(_described(path, values))
    return sorted(found, key=lambda item: item.age)


def recover(item: Recoverable) -> Document:
    """The document as it was at its last autosave. It counts as unsaved; the autosave stays where it is.

    Raises: ProjectError.
    """
    return recover_with_notes(item)[0]


def recover_with_notes(item: Recoverable) -> tuple[Document, tuple[Note, ...]]:
    """Like :func:`recover`, with a note if a part of the autosave was damaged."""
    loader = Loader(item.path)
    document = loader.document(read_manifest(item.path))
    if document.active_layer is None and document.root.children:
        document.active_layer = document.root.children[-1]
    if item.project is not None:
        document.mark_saved(item.project)
    document.mark_unsaved()
    if not loader.lost:
        return document, ()
    note = Note("{count} parts of the picture were damaged in the autosave and are empty now.", {"count": loader.lost})
    return document, (note,)


def discard(item: Recoverable) -> None:
    """Remove an autosave for good: only when the person asks for it."""
    remove_folder(item.path)


def _is_leftover(path: Path) -> bool:
    """A folder of ours in which the very first autosave was never finished: there is nothing in it to recover."""
    try:
        names = [one.name for one in path.iterdir()]
        old = time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS
    except OSError:
        return False
    ours = all(PACK_NAME.fullmatch(name) or THUMBNAIL_NAME.fullmatch(name) or name == LOCK for name in names)
    return old and ours and not is_running(path)


def _described(path: Path, values: Mapping[str, Any]) -> Recoverable:
    saved_at, project, layers = values.get("saved_at"), values.get("project"), values.get("layers")
    moment = float(saved_at) if isinstance(saved_at, (int, float)) and np.isfinite(saved_at) else 0.0
    return Recoverable(
        id=path.name,
        name=clean_name(values.get("name")) or (Path(project).name if isinstance(project, str) else ""),
        age=max(0.0, time.time() - moment),
        thumbnail=_thumbnail(path, values.get("thumbnail")),
        path=path,
        project=Path(project) if isinstance(project, str) and project and "\0" not in project else None,
        width=_whole(values.get("width")),
        height=_whole(values.get("height")),
        layers=len(layers) if isinstance(layers, list) else 0,
    )


def _thumbnail(folder: Path, name: object) -> Image | None:
    if not isinstance(name, str) or not THUMBNAIL_NAME.fullmatch(name):
        return None
    try:
        with open(folder / name, "rb") as file:
            return as_image(decode_png(file.read(_LARGEST_THUMBNAIL)))
    except (OSError, ArtDeskError):
        return None


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
