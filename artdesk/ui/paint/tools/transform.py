"""Move and transform: the active layer (or what is selected of it) with handles to scale and turn."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QCursor, QImage, QPainter, QPainterPath, QPolygonF, QTransform

from artdesk.core.errors import ArtDeskError, WrongUse
from artdesk.document.edit import Edit
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.document.rect import NOTHING, Rect
from artdesk.ui.canvas.pointer import PointerSample
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.paint.tools.base import Option, Tool, ToolAction, ToolContext, draw_guide, draw_handle
from artdesk.ui.paint.tools.crop import HANDLES
from artdesk.ui.paint.tools.placing import Placing
from artdesk.ui.paint.waiting import waiting
from artdesk.ui.qt_image import qimage_of

REACH = 9.0
TURN_REACH = 26.0
LARGEST_PREVIEW = 2048
"""Longest side of the picture that is shown while dragging."""


class TransformTool(Tool):
    """Moves, scales and turns. Enter keeps it, Escape takes it back; taking up another tool keeps it."""

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
        self._picture: QImage | None = None
        self._hole: Edit | None = None
        self._grip: tuple[float, float] | str | None = None
        self._hovered: tuple[float, float] | str | None = None
        self._start: tuple[float, float] = (0.0, 0.0)
        self._before: Placing | None = None
        self.session.active_changed.connect(self._layer_changed)
        self.session.selection_changed.connect(self._selection_changed)
        self.session.history_changed.connect(self._history_changed)
        self._in_hand = False

    # --- life --------------------------------------------------------------------------------------------------

    def taken_up(self) -> None:
        self._in_hand = True
        self._take_hold()

    def laid_down(self) -> None:
        self.apply()
        self._in_hand = False
        self._let_go()

    def _layer_changed(self) -> None:
        if self._in_hand:
            self._let_go()
            self._take_hold()

    def _selection_changed(self) -> None:
        if self._in_hand and self._hole is None:
            self._let_go()
            self._take_hold()

    def _history_changed(self) -> None:
        if self._in_hand and self._hole is None:
            self._take_hold()

    def _take_hold(self) -> None:
        """Put the box around what the active layer holds (inside the selection)."""
        document, layer = self.session.document, self.session.active
        self._placing = self._layer = None
        if document is not None and layer is not None:
            box = _content(layer)
            if document.selection is not None:
                box = box.intersected(document.selection.bounds())
            if not box.empty:
                self._placing = Placing(box.x, box.y, box.w, box.h)
                self._layer = layer
        self.view.update()

    def _let_go(self) -> None:
        self._fill_hole()
        self._placing = self._layer = None
        self._grip = None
        self.view.update()

    def _fill_hole(self) -> None:
        hole, self._hole = self._hole, None
        self._picture = None
        if hole is not None and hole.is_open:
            hole.cancel()

    def _lift(self) -> bool:
        """Take the pixels out of the layer, so that only the moved picture is seen. False when that cannot be."""
        if self._picture is not None and (self._hole is None or self._hole.is_open):
            return True
        if self._layer is None or self._placing is None:
            return False
        try:
            self.document.check_editable(self._layer)
            box = Rect(round(self._placing.x), round(self._placing.y), round(self._placing.w), round(self._placing.h))
            self._picture = self._photograph(self._layer, box)
            if isinstance(self._layer, GroupLayer):
                return True  # a group's layers stay where they are until it is decided
            plane = "painted" if isinstance(self._layer, StyleLayer) else "pixels"
            self._hole = self.document.begin_edit(self._layer, "Move", plane=plane)
        except ArtDeskError as error:
            self.session.failed.emit(error)
            return False
        seen = box.intersected(self._hole.limits)
        for ix, iy in seen.cells(256):
            part = seen.intersected(Rect(ix * 256, iy * 256, 256, 256))
            self._hole.write(part, np.zeros((part.h, part.w, 4), np.uint8), notify=False)
        self._hole.notify(seen)
        return True

    def _photograph(self, layer: Layer, box: Rect) -> QImage:
        """What is moved, as a picture of bearable size."""
        tiles = layer.paint()
        if tiles is None:
            return self._photograph_group(layer, box)
        step = max(1, math.ceil(max(box.w, box.h) / LARGEST_PREVIEW))
        rows = []
        for top in range(box.y, box.bottom, 256):
            band = Rect(box.x, top, box.w, min(256, box.bottom - top))
            pixels = tiles.read(band)
            mask = layer.mask.tiles if layer.mask is not None and layer.mask.enabled else None
            for limit in (self.document.selection, mask):
                if limit is not None:
                    pixels[..., 3] = (pixels[..., 3] * limit.read(band).astype(np.uint16) + 127) // 255
            first = -(top - box.y) % step
            rows.append(pixels[first::step, ::step])
        image = qimage_of(np.ascontiguousarray(np.concatenate(rows)))
        return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

    def _photograph_group(self, group: Layer, box: Rect) -> QImage:
        """A group's look, as far as it lies on the canvas."""
        canvas = self.document.rect
        whole = qimage_of(self.document.layer_thumbnail(group, LARGEST_PREVIEW // 2))
        scale_x, scale_y = whole.width() / canvas.w, whole.height() / canvas.h
        part = QRect(
            round(box.x * scale_x), round(box.y * scale_y), round(box.w * scale_x) or 1, round(box.h * scale_y) or 1
        )
        return whole.copy(part).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

    # --- pulling -----------------------------------------------------------------------------------------------

    def _grip_at(self, at: PointerSample) -> tuple[float, float] | str | None:
        """The handle under the pointer, "move" inside the box, "turn" near its outside."""
        placing = self._placing
        if placing is None:
            return None
        scale = self.view.viewport.logical_scale
        for u, v in HANDLES:
            x, y = placing.at(u, v)
            if math.hypot(x - at.x, y - at.y) * scale <= REACH:
                return u, v
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
            if self._lift() and self._placing is not None:
                self._placing = self._placing.moved(steps[key][0] * by, steps[key][1] * by)
        else:
            return False
        self.view.update()
        return True

    def apply(self) -> None:
        """Keep the transformation as one step of the history."""
        placing, layer = self._placing, self._layer
        self._fill_hole()
        if placing is not None and layer is not None and not placing.untouched:
            whole = placing.whole_move
            document = self.document
            with waiting():
                if whole is not None:
                    self.session.attempt(lambda: document.move_pixels(layer, *whole))
                else:
                    self.session.attempt(lambda: document.transform_layer(layer, placing.matrix()))
        if self._in_hand:
            self._take_hold()

    def cancel(self) -> None:
        """Leave the layer where it was."""
        self._fill_hole()
        self._grip = None
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
        if self._picture is not None:
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


def _content(layer: Layer) -> Rect:
    """What a layer (a group: its layers together) really holds."""
    if isinstance(layer, GroupLayer):
        box = NOTHING
        for child in layer.children:
            box = box.united(_content(child))
        return box
    tiles = layer.paint()
    return tiles.bounds() if tiles is not None else NOTHING
