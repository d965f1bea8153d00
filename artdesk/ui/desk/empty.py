"""The empty desk: three labelled places to drop something, sample pictures, and what was open last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.image import Image, fitted
from artdesk.core.paths import bundled
from artdesk.core.pictures import open_picture
from artdesk.ui.desk.background import Background
from artdesk.ui.desk.drops import dropped_paths, has_picture
from artdesk.ui.i18n import tr
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.theme import colours, icon_pixmap

SAMPLE = QSize(150, 106)
_RECENT_SHOWN = 5


class DropZone(QWidget):
    """One dashed field with an icon, a heading and a line of explanation. Click or Enter does the same as dropping."""

    dropped = Signal(list)  # list[Path]
    image_dropped = Signal(object)
    pressed = Signal()

    def __init__(self, icon: str, heading: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._over = False
        self._heading = QLabel(heading)
        self._heading.setProperty("kind", "heading")
        self._hint = QLabel(hint)
        self._hint.setProperty("kind", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 76, 16, 16)
        column.setSpacing(6)
        for label in (self._heading, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)
        column.addStretch(1)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(170, 170)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(220)
        self.setAccessibleName(heading)
        self.setAccessibleDescription(hint)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = colours()
        lit = self._over or self.hasFocus() or self.underMouse()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if lit else theme.faint), 1.6, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(theme.panel if not self._over else theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 10, 10)
        mark = icon_pixmap(self._icon, 40, theme.accent if lit else theme.dim)
        painter.drawPixmap((self.width() - 40) // 2, 24, mark)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if has_picture(event.mimeData()):
            self._over = True
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        paths = dropped_paths(event.mimeData())
        if paths:
            self.dropped.emit(paths)
        elif event.mimeData().hasImage():
            self.image_dropped.emit(event.mimeData().imageData())
        event.acceptProposedAction()


class EmptyDesk(QWidget):
    """What is seen before there is a picture. Says what the person wants; opens nothing itself."""

    open_wished = Signal()
    style_wished = Signal()
    model_wished = Signal()
    path_chosen = Signal(Path)
    picture_dropped = Signal(list)
    image_dropped = Signal(object)
    style_dropped = Signal(list)
    style_image_dropped = Signal(object)
    model_dropped = Signal(list)

    def __init__(self, background: Background, recent: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self.setAcceptDrops(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(36, 20, 36, 20)
        outer.addStretch(2)
        title = QLabel(tr("What would you like to paint?"))
        title.setProperty("kind", "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        outer.addWidget(title)
        outer.addSpacing(14)
        zones = QHBoxLayout()
        zones.setSpacing(16)
        self.picture = DropZone(
            "picture", tr("A picture"), tr("Drop a photograph or a painting here, or click to open one. Ctrl+V pastes.")
        )
        self.style_zone = DropZone(
            "brush", tr("A style"), tr("Drop any painting here and paint with it: it joins the gallery.")
        )
        self.model = DropZone("model", tr("A model"), tr("Drop somebody's ONNX network here to test and import it."))
        self.picture.pressed.connect(self.open_wished)
        self.picture.dropped.connect(self.picture_dropped)
        self.picture.image_dropped.connect(self.image_dropped)
        self.style_zone.pressed.connect(self.style_wished)
        self.style_zone.dropped.connect(self.style_dropped)
        self.style_zone.image_dropped.connect(self.style_image_dropped)
        self.model.pressed.connect(self.model_wished)
        self.model.dropped.connect(self.model_dropped)
        zones.addStretch(1)
        for zone in (self.picture, self.style_zone, self.model):
            zone.setMaximumWidth(270)
            zones.addWidget(zone, 6)
        zones.addStretch(1)
        outer.addLayout(zones)
        outer.addSpacing(22)
        heading = QLabel(tr("Or try a sample picture"))
        heading.setProperty("kind", "dim")
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._samples_heading = heading
        outer.addWidget(heading)
        self._samples = QGridLayout()
        self._samples.setSpacing(10)
        holder = QHBoxLayout()
        holder.addStretch(1)
        holder.addLayout(self._samples)
        holder.addStretch(1)
        outer.addLayout(holder)
        outer.addSpacing(16)
        self._recent = QHBoxLayout()
        self._recent.setSpacing(4)
        outer.addLayout(self._recent)
        outer.addStretch(3)
        self.set_recent(recent)
        self._show_samples()

    def set_recent(self, recent: Sequence[str]) -> None:
        """Offer the files that were open last."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if not recent:
            return
        self._recent.addStretch(1)
        label = QLabel(tr("Open last:"))
        label.setProperty("kind", "dim")
        self._recent.addWidget(label)
        for path in recent[:_RECENT_SHOWN]:
            name = Path(path).name
            button = QPushButton(name if len(name) <= 26 else name[:12] + "…" + name[-12:])
            button.setProperty("kind", "flat")
            button.setProperty("path", path)
            button.setToolTip(path)
            button.clicked.connect(self._choose)
            self._recent.addWidget(button)
        self._recent.addStretch(1)

    def _show_samples(self) -> None:
        folder = bundled("resources", "samples")
        files = sorted(folder.glob("*.webp")) + sorted(folder.glob("*.jpg")) if folder.is_dir() else []
        self._samples_heading.setVisible(bool(files))
        for column, file in enumerate(files[:5]):
            button = QToolButton()
            button.setIconSize(SAMPLE)
            button.setFixedSize(SAMPLE.width() + 12, SAMPLE.height() + 12)
            button.setProperty("path", str(file))
            button.setToolTip(tr("Open this sample: {name}", name=tr(file.stem.replace("_", " "))))
            button.setAccessibleName(button.toolTip())
            button.clicked.connect(self._choose)
            self._samples.addWidget(button, 0, column)
            self._background.run(_SampleReader(file, button), _show_sample, what="sample picture", priority=8)

    def _choose(self) -> None:
        button = self.sender()
        if button is not None:
            self.path_chosen.emit(Path(str(button.property("path"))))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if has_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_paths(event.mimeData())
        if paths:
            self.picture_dropped.emit(paths)
        elif event.mimeData().hasImage():
            self.image_dropped.emit(event.mimeData().imageData())
        event.acceptProposedAction()


class _SampleReader:
    def __init__(self, file: Path, button: QToolButton) -> None:
        self._file, self._button = file, button

    def __call__(self) -> tuple[QToolButton, Image]:
        return self._button, fitted(open_picture(self._file).image, 2 * SAMPLE.width())


def _show_sample(answer: tuple[QToolButton, Image]) -> None:
    button, image = answer
    try:
        button.setIcon(QIcon(rounded(qimage_of(image), SAMPLE)))
    except RuntimeError:  # the desk has moved on
        return


def rounded(image: QImage, size: QSize, radius: int = 5) -> QPixmap:
    """A picture cut to fill `size`, with round corners."""
    scaled = image.scaled(
        size * 2, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (scaled.width() - 2 * size.width()) // 2, (scaled.height() - 2 * size.height()) // 2
    cut = scaled.copy(QRect(left, top, 2 * size.width(), 2 * size.height()))
    made = QPixmap(cut.size())
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QPixmap.fromImage(cut))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(made.rect(), radius * 2, radius * 2)
    painter.end()
    made.setDevicePixelRatio(2.0)
    return made
