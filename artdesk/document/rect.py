"""Whole-pixel rectangles, the words every part of the document speaks about regions in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Rect(NamedTuple):
    """A half-open region of whole pixels: columns `x … x+w-1`, rows `y … y+h-1`.

    Canvas coordinates; `x` and `y` may be negative (layers may reach outside the canvas).
    A rectangle with `w <= 0` or `h <= 0` is empty; all empty rectangles behave alike.
    """

    x: int
    y: int
    w: int
    h: int

    @classmethod
    def of_edges(cls, left: int, top: int, right: int, bottom: int) -> Rect:
        """The region between two edges; right and bottom are outside it."""
        return cls(left, top, right - left, bottom - top)

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def empty(self) -> bool:
        return self.w <= 0 or self.h <= 0

    @property
    def area(self) -> int:
        return 0 if self.empty else self.w * self.h

    def united(self, other: Rect) -> Rect:
        """The smallest rectangle that holds both; an empty one adds nothing."""
        if self.empty:
            return NOTHING if other.empty else other
        if other.empty:
            return self
        return Rect.of_edges(
            min(self.x, other.x), min(self.y, other.y), max(self.right, other.right), max(self.bottom, other.bottom)
        )

    def intersected(self, other: Rect) -> Rect:
        """What both share; `NOTHING` when they share nothing."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else NOTHING

    def intersects(self, other: Rect) -> bool:
        return not self.intersected(other).empty

    def contains(self, other: Rect) -> bool:
        """Whether `other` lies wholly inside; an empty rectangle lies inside everything."""
        return other.empty or self.intersected(other) == other

    def holds(self, x: float, y: float) -> bool:
        """Whether the point lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def moved(self, dx: int, dy: int) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def grown(self, by: int) -> Rect:
        """The same region with `by` more pixels on every side (fewer when negative)."""
        return Rect(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)

    def aligned(self, step: int) -> Rect:
        """The smallest rectangle around this one whose edges are multiples of `step`."""
        if self.empty:
            return NOTHING
        return Rect.of_edges(
            self.x // step * step, self.y // step * step, -(-self.right // step) * step, -(-self.bottom // step) * step
        )

    def scaled_down(self, level: int) -> Rect:
        """The region of a picture halved `level` times that this region touches."""
        if self.empty:
            return NOTHING
        step = 1 << level
        return Rect.of_edges(self.x // step, self.y // step, -(-self.right // step), -(-self.bottom // step))

    def cells(self, size: int) -> Iterator[tuple[int, int]]:
        """The `(ix, iy)` of every square cell of a grid of `size` pixels that this region touches."""
        if self.empty:
            return
        for iy in range(self.y // size, (self.bottom - 1) // size + 1):
            for ix in range(self.x // size, (self.right - 1) // size + 1):
                yield ix, iy

    def slices(self, origin: tuple[int, int] = (0, 0)) -> tuple[slice, slice]:
        """Index of this region in an array whose first pixel is `origin` = (x, y)."""
        left, top = self.x - origin[0], self.y - origin[1]
        return slice(top, top + self.h), slice(left, left + self.w)


NOTHING = Rect(0, 0, 0, 0)


def bounds_of(mask: NDArray[np.generic]) -> Rect:
    """The smallest rectangle around everything that is not zero in a 2-D array."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return NOTHING
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return Rect.of_edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
