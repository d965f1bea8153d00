"""Strokes on a document: one undoable step each, within the selection and the layer's locks."""

from __future__ import annotations

from random import getrandbits

from artdesk.document.brush.mixing import Color, Pixels
from artdesk.document.brush.path import Sample
from artdesk.document.brush.settings import BrushSettings
from artdesk.document.brush.stroke import StrokeMode, StrokePainter
from artdesk.document.document import Document, LayerRef
from artdesk.document.edit import Edit
from artdesk.document.rect import NOTHING, Rect

_LABELS = {
    StrokeMode.PAINT: "Brush stroke",
    StrokeMode.ERASE: "Erase",
    StrokeMode.SMUDGE: "Smudge",
    StrokeMode.STYLE_MASK: "Style brush",
}


class StrokeEngine:
    """One stroke on a layer or its mask: ``move_to`` once, ``line_to`` as often as the pen moves, then ``end``.

    ``target`` is a layer or its id; ``plane`` chooses "pixels" or "mask" (default: the pixels of a pixel layer, the
    mask of others; the style brush always paints the mask). ``color`` is RGBA; on masks its lightness counts, the
    style brush shows (255) and the eraser hides (0). ``seed`` fixes scatter and jitter (default: another chance for
    every stroke). Every call returns the canvas region it changed.

    Raises: WrongUse if the target is locked, hidden, or has no such plane.
    """

    def __init__(
        self,
        document: Document,
        target: LayerRef,
        settings: BrushSettings,
        color: Color = (0, 0, 0, 255),
        mode: StrokeMode = StrokeMode.PAINT,
        *,
        plane: str | None = None,
        label: str | None = None,
        seed: int | None = None,
    ) -> None:
        mode = StrokeMode(mode)
        if mode is StrokeMode.STYLE_MASK:
            plane = "mask"
        self._edit = document.begin_edit(target, label or _LABELS[mode], plane=plane)
        chance = getrandbits(32) if seed is None else seed
        self._painter = StrokePainter(_EditSurface(self._edit), settings, color, mode, seed=chance)

    @property
    def is_open(self) -> bool:
        """Whether the stroke can still be drawn on; undo or another edit ends it from outside."""
        return self._edit.is_open

    def move_to(
        self, x: float, y: float, pressure: float = 1.0, tilt: tuple[float, float] = (0.0, 0.0), time: float = 0.0
    ) -> Rect:
        """Put the pen down at a canvas point; pressure 0..1, tilt in degrees (-60..60), time in seconds."""
        return self._shown(self._painter.start(Sample(x, y, pressure, *tilt, time))) if self.is_open else NOTHING

    def line_to(
        self, x: float, y: float, pressure: float = 1.0, tilt: tuple[float, float] = (0.0, 0.0), time: float = 0.0
    ) -> Rect:
        """Draw on to a canvas point."""
        return self._shown(self._painter.move(Sample(x, y, pressure, *tilt, time))) if self.is_open else NOTHING

    def end(self) -> Rect:
        """Lift the pen: the stroke becomes one step of the history. Returns what this last bit changed."""
        if not self.is_open:
            return NOTHING
        rect = self._shown(self._painter.finish())
        self._edit.commit()
        return rect

    def cancel(self) -> Rect:
        """Take the unfinished stroke back; returns everything that looks different."""
        return self._edit.cancel()

    def _shown(self, rect: Rect) -> Rect:
        if not rect.empty:
            self._edit.notify(rect)
        return rect


class _EditSurface:
    """An open edit as something to paint on; watchers hear once per movement, not once per dab."""

    def __init__(self, edit: Edit) -> None:
        self.is_mask = edit.is_mask
        self._edit = edit

    def before(self, rect: Rect) -> Pixels:
        return self._edit.read_before(rect)

    def now(self, rect: Rect) -> Pixels:
        return self._edit.read(rect)

    def write(self, rect: Rect, pixels: Pixels) -> Rect:
        return self._edit.write(rect, pixels, notify=False)
