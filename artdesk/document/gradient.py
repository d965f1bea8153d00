"""Gradients: colour stops along a line, around a point or about an angle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import WrongUse
from artdesk.document.rect import Rect

Color = tuple[int, int, int, int]
_TABLE = 2048


class GradientShape(StrEnum):
    """How a gradient runs from its start to its end."""

    LINEAR = "linear"
    REFLECTED = "reflected"
    RADIAL = "radial"
    ANGULAR = "angular"


@dataclass(frozen=True)
class Gradient:
    """Colours at positions 0..1, in rising order; before the first and after the last the colour stays."""

    stops: tuple[tuple[float, Color], ...]
    shape: GradientShape = GradientShape.LINEAR

    def __post_init__(self) -> None:
        positions = [position for position, _ in self.stops]
        if len(positions) < 2 or sorted(positions) != positions or not all(0.0 <= p <= 1.0 for p in positions):
            raise WrongUse("A gradient needs at least two colours at rising positions between 0 and 1.")

    @classmethod
    def between(cls, start: Color, end: Color, shape: GradientShape = GradientShape.LINEAR) -> Gradient:
        """A gradient of two colours."""
        return cls(((0.0, start), (1.0, end)), shape)

    def colors(self, rect: Rect, start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float32]:
        """The colours of a region: float32 (h, w, 4), RGB 0..255 and alpha 0..1, dithered by less than one step.

        ``start`` and ``end`` are canvas points: the line's ends, or the centre and a point on the rim.
        """
        x = np.arange(rect.x, rect.right, dtype=np.float32)[None, :] + np.float32(0.5 - start[0])
        y = np.arange(rect.y, rect.bottom, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
        along_x, along_y = end[0] - start[0], end[1] - start[1]
        length = max(1e-3, math.hypot(along_x, along_y))
        if self.shape is GradientShape.RADIAL:
            t = np.hypot(x, y) / np.float32(length)
        elif self.shape is GradientShape.ANGULAR:
            turn = np.arctan2(y, x) - np.float32(math.atan2(along_y, along_x))
            t = np.mod(turn / np.float32(2 * math.pi), 1.0)
        else:
            t = (x * np.float32(along_x) + y * np.float32(along_y)) / np.float32(length * length)
            if self.shape is GradientShape.REFLECTED:
                t = np.abs(t)
        places = (np.clip(t, 0.0, 1.0) * np.float32(_TABLE - 1) + np.float32(0.5)).astype(np.int32)
        noise = np.take(
            np.take(_noise(), np.arange(rect.y, rect.bottom) % 64, 0), np.arange(rect.x, rect.right) % 64, 1
        )
        table = _table(self.stops)
        found = np.empty((rect.h, rect.w, 4), np.float32)
        # Channel by channel: numpy is several times slower on short last axes.
        for channel in range(3):
            plane = np.take(table[channel], places)
            plane += noise
            np.clip(plane, 0.0, 255.0, out=found[..., channel])
        found[..., 3] = np.take(table[3], places)
        return found


@lru_cache(maxsize=16)
def _table(stops: tuple[tuple[float, Color], ...]) -> NDArray[np.float32]:
    """The gradient at 2048 places; mixed premultiplied, so that clear stops do not darken."""
    at = np.linspace(0.0, 1.0, _TABLE)
    positions = [position for position, _ in stops]
    colors = np.array([color for _, color in stops], np.float64)
    alpha = colors[:, 3] / 255.0
    mixed_alpha = np.interp(at, positions, alpha)
    table = np.empty((4, _TABLE), np.float32)
    for channel in range(3):
        mixed = np.interp(at, positions, colors[:, channel] * alpha)
        plain = np.interp(at, positions, colors[:, channel])
        table[channel] = np.where(mixed_alpha > 1e-6, mixed / np.maximum(mixed_alpha, 1e-6), plain)
    table[3] = mixed_alpha
    return table


@cache
def _noise() -> NDArray[np.float32]:
    """Fixed noise of ±0.5 that breaks up the bands of long gradients."""
    return (np.random.Generator(np.random.PCG64(5)).random((64, 64), dtype=np.float32) - np.float32(0.5)) * 0.98
