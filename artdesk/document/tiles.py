"""Sparse pixels in copy-on-write tiles: what layers, masks and selections are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import with_full_alpha
from artdesk.document.rect import NOTHING, Rect, bounds_of

TILE = 256
"""Side of a tile in pixels."""

Key = tuple[int, int]
Array = NDArray[np.uint8]

_solids: dict[tuple[int, bytes], Array] = {}
_solids_lock = Lock()
_SOLIDS_LIMIT = 64
_CLEAR = 1 << 24
"""Packed pixels below this have alpha 0: whatever their colour, they are not there."""


def solid_tile(channels: int, value: bytes) -> Array:
    """The one shared read-only tile of this value, so that a filled layer costs a single tile."""
    key = (channels, value)
    with _solids_lock:
        found = _solids.get(key)
        if found is None:
            shape = (TILE, TILE) if channels == 1 else (TILE, TILE, channels)
            found = np.empty(shape, np.uint8)
            found[...] = value[0] if channels == 1 else np.frombuffer(value, np.uint8)
            found.flags.writeable = False
            if len(_solids) >= _SOLIDS_LIMIT:
                _solids.pop(next(iter(_solids)))
            _solids[key] = found
    return found


def _packed(array: Array) -> NDArray[Any]:
    """One element per pixel of a contiguous tile, so that whole pixels compare in one step."""
    return array.view(np.uint32)[..., 0] if array.ndim == 3 else array


class Tiles:
    """Pixels of any extent, held in tiles of 256 × 256; what was never written costs nothing.

    `channels` 4: straight-alpha RGBA, arrays are `(h, w, 4)`; 1: coverage, arrays are `(h, w)`; always uint8.
    `default` is the value (of every channel) where there is no tile: 0, or 255 for layer masks.
    A copy shares every tile; whoever writes first copies the one tile written. Tiles handed out are read-only
    and stay as they are only until the next write: keep `copy()` instead to keep pixels.
    """

    __slots__ = ("_own", "_tiles", "channels", "default")

    def __init__(self, channels: int = 4, default: int = 0) -> None:
        self.channels = channels
        self.default = default
        self._tiles: dict[Key, Array] = {}
        self._own: set[Key] = set()

    # reading

    def tile(self, ix: int, iy: int) -> Array | None:
        """The read-only tile of cell (ix, iy), or None where everything has the default value."""
        return self._tiles.get((ix, iy))

    def keys(self) -> Iterable[Key]:
        return self._tiles.keys()

    def items(self) -> Iterator[tuple[Key, Array]]:
        """Every stored tile with its cell; safe against writes while iterating."""
        return iter(tuple(self._tiles.items()))

    def __len__(self) -> int:
        return len(self._tiles)

    def __bool__(self) -> bool:
        """Whether any tile is stored."""
        return bool(self._tiles)

    def extent(self) -> Rect:
        """The smallest rectangle of whole tiles around everything stored; quick."""
        if not self._tiles:
            return NOTHING
        xs = [key[0] for key in self._tiles]
        ys = [key[1] for key in self._tiles]
        return Rect.of_edges(min(xs) * TILE, min(ys) * TILE, (max(xs) + 1) * TILE, (max(ys) + 1) * TILE)

    def bounds(self) -> Rect:
        """The smallest rectangle around every pixel that is visible (alpha or coverage differs from the default)."""
        extent = self.extent()
        left, top, right, bottom = extent.right, extent.bottom, extent.x, extent.y
        for (ix, iy), tile in self._tiles.items():
            x, y = ix * TILE, iy * TILE
            if left <= x and top <= y and x + TILE <= right and y + TILE <= bottom:
                continue
            inner = bounds_of(tile[..., 3] if self.channels == 4 else tile != self.default)
            if inner.empty:
                continue
            left, top = min(left, x + inner.x), min(top, y + inner.y)
            right, bottom = max(right, x + inner.right), max(bottom, y + inner.bottom)
        return Rect.of_edges(left, top, right, bottom) if right > left and bottom > top else NOTHING

    def read(self, rect: Rect) -> Array:
        """A copy of the pixels of `rect`: `(h, w, 4)` or `(h, w)`, writable and contiguous."""
        w, h = max(rect.w, 0), max(rect.h, 0)
        shape = (h, w) if self.channels == 1 else (h, w, self.channels)
        out = np.empty(shape, np.uint8)
        for ix, iy in rect.cells(TILE):
            part = rect.intersected(Rect(ix * TILE, iy * TILE, TILE, TILE))
            tile = self._tiles.get((ix, iy))
            out[part.slices((rect.x, rect.y))] = (
                self.default if tile is None else tile[part.slices((ix * TILE, iy * TILE))]
            )
        return out

    # writing

    def write(self, rect: Rect, array: Array) -> Rect:
        """Put `array` at `rect` and say which region was touched (empty when nothing was).

        The array must have the rectangle's size; RGB is taken as opaque. Tiles that end up all default are
        dropped, tiles of one colour are shared.
        """
        rgb = self.channels == 4 and array.ndim == 3 and array.shape[2] == 3
        if array.shape[:2] != (rect.h, rect.w) or (array.ndim == 3) != (self.channels > 1):
            raise ValueError(f"array {array.shape} does not fit {rect} with {self.channels} channels")
        for ix, iy in rect.cells(TILE):
            cell = Rect(ix * TILE, iy * TILE, TILE, TILE)
            part = rect.intersected(cell)
            piece = array[part.slices((rect.x, rect.y))]
            if rgb:  # tile by tile: no second copy of a big picture
                piece = with_full_alpha(piece)
            if part == cell:
                self._put_whole((ix, iy), piece, fresh=rgb)
            else:
                self._put_part((ix, iy), part.slices((cell.x, cell.y)), piece)
        return rect if not rect.empty else NOTHING

    def _put_whole(self, key: Key, piece: Array, *, fresh: bool) -> None:
        """`fresh`: the array was made for this tile and belongs to nobody else."""
        tile = np.ascontiguousarray(piece)
        if not fresh and (tile is piece or tile.base is not None):
            tile = tile.copy()
        self.put_tile(key, tile)
        if self._tiles.get(key) is tile:
            self._own.add(key)

    def _put_part(self, key: Key, where: tuple[slice, slice], piece: Array) -> None:
        tile = self._tiles.get(key)
        if tile is None:
            if not self._differs_from_default(piece):
                return
            tile = np.full((TILE, TILE) if self.channels == 1 else (TILE, TILE, self.channels), self.default, np.uint8)
        elif key not in self._own:
            tile = tile.copy()
        else:
            tile.flags.writeable = True
        tile[where] = piece
        tile.flags.writeable = False
        self._tiles[key] = tile
        self._own.add(key)

    def _differs_from_default(self, array: Array) -> bool:
        return bool(array.any()) if self.default == 0 else bool((array != self.default).any())

    def put_tile(self, key: Key, tile: Array | None) -> None:
        """Set one whole tile by reference (None drops it). The array becomes read-only; never write it afterwards."""
        self._own.discard(key)
        if tile is None:
            self._tiles.pop(key, None)
            return
        packed = _packed(tile)
        first = packed[0, 0]
        if self.channels == 4 and first < _CLEAR and packed[-1, -1] < _CLEAR and packed.max() < _CLEAR:
            self._tiles.pop(key, None)
            return
        if first == packed[TILE // 2, TILE // 3] and first == packed[-1, -1] and bool((packed == first).all()):
            value = tile[0, 0].tobytes()
            if self.channels == 1 and value[0] == self.default:
                self._tiles.pop(key, None)
                return
            tile = solid_tile(self.channels, value)
        tile.flags.writeable = False
        self._tiles[key] = tile

    def swap_tile(self, key: Key, tile: Array | None) -> Array | None:
        """Put a tile back exactly as it was held before and return the one that was there (for undo)."""
        before = self._tiles.get(key)
        self._own.discard(key)
        if tile is None:
            self._tiles.pop(key, None)
        else:
            self._tiles[key] = tile
        return before

    def share(self) -> None:
        """Somebody else holds the tiles now: the next write to each copies it first."""
        self._own.clear()

    def tidy(self, keys: Iterable[Key]) -> None:
        """Drop tiles among `keys` that became all default, share those of one colour (after many small writes)."""
        for key in tuple(keys):
            tile = self._tiles.get(key)
            if tile is not None:
                self.put_tile(key, tile)

    def clear(self) -> None:
        self._tiles.clear()
        self._own.clear()

    def copy(self) -> Tiles:
        """The same pixels for the price of a dictionary: every tile is shared until one side writes it."""
        twin = Tiles(self.channels, self.default)
        twin._tiles = dict(self._tiles)
        self._own.clear()
        return twin

    # whole-plane helpers

    def changed_keys(self, before: Mapping[Key, Array] | Tiles) -> set[Key]:
        """Cells whose tile is another object than in `before` (a copy taken earlier)."""
        old = before._tiles if isinstance(before, Tiles) else before
        new = self._tiles
        return {key for key in old.keys() | new.keys() if old.get(key) is not new.get(key)}

    def shifted(self, dx: int, dy: int) -> Tiles:
        """The same pixels moved by whole pixels; multiples of the tile size share every tile."""
        twin = Tiles(self.channels, self.default)
        if dx % TILE == 0 and dy % TILE == 0:
            twin._tiles = {(ix + dx // TILE, iy + dy // TILE): tile for (ix, iy), tile in self._tiles.items()}
            self._own.clear()
            return twin
        for (ix, iy), tile in self._tiles.items():
            twin.write(Rect(ix * TILE + dx, iy * TILE + dy, TILE, TILE), tile)
        twin.tidy(twin.keys())
        return twin

    def clipped(self, rect: Rect) -> Tiles:
        """The same pixels with everything outside `rect` back at the default value."""
        twin = Tiles(self.channels, self.default)
        for (ix, iy), tile in self.items():
            cell = Rect(ix * TILE, iy * TILE, TILE, TILE)
            part = cell.intersected(rect)
            if part == cell:
                twin._tiles[ix, iy] = tile
            elif not part.empty:
                twin.write(part, tile[part.slices((cell.x, cell.y))])
        self._own.clear()
        return twin

    def bytes_used(self, seen: set[int] | None = None) -> int:
        """Bytes of the stored tiles; arrays already in `seen` (ids) are not counted again and new ones are added."""
        seen = set() if seen is None else seen
        total = 0
        for tile in self._tiles.values():
            if id(tile) not in seen:
                seen.add(id(tile))
                total += tile.nbytes
        return total

    def same_pixels(self, other: Tiles) -> bool:
        """Whether both hold byte for byte the same pixels, however they are stored."""
        if (self.channels, self.default) != (other.channels, other.default):
            return False
        blank = np.uint8(self.default)
        for key in self._tiles.keys() | other._tiles.keys():
            mine, theirs = self._tiles.get(key), other._tiles.get(key)
            if mine is not theirs and not bool(
                np.equal(blank if mine is None else mine, blank if theirs is None else theirs).all()
            ):
                return False
        return True

    @classmethod
    def of_array(cls, array: Array, x: int = 0, y: int = 0, *, default: int = 0) -> Tiles:
        """Tiles holding `array` (coverage, RGBA, or RGB as opaque RGBA) with its first pixel at (x, y)."""
        tiles = cls(1 if array.ndim == 2 else 4, default)
        tiles.write(Rect(x, y, array.shape[1], array.shape[0]), array)
        return tiles
