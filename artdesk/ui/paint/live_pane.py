"""The live pane: beside the canvas, the picture in the chosen style while somebody paints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from artdesk.ui.canvas.view import CanvasView
from artdesk.ui.i18n import tr
from artdesk.ui.paint.live_painter import LivePainter
from artdesk.ui.paint.session import DocumentSession
from artdesk.ui.paint.style_settings import mix_title
from artdesk.ui.paint.toolbar import tip_of
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.services import StyleLike
from artdesk.ui.theme import colours, dress


class LiveView(QWidget):
    """Shows the live painter's picture: as the canvas shows its own, or whole."""

    def __init__(self, painter: LivePainter, canvas: CanvasView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painter = painter
        self._canvas = canvas
        self.follows = True
        self.hint = ""
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        painter.picture_changed.connect(self.update)
        canvas.view_changed.connect(self._canvas_moved)

    def _canvas_moved(self) -> None:
        if self.follows:
            self.update()

    def target(self) -> QRect:
        """Where the picture lies in the widget."""
        view = self._canvas.viewport
        if self.follows:
            # What is in the middle of the canvas is in the middle here, at the same size.
            shift_x = round(self.width() / 2 - view.width / 2)
            shift_y = round(self.height() / 2 - view.height / 2)
            left, top = view.to_view(0, 0)
            scale = view.logical_scale
            return QRect(
                round(left) + shift_x,
                round(top) + shift_y,
                round(view.canvas_width * scale),
                round(view.canvas_height * scale),
            )
        scale = min(self.width() / max(1, view.canvas_width), self.height() / max(1, view.canvas_height))
        wide, high = round(view.canvas_width * scale), round(view.canvas_height * scale)
        return QRect((self.width() - wide) // 2, (self.height() - high) // 2, wide, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = colours()
        painter.fillRect(self.rect(), QColor(theme.canvas))
        picture = self._painter.picture
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.target(), qimage_of(picture))
        elif self.hint:
            painter.setPen(QColor(theme.dim))
            box = self.rect().adjusted(16, 16, -16, -16)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.hint)


class LivePane(QWidget):
    """The view with its head: style, state, whether it follows the canvas, and the switch."""

    closed = Signal()

    def __init__(
        self, session: DocumentSession, painter: LivePainter, canvas: CanvasView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("live_pane")
        self.setAutoFillBackground(True)
        self._session = session
        self._painter = painter
        self._known: Callable[[], Sequence[StyleLike]] = lambda: ()
        self.view = LiveView(painter, canvas)
        self.title = QLabel()
        self.title.setProperty("kind", "heading")
        self.state = QLabel()
        self.state.setProperty("kind", "dim")
        self.follow = QToolButton()
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.follow.setIconSize(QSize(16, 16))
        self.follow.setToolTip(tr("Follow the canvas: same place, same zoom. Off: the whole picture."))
        self.follow.setAccessibleName(tr("Follow the canvas"))
        dress(self.follow, "paint-move")
        self.close_button = QToolButton()
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setToolTip(tip_of(tr("Switch live painting off"), "F8"))
        self.close_button.setAccessibleName(tr("Switch live painting off"))
        dress(self.close_button, "paint-cross")
        head = QHBoxLayout()
        head.setContentsMargins(10, 4, 6, 4)
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addStretch(1)
        head.addWidget(self.follow)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        self.follow.toggled.connect(self._set_follows)
        self.close_button.clicked.connect(self.closed)
        painter.state_changed.connect(self._show_state)
        session.style_changed.connect(self._show_style)
        self._show_style()

    def know_styles(self, styles: Callable[[], Sequence[StyleLike]]) -> None:
        """Where the names of styles come from."""
        self._known = styles
        self._show_style()

    def _set_follows(self, follows: bool) -> None:
        self.view.follows = follows
        self.view.update()

    def _show_style(self) -> None:
        self.title.setText(mix_title(self._session.style.mix, self._known()) or tr("Live"))

    def _show_state(self, words: str) -> None:
        self.view.hint = words
        self.state.setText(words if self._painter.picture is not None else "")
        self.view.update()
