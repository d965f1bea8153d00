"""What the canvas shows: the document in tiles, the comparison, the ants and whatever the tool draws over it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from artdesk.core.image import Image
from artdesk.document.changes import Change
from artdesk.document.document import Document
from artdesk.ui.canvas.ants import MarchingAnts
from artdesk.ui.canvas.backdrop import Backdrop, checkerboard
from artdesk.ui.canvas.pointer import CanvasTool, PointerSample
from artdesk.ui.canvas.tiles import DocumentSource, PictureSource, TileCache
from artdesk.ui.canvas.viewport import Viewport
from artdesk.ui.canvas.wipe import Wipe
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours

FRAME_SECONDS = 0.004
"""How long a frame may spend on making tiles while somebody pans, zooms or paints; the rest follows."""
REST_SECONDS = 0.008
"""The same while the hands rest: fewer frames, sooner complete."""
ANTS_MS = 140
SETTLE_MS = 110
"""Without another zoom for this long the picture is drawn smoothly."""


class CanvasSurface(QWidget):
    """A document on the screen, without hands: `CanvasView` adds pointer, keys and drops."""

    zoom_changed = Signal(float)  # device pixels per picture pixel
    view_changed = Signal()  # zoom, pan or size

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Canvas"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self._document: Document | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._viewport = Viewport(self.width(), self.height(), 1, 1)
        self._fitting = True
        self._source: DocumentSource | None = None
        self._picture: Backdrop | None = None
        self._before: Backdrop | None = None
        self._wipe = Wipe()
        self._ants = MarchingAnts()
        self._ants_stale = True
        self._tool: CanvasTool | None = None
        self._pointer: PointerSample | None = None
        self._more = QTimer(self, interval=0, singleShot=True)
        self._more.timeout.connect(self._continue)
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(self._settled)
        self._march = QTimer(self, interval=ANTS_MS)
        self._march.timeout.connect(self._step_ants)
        self.outline_hidden = False
        self._continuing = False
        self._arriving = False  # a document has come and was not drawn yet

    # --- what is shown -----------------------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        return self._document

    @property
    def viewport(self) -> Viewport:
        """Where the picture lies now."""
        return self._viewport

    def set_document(self, document: Document | None) -> None:
        """Show a document, fitted into the widget; None shows the empty surround."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._document = document
        self.set_comparison(None)
        self._ants.forget()
        self._ants_stale = True
        if document is None:
            self._picture = None
        else:
            self._unsubscribe = document.subscribe(self._document_changed)
            self._source = DocumentSource(document)
            self._picture = Backdrop(TileCache(self._source))
            self._dress()
            self._set_viewport(self._viewport.with_canvas(document.width, document.height))
            self.fit()
            self._arriving = True
        self._march_if_needed()
        self.update()

    def set_comparison(self, image: Image | None) -> None:
        """Compare with another state of the picture under a wipe handle (None ends it). The sizes must agree."""
        if image is None or self._document is None:
            self._before = None
        else:
            if image.shape[:2] != (self._document.height, self._document.width):
                raise ValueError(f"a comparison needs the document's size, not {image.shape[1]} x {image.shape[0]}")
            self._before = Backdrop(TileCache(PictureSource(image), 96 << 20))
            self._wipe = Wipe()
            self._dress()
        self.update()

    @property
    def unfinished(self) -> bool:
        """Whether tiles in sight are still to be made."""
        backdrops = [backdrop for backdrop in (self._picture, self._before) if backdrop is not None]
        return self._arriving or self._settle.isActive() or any(backdrop.pending for backdrop in backdrops)

    @property
    def comparing(self) -> bool:
        return self._before is not None

    @property
    def wipe_position(self) -> float:
        """Where the wipe handle stands, 0 (left edge of the picture) to 1."""
        return self._wipe.position

    def set_wipe_position(self, position: float) -> None:
        self._wipe.move_to(position)
        self.update()

    # --- moving in the picture ---------------------------------------------------------------------------------

    def set_viewport(self, viewport: Viewport) -> None:
        """Look at the picture in this way."""
        self._fitting = False
        self._set_viewport(viewport)

    def zoom_in(self) -> None:
        self.set_viewport(self._viewport.stepped(1))

    def zoom_out(self) -> None:
        self.set_viewport(self._viewport.stepped(-1))

    def fit(self) -> None:
        """The whole picture; stays fitted while the widget is resized, until a person zooms or pans."""
        self._set_viewport(self._viewport.fitted())
        self._fitting = True

    def show_actual_size(self) -> None:
        """100 %: one picture pixel per screen pixel."""
        self.set_viewport(self._viewport.actual())

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture by logical pixels."""
        self.set_viewport(self._viewport.panned(dx, dy))

    def zoom_at(self, factor: float, x: float, y: float) -> None:
        """Zoom by a factor around a logical point of the widget."""
        self.set_viewport(self._viewport.zoomed(factor, x, y))

    def _set_viewport(self, viewport: Viewport) -> None:
        if viewport == self._viewport:
            return
        zoomed = viewport.scale != self._viewport.scale
        self._viewport = viewport
        self._ants_stale = True
        self.update()
        self.view_changed.emit()
        if zoomed:
            for backdrop in (self._picture, self._before):
                if backdrop is not None:
                    backdrop.rough = True
            self._settle.start()
            self.zoom_changed.emit(viewport.scale)
        elif self._document is not None and self._document.selection is not None:
            self._settle.start()

    def _settled(self) -> None:
        """Nobody zooms or pans any more: smooth edges again, and the selection's edge where it is now."""
        if self._ants_stale:
            self.update()
        for backdrop in (self._picture, self._before):
            if backdrop is not None and backdrop.rough:
                backdrop.rough = False
                if 0 < self._viewport.scale < 2 and self._viewport.scale != 1:
                    backdrop.renew(patient=True)
                self.update()

    # --- painting ----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is None:
            painter.fillRect(event.rect(), QColor(colours().canvas))
            return
        if self._arriving:  # the rest of the window is drawn anew in this turn, too
            self._arriving = False
            painter.fillRect(event.rect(), self._picture.surround)
            QTimer.singleShot(1, self, self.update)
            return
        ratio = self._viewport.ratio
        for backdrop in (self._picture, self._before):
            if backdrop is not None:
                backdrop.show(self._viewport)
                backdrop.refresh(REST_SECONDS if self._continuing else FRAME_SECONDS)
                backdrop.pixmap.setDevicePixelRatio(ratio)
                if backdrop.pending:
                    self._more.start()
        painter.drawPixmap(QPoint(0, 0), self._picture.pixmap)
        self._picture.pixmap.setDevicePixelRatio(1.0)
        if self._before is not None:
            painter.save()
            painter.setClipRect(QRectF(0, 0, self._wipe.x(self._viewport), self.height()))
            painter.drawPixmap(QPoint(0, 0), self._before.pixmap)
            painter.restore()
            self._before.pixmap.setDevicePixelRatio(1.0)
        self._continuing = False
        self._paint_overlays(painter)
        painter.end()

    def _paint_overlays(self, painter: QPainter) -> None:
        view = self._viewport
        left, top = view.to_view(0, 0)
        right, bottom = view.to_view(view.canvas_width, view.canvas_height)
        painter.setPen(QPen(QColor(0, 0, 0, 70), 1))
        painter.drawRect(QRectF(left - 0.5, top - 0.5, right - left + 1, bottom - top + 1))
        self._paint_ants(painter)
        if self._tool is not None:
            painter.save()
            self._tool.paint_overlay(painter, view)
            painter.restore()
        if self._before is not None:
            painter.save()
            self._wipe.paint(painter, view)
            painter.restore()
        self._paint_outline(painter)

    def _paint_ants(self, painter: QPainter) -> None:
        selection = self._document.selection if self._document is not None else None
        if selection is None:
            return
        # Finding the edge takes as long as a frame: while somebody pans or zooms the old one moves along.
        if self._ants_stale and not self._settle.isActive():
            self._ants.look(self._viewport, selection.tiles, selection.bounds())
            self._ants_stale = False
        self._ants.paint(painter, self._viewport)

    def _paint_outline(self, painter: QPainter) -> None:
        if self._tool is None or self._pointer is None or self.outline_hidden:
            return
        outline = self._tool.outline(self._viewport)
        if outline is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self._pointer.view)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 2.4))
        painter.drawPath(outline)
        painter.setPen(QPen(QColor(255, 255, 255, 230), 1.0))
        painter.drawPath(outline)
        painter.resetTransform()

    def _continue(self) -> None:
        """Nothing else wanted the last turn of the event loop: go on with what is pending."""
        self._continuing = not self._settle.isActive()
        for backdrop in (self._picture, self._before):
            if backdrop is not None and backdrop.pending:
                self.update(self._logical(backdrop.pending_rect).adjusted(-1, -1, 1, 1))

    def _dress(self) -> None:
        theme = colours()
        dark = QColor(theme.canvas).lightness() < 110
        checker = (
            checkerboard(QColor(120, 120, 120), QColor(96, 96, 96))
            if dark
            else checkerboard(QColor(250, 250, 250), QColor(222, 222, 222))
        )
        for backdrop in (self._picture, self._before):
            if backdrop is not None:
                backdrop.surround = QColor(theme.canvas)
                backdrop.checker = checker
                backdrop.renew()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._dress()
            self.update()
        super().changeEvent(event)

    # --- what the document says --------------------------------------------------------------------------------

    def _document_changed(self, change: Change) -> None:
        document = self._document
        if document is None or self._picture is None or self._source is None:
            return
        if change.kind == "size":
            self._source.forget()
            self._picture.tiles.clear()
            self._picture.renew()
            if self._before is not None:
                self.set_comparison(None)
            self._set_viewport(self._viewport.with_canvas(document.width, document.height))
            if self._fitting:
                self.fit()
            self._ants_stale = True
            self.update()
        elif change.kind == "selection":
            self._ants.forget()
            self._ants_stale = True
            self._march_if_needed()
            self.update()
        elif change.kind in ("pixels", "structure"):
            rect = change.rect if change.rect is not None else document.rect
            self._source.changed(rect)
            hit = self._picture.invalidate(*rect)
            if not hit.isEmpty():
                self.update(self._logical(hit))

    def _logical(self, device: QRect) -> QRect:
        ratio = self._viewport.ratio
        return QRectF(
            device.x() / ratio, device.y() / ratio, device.width() / ratio, device.height() / ratio
        ).toAlignedRect()

    def _march_if_needed(self) -> None:
        if self._document is not None and self._document.selection is not None and self.isVisible():
            self._march.start()
        else:
            self._march.stop()

    def _step_ants(self) -> None:
        if self._ants.marching:
            self._ants.march()
            self.update()

    # --- size ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        viewport = self._viewport.resized(max(1, self.width()), max(1, self.height()), self.devicePixelRatioF())
        self._set_viewport(viewport.fitted() if self._fitting and self._document is not None else viewport)
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._march_if_needed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._march.stop()
