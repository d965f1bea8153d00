"""The page of candidates: three by three or four by four pictures, by pointer and by keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from artdesk.ui.garden.tile import BADGES, Badge, Look, Tile, badge_rect, draw_tile
from artdesk.ui.i18n import tr

_GAP = 10
_COMING_UP = 0.18  # seconds in which a picture that was just made comes up
_FRAME_MS = 16
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_VERBS = {
    Qt.Key.Key_Return: "descended",
    Qt.Key.Key_Enter: "descended",
    Qt.Key.Key_Space: "star_toggled",
    Qt.Key.Key_L: "lock_toggled",
    Qt.Key.Key_X: "cross_toggled",
    Qt.Key.Key_V: "look_wished",
}


class CandidateGrid(QWidget):
    """Shows a page. A click or Enter says `descended`; the marks and their keys say what is to be changed.

    The pictures are asked for by node: `picture(node)` gives a QImage or None while it is still being made.
    """

    descended = Signal(int)
    chosen = Signal(int)
    star_toggled = Signal(int)
    lock_toggled = Signal(int)
    cross_toggled = Signal(int)
    look_wished = Signal(int)
    menu_wished = Signal(int, QPoint)

    def __init__(self, picture: Callable[[int], QImage | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self._side = 3
        self._tiles: list[Tile] = []
        self._pixmaps: dict[int, QPixmap] = {}
        self._arrived: dict[int, float] = {}
        self._stand_in: tuple[int, QPixmap] | None = None
        self._making = -1
        self._at = 0
        self._hover = -1
        self._badge: Badge | None = None
        self._pressed = -1
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._come_up)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(260, 260)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Candidates"))

    def sizeHint(self) -> QSize:
        return QSize(680, 680)

    @property
    def side(self) -> int:
        """How many candidates stand in a row."""
        return self._side

    @property
    def current(self) -> int | None:
        """The node under the keyboard's cursor."""
        return self._tiles[self._at].node if self._at < len(self._tiles) else None

    def tiles(self) -> Sequence[Tile]:
        """What is shown now."""
        return tuple(self._tiles)

    def forget(self) -> None:
        """Another garden: the same numbers are other pictures now."""
        self._pixmaps.clear()
        self._arrived.clear()
        self._stand_in = None

    def show_page(self, side: int, tiles: Sequence[Tile], *, making: int = -1) -> None:
        """Show these candidates, `side` in a row; `making` is the node that is being made just now."""
        if [tile.node for tile in tiles] != [tile.node for tile in self._tiles]:
            kept = {tile.node for tile in tiles}
            self._pixmaps = {node: pixmap for node, pixmap in self._pixmaps.items() if node in kept}
            self._arrived.clear()
        self._side, self._tiles, self._making = side, list(tiles), making
        self._at = min(self._at, max(0, len(tiles) - 1))
        for tile in tiles:
            self._take_picture(tile.node)
        self._describe()
        self.update()

    def show_picture(self, node: int) -> None:
        """The picture of a node has just been made: let it come up."""
        self._pixmaps.pop(node, None)
        if self._take_picture(node):
            self._arrived[node] = time.perf_counter()
            self._timer.start()
        self._update_nodes({node})

    def show_stand_in(self, node: int, image: QImage | None) -> None:
        """Show another picture in a node's place for the time being (while it is steered); None ends that."""
        if image is None and self._stand_in is None:
            return
        self._stand_in = (node, QPixmap.fromImage(image)) if image is not None else None
        self.update()

    def set_current(self, node: int) -> None:
        """Put the keyboard's cursor on a node of the page."""
        for place, tile in enumerate(self._tiles):
            if tile.node == node:
                self._at = place
                self._describe()
                self.update()

    def frame_of(self, place: int) -> QRect:
        """Where the candidate at `place` (0 is top left, row by row) is drawn."""
        side = max(24, min((self.width() - _GAP) // self._side, (self.height() - _GAP) // self._side) - _GAP)
        whole = self._side * (side + _GAP) - _GAP
        left, top = (self.width() - whole) // 2, (self.height() - whole) // 2
        row, column = divmod(place, self._side)
        return QRect(left + column * (side + _GAP), top + row * (side + _GAP), side, side)

    def place_at(self, point: QPoint) -> int:
        """The place of the candidate at a point, -1 where there is none."""
        return next((k for k in range(len(self._tiles)) if self.frame_of(k).contains(point)), -1)

    # --- looks -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        now = time.perf_counter()
        for place in range(self._side * self._side):
            frame = self.frame_of(place)
            if not frame.intersects(event.rect()):
                continue
            tile = self._tiles[place] if place < len(self._tiles) else None
            node = tile.node if tile is not None else -1
            born = self._arrived.get(node)
            look = Look(
                hovered=place == self._hover,
                focused=self.hasFocus() and place == self._at,
                pressed=place == self._pressed,
                making=node == self._making,
                shown=1.0 if born is None else min(1.0, (now - born) / _COMING_UP),
                badge=self._badge if place == self._hover else None,
            )
            stand_in = self._stand_in
            picture = stand_in[1] if stand_in is not None and stand_in[0] == node else self._pixmaps.get(node)
            draw_tile(painter, frame, tile, picture, look)

    def _take_picture(self, node: int) -> bool:
        if node in self._pixmaps:
            return True
        image = self._picture(node)
        if image is not None:
            self._pixmaps[node] = QPixmap.fromImage(image)
        return image is not None

    def _come_up(self) -> None:
        now = time.perf_counter()
        self._update_nodes(set(self._arrived))
        self._arrived = {node: born for node, born in self._arrived.items() if now - born < _COMING_UP}
        if not self._arrived:
            self._timer.stop()

    def _update_nodes(self, nodes: set[int]) -> None:
        for place, tile in enumerate(self._tiles):
            if tile.node in nodes:
                self.update(self.frame_of(place))

    def _describe(self) -> None:
        tile = self._tiles[self._at] if self._at < len(self._tiles) else None
        self.setAccessibleDescription(f"{tile.name} {tile.words}".strip() if tile is not None else "")

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover, self._badge = -1, None
        self.update()
        super().leaveEvent(event)

    # --- pointer -----------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.place_at(point)
        badge = self._badge_at(place, point)
        if (place, badge) != (self._hover, self._badge):
            for changed in {place, self._hover} - {-1}:
                self.update(self.frame_of(changed))
            self._hover, self._badge = place, badge
            self.setCursor(Qt.CursorShape.PointingHandCursor if place >= 0 else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self.place_at(event.position().toPoint()) if event.button() == Qt.MouseButton.LeftButton else -1
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click of a quick hand would fall on the page that the first one has just brought up."""
        self._pressed = -1

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        pressed, self._pressed = self._pressed, -1
        self.update()
        place = self.place_at(point)
        if event.button() != Qt.MouseButton.LeftButton or place < 0 or place != pressed:
            return
        self._at = place
        self._describe()
        node = self._tiles[place].node
        badge = self._badge_at(place, point)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if badge == "favourite":
            self.star_toggled.emit(node)
        elif badge == "locked":
            self.lock_toggled.emit(node)
        elif badge == "crossing" or control:
            self.cross_toggled.emit(node)
        elif badge == "steer" or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.chosen.emit(node)
        else:
            self.descended.emit(node)

    def _badge_at(self, place: int, point: QPoint) -> Badge | None:
        if place < 0:
            return None
        frame = self.frame_of(place)
        return next((badge for badge in BADGES if badge_rect(frame, badge).contains(point)), None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place, where = self._at, self.mapToGlobal(self.frame_of(self._at).center())
        else:
            place, where = self.place_at(event.pos()), event.globalPos()
        if 0 <= place < len(self._tiles):
            self._at = place
            self.chosen.emit(self._tiles[place].node)
            self.menu_wished.emit(self._tiles[place].node, where)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tell_tip(event)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()  # X and L belong to the page here, whatever the canvas does with them
            return True
        return super().event(event)

    def _tell_tip(self, event: QHelpEvent) -> None:
        place = self.place_at(event.pos())
        if place < 0:
            QToolTip.hideText()
            return
        tile = self._tiles[place]
        badge = self._badge_at(place, event.pos())
        if badge == "favourite":
            text = tr("Take out of the favourites (Space)") if tile.favourite else tr("Favourite (Space)")
        elif badge == "locked":
            text = tr("Let it go with the page (L)") if tile.locked else tr("Keep it on the page (L)")
        elif badge == "crossing":
            text = tr("Do not cross this one (X)") if tile.crossing else tr("Choose for crossing (X, Ctrl+click)")
        elif badge == "steer":
            text = tr("Choose and steer this one (Shift+click)")
        else:
            text = "\n".join(
                part for part in (tile.name, tile.words, tile.problem, tr("Click: its descendants")) if part
            )
        QToolTip.showText(event.globalPos(), text, self, self.frame_of(place))

    # --- keys --------------------------------------------------------------------------------------------------

    def _is_ours(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        return plain and (key in _STEPS or key in _VERBS or key in (Qt.Key.Key_Home, Qt.Key.Key_End))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._tiles or not self._is_ours(event):
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in _VERBS:
            getattr(self, _VERBS[key]).emit(self._tiles[self._at].node)
            return
        if key == Qt.Key.Key_Home:
            place = 0
        elif key == Qt.Key.Key_End:
            place = len(self._tiles) - 1
        else:
            row, column = divmod(self._at, self._side)
            right, down = _STEPS[key]
            if not 0 <= column + right < self._side:
                return
            place = (row + down) * self._side + column + right
        if 0 <= place < len(self._tiles) and place != self._at:
            self._at = place
            self._describe()
            self.chosen.emit(self._tiles[place].node)
            self.update()
