"""Tools that draw strokes: brush, eraser, smudge, and the brush that paints a style."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QPainterPath, QTransform

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.document.brush import BrushSettings, StrokeMode, Tip
from artdesk.document.brush.engine import StrokeEngine
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.tools.base import Option, Tool, ToolContext

SMALLEST_OUTLINE = 5.0
"""Below this many logical px an outline cannot be seen; a cross-hair serves better."""

BRUSH_OPTIONS = (
    Option("size", "Size", 24.0, 1.0, 1000.0, "px"),
    Option("opacity", "Opacity", 1.0, 0.0, 1.0, "%"),
    Option("flow", "Flow", 1.0, 0.0, 1.0, "%"),
    Option("hardness", "Hardness", 0.8, 0.0, 1.0, "%"),
    Option("stabiliser", "Steadying", 0.0, 0.0, 1.0, "%", help="Smooths a trembling hand"),
)


class StrokeTool(Tool):
    """Draws with the session's brush for `mode`; the brush is shared with the brush panel."""

    mode: ClassVar[StrokeMode] = StrokeMode.PAINT
    options = BRUSH_OPTIONS
    picks_with_alt = True

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._stroke: StrokeEngine | None = None
        self._last: PointerSample | None = None
        self._line_from: tuple[float, float] | None = None
        self._pen_eraser = False

    def value(self, name: str) -> float | bool | str:
        return float(getattr(self.brush, name))

    def number(self, name: str) -> float:
        return float(getattr(self.brush, name))

    def set_value(self, name: str, value: float | bool | str) -> None:
        self.session.change_brush(self.mode, **{name: float(value)})

    @property
    def brush(self) -> BrushSettings:
        return self.session.brush(self.mode)

    # --- the stroke --------------------------------------------------------------------------------------------

    def target(self) -> Layer:
        """The layer to paint on. Raises WrongUse when there is none that can be painted on."""
        layer = self.session.need_layer()
        if isinstance(layer, GroupLayer) and not self.session.on_mask:
            raise WrongUse("A group has no pixels to paint on: choose a layer inside it.")
        if isinstance(layer, StyleLayer) and layer.mask is None:
            raise WrongUse("Give the style layer a mask first: a hand paints where the style shows.")
        return layer

    def begin(self, at: PointerSample) -> StrokeEngine:
        return StrokeEngine(
            self.document, self.target(), self.brush, self.session.color, self.mode, plane=self.session.plane
        )

    def press(self, at: PointerSample) -> None:
        try:
            self._stroke = self.begin(at)
        except ArtDeskError as error:
            self.session.failed.emit(error)
            return
        start = self._line_from if at.shift else None
        if start is not None:  # Shift draws a straight line from where the last stroke ended
            self._stroke.move_to(*start, at.pressure, (at.tilt_x, at.tilt_y), at.time)
            self._stroke.line_to(at.x, at.y, at.pressure, (at.tilt_x, at.tilt_y), at.time)
        else:
            self._stroke.move_to(at.x, at.y, at.pressure, (at.tilt_x, at.tilt_y), at.time)
        self._last = at

    def move(self, at: PointerSample) -> None:
        if self._stroke is not None:
            self._stroke.line_to(at.x, at.y, at.pressure, (at.tilt_x, at.tilt_y), at.time)
            self._last = at

    def release(self, at: PointerSample) -> None:
        if self._stroke is None:
            return
        stroke, self._stroke = self._stroke, None
        if self._last is not None and (at.x, at.y) != (self._last.x, self._last.y):
            # A pen reports no pressure while it is lifted: the last real one counts.
            stroke.line_to(at.x, at.y, self._last.pressure, (at.tilt_x, at.tilt_y), at.time)
        stroke.end()
        self._line_from = (at.x, at.y)
        if self.mode is StrokeMode.PAINT and not self.session.on_mask:
            self.session.note_color_used()

    def cancel(self) -> None:
        if self._stroke is not None:
            stroke, self._stroke = self._stroke, None
            stroke.cancel()

    # --- keys and cursor ---------------------------------------------------------------------------------------

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        steps: dict[Qt.Key, Callable[[float], float]] = {
            Qt.Key.Key_BracketLeft: lambda size: min(size - 1, size / 1.15),
            Qt.Key.Key_BracketRight: lambda size: max(size + 1, size * 1.15),
        }
        step = steps.get(key)
        if step is None:
            return False
        self.session.change_brush(self.mode, size=round(step(self.brush.size), 1))
        self.view.refresh_outline()
        return True

    def cursor(self) -> QCursor:
        if self.brush.size * self.view.viewport.logical_scale < SMALLEST_OUTLINE:
            return QCursor(Qt.CursorShape.CrossCursor)
        return QCursor(Qt.CursorShape.BlankCursor)

    def outline(self, viewport: Viewport) -> QPainterPath | None:
        brush = self.brush
        width = brush.size * viewport.logical_scale
        if width < SMALLEST_OUTLINE:
            return None
        path = QPainterPath()
        height = width * brush.ratio
        if brush.tip is Tip.FLAT:
            path.addRect(-width / 2, -height / 2, width, height)
        else:
            path.addEllipse(QPointF(0, 0), width / 2, height / 2)
        if brush.ratio < 1 and not brush.follow_direction:
            path = QTransform().rotate(-brush.angle).map(path)
        # A point in the middle shows where a large brush will land.
        if width > 40:
            path.addEllipse(QPointF(0, 0), 1, 1)
        return path


class BrushTool(StrokeTool):
    """Paints with the foreground colour."""

    id = "brush"
    title = "Brush"
    help = "Paint with the colour in hand. Shift: a straight line. Alt: pick a colour."
    shortcut = "B"
    icon = "paint-brush"


class EraserTool(StrokeTool):
    """Takes pixels away, or hides them on a mask."""

    id = "eraser"
    title = "Eraser"
    help = "Take away. On a mask: hide. The other end of a pen does the same."
    shortcut = "E"
    icon = "paint-eraser"
    mode = StrokeMode.ERASE
    picks_with_alt = False


class SmudgeTool(StrokeTool):
    """Pushes wet paint about."""

    id = "smudge"
    title = "Smudge"
    help = "Push the paint that is there, like a finger"
    shortcut = "R"
    icon = "paint-smudge"
    mode = StrokeMode.SMUDGE


class StyleBrushTool(StrokeTool):
    """Paints a style: shows the style layer where it passes. Shift or the pen's eraser hides it again."""

    id = "style_brush"
    title = "Style brush"
    help = "Paint the chosen style into the picture. Hold Ctrl to take it away again."
    shortcut = "Y"
    icon = "paint-style-brush"
    mode = StrokeMode.STYLE_MASK
    picks_with_alt = False
    prepare: Callable[[], StyleLayer | None] | None = None
    """Makes a style layer with an empty mask when none is active; set by the workspace."""

    def begin(self, at: PointerSample) -> StrokeEngine:
        layer = self.session.need_layer()
        if not isinstance(layer, StyleLayer) or layer.mask is None:
            made = self.prepare() if self.prepare is not None else None
            if made is None:
                raise WrongUse("Choose a style in the gallery first, then paint it into the picture.")
            layer = made
        mode = StrokeMode.ERASE if at.control or at.eraser else StrokeMode.STYLE_MASK
        return StrokeEngine(
            self.document, layer, self.brush, self.session.color, mode, plane="mask", label="Style brush"
        )
