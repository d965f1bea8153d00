"""What a tool is told about the pointer, and what the canvas wants of a tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QEnterEvent, QMouseEvent, QPainter, QPainterPath, QPointingDevice, QTabletEvent

from artdesk.ui.canvas.viewport import Viewport

NO_KEYS = Qt.KeyboardModifier.NoModifier


@dataclass(frozen=True)
class PointerSample:
    """One position of a mouse or pen.

    `x`, `y`: picture pixels, fractions kept; `pressure` 0..1 (a mouse presses with 1); `tilt_x`, `tilt_y`: degrees
    from upright, -90..90; `time`: seconds; `view`: logical widget coordinates; `eraser`: the pen's other end.
    """

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    time: float = 0.0
    modifiers: Qt.KeyboardModifier = NO_KEYS
    eraser: bool = False
    view: QPointF = field(default_factory=QPointF)

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def control(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)

    @property
    def alt(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)


def sample_of(event: QMouseEvent | QTabletEvent | QEnterEvent, viewport: Viewport) -> PointerSample:
    """The sample of a Qt event seen through a viewport."""
    where = event.position()
    x, y = viewport.to_canvas(where.x(), where.y())
    if isinstance(event, QTabletEvent):
        return PointerSample(
            x,
            y,
            pressure=min(1.0, max(0.0, event.pressure())),
            tilt_x=float(event.xTilt()),
            tilt_y=float(event.yTilt()),
            time=event.timestamp() / 1000,
            modifiers=event.modifiers(),
            eraser=event.pointerType() == QPointingDevice.PointerType.Eraser,
            view=where,
        )
    return PointerSample(x, y, time=event.timestamp() / 1000, modifiers=event.modifiers(), view=where)


class CanvasTool(Protocol):
    """A tool as the canvas sees it. Every method runs on the interface thread and must return at once."""

    def press(self, at: PointerSample) -> None: ...

    def move(self, at: PointerSample) -> None: ...

    def release(self, at: PointerSample) -> None: ...

    def hover(self, at: PointerSample) -> None: ...

    def double_click(self, at: PointerSample) -> None: ...

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """True when the tool has used the key (Enter, Escape, arrows …)."""
        ...

    def cancel(self) -> None:
        """Give up what is in progress and leave the document as before it."""
        ...

    def cursor(self) -> QCursor: ...

    def outline(self, viewport: Viewport) -> QPainterPath | None:
        """The brush's outline around (0, 0) in logical widget pixels, or None for a plain cursor."""
        ...

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        """Draw handles and guides over the picture, in logical widget coordinates."""
        ...
