"""A stroke on any surface: dabs build up coverage, coverage and the pixels before the stroke give the pixels after it.

Because every pixel is computed from what was there *before* the stroke, crossing one's own line never goes above the
stroke's opacity, while flow still builds up below it. Smudging alone works on what is there now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from artdesk.document.brush import mixing
from artdesk.document.brush.mixing import Color, Pixels, Weights
from artdesk.document.brush.path import Dab, Sample, StrokePath
from artdesk.document.brush.settings import BrushSettings, Grain, Tip
from artdesk.document.brush.tips import GRAIN_SIZE, grain, tip_mask
from artdesk.document.rect import Rect

_TILE = 256
_FULL = np.float32(65535.0)


class StrokeMode(StrEnum):
    """What a stroke does to its target."""

    PAINT = "paint"
    ERASE = "erase"
    SMUDGE = "smudge"
    STYLE_MASK = "style_mask"


class Surface(Protocol):
    """What a stroke is laid on: pixels (h, w, 4) or a mask (h, w), uint8."""

    is_mask: bool

    def before(self, rect: Rect) -> Pixels:
        """The pixels as they were when the stroke began."""

    def now(self, rect: Rect) -> Pixels:
        """The pixels as they are."""

    def write(self, rect: Rect, pixels: Pixels) -> Rect:
        """Store pixels; returns what changed."""


class Coverage:
    """How far a stroke has covered each pixel, 16 bit in sparse tiles (missing = not at all)."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], NDArray[np.uint16]] = {}

    def read(self, rect: Rect) -> Weights:
        """The coverage 0..1 of a rectangle as float32 (h, w)."""
        result = np.zeros((rect.h, rect.w), np.float32)
        for key, inside, outside in _pieces(rect):
            tile = self._tiles.get(key)
            if tile is not None:
                np.multiply(tile[inside], np.float32(1.0) / _FULL, out=result[outside], casting="unsafe")
        return result

    def write(self, rect: Rect, coverage: Weights) -> None:
        """Store the coverage of a rectangle."""
        scaled = (coverage * _FULL + np.float32(0.5)).astype(np.uint16)
        for key, inside, outside in _pieces(rect):
            tile = self._tiles.get(key)
            if tile is None:
                tile = self._tiles[key] = np.zeros((_TILE, _TILE), np.uint16)
            tile[inside] = scaled[outside]


class StrokePainter:
    """The stroke itself, on any surface: feed it samples, it returns what has changed."""

    def __init__(
        self,
        surface: Surface,
        settings: BrushSettings,
        color: Color = (0, 0, 0, 255),
        mode: StrokeMode = StrokeMode.PAINT,
        *,
        seed: int = 0,
    ) -> None:
        self._surface = surface
        self._settings = settings
        self._color = color
        self._mode = mode
        self._path = StrokePath(settings, seed=seed)
        self._coverage = Coverage()
        self._carried: Weights | None = None
        # Only tips with a rim as narrow as a pixel or a few need their rim protected.
        self._edge = max(0.0, min(1.0, settings.hardness * 5.0 - 3.5)) if settings.tip in (Tip.ROUND, Tip.FLAT) else 0.0

    def start(self, sample: Sample) -> Rect:
        """Put the pen down."""
        return self._lay(self._path.start(sample))

    def move(self, sample: Sample) -> Rect:
        """Draw on to a sample."""
        return self._lay(self._path.move(sample))

    def finish(self) -> Rect:
        """Lift the pen."""
        return self._lay(self._path.finish())

    def _lay(self, dabs: Sequence[Dab]) -> Rect:
        changed = Rect(0, 0, 0, 0)
        for group in _groups(dabs):
            touched = self._smudge(group) if self._mode is StrokeMode.SMUDGE else self._cover(group)
            changed = changed.united(touched)
        return changed

    def _cover(self, dabs: Sequence[Dab]) -> Rect:
        """Dabs into the coverage, then the coverage onto the pixels once for all of them."""
        prints = [(self._print(dab), dab) for dab in dabs]
        rect = _united([rect for (_, rect), _ in prints])
        if rect.empty:
            return rect
        coverage = self._coverage.read(rect)
        for (mask, at), dab in prints:
            window = coverage[at.y - rect.y : at.y - rect.y + at.h, at.x - rect.x : at.x - rect.x + at.w]
            mixing.build_up(window, mask, dab.ceiling, dab.flow, self._edge)
        self._coverage.write(rect, coverage)
        weight = coverage
        if self._settings.opacity < 1.0:
            weight = weight * np.float32(self._settings.opacity)
        before = self._surface.before(rect)
        return self._surface.write(rect, self._mixed(before, weight))

    def _mixed(self, before: Pixels, weight: Weights) -> Pixels:
        if self._surface.is_mask:
            return mixing.towards(before, weight, self._mask_value())
        if self._mode is StrokeMode.ERASE:
            return mixing.erase(before, weight)
        return mixing.paint_over(before, weight, self._color)

    def _mask_value(self) -> int:
        """Where a mask is painted to: shown by the style brush, hidden by the eraser, else the colour's lightness."""
        if self._mode is StrokeMode.STYLE_MASK:
            return 255
        if self._mode is StrokeMode.ERASE:
            return 0
        red, green, blue, _ = self._color
        return round(0.2126 * red + 0.7152 * green + 0.0722 * blue)

    def _smudge(self, dabs: Sequence[Dab]) -> Rect:
        """Each dab lays down what the brush carries and takes up what it then finds."""
        settings = self._settings
        prints = [(self._print(dab), dab) for dab in dabs]
        rect = _united([rect for (_, rect), _ in prints])
        if rect.empty:
            return rect
        is_mask = self._surface.is_mask
        now = self._surface.now(rect)
        canvas = now[..., None].astype(np.float32) if is_mask else mixing.premultiplied(now)
        red, green, blue, alpha = self._color
        paint = (
            (self._mask_value(),) if is_mask else (red * alpha / 255, green * alpha / 255, blue * alpha / 255, alpha)
        )
        own = np.array(paint, np.float32)
        for (mask, at), dab in prints:
            window = canvas[at.y - rect.y : at.y - rect.y + at.h, at.x - rect.x : at.x - rect.x + at.w]
            if self._carried is None or self._carried.shape != window.shape:
                self._carried = window.copy()
                if not settings.smudge_load:
                    continue
            laid = self._carried
            if settings.smudge_load:
                laid = laid + (own - laid) * np.float32(settings.smudge_load)
            found = window.copy()
            rate = np.float32(settings.opacity * dab.flow * dab.ceiling)
            window += (laid - window) * (mask * rate)[..., None]
            # What is taken up is the paint found, not the paint just laid, or the first colour would never wear off.
            self._carried += (found - self._carried) * np.float32(1.0 - settings.smudge_length)
        mixed = (canvas[..., 0] + np.float32(0.5)).astype(np.uint8) if is_mask else mixing.straight(canvas)
        return self._surface.write(rect, mixed)

    def _print(self, dab: Dab) -> tuple[Weights, Rect]:
        """The mask of one dab with the canvas's grain in it, and where it lies."""
        settings = self._settings
        tip = tip_mask(
            settings.tip, dab.x, dab.y, dab.size, hardness=settings.hardness, angle=dab.angle, ratio=dab.ratio
        )
        mask: Weights = tip.mask
        height, width = mask.shape
        if settings.texture is not Grain.NONE and settings.texture_strength > 0.0:
            surface = grain(settings.texture)
            rows = np.arange(tip.y, tip.y + height) % GRAIN_SIZE
            columns = np.arange(tip.x, tip.x + width) % GRAIN_SIZE
            ridges = surface[np.ix_(rows, columns)]
            # Paint first catches on the ridges; where the tip presses fully it also reaches into the valleys.
            strength = np.float32(settings.texture_strength)
            mask = mask * np.clip(1.0 - strength * (1.6 - 2.0 * ridges), 0.0, 1.0)
        return mask, Rect(tip.x, tip.y, width, height)


def _groups(dabs: Sequence[Dab]) -> Iterator[list[Dab]]:
    """Neighbouring dabs to be mixed in one go, as long as their common rectangle is not mostly empty."""
    group: list[Dab] = []
    left = top = right = bottom = area = 0.0
    for dab in dabs:
        half = dab.size / 2 + 2
        box = (dab.x - half, dab.y - half, dab.x + half, dab.y + half)
        own = 4 * half * half
        if group:
            wide = max(right, box[2]) - min(left, box[0])
            tall = max(bottom, box[3]) - min(top, box[1])
            if wide * tall > 2.0 * (area + own) + 16384:
                yield group
                group = []
        if not group:
            (left, top, right, bottom), area = box, 0.0
        left, top, right, bottom = min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3])
        # Dabs lie over each other: only the new strip counts as used room.
        area = max(own, min(area + own, (right - left) * (bottom - top)))
        group.append(dab)
    if group:
        yield group


def _united(rects: Sequence[Rect]) -> Rect:
    result = Rect(0, 0, 0, 0)
    for rect in rects:
        result = result.united(rect)
    return result


def _pieces(rect: Rect) -> Iterator[tuple[tuple[int, int], tuple[slice, slice], tuple[slice, slice]]]:
    """The tiles a rectangle touches, with the slices inside the tile and inside the rectangle."""
    for row in range(rect.y // _TILE, (rect.y + rect.h - 1) // _TILE + 1):
        top, low = max(rect.y, row * _TILE), min(rect.y + rect.h, (row + 1) * _TILE)
        for column in range(rect.x // _TILE, (rect.x + rect.w - 1) // _TILE + 1):
            left, right = max(rect.x, column * _TILE), min(rect.x + rect.w, (column + 1) * _TILE)
            yield (
                (column, row),
                (slice(top - row * _TILE, low - row * _TILE), slice(left - column * _TILE, right - column * _TILE)),
                (slice(top - rect.y, low - rect.y), slice(left - rect.x, right - rect.x)),
            )
