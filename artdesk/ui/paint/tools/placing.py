"""Where a transformed layer lies: the mathematics of the handles, without a window."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
SMALLEST = 1e-3


@dataclass(frozen=True)
class Placing:
    """A box (x, y, w, h in picture pixels) scaled by (`sx`, `sy`), turned by `angle` (radians) about its middle and
    moved by (`dx`, `dy`)."""

    x: float
    y: float
    w: float
    h: float
    sx: float = 1.0
    sy: float = 1.0
    angle: float = 0.0
    dx: float = 0.0
    dy: float = 0.0

    @property
    def middle(self) -> Point:
        """The box's middle before it is moved."""
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def placed_middle(self) -> Point:
        return self.middle[0] + self.dx, self.middle[1] + self.dy

    @property
    def untouched(self) -> bool:
        return (self.sx, self.sy, self.angle, self.dx, self.dy) == (1.0, 1.0, 0.0, 0.0, 0.0)

    @property
    def whole_move(self) -> tuple[int, int] | None:
        """(dx, dy) when this is a move by whole pixels and nothing else."""
        plain = (self.sx, self.sy, self.angle) == (1.0, 1.0, 0.0)
        return (int(self.dx), int(self.dy)) if plain and self.dx == int(self.dx) and self.dy == int(self.dy) else None

    def matrix(self) -> NDArray[np.float64]:
        """The 3 x 3 matrix from old to new picture coordinates (column vectors)."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        cx, cy = self.middle
        linear = np.array([[cos * self.sx, -sin * self.sy], [sin * self.sx, cos * self.sy]])
        shift = np.array(self.placed_middle) - linear @ np.array([cx, cy])
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        matrix[:2, 2] = shift
        return matrix

    def at(self, u: float, v: float) -> Point:
        """Where the point at the parts (u, v) of the box's width and height lies now."""
        ox, oy = (u - 0.5) * self.w * self.sx, (v - 0.5) * self.h * self.sy
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        mx, my = self.placed_middle
        return mx + cos * ox - sin * oy, my + sin * ox + cos * oy

    def inside(self, x: float, y: float) -> bool:
        u, v = self.parts(x, y)
        return 0 <= u <= 1 and 0 <= v <= 1

    def parts(self, x: float, y: float) -> Point:
        """The inverse of `at`."""
        ox, oy = self._unturned(x - self.placed_middle[0], y - self.placed_middle[1])
        return ox / (self.w * self.sx) + 0.5, oy / (self.h * self.sy) + 0.5

    def _unturned(self, x: float, y: float) -> Point:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return cos * x + sin * y, -sin * x + cos * y

    # --- what a drag makes of it -------------------------------------------------------------------------------

    def moved(self, dx: float, dy: float) -> Placing:
        return replace(self, dx=self.dx + dx, dy=self.dy + dy)

    def turned(self, start: Point, now: Point, *, step: float = 0.0) -> Placing:
        """Turned as far as the pointer went around the middle; `step` (radians) makes the angle a multiple of it."""
        mx, my = self.placed_middle
        angle = self.angle + math.atan2(now[1] - my, now[0] - mx) - math.atan2(start[1] - my, start[0] - mx)
        if step:
            angle = round(angle / step) * step
        return replace(self, angle=math.remainder(angle, 2 * math.pi))

    def pulled(self, u: float, v: float, x: float, y: float, *, keep_shape: bool, about_middle: bool) -> Placing:
        """The handle at (u, v) pulled to (x, y). The opposite side stays, or the middle with `about_middle`."""
        anchor = (0.5, 0.5) if about_middle else (1 - u, 1 - v)
        ax, ay = self.at(*anchor)
        px, py = self._unturned(x - ax, y - ay)
        reach_x, reach_y = (u - anchor[0]) * self.w, (v - anchor[1]) * self.h
        sx = px / reach_x if reach_x else self.sx
        sy = py / reach_y if reach_y else self.sy
        if keep_shape and reach_x and reach_y:
            # The pointer's place along the diagonal decides for both sides.
            diagonal_x, diagonal_y = reach_x * self.sx, reach_y * self.sy
            factor = (px * diagonal_x + py * diagonal_y) / max(1e-9, diagonal_x**2 + diagonal_y**2)
            sx, sy = self.sx * factor, self.sy * factor
        sx, sy = _not_flat(sx, self.w), _not_flat(sy, self.h)
        scaled = replace(self, sx=sx, sy=sy)
        nx, ny = scaled.at(*anchor)
        return scaled.moved(ax - nx, ay - ny)


def _not_flat(scale: float, side: float) -> float:
    """A side is never pulled below one pixel: nothing could be pulled out of it again."""
    least = max(SMALLEST, 1.0 / max(1.0, side))
    if abs(scale) >= least:
        return scale
    return least if scale >= 0 else -least
