"""The favourites: a strip below the page, from wherever in the garden they were found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from artdesk.ui.garden.tile import Look, Tile, draw_tile
from artdesk.ui.i18n import tr
from artdesk.ui.theme import dress

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_TILE = Qt.ItemDataRole.UserRole + 1
SIDE = 76


class _Favourites(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tiles: list[Tile] = []

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.tiles):
            return None
        tile = self.tiles[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return tile.name or tile.words
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (tile.name, tile.words, tr("Double-click: its descendants")) if part)
        return tile if role == _TILE else None

    def show(self, tiles: Sequence[Tile]) -> None:
        if [tile.node for tile in tiles] == [tile.node for tile in self.tiles]:
            self.tiles = list(tiles)
            if tiles:
                self.dataChanged.emit(self.index(0), self.index(len(tiles) - 1))
            return
        self.beginResetModel()
        self.tiles = list(tiles)
        self.endResetModel()


class _Delegate(QStyledItemDelegate):
    def __init__(self, picture: Callable[[int], QImage | None], view: QListView) -> None:
        super().__init__(view)
        self._picture = picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(SIDE + 8, SIDE + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tile = index.data(_TILE)
        if isinstance(tile, Tile):
            image = self._picture(tile.node)
            look = Look(focused=bool(option.state & QStyle.StateFlag.State_HasFocus))
            box: QRect = option.rect
            frame = QRect(box.left() + 4, box.top() + (box.height() - SIDE) // 2, SIDE, SIDE)
            tile = replace(tile, favourite=False)  # all of them are: the star would only hide the picture
            draw_tile(painter, frame, tile, QPixmap.fromImage(image) if image is not None else None, look)


class _View(QListView):
    chosen = Signal(int)
    descended = Signal(int)
    star_toggled = Signal(int)
    menu_wished = Signal(int, QPoint)

    def __init__(self, picture: Callable[[int], QImage | None]) -> None:
        super().__init__()
        self.favourites = _Favourites(self)
        self.setModel(self.favourites)
        self.setItemDelegate(_Delegate(picture, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(SIDE + 22)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListView { background: transparent; border: none; }")
        self.setAccessibleName(tr("Favourites"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.clicked.connect(self._choose)

    def node_at(self, index: Index) -> int:
        return self.favourites.tiles[index.row()].node

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.descended.emit(self.node_at(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid():
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.descended.emit(self.node_at(index))
                return
            if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Delete):
                self.star_toggled.emit(self.node_at(index))
                return
        super().keyPressEvent(event)
        if self.currentIndex().isValid() and self.currentIndex() != index:
            self.chosen.emit(self.node_at(self.currentIndex()))

    def _choose(self, index: Index) -> None:
        self.chosen.emit(self.node_at(index))

    def _ask_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid():
            self.menu_wished.emit(self.node_at(index), self.viewport().mapToGlobal(place))


class FavouritesStrip(QFrame):
    """Shows the favourites in a row; says which was chosen and that a walk or a page of them is wished."""

    walk_wished = Signal()
    page_wished = Signal()

    def __init__(self, picture: Callable[[int], QImage | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.view = _View(picture)
        self.chosen, self.descended = self.view.chosen, self.view.descended
        self.star_toggled, self.menu_wished = self.view.star_toggled, self.view.menu_wished
        self.nothing = QLabel(tr("Favourites gather here: press Space or click the star of what you like."))
        self.nothing.setProperty("kind", "dim")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.view)
        self.walk = QPushButton(tr("Walk…"))
        dress(self.walk, "garden-walk")
        self.walk.setToolTip(tr("A film that leads from favourite to favourite (two or more)"))
        self.page = QPushButton(tr("As a page"))
        dress(self.page, "garden-nine")
        self.page.setToolTip(tr("Show all favourites as a page, to choose among them"))
        ways = QVBoxLayout()
        ways.setSpacing(6)
        ways.addStretch(1)
        ways.addWidget(self.walk)
        ways.addWidget(self.page)
        ways.addStretch(1)
        self.setFixedHeight(SIDE + 28)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 12, 2)
        row.setSpacing(10)
        row.addWidget(holder, 1)
        row.addLayout(ways)
        self.walk.clicked.connect(self.walk_wished)
        self.page.clicked.connect(self.page_wished)
        self.show_tiles([])

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these favourites, the newest last."""
        grown = len(tiles) > len(self.view.favourites.tiles)
        self.view.favourites.show(tiles)
        self._stack.setCurrentIndex(1 if tiles else 0)
        self.walk.setEnabled(len(tiles) >= 2)
        self.page.setEnabled(bool(tiles))
        if grown and tiles:
            self.view.scrollTo(self.view.favourites.index(len(tiles) - 1))

    def show_picture(self, node: int) -> None:
        """A picture was made."""
        for row, tile in enumerate(self.view.favourites.tiles):
            if tile.node == node:
                self.view.update(self.view.favourites.index(row))
