"""The tree of earlier pages: small pictures of each, a click walks there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from artdesk.core.garden import Garden
from artdesk.ui.garden.branches import Branch, branches
from artdesk.ui.garden.words import page_words
from artdesk.ui.i18n import tr
from artdesk.ui.theme import colours

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_ROW = Qt.ItemDataRole.UserRole + 1
HEIGHT = 62
THUMB = 48
_LANE = 13


@dataclass(frozen=True)
class PageRow:
    """One page as the tree shows it: where it stands, its words and the nodes on it."""

    branch: Branch
    title: str
    detail: str
    nodes: tuple[int, ...]
    side: int
    here: bool = False

    @property
    def page(self) -> int:
        return self.branch.page


def page_rows(garden: Garden) -> list[PageRow]:
    """The garden's pages as rows. What was sown or planted begins a tree of its own, whatever was in view then."""
    pages = [(page.id, None if page.note in ("sow", "picture") else page.parent) for page in garden.generations]
    rows = []
    for branch in branches(pages):
        page = garden.generations[branch.page]
        side = math.isqrt(max(0, len(page.nodes) - 1)) + 1
        rows.append(PageRow(branch, *page_words(garden, page), page.nodes, side))
    return rows


class PageModel(QAbstractListModel):
    """The rows of the tree."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PageRow] = []

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (row.title, row.detail, tr("Click: walk back to this page")) if part)
        return row if role == _ROW else None

    def show(self, rows: Sequence[PageRow]) -> None:
        """Take over the rows; where only marks have changed, scrolling stays as it is."""
        same = [row.branch for row in rows] == [row.branch for row in self._rows]
        if same:
            self._rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row_of(self, page: int) -> int:
        """Where a page stands, -1 when it is not there."""
        return next((k for k, row in enumerate(self._rows) if row.branch.page == page), -1)

    def page_at(self, row: int) -> int:
        return self._rows[row].branch.page

    def pages_with(self, node: int) -> list[int]:
        """The rows that show a node."""
        return [k for k, row in enumerate(self._rows) if node in row.nodes]


class PageTree(QListView):
    """Shows the pages as rows with a line from each to those it led to. Says `page_chosen`."""

    page_chosen = Signal(int)

    def __init__(self, picture: Callable[[int], QImage | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pages = PageModel(self)
        self.setModel(self.pages)
        self._delegate = PageDelegate(picture, self)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName(tr("Earlier pages"))
        self.setMinimumWidth(150)
        self.clicked.connect(self._choose)

    def show_rows(self, rows: Sequence[PageRow]) -> None:
        """Show these pages and bring the one that is walked on into sight."""
        fresh = self.pages.rowCount() != len(rows)
        self.pages.show(rows)
        here = next((k for k, row in enumerate(rows) if row.here), -1)
        if here >= 0:
            index = self.pages.index(here)
            if fresh or self.currentIndex().row() != here:
                self.setCurrentIndex(index)
                self.scrollTo(index)

    def forget(self) -> None:
        """Another garden: the same numbers are other pictures now."""
        self._delegate.forget()

    def show_picture(self, node: int) -> None:
        """A picture was made: the pages it stands on are drawn anew."""
        for row in self.pages.pages_with(node):
            self.update(self.pages.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _choose(self, index: Index) -> None:
        self.page_chosen.emit(self.pages.page_at(index.row()))


class PageDelegate(QStyledItemDelegate):
    """Draws a row: the lines of the tree, the page as a small mosaic, what it is in two lines."""

    def __init__(self, picture: Callable[[int], QImage | None], view: QListView) -> None:
        super().__init__(view)
        self._picture = picture
        self._mosaics: dict[tuple[int, ...], tuple[int, QPixmap]] = {}  # nodes: how many were there, drawn

    def forget(self) -> None:
        """Draw every mosaic anew."""
        self._mosaics.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(150, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(_ROW)
        if not isinstance(row, PageRow):
            return
        theme = colours()
        box: QRect = option.rect
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if row.here or hovered or focused:
            ground = QColor(theme.accent)
            ground.setAlpha(46 if row.here else 0)
            painter.setPen(QPen(QColor(theme.accent), 1) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(ground if row.here else QColor(theme.hover))
            painter.drawRoundedRect(QRectF(box).adjusted(3, 2, -3, -2), 6, 6)
        frame = self._draw_lines(painter, box, row.branch)
        self._draw_mosaic(painter, frame, row)
        self._draw_words(painter, box, frame, row)
        painter.restore()

    def _draw_lines(self, painter: QPainter, box: QRect, branch: Branch) -> QRect:
        def x_of(lane: int) -> float:
            return box.left() + 13 + lane * _LANE

        theme = colours()
        middle = box.top() + box.height() / 2
        painter.setPen(QPen(QColor(theme.faint), 1.5))
        for lane in branch.through:
            painter.drawLine(QPointF(x_of(lane), box.top()), QPointF(x_of(lane), box.bottom() + 1))
        here = x_of(branch.lane)
        if branch.parent_lane == branch.lane:
            painter.drawLine(QPointF(here, box.top()), QPointF(here, middle))
        elif branch.parent_lane >= 0:
            elbow = QPainterPath(QPointF(x_of(branch.parent_lane), box.top()))
            elbow.quadTo(QPointF(x_of(branch.parent_lane), middle), QPointF(here, middle))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(elbow)
        if branch.goes_on:
            painter.drawLine(QPointF(here, middle), QPointF(here, box.bottom() + 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent if branch.parent_lane < 0 else theme.dim))
        painter.drawEllipse(QPointF(here, middle), 3.4, 3.4)
        return QRect(round(here) + 11, box.top() + (box.height() - THUMB) // 2, THUMB, THUMB)

    def _draw_mosaic(self, painter: QPainter, frame: QRect, row: PageRow) -> None:
        theme = colours()
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(frame), 4, 4)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(frame, QColor(theme.raised))
        painter.drawPixmap(frame, self._mosaic(row, painter.device().devicePixelRatioF()))
        painter.restore()
        if row.here:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawPath(outline)

    def _mosaic(self, row: PageRow, ratio: float) -> QPixmap:
        """The page in small, drawn once for each picture that has come."""
        images = [self._picture(node) for node in row.nodes]
        there = sum(image is not None for image in images)
        known = self._mosaics.get(row.nodes)
        if known is not None and known[0] == there and known[1].devicePixelRatio() == ratio:
            return known[1]
        mosaic = QPixmap(round(THUMB * ratio), round(THUMB * ratio))
        mosaic.setDevicePixelRatio(ratio)
        mosaic.fill(Qt.GlobalColor.transparent)
        painter = QPainter(mosaic)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        step = THUMB / max(1, row.side)
        for place, image in enumerate(images[: row.side**2]):
            if image is not None:
                down, along = divmod(place, row.side)
                painter.drawImage(QRectF(along * step, down * step, step - 0.6, step - 0.6), image)
        painter.end()
        self._mosaics[row.nodes] = (there, mosaic)
        return mosaic

    def _draw_words(self, painter: QPainter, box: QRect, frame: QRect, row: PageRow) -> None:
        theme = colours()
        left = frame.right() + 9
        room = box.right() - 6 - left
        if room < 24:
            return
        metrics = painter.fontMetrics()
        high = metrics.lineSpacing() + 1
        top = box.top() + (box.height() - 2 * high) // 2
        for line, (text, colour) in enumerate(((row.title, theme.text), (row.detail, theme.dim))):
            painter.setPen(QColor(colour))
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRect(left, top + line * high, room, high), flags, words)
