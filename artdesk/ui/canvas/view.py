"""CanvasView: the widget in the middle of the desk. A person moves in the picture here and uses a tool on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from artdesk.core.pictures import OPEN_SUFFIXES
from artdesk.document.document import Document
from artdesk.ui.canvas.pointer import CanvasTool, PointerSample, sample_of
from artdesk.ui.canvas.surface import CanvasSurface

WHEEL_ZOOM = 1.0015
"""Zoom per eighth of a degree of a wheel: a notch (120) is about 20 %."""
KEY_PAN = 64
PROJECT_SUFFIXES = (".ora", ".psd")

ToolChooser = Callable[[PointerSample], CanvasTool | None]
_ARROWS = {
    Qt.Key.Key_Left: (KEY_PAN, 0),
    Qt.Key.Key_Right: (-KEY_PAN, 0),
    Qt.Key.Key_Up: (0, KEY_PAN),
    Qt.Key.Key_Down: (0, -KEY_PAN),
}


class CanvasView(CanvasSurface):
    """A document on the screen, with hands.

    Space or the middle button pans, the wheel zooms to the pointer (a touch pad's two fingers pan, pinching zooms),
    every other press goes to the tool. Coordinates given to tools and by signals are picture pixels. Nothing here
    changes the document: tools do.
    """

    picture_dropped = Signal(list)  # list[Path]
    image_dropped = Signal(object)  # QImage dragged out of another program
    cursor_moved = Signal(float, float)  # the pointer, in picture pixels
    cursor_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self._choose_tool: ToolChooser | None = None
        self._stroking: CanvasTool | None = None
        self._pan_from: QPointF | None = None
        self._space = False
        self._outline_box = QRectF()

    # --- the tool in hand --------------------------------------------------------------------------------------

    @property
    def tool(self) -> CanvasTool | None:
        return self._tool

    def set_tool(self, tool: CanvasTool | None) -> None:
        """The tool in hand."""
        self.cancel_stroke()
        self._tool = tool
        self.refresh_cursor()
        self.update()

    def set_tool_chooser(self, choose: ToolChooser | None) -> None:
        """Ask `choose` at each press for another tool than the one in hand (a held key, a pen's eraser end)."""
        self._choose_tool = choose

    @property
    def stroking(self) -> bool:
        """Whether a tool is being dragged right now."""
        return self._stroking is not None

    def set_document(self, document: Document | None) -> None:
        self.cancel_stroke()
        super().set_document(document)
        self.refresh_cursor()

    def cancel_stroke(self) -> None:
        """Give up a stroke in progress."""
        if self._stroking is not None:
            tool, self._stroking = self._stroking, None
            tool.cancel()

    def refresh_cursor(self) -> None:
        """Show the cursor that fits what a press would do now."""
        if self._pan_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._document is None or self._tool is None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        elif self._wipe_at(self._pointer):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            chosen = self._choose_tool(self._pointer) if self._choose_tool and self._pointer else None
            self.setCursor((chosen or self._tool).cursor())
        hidden = self._pan_from is not None or self._space
        if hidden != self.outline_hidden:
            self.outline_hidden = hidden
            self.update()

    def refresh_outline(self) -> None:
        """The tool's outline changed (another brush size): draw it anew."""
        self._move_outline()

    def _wipe_at(self, pointer: PointerSample | None) -> bool:
        return self._before is not None and pointer is not None and self._wipe.catches(pointer.view, self._viewport)

    # --- pointer -----------------------------------------------------------------------------------------------

    def _press(self, sample: PointerSample, button: Qt.MouseButton) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pointer = sample
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._pan_from = sample.view
        elif button == Qt.MouseButton.LeftButton and self._wipe_at(sample):
            self._wipe.dragging = True
        elif button == Qt.MouseButton.LeftButton and self._document is not None and self._stroking is None:
            chosen = self._choose_tool(sample) if self._choose_tool is not None else None
            tool = chosen or self._tool
            if tool is not None:
                self._stroking = tool
                tool.press(sample)
        self.refresh_cursor()

    def _move(self, sample: PointerSample) -> None:
        self._pointer = sample
        if self._pan_from is not None:
            delta = sample.view - self._pan_from
            self._pan_from = sample.view
            self.pan_by(delta.x(), delta.y())
        elif self._wipe.dragging:
            self._wipe.drag_to(sample.view.x(), self._viewport)
            self.update()
        elif self._stroking is not None:
            self._stroking.move(sample)
        elif self._tool is not None and self._document is not None:
            self._tool.hover(sample)
            self.refresh_cursor()
        self._move_outline()
        self.cursor_moved.emit(sample.x, sample.y)

    def _release(self, sample: PointerSample, button: Qt.MouseButton) -> None:
        self._pointer = sample
        if self._pan_from is not None and button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
            self._pan_from = None
        elif self._wipe.dragging:
            self._wipe.dragging = False
        elif button == Qt.MouseButton.LeftButton and self._stroking is not None:
            tool, self._stroking = self._stroking, None
            tool.release(sample)
        self.refresh_cursor()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(sample_of(event, self._viewport), event.button())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move(sample_of(event, self._viewport))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._release(sample_of(event, self._viewport), event.button())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second press of a quick pair is a press like any other to a painter.
        sample = sample_of(event, self._viewport)
        self._press(sample, event.button())
        if self._tool is not None and self._document is not None and event.button() == Qt.MouseButton.LeftButton:
            self._tool.double_click(sample)
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        sample = sample_of(event, self._viewport)
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._press(sample, event.button())
        elif kind == QEvent.Type.TabletRelease:
            self._release(sample, event.button())
        else:
            self._move(sample)
        event.accept()  # else Qt makes a mouse event of it and the stroke is drawn twice

    def leaveEvent(self, event: QEvent) -> None:
        if self._stroking is None and self._pan_from is None:
            self._pointer = None
            self._move_outline()
            self.cursor_left.emit()
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self.refresh_cursor()
        super().focusOutEvent(event)

    def _move_outline(self) -> None:
        """Repaint where the outline was and where it is now, nothing else."""
        outline = self._tool.outline(self._viewport) if self._tool is not None and self._pointer is not None else None
        old = self._outline_box
        if outline is None or self._pointer is None:
            self._outline_box = QRectF()
        else:
            self._outline_box = outline.boundingRect().translated(self._pointer.view).adjusted(-3, -3, 3, 3)
        for box in (old, self._outline_box):
            if not box.isEmpty():
                self.update(box.toAlignedRect())

    # --- wheel and fingers -------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        where, pixels, angle = event.position(), event.pixelDelta(), event.angleDelta()
        zooming = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase and not zooming:
            self.pan_by(pixels.x(), pixels.y())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan_by((angle.y() or angle.x()) / 2, 0)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.pan_by(0, (angle.y() or angle.x()) / 2)
        else:
            self.zoom_at(WHEEL_ZOOM ** angle.y(), where.x(), where.y())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            where = event.position()
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_at(max(0.2, 1 + event.value()), where.x(), where.y())
                return True
            if event.gestureType() == Qt.NativeGestureType.SmartZoomNativeGesture:
                self.fit() if self._viewport.scale >= 1 else self.show_actual_size()
                return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._pinch(pinch)
                return True
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, *_ARROWS)
            and not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        ):
            # While the canvas has the keys, these are the tool's and not some button's shortcut.
            event.accept()
            return True
        return super().event(event)

    def _pinch(self, pinch: QPinchGesture) -> None:
        self.cancel_stroke()
        moved = pinch.centerPoint() - pinch.lastCenterPoint()
        middle = self.mapFromGlobal(pinch.centerPoint())
        viewport = self._viewport.panned(moved.x(), moved.y())
        self.set_viewport(viewport.zoomed(max(0.2, pinch.scaleFactor()), middle.x(), middle.y()))

    # --- keys --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self.refresh_cursor()
        elif key == Qt.Key.Key_Escape and self._stroking is not None:
            self.cancel_stroke()
            self.update()
        elif self._document is not None and self._tool is not None and self._tool.key(key, event.modifiers()):
            self.update()
        elif key in _ARROWS and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            dx, dy = _ARROWS[key]
            if self._before is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.set_wipe_position(self.wipe_position - dx / KEY_PAN * 0.02)
            else:
                self.pan_by(dx, dy)
        else:
            self._with_modifiers(event)
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.refresh_cursor()
            return
        self._with_modifiers(event)
        super().keyReleaseEvent(event)

    def _with_modifiers(self, event: QKeyEvent) -> None:
        """A held key may change the tool: show its cursor before the press."""
        if self._pointer is not None and self._stroking is None:
            old = self._pointer
            self._pointer = PointerSample(old.x, old.y, modifiers=event.modifiers(), view=old.view)
            self.refresh_cursor()

    # --- drops -------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if pictures_in([url.toLocalFile() for url in data.urls()]) or data.hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        data = event.mimeData()
        paths = pictures_in([url.toLocalFile() for url in data.urls()])
        if paths:
            event.acceptProposedAction()
            self.picture_dropped.emit(paths)
        elif data.hasImage():
            image = data.imageData()
            if isinstance(image, QImage) and not image.isNull():
                event.acceptProposedAction()
                self.image_dropped.emit(image)


def pictures_in(files: list[str]) -> list[Path]:
    """Those of the dropped files that the desk opens, by their suffix."""
    known = {suffix.lower() for suffix in (*OPEN_SUFFIXES, *PROJECT_SUFFIXES)}
    return [path for path in map(Path, filter(None, files)) if path.suffix.lower() in known]
