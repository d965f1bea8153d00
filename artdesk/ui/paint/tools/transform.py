"""Move and transform: the active layer (or what is selected of it) with handles to scale and turn.

Whenever the hand lets go, the document really holds what is seen: pulling again first takes the last step back and
then does the whole transformation anew from the original pixels, so that nothing is lost to repeated resampling.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QCursor, QImage, QPainter, QPainterPath, QPolygonF, QTransform

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.document.edit import Edit
from artdesk.document.layers import Layer
from artdesk.document.rect import Rect
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.tools.base import Option, Tool, ToolAction, ToolContext, draw_guide, draw_handle
from artdesk.ui.paint.tools.crop import HANDLES
from artdesk.ui.paint.tools.lifting import content_of, cut_hole, photograph
from artdesk.ui.paint.tools.placing import Placing
from artdesk.ui.paint.waiting import waiting

REACH = 9.0
TURN_REACH = 26.0


class TransformTool(Tool):
    """Moves, scales and turns. Enter or another tool keeps it, Escape takes it back."""

    id = "transform"
    title = "Move and transform"
    help = "Drag to move, corners to scale, outside a corner to turn. Enter applies, Esc takes back."
    shortcut = "V"
    icon = "paint-move"
    options = (
        Option("keep_shape", "Keep proportions", True, help="Shift does the opposite while dragging"),
        Option("about_middle", "Around the middle", False),
    )
    actions = (
        ToolAction("apply", "Apply", "paint-check", "Enter"),
        ToolAction("cancel", "Cancel", "paint-cross", "Esc"),
    )

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._placing: Placing | None = None
        self._layer: Layer | None = None
        self._picture: QImage | None = None  # of the pixels before any transformation
        self._hole: Edit | None = None
        self._dragging = False
        self._step: int | None = None  # the history's state after our own step
        self._busy = False
        self._in_hand = False
        self._grip: tuple[float, float] | str | None = None
        self._hovered: tuple[float, float] | str | None = None
        self._start: tuple[float, float] = (0.0, 0.0)
        self._before: Placing | None = None
        self.session.active_changed.connect(self._look_again)
        self.session.selection_changed.connect(self._look_again)
        self.session.history_changed.connect(self._look_again)

    # --- life --------------------------------------------------------------------------------------------------

    def taken_up(self) -> None:
        self._in_hand = True
        self._take_hold()

    def laid_down(self) -> None:
        self._stop_dragging()
        self._in_hand = False
        self._placing = self._layer = self._picture = self._step = None
        self.view.update()

    def _look_again(self) -> None:
        """Something else was done to the document: the box belongs around what is there now."""
        if self._in_hand and not self._busy and not self._dragging:
            self._take_hold()

    def _take_hold(self) -> None:
        """Put the box around what the active layer holds (inside the selection)."""
        document, layer = self.session.document, self.session.active
        self._placing = self._layer = self._picture = self._step = None
        if document is not None and layer is not None:
            box = content_of(layer)
            if document.selection is not None:
                box = box.intersected(document.selection.bounds())
            if not box.empty:
                self._placing = Placing(box.x, box.y, box.w, box.h)
                self._layer = layer
        self.view.update()

    def _lift(self) -> bool:
        """Take the pixels out of the layer, so that only the moved picture is seen. False when that cannot be."""
        if self._dragging:
            return True
        if self._layer is None or self._placing is None:
            return False
        try:
            if self._picture is None:
                at = self._placing
                box = Rect(round(at.x), round(at.y), round(at.w), round(at.h))
                self._picture = photograph(self.document, self._layer, box)
            self._busy = True  # the edit's own changes are no reason to look again
            self._hole = cut_hole(self.document, self._layer)
        except ArtDeskError as error:
            self.session.failed.emit(error)
            return False
        finally:
            self._busy = False
        self._dragging = True
        return True

    def _stop_dragging(self) -> None:
        hole, self._hole = self._hole, None
        self._dragging = False
        if hole is not None and hole.is_open:
            hole.cancel()

    def _settle(self) -> None:
        """Make the document hold what is seen, as one step, whatever was pulled before."""
        self._stop_dragging()
        placing, layer, document = self._placing, self._layer, self.session.document
        if placing is None or layer is None or document is None:
            return
        self._busy = True
        try:
            with waiting():
                if self._step is not None and document.history.state_id == self._step:
                    document.undo()
                self._step = None
                if not placing.untouched and self.session.attempt(lambda: self._carry_out(layer, placing)) is not None:
                    self._step = document.history.state_id
        finally:
            self._busy = False
        self.view.update()

    def _carry_out(self, layer: Layer, placing: Placing) -> Rect:
        whole = placing.whole_move
        if whole is not None:
            return self.document.move_pixels(layer, *whole)
        return self.document.transform_layer(layer, placing.matrix())

    # --- pulling -----------------------------------------------------------------------------------------------

    def _grip_at(self, at: PointerSample) -> tuple[float, float] | str | None:
        """The handle under the pointer, "move" inside the box, "turn" near its outside."""
        placing = self._placing
        if placing is None:
            return None
        scale = self.view.viewport.logical_scale
        away = {handle: math.dist(placing.at(*handle), (at.x, at.y)) * scale for handle in HANDLES}
        nearest = min(away, key=lambda handle: away[handle])
        if away[nearest] <= REACH:
            return nearest
        if placing.inside(at.x, at.y):
            return "move"
        corners = ((0, 0), (1, 0), (1, 1), (0, 1))
        near = min(math.dist(placing.at(u, v), (at.x, at.y)) for u, v in corners) * scale
        return "turn" if near <= TURN_REACH else None

    def press(self, at: PointerSample) -> None:
        self._grip = self._grip_at(at) or ("move" if self._placing is not None else None)
        if self._placing is None:
            self.session.failed.emit(WrongUse("There is nothing on this layer to move."))
        self._start = (at.x, at.y)
        self._before = self._placing

    def move(self, at: PointerSample) -> None:
        before, grip = self._before, self._grip
        if before is None or grip is None or not self._lift():
            return
        if grip == "move":
            dx, dy = round(at.x - self._start[0]), round(at.y - self._start[1])
            if at.shift:
                dx, dy = (dx, 0) if abs(dx) >= abs(dy) else (0, dy)
            self._placing = before.moved(dx, dy)
            self.session.told.emit(f"{self._placing.dx:+.0f}, {self._placing.dy:+.0f} px")
        elif grip == "turn":
            step = math.radians(15) if at.shift or at.control else 0.0
            self._placing = before.turned(self._start, (at.x, at.y), step=step)
            self.session.told.emit(f"{math.degrees(self._placing.angle):+.1f}°")
        elif isinstance(grip, tuple):
            self._placing = before.pulled(
                *grip,
                at.x,
                at.y,
                keep_shape=bool(self.value("keep_shape")) != at.shift,
                about_middle=bool(self.value("about_middle")) != at.alt,
            )
            self.session.told.emit(f"{abs(self._placing.sx) * 100:.0f} % × {abs(self._placing.sy) * 100:.0f} %")
        self.view.update()

    def release(self, at: PointerSample) -> None:
        self._grip = None
        self._before = None
        if self._dragging:
            self._settle()
        self.view.refresh_cursor()

    def double_click(self, at: PointerSample) -> None:
        self.apply()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.apply()
        elif key == Qt.Key.Key_Escape:
            self.cancel()
        elif key in steps and self._placing is not None:
            by = 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
            self._placing = self._placing.moved(steps[key][0] * by, steps[key][1] * by)
            self._settle()
        else:
            return False
        self.view.update()
        return True

    def apply(self) -> None:
        """Keep it: the box is drawn anew around what is there."""
        if self._dragging:
            self._settle()
        if self._in_hand:
            self._take_hold()

    def cancel(self) -> None:
        """Put the layer back where it was."""
        self._stop_dragging()
        self._grip = None
        document = self.session.document
        if document is not None and self._step is not None and document.history.state_id == self._step:
            self._step = None
            document.undo()
        if self._in_hand:
            self._take_hold()

    # --- looks -------------------------------------------------------------------------------------------------

    def hover(self, at: PointerSample) -> None:
        self._hovered = self._grip_at(at)

    def cursor(self) -> QCursor:
        grip = self._grip or self._hovered
        if grip == "turn":
            return QCursor(Qt.CursorShape.PointingHandCursor)
        if isinstance(grip, tuple):
            diagonal = Qt.CursorShape.SizeFDiagCursor if grip[0] == grip[1] else Qt.CursorShape.SizeBDiagCursor
            side = Qt.CursorShape.SizeVerCursor if grip[0] == 0.5 else Qt.CursorShape.SizeHorCursor
            return QCursor(side if 0.5 in grip else diagonal)
        return QCursor(Qt.CursorShape.SizeAllCursor)

    def paint_overlay(self, painter: QPainter, viewport: Viewport) -> None:
        placing = self._placing
        if placing is None:
            return
        if self._picture is not None and self._dragging:
            self._paint_picture(painter, viewport, placing)
        outline = QPolygonF(
            [QPointF(*viewport.to_view(*placing.at(u, v))) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
        )
        path = QPainterPath()
        path.addPolygon(outline)
        path.closeSubpath()
        draw_guide(painter, path)
        for u, v in HANDLES:
            draw_handle(painter, QPointF(*viewport.to_view(*placing.at(u, v))), round_=0.5 not in (u, v))

    def _paint_picture(self, painter: QPainter, viewport: Viewport, placing: Placing) -> None:
        assert self._picture is not None
        m = placing.matrix()
        place = QTransform(m[0, 0], m[1, 0], m[0, 1], m[1, 1], m[0, 2], m[1, 2])
        left, top = viewport.to_view(0, 0)
        scale = viewport.logical_scale
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(self._layer.opacity if self._layer is not None else 1.0)
        painter.setTransform(place * QTransform(scale, 0, 0, scale, left, top), True)
        painter.drawImage(QRectF(placing.x, placing.y, placing.w, placing.h), self._picture)
        painter.restore()
