"""The brushes that ship with ArtDesk, and the little pictures that show what they do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from artdesk.core.image import Image, as_image
from artdesk.document.brush.mixing import Color, Pixels
from artdesk.document.brush.path import Sample
from artdesk.document.brush.settings import BrushSettings, Grain, Response, Tip
from artdesk.document.brush.stroke import StrokeMode, StrokePainter
from artdesk.document.rect import Rect


@dataclass(frozen=True)
class BrushPreset:
    """A named brush. ``title`` is the English name shown to the person (translated by the interface)."""

    id: str
    title: str
    settings: BrushSettings
    mode: StrokeMode = StrokeMode.PAINT


_THIN_TO_THICK = Response(0.08, 1.2)
_LIGHT_TO_DARK = Response(0.0, 1.4)

PRESETS: tuple[BrushPreset, ...] = (
    BrushPreset(
        "ink_pen",
        "Ink pen",
        BrushSettings(size=14, hardness=0.97, spacing=0.06, size_pressure=_THIN_TO_THICK, stabiliser=0.3),
    ),
    BrushPreset("round_hard", "Hard round", BrushSettings(size=40, hardness=0.95, spacing=0.08)),
    BrushPreset(
        "round_soft",
        "Soft round",
        BrushSettings(size=120, hardness=0.0, flow=0.35, spacing=0.1, flow_pressure=Response(0.05, 1.3)),
    ),
    BrushPreset(
        "airbrush",
        "Airbrush",
        BrushSettings(size=200, hardness=0.0, flow=0.08, spacing=0.08, flow_pressure=_LIGHT_TO_DARK),
    ),
    BrushPreset(
        "pencil",
        "Pencil",
        BrushSettings(
            size=6,
            hardness=0.6,
            flow=0.7,
            spacing=0.12,
            texture=Grain.PAPER,
            texture_strength=0.5,
            size_pressure=Response(0.5, 1.0),
            opacity_pressure=Response(0.15, 1.2),
            tilt_turns=True,
            tilt_flattens=0.7,
        ),
    ),
    BrushPreset(
        "flat",
        "Flat brush",
        BrushSettings(
            tip=Tip.FLAT,
            size=60,
            hardness=0.85,
            ratio=0.22,
            flow=0.8,
            spacing=0.1,
            angle=90,
            follow_direction=True,
            opacity_pressure=Response(0.4, 1.0),
        ),
    ),
    BrushPreset(
        "calligraphy",
        "Calligraphy pen",
        BrushSettings(
            tip=Tip.FLAT, size=34, hardness=0.95, ratio=0.15, angle=40, spacing=0.05, stabiliser=0.35, tilt_turns=True
        ),
    ),
    BrushPreset(
        "bristle",
        "Bristle brush",
        BrushSettings(
            tip=Tip.BRISTLE,
            size=70,
            flow=0.5,
            spacing=0.04,
            texture=Grain.CANVAS,
            texture_strength=0.35,
            follow_direction=True,
            opacity_pressure=Response(0.2, 1.0),
        ),
    ),
    BrushPreset(
        "chalk",
        "Chalk",
        BrushSettings(
            tip=Tip.CHALK,
            size=46,
            flow=0.55,
            spacing=0.14,
            texture=Grain.ROUGH,
            texture_strength=0.6,
            angle_jitter=1.0,
            size_pressure=Response(0.6, 1.0),
        ),
    ),
    BrushPreset(
        "charcoal",
        "Charcoal",
        BrushSettings(
            size=54,
            hardness=0.35,
            flow=0.35,
            spacing=0.1,
            ratio=0.4,
            texture=Grain.PAPER,
            texture_strength=0.95,
            tilt_turns=True,
            tilt_flattens=0.5,
            flow_pressure=Response(0.1, 1.2),
        ),
    ),
    BrushPreset(
        "watercolor",
        "Watercolour",
        BrushSettings(
            size=90,
            hardness=0.55,
            opacity=0.55,
            flow=0.3,
            spacing=0.12,
            texture=Grain.PAPER,
            texture_strength=0.4,
            size_pressure=Response(0.4, 1.0),
        ),
    ),
    BrushPreset(
        "sponge",
        "Sponge",
        BrushSettings(tip=Tip.SPONGE, size=90, flow=0.6, spacing=0.35, angle_jitter=1.0, scatter=0.12),
    ),
    BrushPreset(
        "spray",
        "Spray can",
        BrushSettings(tip=Tip.SPRAY, size=110, flow=0.6, spacing=0.16, angle_jitter=1.0, scatter=0.15),
    ),
    BrushPreset(
        "marker",
        "Marker",
        BrushSettings(tip=Tip.FLAT, size=32, hardness=0.9, ratio=0.45, angle=50, opacity=0.6, spacing=0.05),
    ),
    BrushPreset(
        "smudge",
        "Smudge",
        BrushSettings(size=50, hardness=0.3, opacity=0.9, spacing=0.05, smudge_length=0.85),
        StrokeMode.SMUDGE,
    ),
    BrushPreset(
        "wet_mixer",
        "Wet mixer",
        BrushSettings(
            tip=Tip.BRISTLE,
            size=60,
            opacity=0.75,
            spacing=0.05,
            smudge_length=0.8,
            smudge_load=0.25,
            follow_direction=True,
        ),
        StrokeMode.SMUDGE,
    ),
    BrushPreset("eraser_hard", "Hard eraser", BrushSettings(size=40, hardness=0.95, spacing=0.08), StrokeMode.ERASE),
    BrushPreset(
        "eraser_soft",
        "Soft eraser",
        BrushSettings(size=120, hardness=0.0, flow=0.4, spacing=0.1, flow_pressure=Response(0.1, 1.2)),
        StrokeMode.ERASE,
    ),
    BrushPreset(
        "style_brush",
        "Style brush",
        BrushSettings(size=160, hardness=0.2, flow=0.6, spacing=0.1, flow_pressure=Response(0.2, 1.0)),
        StrokeMode.STYLE_MASK,
    ),
)
"""Every preset, in the order in which they are shown."""


def preset(preset_id: str) -> BrushPreset | None:
    """The preset with this id, or None."""
    return next((one for one in PRESETS if one.id == preset_id), None)


class ArraySurface:
    """A plain array as something to paint on; what lies outside is neither read nor written."""

    def __init__(self, pixels: Pixels) -> None:
        self.is_mask = pixels.ndim == 2
        self.pixels = pixels
        self._before = pixels.copy()

    def before(self, rect: Rect) -> Pixels:
        return self._read(self._before, rect)

    def now(self, rect: Rect) -> Pixels:
        return self._read(self.pixels, rect)

    def write(self, rect: Rect, pixels: Pixels) -> Rect:
        part = self._inside(rect)
        if not part.empty:
            self.pixels[part.slices()] = pixels[part.slices((rect.x, rect.y))]
        return part

    def _inside(self, rect: Rect) -> Rect:
        return rect.intersected(Rect(0, 0, self.pixels.shape[1], self.pixels.shape[0]))

    def _read(self, source: Pixels, rect: Rect) -> Pixels:
        result = np.zeros((rect.h, rect.w, *source.shape[2:]), np.uint8)
        part = self._inside(rect)
        if not part.empty:
            result[part.slices((rect.x, rect.y))] = source[part.slices()]
        return result


@lru_cache(maxsize=256)
def render_preview(
    settings: BrushSettings,
    mode: StrokeMode = StrokeMode.PAINT,
    *,
    color: Color = (24, 24, 28, 255),
    width: int = 240,
    height: int = 64,
) -> Image:
    """A stroke of this brush on clear ground (h, w, 4): an S from a light to a firm and back to a light hand.

    Brushes too large for the picture are shown smaller. Erasers, smudging and the style brush get
    something to work on.
    """
    surface = ArraySurface(_ground(mode, color, width, height))
    largest = height * (0.5 if mode is StrokeMode.PAINT else 0.62)
    shown = settings.with_size(min(settings.size, largest)) if settings.size > largest else settings
    laid = StrokeMode.PAINT if mode is StrokeMode.STYLE_MASK else mode
    color = (92, 84, 190, 255) if mode is StrokeMode.STYLE_MASK else color
    painter = StrokePainter(surface, shown, color, laid, seed=7)
    margin = shown.size * 0.5 + 4
    steps = 40
    for step in range(steps + 1):
        t = step / steps
        x = margin + t * (width - 2 * margin)
        y = height / 2 + math.sin(t * 2 * math.pi) * (height / 2 - margin) * 0.9
        pressure = 0.12 + 0.88 * math.sin(math.pi * t) ** 0.8
        sample = Sample(x, y, pressure, 22.0 * math.cos(t * math.pi), -22.0, t)
        painter.start(sample) if step == 0 else painter.move(sample)
    painter.finish()
    return as_image(surface.pixels)


def _ground(mode: StrokeMode, color: Color, width: int, height: int) -> Pixels:
    """What the previewed stroke is laid on."""
    ground = np.zeros((height, width, 4), np.uint8)
    if mode is StrokeMode.ERASE:
        ground[:] = (color[0], color[1], color[2], 170)
    elif mode is StrokeMode.SMUDGE:
        stripes = ((210, 84, 60), (238, 190, 84), (74, 138, 160), (44, 62, 96))
        for number, start in enumerate(range(0, width, max(1, width // 9))):
            ground[:, start : start + width // 9 + 1] = (*stripes[number % 4], 255)
    elif mode is StrokeMode.STYLE_MASK:
        ground[:] = (*color[:3], 28)
    return ground
