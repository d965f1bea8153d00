"""How one row of the layers panel looks, and which part of it was clicked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from artdesk.document.blend import BlendMode
from artdesk.document.layers import GroupLayer, Layer, StyleLayer
from artdesk.ui.i18n import tr
from artdesk.ui.paint.layer_model import LAYER_ROLE
from artdesk.ui.theme import colours, icon_pixmap

ROW = 46
EYE = 26
THUMB = 36
Index = QModelIndex | QPersistentModelIndex
Picture = Callable[[Layer, str], QPixmap | None]


class LayerRow(QStyledItemDelegate):
    """Eye, thumbnail, mask, name, and below the name what is special about the layer.

    `part_clicked(layer, part)` names "eye", "pixels", "mask" or "lock".
    """

    part_clicked = Signal(object, str)

    def __init__(
        self,
        picture: Picture,
        target: Callable[[], tuple[Layer | None, bool]],
        state: Callable[[StyleLayer], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._picture = picture
        self._target = target
        self._state = state

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    # --- places ------------------------------------------------------------------------------------------------

    @staticmethod
    def eye(row: QRect) -> QRect:
        return QRect(row.left() + 2, row.top(), EYE, row.height())

    @staticmethod
    def thumb(row: QRect) -> QRect:
        return QRect(row.left() + EYE + 4, row.top() + (row.height() - THUMB) // 2, THUMB, THUMB)

    def mask(self, row: QRect) -> QRect:
        return self.thumb(row).translated(THUMB + 5, 0)

    @staticmethod
    def lock(row: QRect) -> QRect:
        return QRect(row.right() - 24, row.top(), 22, row.height())

    def part_at(self, row: QRect, point: QPoint, layer: Layer) -> str:
        """The part of a row under a point; "" for the rest of it."""
        if self.eye(row).contains(point):
            return "eye"
        if self.thumb(row).adjusted(-2, -2, 2, 2).contains(point):
            return "pixels"
        if layer.mask is not None and self.mask(row).adjusted(-2, -2, 2, 2).contains(point):
            return "mask"
        if self.lock(row).contains(point):
            return "lock"
        return ""

    # --- looks -------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        layer = index.data(LAYER_ROLE)
        if not isinstance(layer, Layer):
            return
        theme = colours()
        row: QRect = option.rect
        state: QStyle.StateFlag = option.state
        active, on_mask = self._target()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if layer is active:
            painter.fillRect(row, QColor(theme.raised))
            painter.fillRect(QRect(row.left(), row.top() + 4, 3, row.height() - 8), QColor(theme.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(row, QColor(theme.panel))
        painter.setPen(QColor(theme.line))
        painter.drawLine(row.bottomLeft(), row.bottomRight())
        self._icon(
            painter, "paint-eye" if layer.visible else "paint-eye-off", self.eye(row), 17, faint=not layer.visible
        )
        if layer.clip:
            spot = self.thumb(row)
            painter.drawPixmap(spot.left() - 12, spot.bottom() - 10, icon_pixmap("paint-clip", 12, theme.dim))
        self._thumb(painter, layer, "pixels", self.thumb(row), ringed=layer is active and not on_mask)
        left = self.thumb(row).right() + 9
        if layer.mask is not None:
            self._thumb(painter, layer, "mask", self.mask(row), ringed=layer is active and on_mask)
            left = self.mask(row).right() + 9
        words = QRect(left, row.top() + 5, self.lock(row).left() - left - 2, row.height() - 10)
        self._words(painter, layer, words)
        if layer.locked or layer.lock_alpha:
            self._icon(painter, "paint-lock" if layer.locked else "paint-lock-alpha", self.lock(row), 14)
        elif state & QStyle.StateFlag.State_MouseOver:
            self._icon(painter, "paint-lock", self.lock(row), 14, faint=True)
        painter.restore()

    def _icon(self, painter: QPainter, name: str, box: QRect, size: int, *, faint: bool = False) -> None:
        theme = colours()
        pixmap = icon_pixmap(name, size, theme.faint if faint else theme.text)
        painter.drawPixmap(box.center() - QPoint(size // 2, size // 2), pixmap)

    def _thumb(self, painter: QPainter, layer: Layer, part: str, box: QRect, *, ringed: bool) -> None:
        theme = colours()
        pixmap = self._picture(layer, part)
        if pixmap is None:
            name = "paint-group" if isinstance(layer, GroupLayer) else "paint-style-layer"
            self._icon(painter, name, box, 22)
        else:
            ratio = pixmap.devicePixelRatio()
            wide, high = round(pixmap.width() / ratio), round(pixmap.height() / ratio)
            place = QRect(box.left() + (THUMB - wide) // 2, box.top() + (THUMB - high) // 2, wide, high)
            painter.setOpacity(1.0 if layer.visible else 0.45)
            painter.drawPixmap(place, pixmap)
            painter.setOpacity(1.0)
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            if part == "mask" and layer.mask is not None and not layer.mask.enabled:
                painter.setPen(QPen(QColor(theme.failure), 2))
                painter.drawLine(place.topLeft(), place.bottomRight())
                painter.drawLine(place.topRight(), place.bottomLeft())
            box = place
        if ringed:
            painter.setPen(QPen(QColor(theme.accent), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(-2, -2, 1, 1))

    def _words(self, painter: QPainter, layer: Layer, box: QRect) -> None:
        theme = colours()
        metrics = painter.fontMetrics()
        second = self._second_line(layer)
        painter.setPen(QColor(theme.text if layer.visible else theme.dim))
        name = metrics.elidedText(layer.name, Qt.TextElideMode.ElideRight, box.width())
        if not second:
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            return
        painter.drawText(box, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, name)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        stale = isinstance(layer, StyleLayer) and self._state(layer) != ""
        painter.setPen(QColor(theme.accent if stale else theme.dim))
        text = painter.fontMetrics().elidedText(second, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, text)

    def _second_line(self, layer: Layer) -> str:
        parts = []
        if isinstance(layer, StyleLayer):
            parts.append(self._state(layer) or tr("Style"))
        if layer.mode is not BlendMode.NORMAL:
            parts.append(tr(layer.mode.title))
        if layer.opacity < 1:
            parts.append(f"{round(layer.opacity * 100)} %")
        return " · ".join(parts)

    # --- hands -------------------------------------------------------------------------------------------------

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index) -> bool:
        layer = index.data(LAYER_ROLE)
        if (
            isinstance(layer, Layer)
            and isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonPress
            and event.button() == Qt.MouseButton.LeftButton
        ):
            row: QRect = option.rect
            part = self.part_at(row, event.position().toPoint(), layer)
            if part:
                self.part_clicked.emit(layer, part)
                return part in ("eye", "lock")
        return False

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        layer = index.data(LAYER_ROLE)
        row: QRect = option.rect
        left = (
            self.mask(row).right() if isinstance(layer, Layer) and layer.mask is not None else self.thumb(row).right()
        )
        editor.setGeometry(QRect(left + 5, row.top() + 8, row.right() - left - 8, row.height() - 16))

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        layer = index.data(LAYER_ROLE)
        if not isinstance(layer, Layer):
            return False
        row: QRect = option.rect
        texts = {
            "eye": tr("Show or hide"),
            "pixels": tr("Paint on the layer"),
            "mask": tr("Paint on the mask: white shows, black hides. Shift and click switches it off."),
            "lock": tr("Lock or unlock"),
            "": layer.name,
        }
        QToolTip.showText(event.globalPos(), texts[self.part_at(row, event.pos(), layer)], view)
        return True
