"""The grid of styles: how a tile is drawn, chosen by mouse and keyboard, and what may be dropped on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from artdesk.ui.desk.drops import dropped_paths, has_picture
from artdesk.ui.desk.style_model import Role
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours, icon_pixmap

Index = QModelIndex | QPersistentModelIndex
_TEXT_ROWS = 2
_GAP = 8
_STAR = 22


class TileDelegate(QStyledItemDelegate):
    """Draws one style: its picture, its name in up to two lines, a star, its share of the mix."""

    def __init__(self, view: GalleryView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = colours()
        tile = option.rect.adjusted(_GAP // 2, _GAP // 2, -_GAP // 2, -_GAP // 2)
        state = option.state
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        weight = float(index.data(Role.MIXED) or 0.0)
        side = tile.width()
        frame = QRect(tile.left(), tile.top(), side, side)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(frame), 6, 6)
        painter.save()
        painter.setClipPath(outline)
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QPixmap) and not picture.isNull():
            painter.drawPixmap(frame, picture, _covering(picture))
        else:
            painter.fillRect(frame, QColor(theme.raised))
            mark = icon_pixmap("brush", 28, theme.faint)
            painter.drawPixmap(frame.center() - QPoint(14, 14), mark)
        if self._view.has_picture and not index.data(Role.OWN_PICTURE) and not index.data(Role.PROBLEM):
            veil = QColor(theme.field)
            veil.setAlpha(110)
            painter.fillRect(frame, veil)  # not yet the person's own picture
        painter.restore()
        if weight > 0 or hovered or focused:
            pen = QPen(QColor(theme.accent if weight > 0 or focused else theme.dim), 3 if weight > 0 else 1.5)
            painter.setPen(pen)
            painter.drawPath(outline)
        if index.data(Role.PROBLEM):
            painter.drawPixmap(frame.topLeft() + QPoint(6, 6), icon_pixmap("warning", 18, theme.warning))
        if index.data(Role.FAVOURITE) or hovered:
            self._draw_star(painter, star_of(frame), bool(index.data(Role.FAVOURITE)))
        if 0 < weight < 1:
            self._draw_share(painter, frame, weight)
        text = QRect(tile.left(), frame.bottom() + 4, side, tile.bottom() - frame.bottom() - 3)
        painter.setPen(QColor(theme.text))
        painter.drawText(
            text,
            int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap),
            _two_lines(str(index.data(Qt.ItemDataRole.DisplayRole) or ""), painter.fontMetrics(), side),
        )
        painter.restore()

    def _draw_star(self, painter: QPainter, place: QRect, full: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 120))
        painter.drawEllipse(place)
        name, colour = ("star-full", "#ffd166") if full else ("star", "#ffffff")
        painter.drawPixmap(place.topLeft() + QPoint(3, 3), icon_pixmap(name, _STAR - 6, colour))

    def _draw_share(self, painter: QPainter, frame: QRect, weight: float) -> None:
        theme = colours()
        badge = QRect(frame.left() + 6, frame.bottom() - 24, 42, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(badge, 9, 9)
        painter.setPen(QColor(theme.accent_text))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), f"{weight:.0%}")


def star_of(frame: QRect) -> QRect:
    """Where the star of a tile with the picture `frame` lies."""
    return QRect(frame.right() - _STAR - 4, frame.top() + 5, _STAR, _STAR)


def _covering(pixmap: QPixmap) -> QRect:
    side = min(pixmap.width(), pixmap.height())
    return QRect((pixmap.width() - side) // 2, (pixmap.height() - side) // 2, side, side)


def _two_lines(text: str, metrics: QFontMetrics, width: int) -> str:
    if metrics.horizontalAdvance(text) <= width:
        return text
    first = ""
    words = text.split(" ")
    for count in range(len(words) - 1, 0, -1):
        first = " ".join(words[:count])
        if metrics.horizontalAdvance(first) <= width:
            rest = " ".join(words[count:])
            return first + "\n" + metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width)
    for cut in range(len(text) - 1, 1, -1):  # no spaces: Chinese, or one long word
        if metrics.horizontalAdvance(text[:cut]) <= width:
            return text[:cut] + "\n" + metrics.elidedText(text[cut:], Qt.TextElideMode.ElideRight, width)
    return text


class GalleryView(QListView):
    """A grid whose tiles grow with the panel. Click or Enter chooses; the star and the S key mark a favourite."""

    style_chosen = Signal(str)
    mix_wished = Signal(str)  # Ctrl+click or Ctrl+Enter: add to, or take from, the mix
    star_toggled = Signal(str)
    menu_wished = Signal(str, QPoint)
    pictures_dropped = Signal(list)  # list[Path]
    image_dropped = Signal(object)  # QImage

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.has_picture = False
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSpacing(0)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(24)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.setItemDelegate(TileDelegate(self))
        self.setAcceptDrops(True)
        self.setAccessibleName(tr("Style gallery"))
        self.setMinimumHeight(140)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_tiles()
        super().resizeEvent(event)

    def _fit_tiles(self) -> None:
        width = self.viewport().width() - 2
        columns = max(2, round(width / 112))
        side = max(60, width // columns)
        chinese = self.fontMetrics().boundingRect("国").height()  # often of another font, with taller lines
        text = max(self.fontMetrics().lineSpacing(), chinese) * _TEXT_ROWS + 10
        if self.gridSize() != QSize(side, side + text):
            self.setGridSize(QSize(side, side + text))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position().toPoint()
        index = self.indexAt(place)
        if not index.isValid():
            return
        style_id = str(index.data(Role.STYLE_ID))
        tile = self.visualRect(index).adjusted(_GAP // 2, _GAP // 2, -_GAP // 2, -_GAP // 2)
        if star_of(QRect(tile.left(), tile.top(), tile.width(), tile.width())).contains(place):
            self.star_toggled.emit(style_id)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.mix_wished.emit(style_id)
        else:
            self.style_chosen.emit(style_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid():
            style_id = str(index.data(Role.STYLE_ID))
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
                mixing = event.modifiers() & Qt.KeyboardModifier.ControlModifier
                (self.mix_wished if mixing else self.style_chosen).emit(style_id)
                return
            if event.key() == Qt.Key.Key_S:
                self.star_toggled.emit(style_id)
                return
            if event.key() == Qt.Key.Key_Menu:
                self.menu_wished.emit(style_id, self.viewport().mapToGlobal(self.visualRect(index).center()))
                return
        super().keyPressEvent(event)

    def _ask_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid():
            self.menu_wished.emit(str(index.data(Role.STYLE_ID)), self.viewport().mapToGlobal(place))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if has_picture(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if has_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths: list[Path] = dropped_paths(event.mimeData())
        if paths:
            self.pictures_dropped.emit(paths)
        elif event.mimeData().hasImage():
            self.image_dropped.emit(event.mimeData().imageData())
        event.acceptProposedAction()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_tiles()
        return super().viewportEvent(event)
