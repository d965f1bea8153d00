"""The gallery panel: search, filters, the grid of styles, and the verbs a style has."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from artdesk.ui.desk.background import Background
from artdesk.ui.desk.gallery_view import GalleryView
from artdesk.ui.desk.style_model import Role, StyleFilter, StyleModel
from artdesk.ui.desk.thumbnails import Thumbnails
from artdesk.ui.i18n import tr
from artdesk.ui.services import DeskServices
from artdesk.ui.theme import dress

_FILTERS = (("all", "All styles"), ("favourites", "Favourites"), ("own", "My styles"), ("model", "Imported models"))


class Gallery(QWidget):
    """Shows every style on the person's own picture. Says what was chosen; decides nothing."""

    style_chosen = Signal(str)
    mix_wished = Signal(str)
    add_wished = Signal()
    delete_wished = Signal(str)
    files_dropped = Signal(list)  # list[Path]: pictures become styles, models are imported
    image_dropped = Signal(object)  # QImage

    def __init__(self, services: DeskServices, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.model = StyleModel(self)
        self.filter = StyleFilter(self.model, self)
        self.thumbnails = Thumbnails(services, background, self)
        self.thumbnails.previewed.connect(self.model.set_preview)
        self.thumbnails.painted.connect(self.model.set_painted)
        self.thumbnails.failed.connect(self.model.set_problem)
        self._build()
        self.refresh()
        self.model.set_favourites(services.settings.value.favourites)
        self.filter.refresh()
        services.settings.changed.connect(self._on_settings)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 6)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a style"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(tr("Find a style"))
        self.search.setToolTip(tr("By title, painter, year or technique, in English or Chinese"))
        self.search.textChanged.connect(self._on_search)
        QShortcut(
            QKeySequence(Qt.Key.Key_Escape), self.search, self.search.clear, context=Qt.ShortcutContext.WidgetShortcut
        )
        self.which = QComboBox()
        self.which.setAccessibleName(tr("Which styles are shown"))
        for key, title in _FILTERS:
            self.which.addItem(tr(title), key)
        self.which.currentIndexChanged.connect(self._on_which)
        add = QToolButton()
        dress(add, "add")
        add.setToolTip(tr("New style from a picture: any picture can be a style. Or drop one here."))
        add.setAccessibleName(tr("New style from a picture"))
        add.clicked.connect(self.add_wished)
        row.addWidget(self.search, 1)
        row.addWidget(self.which)
        row.addWidget(add)
        column.addLayout(row)
        self.view = GalleryView()
        self.view.setModel(self.filter)
        self.view.style_chosen.connect(self.style_chosen)
        self.view.mix_wished.connect(self.mix_wished)
        self.view.star_toggled.connect(self.toggle_favourite)
        self.view.menu_wished.connect(self._show_menu)
        self.view.pictures_dropped.connect(self.files_dropped)
        self.view.image_dropped.connect(self.image_dropped)
        self.nothing = QLabel()
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setProperty("kind", "dim")
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.setStackingMode(QStackedLayout.StackingMode.StackAll)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.nothing)
        self._stack.setCurrentIndex(1)  # the words lie above the grid and let the mouse through
        self.nothing.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column.addWidget(holder, 1)
        for signal in (
            self.filter.modelReset,
            self.filter.rowsInserted,
            self.filter.rowsRemoved,
            self.filter.layoutChanged,
        ):
            signal.connect(self._say_nothing)

    def refresh(self) -> None:
        """Read the list of styles anew (after the library was read, a style added or removed)."""
        styles = list(self._services.styles())
        self.model.set_styles(styles)
        self.filter.refresh()
        self.thumbnails.set_styles(styles)
        self._say_nothing()

    def set_picture(self, image: object) -> None:
        """Show every style on this picture (core Image), or on none."""
        self.view.has_picture = image is not None
        self.model.forget_painted()
        self.thumbnails.set_picture(image)  # type: ignore[arg-type]
        self.view.viewport().update()

    def set_mix(self, mix: tuple[tuple[str, float], ...]) -> None:
        """Ring the styles that are painted with."""
        self.model.set_mix(mix)

    def show_style(self, style_id: str) -> None:
        """Scroll to a style, for example one that has just been made."""
        self.search.clear()
        self.which.setCurrentIndex(0)
        for row in range(self.filter.rowCount()):
            index = self.filter.index(row, 0)
            if index.data(Role.STYLE_ID) == style_id:
                self.view.setCurrentIndex(index)
                self.view.scrollTo(index)
                return

    def toggle_favourite(self, style_id: str) -> None:
        """Give or take a style's star; favourites stand first."""
        settings = self._services.settings
        known = settings.value.favourites
        now = tuple(k for k in known if k != style_id) if style_id in known else (*known, style_id)
        settings.change(favourites=now)

    def focus_search(self) -> None:
        """Put the cursor in the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_search(self, text: str) -> None:
        self.filter.search(text)
        self._say_nothing()

    def _on_which(self, row: int) -> None:
        self.filter.only(str(self.which.itemData(row)))
        self._say_nothing()

    def _on_settings(self, before: object, now: object) -> None:
        if self._services.settings.value.favourites != getattr(before, "favourites", None):
            self.model.set_favourites(self._services.settings.value.favourites)
            self.filter.refresh()

    def _say_nothing(self) -> None:
        if self.filter.rowCount():
            words = ""
        elif not self.model.rowCount():
            words = tr("The styles are being read …")
        elif self.which.currentData() == "own" and not self.search.text():
            words = tr("Drop any picture here and it becomes a style of your own.")
        elif self.which.currentData() == "model" and not self.search.text():
            words = tr("Drop an ONNX model here to look at it and import it.")
        elif self.which.currentData() == "favourites" and not self.search.text():
            words = tr("Click the star of a style to find it here.")
        else:
            words = tr("No style is called that.")
        self.nothing.setText(words)

    def _show_menu(self, style_id: str, place: QPoint) -> None:
        style = self.model.style(style_id)
        if style is None:
            return
        menu = QMenu(self)
        paint = menu.addAction(tr("Paint in this style"))
        mix = menu.addAction(tr("Add to the mix, or take out"))
        mix.setEnabled(style.kind != "model")
        star = menu.addAction(
            tr("Remove the star") if style_id in self._services.settings.value.favourites else tr("Mark as a favourite")
        )
        menu.addSeparator()
        delete = menu.addAction(tr("Delete this style…"))
        delete.setEnabled(style.kind != "bundled")
        chosen = menu.exec(place)
        if chosen is paint:
            self.style_chosen.emit(style_id)
        elif chosen is mix:
            self.mix_wished.emit(style_id)
        elif chosen is star:
            self.toggle_favourite(style_id)
        elif chosen is delete:
            self.delete_wished.emit(style_id)


def pictures_and_models(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """What was dropped on the gallery, split into pictures (styles) and models."""
    models = [path for path in paths if path.suffix.lower() == ".onnx"]
    return [path for path in paths if path not in models], models
