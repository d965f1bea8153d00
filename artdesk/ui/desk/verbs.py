"""The verbs of the desk: what the menus, keys and buttons call. Asks the person where something could be lost."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from artdesk.core.errors import PictureTooLarge
from artdesk.core.paths import log_dir
from artdesk.core.pictures import OPEN_SUFFIXES
from artdesk.ui.desk.dialog import may_replace
from artdesk.ui.desk.drops import GARDEN_SUFFIXES, MODEL_SUFFIXES, PROJECT_SUFFIXES, is_garden, is_model, is_project
from artdesk.ui.desk.job_bar import FOREGROUND
from artdesk.ui.i18n import pick, say, tr

if TYPE_CHECKING:
    from artdesk.ui.desk.main_window import MainWindow

log = logging.getLogger(__name__)


class DeskVerbs(QObject):
    """Each method is one entry of the table of actions, or what a drop means."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._also: list[Path] = []

    def new_document(self) -> None:
        """Ask for a size and start an empty canvas."""
        from artdesk.ui.desk.new_dialog import NewDialog

        dialog = NewDialog(self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted and self.may_leave():
            self._window.files.new(*dialog.chosen())

    def open_picture(self) -> None:
        """Choose a picture or a project and open it."""
        path = self._choose_open(tr("Open"), (*OPEN_SUFFIXES, *PROJECT_SUFFIXES, *GARDEN_SUFFIXES))
        if path is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Open a file that was chosen, dropped or open before."""
        if is_model(path):
            self.open_model(path)
        elif is_garden(path):
            self._also = []  # what was dropped with it is no layer of a garden
            self._window.garden.open_path(path)
        elif self.may_leave():
            self._window.files.open(path)

    def open_paths(self, paths: list[Path]) -> None:
        """Open the first file; the others become layers above it."""
        if paths:
            self._also = paths[1:]
            self.open_path(paths[0])

    def take_also(self) -> None:
        """The first of several files lies on the desk: read the others."""
        also, self._also = self._also, []
        for path in also:
            self._window.files.read_layer(path)

    def open_as_layer(self) -> None:
        """Choose a picture and put it above the active layer."""
        path = self._choose_open(tr("Open as layer"), OPEN_SUFFIXES)
        if path is not None:
            self._window.files.read_layer(path)

    def take_dropped(self, paths: list[Path]) -> None:
        """Files dropped on the canvas.

        A model is imported, the first picture opened or, over a picture, asked about.
        """
        models = [path for path in paths if is_model(path)]
        if models:
            self.open_model(models[0])
        rest = [path for path in paths if not is_model(path)]
        if not rest:
            return
        if self._window.file is None or is_project(rest[0]) or is_garden(rest[0]):
            self.open_paths(rest)
            return
        answer = self._ask_open_or_layer()
        if answer == "open":
            self.open_path(rest[0])
        elif answer == "layer":
            for path in rest:
                self._window.files.read_layer(path)

    def take_image(self, image: object) -> None:
        """An image dragged out of another program."""
        if isinstance(image, QImage) and not image.isNull():
            self._take_qimage(image, tr("Picture"))

    def save_project(self) -> None:
        """Save the project where it lies; the first time ask where."""
        document = self._window.document
        if document is None:
            return
        if document.path is None or document.path.suffix.lower() != ".ora":
            self.save_project_as()
        else:
            self._window.files.save_project(document, document.path, overwrite=True)

    def save_project_as(self) -> bool:
        """Ask where and save the project. False when the person turned back."""
        window = self._window
        document, file = window.document, window.file
        if document is None or file is None:
            return False
        start = document.path or file.source
        suggestion = (start or Path.home() / (Path(file.title).stem or tr("Untitled"))).with_suffix(".ora")
        kinds = "OpenRaster (*.ora);;Photoshop (*.psd)"
        chosen, kind = QFileDialog.getSaveFileName(window, tr("Save project"), str(suggestion), kinds)
        if not chosen:
            return False
        path = Path(chosen)
        if path.suffix.lower() == ".psd" or "psd" in kind:
            path = path if path.suffix.lower() == ".psd" else path.with_name(path.name + ".psd")
            if path == Path(chosen) or not path.exists() or may_replace(self._window, path):
                window.files.save_psd(document, path)
            return False  # a copy for another program: the project itself is not saved by it
        asked = True
        if path.suffix.lower() != ".ora":
            path = path.with_name(path.name + ".ora")
            asked = not path.exists() or may_replace(self._window, path)
        if not asked:
            return False
        window.files.save_project(document, path, overwrite=True)
        return True

    def export_picture(self) -> None:
        """Save one flat picture."""
        from artdesk.ui.desk.export_dialog import ExportDialog

        window = self._window
        document, file = window.document, window.file
        if document is None or file is None:
            return
        settings = window.services.settings
        source = file.source or Path.home() / (Path(file.title).stem or tr("Untitled"))
        suffix = (
            source.suffix if source.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff") else ".png"
        )
        name = source.stem + ("-" + tr("painted") if window.painter.receipt_of(document) is not None else "") + suffix
        suggestion = window.last_export or source.with_name(name)
        dialog = ExportDialog(
            suggestion, settings.value.quality, settings.value.write_receipts, window.shows_through, window
        )
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        wish = dialog.wish()
        settings.change(quality=wish.quality)
        window.files.export(document, wish, file.picture, window.painter.receipt_of(document) or file.receipt)

    def ask_too_large(self, path: Path, error: PictureTooLarge, as_layer: bool) -> None:
        """A picture over the limit: the person decides."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("A very large picture"))
        box.setText(say(error))
        box.setInformativeText(tr("Opening it needs a lot of memory and time."))
        open_it = box.addButton(tr("Open it"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.exec()
        if box.clickedButton() is open_it:
            if as_layer:
                self._window.files.read_layer(path, allow_large=True)
            else:
                self._window.files.open(path, allow_large=True)

    def may_leave(self) -> bool:
        """Whether the document on the desk may be left: saved, or given up by the person."""
        window = self._window
        document = window.document
        if document is None or not document.dirty:
            return True
        box = QMessageBox(window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("Unsaved changes"))
        box.setText(tr("Save the changes to “{name}”?", name=window.file.title if window.file else ""))
        box.setInformativeText(tr("Without saving they are lost."))
        save = box.addButton(tr("Save"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(tr("Do not save"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.exec()
        if box.clickedButton() is discard:
            return True
        if box.clickedButton() is save:
            return self._saved()
        return False

    def _saved(self) -> bool:
        """Save before the document is left; True once it is really on the disk."""
        window, document = self._window, self._window.document
        if document is None:
            return True
        if document.path is None:
            if not self.save_project_as():
                return False
        else:
            self.save_project()
        loop = QEventLoop(self)
        window.files.ended.connect(loop.quit)
        while window.files.saving:
            loop.exec()
        return not document.dirty

    def ask_recovery(self, found: list[Any]) -> None:
        """Something was kept from a desk that did not end as it should."""
        from artdesk.ui.desk.recovery_dialog import RecoveryDialog

        dialog = RecoveryDialog(found, self._window)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        self._window.recovery.discard(dialog.deleted())
        chosen = dialog.chosen()
        if accepted and chosen is not None and self.may_leave():
            self._window.recovery.recover(chosen)

    def quit(self) -> None:
        """Close the desk; asks about unsaved changes."""
        self._window.close()

    def undo(self) -> None:
        """Take the last step back."""
        if self._window.document is not None:
            self._window.document.undo()

    def redo(self) -> None:
        """Do the step again."""
        if self._window.document is not None:
            self._window.document.redo()

    def copy_picture(self) -> None:
        """What is seen, to the clipboard."""
        if self._window.document is not None:
            self._window.files.copy(self._window.document)

    def paste_picture(self) -> None:
        """A picture (or file) from the clipboard: opened on an empty desk, a layer above a picture."""
        mime = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if paths:
            if self._window.file is None:
                self.open_path(paths[0])
            else:
                self._window.files.read_layer(paths[0])
            return
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self._window.messages.say(tr("There is no picture on the clipboard."), "note")
        elif self._window.file is None:
            self._window.files.open_qimage(image, tr("Pasted"))
        else:
            self._window.files.layer_of_qimage(image, tr("Pasted"))

    def paint_style(self) -> None:
        """Paint in the style or mix that is chosen."""
        self._window.paint_now()

    def focus_gallery(self) -> None:
        """Go to the search field of the gallery."""
        self._window.show_gallery(True)
        self._window.gallery.focus_search()

    def add_style(self) -> None:
        """Choose a picture that becomes a style."""
        path = self._choose_open(tr("New style from a picture"), OPEN_SUFFIXES)
        if path is not None:
            self._window.styles_desk.add_files([path])

    def take_styles(self, paths: list[Path]) -> None:
        """Files dropped on the gallery: pictures become styles, a model is imported, a garden opened."""
        for fits, take in ((is_model, self.open_model), (is_garden, self._window.garden.open_path)):
            for path in [path for path in paths if fits(path)][:1]:
                take(path)
        self._window.styles_desk.add_files([path for path in paths if not (is_model(path) or is_garden(path))])

    def delete_style(self, style_id: str) -> None:
        """Delete one of the person's own styles after asking."""
        style = self._window.services.style(style_id)
        if style is None:
            return
        answer = QMessageBox.question(
            self._window,
            tr("Delete for ever?"),
            tr("“{name}” cannot be brought back afterwards.", name=pick(style.title)),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.No,
        )
        if answer == QMessageBox.StandardButton.Yes:
            self._window.styles_desk.remove(style_id)

    def stop_jobs(self) -> None:
        """Stop what is being painted."""
        self._window.painter.stop()
        jobs = self._window.services.jobs
        for job in jobs.jobs():
            if job.priority >= FOREGROUND:  # previews and the queue go on: they have no part in what the person sees
                jobs.cancel(job)

    def import_model(self) -> None:
        """Choose an ONNX file, look at it, import it."""
        path = self._choose_open(tr("Import a model"), MODEL_SUFFIXES)
        if path is not None:
            self.open_model(path)

    def open_model(self, path: Path) -> None:
        """Look at a model before it is trusted."""
        from artdesk.ui.desk.model_dialog import ModelDialog

        dialog = ModelDialog(self._window.services, path, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.imported.connect(self._window.on_model_imported)
        dialog.open()

    def open_batch(self) -> None:
        """Show the queue of folders to paint."""
        from artdesk.ui.desk.batch_dialog import BatchDialog

        window = self._window
        if window.batch is None:
            window.start_batch()
        if window.batch is not None:
            look = window.panel.settings()
            BatchDialog(window.batch, window.services.settings, look, window.painter.name_of(look.mix), window).show()

    def set_comparing(self, on: bool) -> None:
        """Before and after under a wipe, or not."""
        self._window.compare(on)

    def set_gallery_shown(self, on: bool) -> None:
        """Show or hide the gallery."""
        self._window.show_gallery(on)

    def open_preferences(self) -> None:
        """Settings."""
        from artdesk.ui.desk.preferences_dialog import PreferencesDialog

        settings = self._window.services.settings
        before = settings.value.language
        PreferencesDialog(self._window.services, self._window).exec()
        if settings.value.language != before:
            self._window.language_wished.emit()

    def show_about(self) -> None:
        """What this is and whose work it stands on."""
        from artdesk.ui.desk.about_dialog import AboutDialog

        AboutDialog(self._window.services, self._window).exec()

    def open_log_folder(self) -> None:
        """The folder with the log, in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_dir())))

    def _choose_open(self, title: str, suffixes: tuple[str, ...]) -> Path | None:
        patterns = " ".join(f"*{suffix}" for suffix in suffixes)
        file = self._window.file
        start = str(file.source.parent) if file is not None and file.source is not None else ""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, title, start, f"{tr('Files ArtDesk opens')} ({patterns});;{tr('All files')} (*)"
        )
        return Path(chosen) if chosen else None

    def _take_qimage(self, image: QImage, name: str) -> None:
        if self._window.file is None:
            self._window.files.open_qimage(image, name)
        else:
            self._window.files.layer_of_qimage(image, name)

    def _ask_open_or_layer(self) -> str:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Open or add?"))
        box.setText(tr("Open the picture by itself, or add it as a layer?"))
        layer = box.addButton(tr("Add as a layer"), QMessageBox.ButtonRole.AcceptRole)
        open_it = box.addButton(tr("Open it"), QMessageBox.ButtonRole.ActionRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.exec()
        clicked = box.clickedButton()
        return "layer" if clicked is layer else "open" if clicked is open_it else ""
