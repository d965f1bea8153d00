"""What every tool has: words, a key, options, and answers to the canvas that do nothing until overridden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPainterPath, QPen, QTransform

from artdesk.document.document import Document
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.view import CanvasView
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.session import DocumentSession

Value = float | bool | str


@dataclass(frozen=True)
class Option:
    """One setting of a tool, shown in the options row.

    `default` tells the kind: a bool is a check box, a text with `choices` (value, title) a list, a number a slider
    from `minimum` to `maximum`. `title` is English.
    """

    name: str
    title: str
    default: Value
    minimum: float = 0.0
    maximum: float = 1.0
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""


@dataclass(frozen=True)
class ToolAction:
    """A button in the options row: calls `method` of the tool. `keys` is shown in its tip."""

    method: str
    title: str
    icon: str
    keys: str = ""


@dataclass(frozen=True)
class ToolContext:
    """What a tool is handed."""

    session: DocumentSession
    view: CanvasView


class Tool:
    """A tool in the tool bar. `picks_with_alt`: holding Alt picks a colour instead of using the tool."""

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    shortcut: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    options: ClassVar[tuple[Option, ...]] = ()
    actions: ClassVar[tuple[ToolAction, ...]] = ()
    picks_with_alt: ClassVar[bool] = False

    def __init__(self, context: ToolContext) -> None:
        self.session = context.session
        self.view = context.view
        self._values: dict[str, Value] = {option.name: option.default for option in self.options}

    # --- options -----------------------------------------------------------------------------------------------

    def value(self, name: str) -> Value:
        return self._values[name]

    def number(self, name: str) -> float:
        return float(self._values[name])

    def set_value(self, name: str, value: Value) -> None:
        """Change an option. Raises KeyError for one the tool does not have."""
        option = next((o for o in self.options if o.name == name), None)
        if option is None:
            raise KeyError(name)
        self._values[name] = value

    # --- life --------------------------------------------------------------------------------------------------

    @property
    def document(self) -> Document:
        return self.session.need_document()

    def taken_up(self) -> None:
        """The tool is in hand from now on."""

    def laid_down(self) -> None:
        """Another tool was taken up: finish or give up what is open."""
        self.cancel()

    # --- the canvas's questions ----------------------------------------------------------------------------------

    def press(self, at: PointerSample) -> None:
        pass

    def move(self, at: PointerSample) -> None:
        pass

    def release(self, at: PointerSample) -> None:
        pass

    def hover(self, at: PointerSample) -> None:
        pass

    def double_click(self, at: PointerSample) -> None:
        pass

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        return False

    def cancel(self) -> None:
        pass

    def cursor(self) -> QCursor:
        return QCursor(Qt.CursorShape.CrossCursor)

    def outline(self, viewport: Viewport) -> QPainterPath | None:
        return None

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        pass


def in_view(path: QPainterPath, viewport: Viewport) -> QPainterPath:
    """A path in picture coordinates as one in logical widget coordinates."""
    left, top = viewport.to_view(0, 0)
    scale = viewport.logical_scale
    return QTransform(scale, 0, 0, scale, left, top).map(path)


def draw_guide(painter: QPainter, path: QPainterPath) -> None:
    """A line that is seen on light and on dark: white dashes over black."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 190), 1.0))
    painter.drawPath(path)
    pen = QPen(QColor(255, 255, 255), 1.0)
    pen.setDashPattern([4, 4])
    painter.setPen(pen)
    painter.drawPath(path)


def draw_handle(painter: QPainter, at: QPointF, *, round_: bool = False, size: float = 9.0) -> None:
    """A small white square or disc to be caught."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.0))
    painter.setBrush(QColor(255, 255, 255))
    box = QRectF(at.x() - size / 2, at.y() - size / 2, size, size)
    if round_:
        painter.drawEllipse(box)
    else:
        painter.drawRect(box)
