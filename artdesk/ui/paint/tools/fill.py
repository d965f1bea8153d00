"""Pouring colour: flood fill, and gradients drawn from point to point."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPainterPath

from artdesk.document.tools import Gradient, GradientShape, draw_gradient, flood_fill
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.session import Color
from artdesk.ui.paint.tools.base import Option, Tool, ToolContext, draw_guide, draw_handle
from artdesk.ui.paint.waiting import waiting

TOLERANCE = Option("tolerance", "Tolerance", 24.0, 0.0, 255.0, help="How far a colour may differ and still belong")
OPACITY = Option("opacity", "Opacity", 1.0, 0.0, 1.0, "%")


class FillTool(Tool):
    """Pours the foreground colour into what hangs together."""

    id = "fill"
    title = "Fill"
    help = "Pour the colour in hand into an area of one colour. Ctrl: the background colour."
    shortcut = "G"
    icon = "paint-fill"
    picks_with_alt = True
    options = (
        TOLERANCE,
        OPACITY,
        Option("grow", "Grow", 1.0, 0.0, 20.0, "px", help="Lets the colour reach under soft edges"),
        Option("contiguous", "Connected only", True, help="Off: everything of that colour, wherever it is"),
        Option("merged", "Look at the whole picture", True, help="Off: look at this layer alone"),
    )

    def press(self, at: PointerSample) -> None:
        color = self.session.background if at.control else self.session.color
        with waiting():
            self.session.attempt(
                lambda: flood_fill(
                    self.document,
                    self.session.need_layer(),
                    int(at.x // 1),
                    int(at.y // 1),
                    color,
                    tolerance=round(self.number("tolerance")),
                    contiguous=bool(self.value("contiguous")),
                    merged=bool(self.value("merged")),
                    grow=round(self.number("grow")),
                    opacity=self.number("opacity"),
                    plane=self.session.plane,
                )
            )
        if not self.session.on_mask:
            self.session.note_color_used()


class GradientTool(Tool):
    """From the foreground colour to the background colour or to nothing, along a drawn line."""

    id = "gradient"
    title = "Gradient"
    help = "Drag from where the first colour begins to where the second is reached. Ctrl: steps of 15°."
    shortcut = "Shift+G"
    icon = "paint-gradient"
    picks_with_alt = True
    options = (
        Option(
            "shape",
            "Shape",
            GradientShape.LINEAR.value,
            choices=(
                (GradientShape.LINEAR.value, "Straight"),
                (GradientShape.REFLECTED.value, "Mirrored"),
                (GradientShape.RADIAL.value, "Round"),
                (GradientShape.ANGULAR.value, "Around a point"),
            ),
        ),
        Option(
            "colors",
            "Colours",
            "background",
            choices=(("background", "Foreground to background"), ("clear", "Foreground to clear")),
        ),
        OPACITY,
        Option("reverse", "Reverse", False),
    )

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._start: tuple[float, float] | None = None
        self._end = (0.0, 0.0)

    def press(self, at: PointerSample) -> None:
        self._start = self._end = (at.x, at.y)

    def move(self, at: PointerSample) -> None:
        if self._start is not None:
            self._end = snapped(self._start, (at.x, at.y)) if at.control else (at.x, at.y)
            self.view.update()

    def release(self, at: PointerSample) -> None:
        start, self._start = self._start, None
        self.view.update()
        if start is None or abs(self._end[0] - start[0]) + abs(self._end[1] - start[1]) < 1:
            return
        near: Color = self.session.color
        far: Color = self.session.background if self.value("colors") == "background" else (*near[:3], 0)
        if self.value("reverse"):
            near, far = far, near
        gradient = Gradient.between(near, far, GradientShape(str(self.value("shape"))))
        with waiting():
            self.session.attempt(
                lambda: draw_gradient(
                    self.document,
                    self.session.need_layer(),
                    gradient,
                    start,
                    self._end,
                    opacity=self.number("opacity"),
                    plane=self.session.plane,
                )
            )
        if not self.session.on_mask:
            self.session.note_color_used()

    def cancel(self) -> None:
        self._start = None
        self.view.update()

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        if self._start is None:
            return
        start, end = QPointF(*viewport.to_view(*self._start)), QPointF(*viewport.to_view(*self._end))
        path = QPainterPath(start)
        path.lineTo(end)
        draw_guide(painter, path)
        draw_handle(painter, start, round_=True)
        draw_handle(painter, end, round_=True)


def snapped(start: tuple[float, float], end: tuple[float, float], degrees: float = 15.0) -> tuple[float, float]:
    """`end` turned around `start` to the nearest step of so many degrees."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    step = math.radians(degrees)
    angle = round(math.atan2(dy, dx) / step) * step
    length = math.hypot(dx, dy)
    return start[0] + math.cos(angle) * length, start[1] + math.sin(angle) * length
