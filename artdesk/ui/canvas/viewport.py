"""Where the picture lies in the widget: pure mathematics, so zoom and pan are tested without a window."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MIN_SCALE = 1 / 128
MAX_SCALE = 64.0
# However far a person pans, this much of the picture (logical pixels) stays in sight to be found again.
KEEP_IN_SIGHT = 48.0
ZOOM_STEPS = (
    *(1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)


@dataclass(frozen=True)
class Viewport:
    """A picture of `canvas_width` x `canvas_height` px seen in a widget of `width` x `height` logical px.

    `scale` is device pixels of the screen per picture pixel, `ratio` device pixels per logical one; (`left`, `top`)
    is where the picture's corner lies, in whole device pixels, so that panning moves pixels and never resamples them.
    """

    width: int
    height: int
    canvas_width: int
    canvas_height: int
    scale: float = 1.0
    left: int = 0
    top: int = 0
    ratio: float = 1.0

    # --- between the two systems -------------------------------------------------------------------------------

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Logical widget coordinates -> picture coordinates."""
        return (x * self.ratio - self.left) / self.scale, (y * self.ratio - self.top) / self.scale

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Picture coordinates -> logical widget coordinates."""
        return (x * self.scale + self.left) / self.ratio, (y * self.scale + self.top) / self.ratio

    @property
    def logical_scale(self) -> float:
        """Logical widget pixels per picture pixel."""
        return self.scale / self.ratio

    def level(self) -> int:
        """The mip level to draw: the smallest one that still has a pixel for every screen pixel."""
        if self.scale >= 1:
            return 0
        return max(0, math.floor(math.log2(1 / self.scale) + 1e-9))

    # --- movements ---------------------------------------------------------------------------------------------

    def panned(self, dx: float, dy: float) -> Viewport:
        """Move the picture by logical pixels."""
        return replace(
            self, left=self.left + round(dx * self.ratio), top=self.top + round(dy * self.ratio)
        ).kept_in_sight()

    def scaled_at(self, scale: float, x: float, y: float) -> Viewport:
        """Zoom to `scale`, the picture point under the logical point (x, y) staying where it is."""
        scale = min(MAX_SCALE, max(min(MIN_SCALE, self.scale), scale))
        cx, cy = self.to_canvas(x, y)
        left = round(x * self.ratio - cx * scale)
        top = round(y * self.ratio - cy * scale)
        return replace(self, scale=scale, left=left, top=top).kept_in_sight()

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Zoom by a factor around a logical point."""
        return self.scaled_at(self.scale * factor, x, y)

    def stepped(self, direction: int) -> Viewport:
        """To the next round zoom, in (+1) or out (-1), around the middle of the widget."""
        if direction > 0:
            scale = next((s for s in ZOOM_STEPS if s > self.scale * 1.001), MAX_SCALE)
        else:
            scale = next((s for s in reversed(ZOOM_STEPS) if s < self.scale * 0.999), ZOOM_STEPS[0])
        return self.scaled_at(scale, self.width / 2, self.height / 2)

    def fitted(self, margin: int = 24) -> Viewport:
        """The whole picture centred with `margin` logical px around it, never enlarged beyond 100 %."""
        room_x = max(16.0, self.width - 2 * margin) * self.ratio
        room_y = max(16.0, self.height - 2 * margin) * self.ratio
        scale = min(1.0, room_x / max(1, self.canvas_width), room_y / max(1, self.canvas_height))
        return replace(self, scale=scale).centred()

    def actual(self) -> Viewport:
        """One picture pixel per screen pixel, the middle of the view staying."""
        return self.scaled_at(1.0, self.width / 2, self.height / 2)

    def centred(self) -> Viewport:
        """The picture's middle in the widget's middle."""
        left = round((self.width * self.ratio - self.canvas_width * self.scale) / 2)
        top = round((self.height * self.ratio - self.canvas_height * self.scale) / 2)
        return replace(self, left=left, top=top)

    def resized(self, width: int, height: int, ratio: float) -> Viewport:
        """The widget's new size; what lay in its middle stays there."""
        if (width, height, ratio) == (self.width, self.height, self.ratio):
            return self
        cx, cy = self.to_canvas(self.width / 2, self.height / 2)
        scale = self.scale * ratio / self.ratio
        left = round(width * ratio / 2 - cx * scale)
        top = round(height * ratio / 2 - cy * scale)
        moved = replace(self, width=width, height=height, ratio=ratio, scale=scale, left=left, top=top)
        return moved.kept_in_sight()

    def with_canvas(self, canvas_width: int, canvas_height: int) -> Viewport:
        """The same view of a picture whose size changed."""
        return replace(self, canvas_width=canvas_width, canvas_height=canvas_height).kept_in_sight()

    def kept_in_sight(self) -> Viewport:
        """This view, moved as little as needed so that some of the picture can be seen."""
        keep = round(KEEP_IN_SIGHT * self.ratio)
        wide, high = self.canvas_width * self.scale, self.canvas_height * self.scale
        keep_x, keep_y = (max(1, min(keep, round(side))) for side in (wide, high))
        left = min(max(self.left, math.ceil(keep_x - wide)), round(self.width * self.ratio) - keep_x)
        top = min(max(self.top, math.ceil(keep_y - high)), round(self.height * self.ratio) - keep_y)
        return self if (left, top) == (self.left, self.top) else replace(self, left=left, top=top)

    # --- what is seen ------------------------------------------------------------------------------------------

    def device_rect(self, x: float, y: float, w: float, h: float) -> tuple[int, int, int, int]:
        """The device pixels (left, top, right, bottom) that a picture rectangle touches, edges rounded alike
        for neighbours, so that tiles meet without a seam."""
        return (
            round(x * self.scale) + self.left,
            round(y * self.scale) + self.top,
            round((x + w) * self.scale) + self.left,
            round((y + h) * self.scale) + self.top,
        )

    def visible(self) -> tuple[int, int, int, int]:
        """The part of the picture in sight as (x, y, w, h) in whole picture pixels; w or h is 0 if none is."""
        x0, y0 = self.to_canvas(0, 0)
        x1, y1 = self.to_canvas(self.width, self.height)
        left, top = max(0, math.floor(x0)), max(0, math.floor(y0))
        right, bottom = min(self.canvas_width, math.ceil(x1)), min(self.canvas_height, math.ceil(y1))
        return left, top, max(0, right - left), max(0, bottom - top)
