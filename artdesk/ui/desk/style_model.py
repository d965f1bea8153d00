"""The styles as a list model: what the gallery shows of each, and how it is searched and ordered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QImage, QPixmap

from artdesk.ui.i18n import pick, tr
from artdesk.ui.services import StyleLike

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class Role(IntEnum):
    """What a tile asks the model for, beside Qt's own roles."""

    STYLE_ID = Qt.ItemDataRole.UserRole + 1
    FAVOURITE = Qt.ItemDataRole.UserRole + 2
    OWN_PICTURE = Qt.ItemDataRole.UserRole + 3  # the thumbnail shows the person's picture, not the style's preview
    PROBLEM = Qt.ItemDataRole.UserRole + 4
    MIXED = Qt.ItemDataRole.UserRole + 5  # weight in the mix, 0 when not in it
    KIND = Qt.ItemDataRole.UserRole + 6


@dataclass
class _Tile:
    style: StyleLike
    words: str
    preview: QPixmap | None = None
    painted: QPixmap | None = None
    problem: str = ""


def words_of(style: StyleLike) -> str:
    """Everything a style can be found by, in both languages, folded for searching."""
    parts: list[str] = [style.id.replace("_", " "), style.year, style.technique, tr(style.technique)]
    for table in (style.title, style.artist):
        parts.extend([table] if isinstance(table, str) else table.values())
    return " ".join(str(part) for part in parts).casefold()


class StyleModel(QAbstractListModel):
    """All styles in the library's order, with their pictures as they arrive."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tiles: list[_Tile] = []
        self._rows: dict[str, int] = {}
        self._favourites: frozenset[str] = frozenset()
        self._weights: dict[str, float] = {}

    def set_styles(self, styles: Sequence[StyleLike]) -> None:
        """Take over a new list; pictures of styles that stay are kept."""
        known = {tile.style.id: tile for tile in self._tiles}
        self.beginResetModel()
        self._tiles = []
        for style in styles:
            tile = known.get(style.id)
            made = _Tile(style, words_of(style))
            if tile is not None:
                made.preview, made.painted, made.problem = tile.preview, tile.painted, tile.problem
            self._tiles.append(made)
        self._rows = {tile.style.id: row for row, tile in enumerate(self._tiles)}
        self.endResetModel()

    def styles(self) -> list[StyleLike]:
        """The styles in the order of the library."""
        return [tile.style for tile in self._tiles]

    def style(self, style_id: str) -> StyleLike | None:
        """The style of that id, if the gallery has it."""
        row = self._rows.get(style_id)
        return None if row is None else self._tiles[row].style

    def rank(self, row: int) -> tuple[bool, bool, int]:
        """Where a row stands: favourites first, then the person's own, then the library's order."""
        style = self._tiles[row].style
        return (style.id not in self._favourites, style.kind == "bundled", row)

    def words(self, row: int) -> str:
        """What row `row` can be found by."""
        return self._tiles[row].words

    def set_preview(self, style_id: str, image: QImage) -> None:
        """The style's own preview picture has been read."""
        self._set(style_id, preview=QPixmap.fromImage(image))

    def set_painted(self, style_id: str, image: QImage) -> None:
        """The person's picture in this style is there."""
        self._set(style_id, painted=QPixmap.fromImage(image), problem="")

    def set_problem(self, style_id: str, sentence: str) -> None:
        """This style cannot be painted; the sentence says why."""
        self._set(style_id, problem=sentence)

    def forget_painted(self) -> None:
        """Another picture lies on the desk: the thumbnails of the last one are no longer true."""
        for tile in self._tiles:
            tile.painted, tile.problem = None, ""
        self._changed(range(len(self._tiles)))

    def set_favourites(self, ids: Iterable[str]) -> None:
        """Which styles carry a star."""
        self._favourites = frozenset(ids)
        self._changed(range(len(self._tiles)))

    def set_mix(self, mix: Sequence[tuple[str, float]]) -> None:
        """Which styles are painted with, and how much of each."""
        before, self._weights = self._weights, dict(mix)
        self._changed(sorted(self._rows[k] for k in set(before) | set(self._weights) if k in self._rows))

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or not 0 <= index.row() < len(self._tiles):
            return None
        tile = self._tiles[index.row()]
        style = tile.style
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return pick(style.title) or style.id
        if role == Qt.ItemDataRole.DecorationRole:
            return tile.painted or tile.preview
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(described(style) + ([tile.problem] if tile.problem else []))
        if role == Role.STYLE_ID:
            return style.id
        if role == Role.FAVOURITE:
            return style.id in self._favourites
        if role == Role.OWN_PICTURE:
            return tile.painted is not None
        if role == Role.PROBLEM:
            return tile.problem
        if role == Role.MIXED:
            return self._weights.get(style.id, 0.0)
        return style.kind if role == Role.KIND else None

    def _set(self, style_id: str, **values: object) -> None:
        row = self._rows.get(style_id)
        if row is None:
            return
        for name, value in values.items():
            setattr(self._tiles[row], name, value)
        self._changed([row])

    def _changed(self, rows: Sequence[int]) -> None:
        if rows:
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))


def described(style: StyleLike) -> list[str]:
    """A style in a few lines: title, artist and year, technique, kind."""
    lines = [pick(style.title) or style.id]
    by = ", ".join(part for part in (pick(style.artist), style.year) if part)
    if by:
        lines.append(by)
    if style.technique:
        lines.append(tr(style.technique))
    if style.kind == "own":
        lines.append(tr("Your own style"))
    elif style.kind == "model":
        lines.append(tr("An imported model"))
    return lines


class StyleFilter(QSortFilterProxyModel):
    """Search in both languages and the choice between all, favourites, own and imported; favourites come first."""

    def __init__(self, source: StyleModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._needles: tuple[str, ...] = ()
        self._only = "all"
        self.setSourceModel(source)
        # Every thumbnail that arrives changes the model; only `refresh` changes which styles stand where.
        self.setDynamicSortFilter(False)
        self.sort(0)

    def refresh(self) -> None:
        """Filter and order anew."""
        self.invalidate()
        self.sort(0)

    def search(self, text: str) -> None:
        """Keep the styles that contain every word of `text`."""
        self._needles = tuple(text.casefold().split())
        self.refresh()

    def only(self, which: str) -> None:
        """ "all", "favourites", "own" or "model"."""
        self._only = which
        self.refresh()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        index = self._source.index(row)
        if self._only == "favourites" and not self._source.data(index, Role.FAVOURITE):
            return False
        if self._only in ("own", "model") and self._source.data(index, Role.KIND) != self._only:
            return False
        words = self._source.words(row)
        return all(needle in words for needle in self._needles)

    def lessThan(self, left: Index, right: Index) -> bool:
        return self._source.rank(left.row()) < self._source.rank(right.row())
