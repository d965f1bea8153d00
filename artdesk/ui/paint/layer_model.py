"""The tree of layers for the layers panel: topmost first, to be dragged and dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QByteArray, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer
from artdesk.ui.paint.session import DocumentSession

MIME = "application/x-artdesk-layer"
LAYER_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
Shape = tuple[Any, ...]


class LayerModel(QAbstractItemModel):
    """Shows the session's document. Renaming and dropping run the document's verbs."""

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._layers: dict[int, Layer] = {}
        self._numbers: dict[str, int] = {}
        self._parents: dict[str, GroupLayer] = {}
        self._shape: Shape = ()
        session.document_replaced.connect(self._reset)
        session.layers_changed.connect(self.refresh)
        session.active_changed.connect(self._touch)
        self._reset()

    @property
    def document(self) -> Document | None:
        return self._session.document

    # --- keeping up --------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.beginResetModel()
        self._layers.clear()
        self._numbers.clear()
        self._parents.clear()
        if self.document is not None:
            self._gather(self.document.root)
        self._shape = self._shape_now()
        self.endResetModel()

    def _gather(self, group: GroupLayer) -> None:
        for child in group.children:
            number = len(self._layers) + 1
            self._layers[number] = child
            self._numbers[child.id] = number
            self._parents[child.id] = group
            if isinstance(child, GroupLayer):
                self._gather(child)

    def _shape_now(self) -> Shape:
        def of(group: GroupLayer) -> Shape:
            return tuple(
                (child.id, id(child), of(child)) if isinstance(child, GroupLayer) else (child.id, id(child))
                for child in group.children
            )

        return of(self.document.root) if self.document is not None else ()

    def refresh(self) -> None:
        """Take over what changed: the order by a reset, mere properties by repainting the rows."""
        if self._shape_now() != self._shape:
            self._reset()
        else:
            self._touch()

    def _touch(self) -> None:
        for number in self._layers:
            index = self._index_of_number(number)
            self.dataChanged.emit(index, index)

    def touch(self, layer_id: str) -> None:
        """This layer looks different (a new thumbnail)."""
        index = self.index_of(layer_id)
        if index.isValid():
            self.dataChanged.emit(index, index)

    # --- where things are --------------------------------------------------------------------------------------

    def layer_at(self, index: Index) -> Layer | None:
        return self._layers.get(index.internalId()) if index.isValid() else None

    def index_of(self, layer_id: str) -> QModelIndex:
        number = self._numbers.get(layer_id)
        return self._index_of_number(number) if number is not None else QModelIndex()

    def _index_of_number(self, number: int) -> QModelIndex:
        layer = self._layers[number]
        siblings = self._parents[layer.id].children
        if layer not in siblings:
            return QModelIndex()
        return self.createIndex(len(siblings) - 1 - siblings.index(layer), 0, number)

    def _children(self, parent: Index) -> tuple[Layer, ...]:
        if not parent.isValid():
            return self.document.root.children if self.document is not None else ()
        layer = self.layer_at(parent)
        return layer.children if isinstance(layer, GroupLayer) else ()

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        children = self._children(parent)
        if column or not 0 <= row < len(children):
            return QModelIndex()
        number = self._numbers.get(children[len(children) - 1 - row].id)
        return self.createIndex(row, 0, number) if number is not None else QModelIndex()

    def parent(self, child: Index | None = None) -> Any:
        if child is None:
            return super().parent()
        layer = self.layer_at(child)
        group = self._parents.get(layer.id) if layer is not None else None
        if group is None or group.id not in self._numbers:
            return QModelIndex()
        return self._index_of_number(self._numbers[group.id])

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return len(self._children(parent))

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 1

    # --- what a row says ---------------------------------------------------------------------------------------

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        layer = self.layer_at(index)
        if layer is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.AccessibleTextRole):
            return layer.name
        return layer if role == LAYER_ROLE else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        layer, document = self.layer_at(index), self.document
        name = str(value).strip()
        if layer is None or document is None or role != Qt.ItemDataRole.EditRole or not name or name == layer.name:
            return False
        self._session.attempt(lambda: document.set_layer(layer, name=name))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable
        flags |= Qt.ItemFlag.ItemIsDragEnabled
        if isinstance(self.layer_at(index), GroupLayer):
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        return flags

    # --- dragging ----------------------------------------------------------------------------------------------

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        layers = [layer for layer in map(self.layer_at, indexes) if layer is not None]
        if layers:
            data.setData(MIME, QByteArray(layers[0].id.encode()))
        return data

    def canDropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        return data.hasFormat(MIME)

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Put the dragged layer there. Always False: the document has moved it, the view must not remove the row."""
        document = self.document
        if document is None or not data.hasFormat(MIME):
            return False
        layer = document.find(bytes(data.data(MIME).data()).decode("ascii", "replace"))
        group = self.layer_at(parent) if parent.isValid() else document.root
        if layer is None or not isinstance(group, GroupLayer):
            return False
        # Rows run from the top, places from the bottom; the place is counted without the dragged layer.
        others = [child for child in group.children if child is not layer]
        if row < 0:
            place = len(others)
        else:
            above = group.children[len(group.children) - row :]
            place = len(others) - len([child for child in above if child is not layer])
        if group is document.parent_of(layer) and others[:place] == list(group.children[: group.children.index(layer)]):
            return False
        self._session.attempt(lambda: document.move_layer(layer, group, place))
        return False
