"""The tree widget of the layers panel: keys, arrows of groups, which groups stand open."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from artdesk.document.layers import GroupLayer
from artdesk.ui.i18n import tr
from artdesk.ui.paint.layer_model import LAYER_ROLE, Index, LayerModel
from artdesk.ui.paint.layer_row import LayerRow
from artdesk.ui.theme import colours, icon_pixmap


class LayerTree(QTreeView):
    """The rows; the space key shows and hides, Delete asks for removal."""

    visibility_wished = Signal()
    removal_wished = Signal()

    def __init__(self, model: LayerModel, row: LayerRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._closed: set[str] = set()  # ids of groups
        self.setModel(model)
        self.setItemDelegate(row)
        self.setHeaderHidden(True)
        # The row paints its own highlight; the tree's would fill the indentation as well.
        self.setStyleSheet(
            "QTreeView::item:selected, QTreeView::item:hover, QTreeView::branch:selected, QTreeView::branch:hover"
            " { background: transparent; }"
        )
        self.setIndentation(14)
        self.setMouseTracking(True)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(tr("Layers"))
        self.setMinimumHeight(120)
        self.collapsed.connect(self._note_closed)
        self.expanded.connect(self._note_opened)

    def open_groups(self) -> None:
        """After a reset of the model: groups stand open unless somebody closed them."""
        closed = set(self._closed)
        self.expandAll()
        for layer_id in closed:
            self.collapse(self._model.index_of(layer_id))

    def _note_closed(self, index: QModelIndex) -> None:
        layer = self._model.layer_at(index)
        if layer is not None:
            self._closed.add(layer.id)

    def _note_opened(self, index: QModelIndex) -> None:
        layer = self._model.layer_at(index)
        if layer is not None:
            self._closed.discard(layer.id)

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Delete)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
        ):
            event.accept()  # here these keys mean the layer, not the desk's “clear”
            return True
        return super().event(event)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """Only the arrow of a group: rows paint their highlight themselves."""
        layer = index.data(LAYER_ROLE)
        if index == self.currentIndex():
            painter.fillRect(rect, QColor(colours().raised))
        if isinstance(layer, GroupLayer) and layer.children:
            name = "down" if self.isExpanded(index) else "right"
            at = QPoint(rect.right() - 12, rect.center().y() - 6)
            painter.drawPixmap(at, icon_pixmap(name, 12, colours().dim))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.visibility_wished.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.removal_wished.emit()
        else:
            super().keyPressEvent(event)
