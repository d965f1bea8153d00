"""The history panel: every step with a small picture, click to go there; and snapshots that are kept beside it."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from artdesk.document.changes import Change
from artdesk.ui.canvas.tiles import DocumentSource
from artdesk.ui.i18n import tr
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.thumbnails import document_thumbnail, framed, thumbnail_level, untinted
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.theme import colours, dress

SIDE = 34
IDLE_MS = 250
SLICE = 0.004
PATIENCE_MS = 15
"""A picture of a step is made in slices of so many seconds, so many milliseconds apart."""
MOST_ROWS = 400
"""Older steps can still be undone one by one; a list of thousands helps nobody."""
KEY = Qt.ItemDataRole.UserRole


class HistoryPanel(QWidget):
    """Rows run from the oldest step down to the newest; undone ones are faint."""

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self._session = session
        self._first: NDArray[np.uint8] | None = None
        self._source: DocumentSource | None = None
        self.steps = self._list(tr("History"))
        self.snapshots = self._list(tr("Snapshots"))
        self.take = QPushButton(tr("Take a snapshot"))
        self.take.setToolTip(tr("Keeps the picture as it is now, whatever is done or undone later"))
        dress(self.take, "paint-snapshot")
        self.remove = QPushButton(tr("Remove"))
        self.remove.setToolTip(tr("Remove the chosen snapshot"))
        self._lay_out()
        self._fill = QTimer(self, interval=0, singleShot=True)
        self._fill.timeout.connect(self.refresh)
        self._idle = QTimer(self, interval=IDLE_MS, singleShot=True)
        self._idle.timeout.connect(self._remember)
        session.history_changed.connect(self._history_changed)
        session.changed.connect(self._document_changed)
        session.document_replaced.connect(self._document_replaced)
        self.steps.itemClicked.connect(self._step_chosen)
        self.steps.itemActivated.connect(self._step_chosen)
        self.snapshots.itemActivated.connect(self._snapshot_chosen)
        self.snapshots.itemSelectionChanged.connect(self._show_buttons)
        self.take.clicked.connect(self._take_snapshot)
        self.remove.clicked.connect(self._remove_snapshot)
        self._show_buttons()

    def _list(self, name: str) -> QListWidget:
        rows = QListWidget()
        rows.setIconSize(QSize(SIDE, SIDE))
        rows.setUniformItemSizes(True)
        rows.setAccessibleName(name)
        return rows

    def _lay_out(self) -> None:
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(6)
        heading = QLabel(tr("Snapshots"))
        heading.setProperty("kind", "dim")
        below.addWidget(heading)
        self.snapshots.setToolTip(tr("Double-click brings a snapshot back; that can be undone"))
        below.addWidget(self.snapshots, 1)
        row = QHBoxLayout()
        row.addWidget(self.take, 1)
        row.addWidget(self.remove)
        below.addLayout(row)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.steps)
        split.addWidget(lower)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 8, 8, 8)
        outer.addWidget(split)

    # --- keeping up --------------------------------------------------------------------------------------------

    def _document_replaced(self) -> None:
        self._first = None
        document = self._session.document
        self._source = DocumentSource(document) if document is not None else None
        self._fill.start()
        self._idle.start(IDLE_MS)

    def _history_changed(self) -> None:
        self._fill.start()
        self._idle.start(IDLE_MS)

    def _document_changed(self, change: Change) -> None:
        if self._source is None:
            return
        if change.kind == "size":
            self._source.forget()
        elif change.rect is not None:
            self._source.changed(change.rect)

    def _remember(self) -> None:
        """The hand rests: keep a picture of the present step, if its row has none. A large picture is gathered
        a little at a time."""
        document = self._session.document
        if document is None or self._source is None or document.open_edit is not None:
            return
        history = document.history
        known = history.entries[history.position - 1].thumbnail if history.position else self._first
        if known is not None:
            return
        if not self._source.prepare_level(thumbnail_level(document, 2 * SIDE), time.perf_counter() + SLICE):
            self._idle.start(PATIENCE_MS)
            return
        if history.position == 0:
            if self._first is None:
                self._first = document_thumbnail(document, 2 * SIDE)
                self.refresh()
            return
        entry = history.entries[history.position - 1]
        if entry.thumbnail is None:
            entry.thumbnail = document_thumbnail(document, 2 * SIDE)
            self.refresh()

    def refresh(self) -> None:
        """Show the history as it is."""
        document = self._session.document
        self.steps.clear()
        self.snapshots.clear()
        if document is None:
            self._show_buttons()
            return
        history = document.history
        entries = history.entries
        skipped = max(0, len(entries) - MOST_ROWS)
        if not skipped:
            self._add_row(
                tr("As opened"), history.first_thumbnail if history.first_thumbnail is not None else self._first, 0
            )
        for number, entry in enumerate(entries[skipped:], start=skipped + 1):
            item = self._add_row(tr(entry.label), entry.thumbnail, number)
            if number > history.position:
                item.setForeground(QColor(colours().faint))
        row = history.position - skipped
        item = self.steps.item(max(0, row if not skipped else row - 1))
        if item is not None:
            self.steps.setCurrentItem(item)
            self.steps.scrollToItem(item)
        for snapshot in document.snapshots:
            made = QListWidgetItem(snapshot.name)
            made.setData(KEY, snapshot.id)
            made.setIcon(untinted(self._picture(getattr(snapshot, "thumbnail", None))))
            self.snapshots.addItem(made)
        self._show_buttons()

    def _add_row(self, text: str, thumbnail: NDArray[np.uint8] | None, position: int) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setData(KEY, position)
        item.setIcon(untinted(self._picture(thumbnail)))
        self.steps.addItem(item)
        return item

    def _picture(self, thumbnail: NDArray[np.uint8] | None) -> QPixmap:
        """A thumbnail in a square, so that all rows begin their words in line."""
        ratio = self.devicePixelRatioF()
        square = QPixmap(round(SIDE * ratio), round(SIDE * ratio))
        square.setDevicePixelRatio(ratio)
        square.fill(Qt.GlobalColor.transparent)
        if thumbnail is not None:
            small = framed(qimage_of(np.ascontiguousarray(thumbnail)), SIDE, ratio)
            painter = QPainter(square)
            wide, high = small.width() / ratio, small.height() / ratio
            painter.drawPixmap(round((SIDE - wide) / 2), round((SIDE - high) / 2), small)
            painter.end()
        return square

    def _show_buttons(self) -> None:
        self.take.setEnabled(self._session.document is not None)
        self.remove.setEnabled(bool(self.snapshots.selectedItems()))

    # --- hands -------------------------------------------------------------------------------------------------

    def _step_chosen(self, item: QListWidgetItem) -> None:
        document = self._session.document
        if document is not None and item.data(KEY) != document.history.position:
            position = int(item.data(KEY))
            self._session.attempt(lambda: document.jump_to(position))

    def _take_snapshot(self) -> None:
        document = self._session.document
        if document is None:
            return
        proposal = tr("Snapshot {number}", number=len(document.snapshots) + 1)
        name, chosen = QInputDialog.getText(self, tr("Take a snapshot"), tr("Name"), text=proposal)
        if chosen:
            self._session.attempt(lambda: document.take_snapshot(name.strip() or proposal))
            self.refresh()

    def _snapshot_chosen(self, item: QListWidgetItem) -> None:
        document = self._session.document
        if document is not None:
            self._session.attempt(lambda: document.restore_snapshot(item.data(KEY)))

    def _remove_snapshot(self) -> None:
        document = self._session.document
        items = self.snapshots.selectedItems()
        if document is not None and items:
            self._session.attempt(lambda: document.remove_snapshot(items[0].data(KEY)))
            self.refresh()
