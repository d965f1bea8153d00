"""Tiles of the picture as they were, so that undo and redo show at once what was there before."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeAlias

from artdesk.document.blend import Array

Place: TypeAlias = tuple[int, int, int]
"""Level, column and row of a tile."""


class Shelf:
    """Picture tiles under the state of the document they belong to.

    When there are too many, those of levels nobody looks at go first, then the oldest: a tile of the level in view
    is what undo shows next.
    """

    def __init__(self) -> None:
        self._levels: dict[int, OrderedDict[tuple[int, Place], Array]] = {}
        self._bytes = 0

    def put(self, state: int, place: Place, array: Array, budget: int, view: int) -> None:
        """Keep a tile that is about to be made anew; at most `budget` bytes are kept in all.

        The array is kept as it is: whoever goes on painting on it copies it first. `view` is the level looked at.
        """
        tiles = self._levels.setdefault(place[0], OrderedDict())
        key = (state, place)
        if key in tiles:
            tiles.move_to_end(key)
            return
        tiles[key] = array
        self._bytes += array.nbytes
        while self._bytes > budget:
            spare = [level for level, held in self._levels.items() if held and level != view]
            _, gone = self._levels[min(spare, default=view)].popitem(last=False)
            self._bytes -= gone.nbytes

    def take(self, state: int, place: Place) -> Array | None:
        """The tile of this state, which leaves the shelf; None when it is not there."""
        array = self._levels.get(place[0], OrderedDict()).pop((state, place), None)
        if array is not None:
            self._bytes -= array.nbytes
        return array

    def clear(self) -> None:
        self._levels.clear()
        self._bytes = 0

    def bytes_used(self) -> int:
        return self._bytes
