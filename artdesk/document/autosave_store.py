"""How an autosave lies on the disk: packs of compressed tiles, and a manifest that names what counts.

A folder holds ``pack-000001.bin`` … (written once, never changed), ``thumbnail-000001.png`` … and ``manifest.json``.
The manifest is replaced in one step after everything it names has reached the disk, so at every moment
the folder holds one whole state: the last one or the one before.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLockFile

from artdesk.core.errors import ArtDeskError, ProjectError, translate_os_error
from artdesk.core.files import read_text
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer, Mask, PixelLayer, StyleLayer
from artdesk.document.records import layer_from, properties_of
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.selection import Selection
from artdesk.document.tiles import TILE, Tiles

FORMAT = 1
MANIFEST = "manifest.json"
LOCK = "lock"
PACK_NAME = re.compile(r"pack-\d{6}\.bin")
THUMBNAIL_NAME = re.compile(r"thumbnail-\d{6}\.png")
_LARGEST_MANIFEST = 256 << 20
_FARTHEST_CELL = 1 << 16
_DEEPEST = 64

Array: TypeAlias = NDArray[np.uint8]


class Place(NamedTuple):
    """Where a tile lies: pack number, first byte, bytes, checksum of the packed bytes."""

    pack: int
    offset: int
    length: int
    crc: int


def pack_name(number: int) -> str:
    return f"pack-{number:06d}.bin"


def thumbnail_name(number: int) -> str:
    return f"thumbnail-{number:06d}.png"


# writing


def all_tiles(document: Document) -> Iterator[Array]:
    """Every stored tile of the document; tiles used twice come twice."""
    for layer in document.layers():
        for _, tiles in layer.planes():
            for _, tile in tiles.items():
                yield tile
    if document.selection is not None:
        for _, tile in document.selection.tiles.items():
            yield tile


def manifest_of(document: Document, places: Mapping[int, Place]) -> dict[str, Any]:
    """The document as JSON values; ``places`` knows every tile by the id of its array."""

    def plane(tiles: Tiles) -> dict[str, Any]:
        return {
            "default": tiles.default,
            "tiles": [[ix, iy, *places[id(tile)]] for (ix, iy), tile in tiles.items()],
        }

    def record(layer: Layer) -> dict[str, Any]:
        values = properties_of(layer)
        if isinstance(layer, GroupLayer):
            values["children"] = [record(child) for child in layer.children]
        paint = layer.paint()
        if paint is not None:
            values["pixels"] = plane(paint)
        if layer.mask is not None:
            values["mask"] = {"enabled": layer.mask.enabled, **plane(layer.mask.tiles)}
        return values

    return {
        "format": FORMAT,
        "width": document.width,
        "height": document.height,
        "project": str(document.path) if document.path is not None else None,
        "active": document.active_layer.id if document.active_layer is not None else None,
        "selection": plane(document.selection.tiles) if document.selection is not None else None,
        "layers": [record(layer) for layer in document.root.children],
    }


def lock_of(folder: Path) -> QLockFile:
    """The lock that says which process an autosave belongs to; a dead process's lock counts as none."""
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)
    return lock


def is_running(folder: Path) -> bool:
    """Whether the process that writes this autosave is still alive."""
    if not (folder / LOCK).exists():
        return False
    lock = lock_of(folder)
    if lock.tryLock(0):
        lock.unlock()
        return False
    return lock.error() is QLockFile.LockError.LockFailedError


# reading


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an autosave. Raises ProjectError when there is none that can be used."""
    damaged = ProjectError("The autosave in “{name}” is damaged.", name=str(folder))
    try:
        values = json.loads(read_text(folder / MANIFEST, _LARGEST_MANIFEST))
    except (ValueError, RecursionError) as error:
        raise damaged from error
    except ArtDeskError as error:
        raise ProjectError(error.template, **error.values) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise damaged
    return values


@dataclass
class Loader:
    """Builds a document from a manifest and its packs; counts the tiles that are gone."""

    folder: Path
    lost: int = 0
    canvas: Rect = NOTHING

    def document(self, values: Mapping[str, Any]) -> Document:
        """The document. Raises ProjectError, WrongUse for an impossible size."""
        width, height = values.get("width"), values.get("height")
        if not isinstance(width, int) or not isinstance(height, int):
            raise ProjectError("The autosave in “{name}” is damaged.", name=str(self.folder))
        document = Document(width, height)
        self.canvas = document.rect
        self._packs: dict[int, bytes | None] = {}
        document.root.children = self._layers(values.get("layers"), 1)
        active = values.get("active")
        document.active_layer = document.find(active) if isinstance(active, str) else None
        if isinstance(values.get("selection"), Mapping):
            document.selection = Selection(self._plane(values["selection"], 1))
        self._packs = {}
        return document

    def _layers(self, records: object, depth: int) -> tuple[Layer, ...]:
        if not isinstance(records, list) or depth > _DEEPEST:
            return ()
        return tuple(self._layer(record, depth) for record in records if isinstance(record, Mapping))

    def _layer(self, record: Mapping[str, Any], depth: int) -> Layer:
        layer = layer_from(record)
        if isinstance(layer, GroupLayer):
            layer.children = self._layers(record.get("children"), depth + 1)
        elif isinstance(layer, StyleLayer):
            layer.painted = self._plane(record.get("pixels"), 4)
            layer.stale_rect = self.canvas if layer.stale else NOTHING
        elif isinstance(layer, PixelLayer):
            layer.pixels = self._plane(record.get("pixels"), 4)
        mask = record.get("mask")
        if isinstance(mask, Mapping):
            layer.mask = Mask(self._plane(mask, 1), mask.get("enabled") is not False)
        return layer

    def _plane(self, values: object, channels: int) -> Tiles:
        default = 255 if isinstance(values, Mapping) and values.get("default") == 255 and channels == 1 else 0
        tiles = Tiles(channels, default)
        entries = values.get("tiles") if isinstance(values, Mapping) else None
        for entry in entries if isinstance(entries, list) else ():
            if not (isinstance(entry, list) and len(entry) == 6 and all(type(one) is int for one in entry)):
                self.lost += 1
                continue
            ix, iy = entry[:2]
            tile = self._tile(Place(*entry[2:]), channels)
            if tile is None or abs(ix) > _FARTHEST_CELL or abs(iy) > _FARTHEST_CELL:
                self.lost += 1
                continue
            tiles.write(Rect(ix * TILE, iy * TILE, TILE, TILE), tile)
        return tiles

    def _tile(self, place: Place, channels: int) -> Array | None:
        pack = self._pack(place.pack)
        if pack is None or place.offset < 0 or place.length < 0:
            return None
        data = pack[place.offset : place.offset + place.length]
        size = TILE * TILE * channels
        if len(data) != place.length or zlib.crc32(data) != place.crc:
            return None
        try:
            raw = zlib.decompressobj().decompress(data, size + 1)
        except zlib.error:
            return None
        if len(raw) != size:
            return None
        shape = (TILE, TILE, channels) if channels > 1 else (TILE, TILE)
        return np.frombuffer(raw, np.uint8).reshape(shape)

    def _pack(self, number: int) -> bytes | None:
        if number not in self._packs:
            name = pack_name(number)
            try:
                self._packs[number] = (self.folder / name).read_bytes() if PACK_NAME.fullmatch(name) else None
            except OSError:
                self._packs[number] = None
        return self._packs[number]


def unwritable(error: OSError, folder: Path) -> ArtDeskError:
    """The sentence for an autosave folder that cannot be written."""
    return translate_os_error(error, folder, "write")
