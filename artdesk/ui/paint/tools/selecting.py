"""Selections by shape and by colour."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF

from artdesk.document.rect import Rect
from artdesk.document.selection import How, Selection
from artdesk.document.tools import magic_wand, select_by_color
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.tools.base import Option, Tool, ToolContext, draw_guide, in_view
from artdesk.ui.paint.tools.fill import TOLERANCE
from artdesk.ui.paint.waiting import waiting

COMBINE = Option(
    "how",
    "Mode",
    "replace",
    choices=(("replace", "New"), ("add", "Add"), ("subtract", "Subtract"), ("intersect", "Intersect")),
    help="Shift adds, Alt subtracts, both together intersect",
)
FEATHER = Option("feather", "Feather", 0.0, 0.0, 100.0, "px", help="Softens the edge")
LEAST_DRAG = 3.0


class SelectionTool(Tool):
    """What all selecting tools share: how a new shape meets the present selection."""

    def how(self, at: PointerSample) -> How:
        """What the held keys or else the option say."""
        if at.shift and at.alt:
            return "intersect"
        if at.shift:
            return "add"
        if at.alt:
            return "subtract"
        chosen: How = str(self.value("how"))  # type: ignore[assignment]
        return chosen

    def select(self, selection: Selection, how: How) -> None:
        """Make it the document's selection, feathered as wished; errors are told."""
        feather = round(self.number("feather")) if "feather" in {o.name for o in self.options} else 0

        def verb() -> None:
            chosen = selection.feathered(feather, self.document.rect) if feather else selection
            self.document.select(chosen, how)

        self.session.attempt(verb)


class DragSelectionTool(SelectionTool):
    """A shape spanned by a drag. Ctrl: as wide as high. A mere click lifts the selection."""

    options = (COMBINE, FEATHER)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._from: PointerSample | None = None
        self._rect = QRectF()

    def press(self, at: PointerSample) -> None:
        self._from = at
        self._rect = QRectF(at.x, at.y, 0, 0)

    def move(self, at: PointerSample) -> None:
        if self._from is None:
            return
        dx, dy = at.x - self._from.x, at.y - self._from.y
        if at.control:
            side = max(abs(dx), abs(dy))
            dx, dy = side if dx >= 0 else -side, side if dy >= 0 else -side
        self._rect = QRectF(self._from.x, self._from.y, dx, dy).normalized()
        wide, high = round(self._rect.width()), round(self._rect.height())
        self.session.told.emit(f"{wide} × {high} px")
        self.view.update()

    def release(self, at: PointerSample) -> None:
        start, self._from = self._from, None
        self.view.update()
        if start is None:
            return
        moved = start.view - at.view
        how = self.how(start)
        if abs(moved.x()) + abs(moved.y()) < LEAST_DRAG:
            if how == "replace" and self.document.selection is not None:
                self.session.attempt(self.document.select_none)
            return
        rect = Rect.of_edges(
            round(self._rect.left()), round(self._rect.top()), round(self._rect.right()), round(self._rect.bottom())
        )
        if not rect.empty:
            self.select(self.shape(rect), how)

    def shape(self, rect: Rect) -> Selection:
        raise NotImplementedError

    def path(self, box: QRectF) -> QPainterPath:
        raise NotImplementedError

    def cancel(self) -> None:
        self._from = None
        self.view.update()

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        if self._from is not None:
            draw_guide(painter, in_view(self.path(self._rect), viewport))


class RectangleTool(DragSelectionTool):
    """Selects a rectangle."""

    id = "rect_select"
    title = "Rectangle selection"
    help = "Shift adds, Alt subtracts, Ctrl makes a square"
    shortcut = "M"
    icon = "paint-rect-select"

    def shape(self, rect: Rect) -> Selection:
        return Selection.rectangle(rect)

    def path(self, box: QRectF) -> QPainterPath:
        path = QPainterPath()
        path.addRect(box)
        return path


class EllipseTool(DragSelectionTool):
    """Selects an ellipse."""

    id = "ellipse_select"
    title = "Ellipse selection"
    help = "Shift adds, Alt subtracts, Ctrl makes a circle"
    shortcut = "Shift+M"
    icon = "paint-ellipse-select"

    def shape(self, rect: Rect) -> Selection:
        return Selection.ellipse(rect)

    def path(self, box: QRectF) -> QPainterPath:
        path = QPainterPath()
        path.addEllipse(box)
        return path


class LassoTool(SelectionTool):
    """Selects what is drawn around."""

    id = "lasso"
    title = "Lasso"
    help = "Draw around what is to be selected. Shift adds, Alt subtracts."
    shortcut = "L"
    icon = "paint-lasso"
    options = (COMBINE, FEATHER)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._points: list[tuple[float, float]] = []
        self._how: How = "replace"

    def press(self, at: PointerSample) -> None:
        self._points = [(at.x, at.y)]
        self._how = self.how(at)

    def move(self, at: PointerSample) -> None:
        if not self._points:
            return
        x, y = self._points[-1]
        # A point per screen pixel is enough, however far the picture is zoomed out.
        if abs(at.x - x) + abs(at.y - y) >= 1 / max(1e-6, self.view.viewport.logical_scale):
            self._points.append((at.x, at.y))
            self.view.update()

    def release(self, at: PointerSample) -> None:
        points, self._points = self._points, []
        self.view.update()
        if len(points) >= 3:
            self.select(Selection.polygon(points, within=self.document.rect), self._how)
        elif self._how == "replace" and points and self.document.selection is not None:
            self.session.attempt(self.document.select_none)

    def cancel(self) -> None:
        self._points = []
        self.view.update()

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        if len(self._points) > 1:
            path = QPainterPath()
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in self._points]))
            path.closeSubpath()
            draw_guide(painter, in_view(path, viewport))


class ColorSelectionTool(SelectionTool):
    """Selects by the colour that was clicked."""

    contiguous: ClassVar[bool] = True
    options = (
        COMBINE,
        TOLERANCE,
        Option("grow", "Grow", 0.0, 0.0, 40.0, "px"),
        Option("smooth", "Smooth edge", True),
        Option("merged", "Look at the whole picture", True, help="Off: look at this layer alone"),
    )

    def press(self, at: PointerSample) -> None:
        layer = None if self.value("merged") else self.session.active
        find = magic_wand if self.contiguous else select_by_color

        def verb() -> None:
            selection = find(
                self.document,
                int(at.x // 1),
                int(at.y // 1),
                tolerance=round(self.number("tolerance")),
                layer=layer,
                grow=round(self.number("grow")),
                smooth=bool(self.value("smooth")),
            )
            self.document.select(selection, self.how(at))

        if self.document.rect.holds(at.x, at.y):
            with waiting():
                self.session.attempt(verb)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        return False


class WandTool(ColorSelectionTool):
    """Selects what hangs together and has one colour."""

    id = "wand"
    title = "Magic wand"
    help = "Select a connected area of one colour. Shift adds, Alt subtracts."
    shortcut = "W"
    icon = "paint-wand"


class ByColorTool(ColorSelectionTool):
    """Selects everything of one colour."""

    id = "by_color"
    title = "Select by colour"
    help = "Select one colour wherever it is. Shift adds, Alt subtracts."
    shortcut = "Shift+W"
    icon = "paint-by-color"
    contiguous = False
