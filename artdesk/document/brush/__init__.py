"""Brushes: settings and presets, tips, the path of a stroke and the engine that lays it down.

Everything works on small rectangles of numpy arrays; a stroke is one undoable step of the document.
"""

from artdesk.document.brush.engine import StrokeEngine
from artdesk.document.brush.presets import PRESETS, BrushPreset, preset, render_preview
from artdesk.document.brush.settings import BrushSettings, Grain, Response, Tip
from artdesk.document.brush.stroke import StrokeMode, StrokePainter

__all__ = [
    "PRESETS",
    "BrushPreset",
    "BrushSettings",
    "Grain",
    "Response",
    "StrokeEngine",
    "StrokeMode",
    "StrokePainter",
    "Tip",
    "preset",
    "render_preview",
]
