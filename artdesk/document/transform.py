"""Moving, turning, scaling and shearing planes of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from artdesk.core.errors import WrongUse
from artdesk.document.blend import Array, premultiplied, straightened
from artdesk.document.mips import halved
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import TILE, Tiles


@dataclass(frozen=True)
class Affine:
    """A map of canvas points: `x' = a·x + c·y + e`, `y' = b·x + d·y + f` (SVG's and Qt's order)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @classmethod
    def move(cls, dx: float, dy: float) -> Affine:
        return cls(e=dx, f=dy)

    @classmethod
    def scale(cls, sx: float, sy: float, about: tuple[float, float] = (0.0, 0.0)) -> Affine:
        """Scaling that keeps the point `about` where it is."""
        return cls(sx, 0, 0, sy, about[0] * (1 - sx), about[1] * (1 - sy))

    @classmethod
    def turn(cls, degrees: float, about: tuple[float, float] = (0.0, 0.0)) -> Affine:
        """Turning clockwise on screen around `about`."""
        angle = np.radians(degrees)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        if degrees % 90 == 0:
            cos, sin = float(round(cos)), float(round(sin))
        x, y = about
        return cls(cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)

    def then(self, other: Affine) -> Affine:
        """This map first, `other` afterwards."""
        return Affine(
            other.a * self.a + other.c * self.b,
            other.b * self.a + other.d * self.b,
            other.a * self.c + other.c * self.d,
            other.b * self.c + other.d * self.d,
            other.a * self.e + other.c * self.f + other.e,
            other.b * self.e + other.d * self.f + other.f,
        )

    def apply(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    @property
    def determinant(self) -> float:
        return self.a * self.d - self.b * self.c

    def inverse(self) -> Affine:
        """The way back. Raises: WrongUse when the map flattens the picture or is not finite."""
        self.check()
        k = 1 / self.determinant
        a, b, c, d = self.d * k, -self.b * k, -self.c * k, self.a * k
        return Affine(a, b, c, d, -(a * self.e + c * self.f), -(b * self.e + d * self.f))

    def check(self) -> None:
        values = np.array([self.a, self.b, self.c, self.d, self.e, self.f])
        if not np.isfinite(values).all() or np.abs(values).max() > 1e6 or abs(self.determinant) < 1e-6:
            raise WrongUse("This transformation would leave nothing of the picture.")

    def bounds(self, rect: Rect) -> Rect:
        """The whole pixels that the image of a rectangle touches."""
        if rect.empty:
            return NOTHING
        corners = np.array(
            [self.apply(x, y) for x in (rect.x, rect.right) for y in (rect.y, rect.bottom)], dtype=np.float64
        )
        low = np.floor(corners.min(axis=0) + 1e-6).astype(int)
        high = np.ceil(corners.max(axis=0) - 1e-6).astype(int)
        return Rect.of_edges(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    @property
    def whole_move(self) -> tuple[int, int] | None:
        """(dx, dy) when the map only moves by whole pixels."""
        if (self.a, self.b, self.c, self.d) == (1, 0, 0, 1) and self.e == round(self.e) and self.f == round(self.f):
            return int(self.e), int(self.f)
        return None

    @property
    def right_angled(self) -> bool:
        """Whether pixels fall exactly on pixels: turns by 90°, mirrors, moves by whole pixels."""
        unit = sorted(map(abs, (self.a, self.b))) == [0, 1] and sorted(map(abs, (self.c, self.d))) == [0, 1]
        return unit and self.a * self.c == 0 and self.e == round(self.e) and self.f == round(self.f)


def transformed(tiles: Tiles, affine: Affine, keep: Rect) -> Tiles:
    """A plane moved by an affine map; the result is kept inside `keep` (huge results are cut there).

    Whole-pixel moves, mirrors and right angles are exact; everything else is filtered smoothly, shrinking by
    way of halved pictures. Raises: WrongUse for a map that flattens.
    """
    affine.check()
    move = affine.whole_move
    if move is not None:
        return tiles.shifted(*move).clipped(keep)
    if affine.right_angled:
        return _turned(tiles, affine).clipped(keep)
    return _filtered(tiles, affine, keep)


def _turned(tiles: Tiles, affine: Affine) -> Tiles:
    out = Tiles(tiles.channels, tiles.default)
    swap = affine.a == 0
    for (ix, iy), tile in tiles.items():
        piece = tile.swapaxes(0, 1) if swap else tile
        across, down = (affine.c, affine.b) if swap else (affine.a, affine.d)
        piece = piece[:: int(down), :: int(across)]
        out.write(affine.bounds(Rect(ix * TILE, iy * TILE, TILE, TILE)), piece)
    out.tidy(out.keys())
    return out


def _filtered(tiles: Tiles, affine: Affine, keep: Rect) -> Tiles:
    out = Tiles(tiles.channels, tiles.default)
    # Qt samples bilinearly: shrink first by halves, until what is left is between 1:1 and 1:2.
    level = 0
    shrink = min(np.hypot(affine.a, affine.b), np.hypot(affine.c, affine.d))
    while shrink < 0.6 and level < 8:
        level, shrink = level + 1, shrink * 2
    step = 1 << level
    content = tiles.bounds()
    room = content.grown(2 * step).aligned(step)
    back = affine.inverse()
    for key in affine.bounds(content.grown(1)).intersected(keep).cells(TILE):
        cell = Rect(key[0] * TILE, key[1] * TILE, TILE, TILE).intersected(keep)
        source = back.bounds(cell.grown(1)).grown(2 * step).aligned(step).intersected(room)
        if source.empty or all(tiles.tile(*k) is None for k in source.cells(TILE)):
            continue
        pixels = tiles.read(source)
        # What a mask hides is carried as coverage, so that outside of everything is nothing hidden.
        drawn = _drawn(_reduced(255 - pixels if tiles.default else pixels, level), source, step, affine, cell)
        if tiles.channels == 4:
            out.write(cell, straightened(drawn))
        else:
            coverage = np.ascontiguousarray(drawn[..., 3])
            out.write(cell, 255 - coverage if tiles.default else coverage)
    return out


def _reduced(pixels: Array, level: int) -> Array:
    """Premultiplied RGBA of the pixels, halved `level` times; coverage is carried in the alpha channel."""
    if pixels.ndim == 2:
        rgba = np.zeros((*pixels.shape, 4), np.uint8)
        rgba[..., 3] = pixels
    else:
        rgba = premultiplied(pixels)
    for _ in range(level):
        rgba = halved(rgba)
    return np.ascontiguousarray(rgba)


def _drawn(source: Array, place: Rect, step: int, affine: Affine, cell: Rect) -> Array:
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(source.data, source.shape[1], source.shape[0], source.strides[0], kind)
    result = np.zeros((cell.h, cell.w, 4), np.uint8)
    target = QImage(result.data, cell.w, cell.h, result.strides[0], kind)
    painter = QPainter(target)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    view = QTransform(affine.a, affine.b, affine.c, affine.d, affine.e - cell.x, affine.f - cell.y)
    painter.setTransform(view)
    painter.drawImage(QRectF(place.x, place.y, place.w, place.h), image, QRectF(0, 0, place.w / step, place.h / step))
    painter.end()
    del target
    return result
