"""Pieces of a picture ready for the screen: 256 px tiles at mip levels, made when seen and kept while they fit."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QPainter

from artdesk.core.image import Image
from artdesk.document.document import Document
from artdesk.document.rect import Rect

TILE = 256
TILE_BYTES = TILE * TILE * 4
Key = tuple[int, int, int]  # level, column, row


class TileSource(Protocol):
    """Something that can be seen in tiles."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels at level 0."""
        ...

    def pixels(self, level: int, x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
        """A contiguous (h, w, 4) RGBA array, colour premultiplied; the rectangle is in pixels of the level."""
        ...

    def prepare(self, key: Key, until: float) -> bool:
        """Do the work that makes `pixels` of a tile quick, until the clock (`perf_counter`) says so. True: all done."""
        ...


def level_size(size: int, level: int) -> int:
    """How many pixels `size` pixels make at a mip level."""
    return max(1, -(-size >> level)) if level else size


class PictureSource:
    """A still picture (the “before” of a comparison) as a tile source. Levels are made of every n-th 2x2 mean:
    enough for looking, and no tile ever reads the whole picture."""

    def __init__(self, image: Image) -> None:
        self._image = image

    @property
    def size(self) -> tuple[int, int]:
        return self._image.shape[1], self._image.shape[0]

    def prepare(self, key: Key, until: float) -> bool:
        return True

    def pixels(self, level: int, x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
        step = 1 << level
        part = self._image[y * step : (y + h) * step, x * step : (x + w) * step]
        if level:
            near = part[::step, ::step].astype(np.uint16)
            far = part[step // 2 :: step, step // 2 :: step]
            near[: far.shape[0], : far.shape[1]] += far
            near[: far.shape[0], : far.shape[1]] >>= 1
            part = near.astype(np.uint8)
        out = np.empty((*part.shape[:2], 4), np.uint8)
        out[..., :3] = part[..., :3]
        out[..., 3] = 255
        if part.shape[2] == 4:
            alpha = part[..., 3:].astype(np.uint16)
            out[..., :3] = (part[..., :3] * alpha + 127) // 255
            out[..., 3] = part[..., 3]
        return out


class _Tile:
    __slots__ = ("dirty", "image")

    def __init__(self, image: QImage) -> None:
        self.image = image
        self.dirty = QRect()


def _image_of(array: NDArray[np.uint8]) -> QImage:
    h, w = array.shape[:2]
    return QImage(array.data, w, h, w * 4, QImage.Format.Format_RGBA8888_Premultiplied)


class TileCache:
    """The tiles of one source, least recently seen dropped first.

    A changed part of the source makes only that part of a tile stale: a dab recomposes its own square.
    """

    def __init__(self, source: TileSource, limit_bytes: int = 160 << 20) -> None:
        self.source = source
        self._limit = max(4, limit_bytes // TILE_BYTES)
        self._tiles: OrderedDict[Key, _Tile] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tiles)

    def clear(self) -> None:
        self._tiles.clear()

    def invalidate(self, x: int, y: int, w: int, h: int) -> None:
        """Mark what shows a level-0 rectangle as stale."""
        for (level, column, row), tile in self._tiles.items():
            # One pixel more on each side: a coarse pixel is a mean over its neighbours.
            left, top = (x >> level) - 1, (y >> level) - 1
            right, bottom = (-(-(x + w) >> level)) + 1, (-(-(y + h) >> level)) + 1
            if not level:
                left, top, right, bottom = x, y, x + w, y + h
            hit = QRect(left - column * TILE, top - row * TILE, right - left, bottom - top)
            hit = hit.intersected(tile.image.rect())
            if not hit.isEmpty():
                tile.dirty = tile.dirty.united(hit)

    def is_fresh(self, key: Key) -> bool:
        tile = self._tiles.get(key)
        return tile is not None and tile.dirty.isEmpty()

    def image(self, key: Key) -> QImage | None:
        """The tile as last made, perhaps stale; None if it never was."""
        tile = self._tiles.get(key)
        if tile is None:
            return None
        self._tiles.move_to_end(key)
        return tile.image

    def refreshed(self, key: Key) -> QImage:
        """The tile, its stale part made anew."""
        level, column, row = key
        tile = self._tiles.get(key)
        if tile is None:
            width, height = (level_size(size, level) for size in self.source.size)
            w, h = min(TILE, width - column * TILE), min(TILE, height - row * TILE)
            array = self.source.pixels(level, column * TILE, row * TILE, w, h)
            tile = self._tiles[key] = _Tile(self._for_screen(array))
            while len(self._tiles) > self._limit:
                self._tiles.popitem(last=False)
        elif not tile.dirty.isEmpty():
            part = tile.dirty
            array = self.source.pixels(
                level, column * TILE + part.x(), row * TILE + part.y(), part.width(), part.height()
            )
            opaque = bool((array[..., 3] == 255).all())
            if not opaque and tile.image.format() == QImage.Format.Format_RGB32:
                tile.image = tile.image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            painter = QPainter(tile.image)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(QPoint(part.x(), part.y()), _image_of(array))
            painter.end()
            tile.dirty = QRect()
        self._tiles.move_to_end(key)
        return tile.image

    @staticmethod
    def _for_screen(array: NDArray[np.uint8]) -> QImage:
        # An opaque tile needs no blending and no checkerboard under it.
        opaque = bool((array[..., 3] == 255).all())
        wanted = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        return _image_of(array).convertToFormat(wanted)

    def coarser(self, key: Key) -> tuple[QImage, QRect, int] | None:
        """A coarser tile that covers `key`, the part of it to show until the fine one is made, and its level."""
        level, column, row = key
        for up in range(1, 8):
            image = self.image((level + up, column >> up, row >> up))
            if image is not None:
                side = TILE >> up
                part = QRect(column % (1 << up) * side, row % (1 << up) * side, side, side)
                return image, part.intersected(image.rect()), level + up
        return None

    def finer(self, key: Key) -> Iterator[tuple[QImage, int, int]]:
        """The four finer tiles under `key` that are at hand, with their column and row (0 or 1)."""
        level, column, row = key
        if level:
            for dy in (0, 1):
                for dx in (0, 1):
                    image = self.image((level - 1, column * 2 + dx, row * 2 + dy))
                    if image is not None:
                        yield image, dx, dy


class DocumentSource:
    """A document's composite as a tile source.

    A coarse tile is made of hundreds of fine ones; `prepare` walks them a few at a time, children before parents, so
    that zooming far out never holds the interface.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._walks: dict[Key, Iterator[None]] = {}
        self._walked: set[Key] = set()

    @property
    def size(self) -> tuple[int, int]:
        return self._document.width, self._document.height

    def pixels(self, level: int, x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
        array = self._document.composite(Rect(x, y, w, h), level=level, premultiplied=True)
        return np.ascontiguousarray(array)

    def changed(self, rect: Rect) -> None:
        """The picture changed. After a small change a coarse tile is renewed at once; after a large one (an undo, a
        fill) it has to be walked again."""
        if rect.area <= 3 * TILE * TILE:
            return
        self._walks.clear()
        for key in list(self._walked):
            side = TILE << key[0]
            if rect.intersects(Rect(key[1] * side, key[2] * side, side, side)):
                self._walked.discard(key)

    def prepare_level(self, level: int, until: float) -> bool:
        """`prepare` for every tile of a level: True when reading any of it is quick."""
        width, height = (level_size(side, level) for side in self.size)
        return all(
            self.prepare((level, column, row), until)
            for row in range(-(-height // TILE))
            for column in range(-(-width // TILE))
        )

    def forget(self) -> None:
        """The canvas has another size: nothing walked counts any more."""
        self._walks.clear()
        self._walked.clear()

    def prepare(self, key: Key, until: float) -> bool:
        if self._is_walked(key):
            return True
        walk = self._walks.get(key)
        if walk is None:
            walk = self._walks[key] = self._walk(*key)
        for _ in walk:
            if time.perf_counter() > until:
                return False
        del self._walks[key]
        return True

    def _is_walked(self, key: Key) -> bool:
        # What was walked but pushed out since would be made again from the layers up, in one long breath.
        return key in self._walked and self._document.holds_tile(key[1], key[2], key[0])

    def _walk(self, level: int, column: int, row: int) -> Iterator[None]:
        if level > 1:
            width, height = (level_size(side, level - 1) for side in self.size)
            for dy in (0, 1):
                for dx in (0, 1):
                    key = (level - 1, column * 2 + dx, row * 2 + dy)
                    inside = key[1] * TILE < width and key[2] * TILE < height
                    if inside and not self._is_walked(key):
                        yield from self._walk(*key)
        self._document.composite_tile(column, row, level)
        self._walked.add((level, column, row))
        yield
