"""Autosaving: what changed since the last time goes to the disk, beside what is there already.

Meant for a worker thread: the interface thread only takes ``Document.snapshot_for_saving()``, which copies no pixel.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import threading
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLockFile

from artdesk.core.files import atomic_write
from artdesk.document.autosave_store import (
    LOCK,
    MANIFEST,
    PACK_NAME,
    THUMBNAIL_NAME,
    Place,
    all_tiles,
    lock_of,
    manifest_of,
    pack_name,
    thumbnail_name,
    unwritable,
)
from artdesk.document.document import Document
from artdesk.document.ora_write import rendered
from artdesk.document.thumbnail import Thumbnailer

_log = logging.getLogger(__name__)

Array: TypeAlias = NDArray[np.uint8]

_MOST_PACKS = 24
_LEAST_ALIVE = 0.4
# Painting the whole picture small is the dearest part of an autosave, and the least urgent.
_THUMBNAIL_SECONDS = 180.0


@dataclass(frozen=True)
class Autosaved:
    """What one autosave did: tiles and bytes written, seconds taken."""

    tiles: int
    bytes: int
    seconds: float


class Autosaver:
    """Keeps one document's autosave up to date in a folder of its own below ``folder``.

    One autosaver per open document; it may be called from any thread, one call at a time does the work.
    A failure leaves the last good autosave as it was.
    """

    def __init__(self, folder: Path, *, name: str = "") -> None:
        self.id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        self.name = name
        self.folder = Path(folder) / self.id
        self._turn = threading.Lock()
        self._owned: QLockFile | None = None
        self._places: dict[int, tuple[Array, Place]] = {}
        self._pack_sizes: dict[int, int] = {}
        self._number = 0
        self._manifest: dict[str, object] | None = None
        self._state_id = 0
        self._thumbnail = ""
        self._thumbnail_at = 0.0

    def save(self, document: Document, *, name: str | None = None) -> Autosaved:
        """Bring the autosave up to ``document`` (a snapshot for saving). Returns what had to be written.

        ``name`` is what the person knows the document by. Raises: DiskFull, NotWritable, SaveError.
        """
        with self._turn:
            started = time.monotonic()
            if name is not None:
                self.name = name
            try:
                return self._save(document, started)
            except OSError as error:
                raise unwritable(error, self.folder) from error

    def mark_saved(self, state_id: int | None = None) -> None:
        """The document was saved to its own file: there is nothing to recover until the next :meth:`save`.

        ``state_id`` is that of the snapshot that reached the file; an autosave of a later state then stays
        recoverable. Without it, call this only while nothing has been done since, and before any later
        :meth:`save`. What is on the disk is kept, so that the next autosave again writes only what changed.
        """
        with self._turn:
            if self._manifest is None or (state_id is not None and self._state_id > state_id):
                return
            self._manifest = {**self._manifest, "clean": True}
            self._write_manifest(self._manifest)

    def close(self) -> None:
        """The document was closed on purpose: the autosave goes."""
        with self._turn:
            self._places.clear()
            self._pack_sizes.clear()
            self._manifest = None
            if self._owned is not None:
                self._owned.unlock()
                self._owned = None
            remove_folder(self.folder)

    def _save(self, document: Document, started: float) -> Autosaved:
        self._own_folder()
        self._number += 1
        number = self._number
        retired = self._retired() | self._gone()
        known = {key: value for key, value in self._places.items() if value[1].pack not in retired}
        tiles = {id(tile): tile for tile in all_tiles(document)}
        fresh = [tile for key, tile in tiles.items() if key not in known]
        places = {key: known[key] for key in tiles if key in known}
        written = 0
        made: list[Path] = []
        try:
            if fresh:
                made.append(self.folder / pack_name(number))
                written = self._write_pack(made[-1], number, fresh, places)
            thumbnail = self._thumbnail
            if not thumbnail or (fresh and time.monotonic() - self._thumbnail_at > _THUMBNAIL_SECONDS):
                thumbnail = thumbnail_name(number)
                made.append(self.folder / thumbnail)
                _write_new(made[-1], thumbnail_of(document))
                self._thumbnail_at = time.monotonic()
            manifest = manifest_of(document, {key: place for key, (_, place) in places.items()})
            manifest.update(id=self.id, name=self.name, saved_at=time.time(), thumbnail=thumbnail, clean=False)
            self._write_manifest(manifest)
        except BaseException:
            for path in made:
                path.unlink(missing_ok=True)
            raise
        self._places, self._manifest, self._thumbnail = places, manifest, thumbnail
        self._state_id = document.state_id
        if written:
            self._pack_sizes[number] = written
        self._sweep()
        return Autosaved(len(fresh), written, time.monotonic() - started)

    def _own_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._owned is None or not (self.folder / LOCK).exists():
            self._owned = lock_of(self.folder)
            if not self._owned.tryLock(0):
                _log.warning("the autosave %s cannot be locked: %s", self.folder, self._owned.error())

    def _write_pack(self, path: Path, number: int, fresh: list[Array], places: dict[int, tuple[Array, Place]]) -> int:
        offset = 0
        with open(path, "xb") as file:
            for tile in fresh:
                data = zlib.compress(tile.tobytes() if not tile.flags.c_contiguous else tile.data, 1)
                file.write(data)
                places[id(tile)] = tile, Place(number, offset, len(data), zlib.crc32(data))
                offset += len(data)
            file.flush()
            os.fsync(file.fileno())
        return offset

    def _write_manifest(self, manifest: dict[str, object]) -> None:
        # In pieces: json.dumps would keep the interface waiting while it turns a long list of tiles into text.
        pieces = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).iterencode(manifest)
        data = "".join(pieces).encode("utf-8", "replace")
        with atomic_write(self.folder / MANIFEST, overwrite=True) as file:
            file.write(data)

    def _retired(self) -> set[int]:
        """Packs to be written anew: mostly dead ones, and the smallest when there are too many."""
        alive: Counter[int] = Counter()
        for _, place in self._places.values():
            alive[place.pack] += place.length
        sizes = self._pack_sizes
        retired = {number for number, size in sizes.items() if alive[number] < _LEAST_ALIVE * size}
        if len(sizes) > _MOST_PACKS:
            by_size = sorted(sizes, key=lambda number: sizes[number])
            retired.update(by_size[: len(sizes) - _MOST_PACKS // 3])
        return retired

    def _gone(self) -> set[int]:
        """Packs that somebody removed or cut: their tiles are written anew."""
        if self._thumbnail and not (self.folder / self._thumbnail).exists():
            self._thumbnail = ""
        gone = set()
        for number, size in self._pack_sizes.items():
            try:
                whole = (self.folder / pack_name(number)).stat().st_size == size
            except OSError:
                whole = False
            if not whole:
                gone.add(number)
        return gone

    def _sweep(self) -> None:
        """Remove what the manifest no longer names. Failing here loses nothing but room."""
        used = {place.pack for _, place in self._places.values()}
        self._pack_sizes = {number: size for number, size in self._pack_sizes.items() if number in used}
        keep = {pack_name(number) for number in used} | {self._thumbnail}
        try:
            for path in self.folder.iterdir():
                ours = PACK_NAME.fullmatch(path.name) or THUMBNAIL_NAME.fullmatch(path.name)
                if ours and path.name not in keep:
                    path.unlink(missing_ok=True)
        except OSError:
            _log.warning("old parts of the autosave %s could not be removed", self.folder, exc_info=True)


def thumbnail_of(document: Document) -> bytes:
    """A PNG of the whole picture, at most 256 pixels long."""
    thumbnail = Thumbnailer(document.width, document.height)
    for strip in rendered(document.root.children, document.rect):
        thumbnail.add(strip)
    return thumbnail.png()


def remove_folder(folder: Path) -> None:
    """Remove an autosave's folder; the manifest goes first, so that no half of it is ever listed."""
    try:
        (folder / MANIFEST).unlink(missing_ok=True)
    except OSError:
        _log.warning("the autosave %s could not be removed", folder, exc_info=True)
    shutil.rmtree(folder, ignore_errors=True)


def _write_new(path: Path, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
