"""Import a model: what was measured of it, a test card before and after, and the person's last word on both."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from artdesk.core.image import Image
from artdesk.core.requests import ImportModelRequest, ProbeModelRequest
from artdesk.core.results import ProbeResult
from artdesk.ui.desk.dialog import DeskDialog, set_kind
from artdesk.ui.desk.empty import rounded
from artdesk.ui.i18n import say, say_note, tr
from artdesk.ui.qt_image import qimage_of
from artdesk.ui.services import DeskServices
from artdesk.workers.jobs import Job

_CARD = QSize(256, 192)
_ORDERS = (("", "as measured"), ("rgb", "RGB"), ("bgr", "BGR"))
_RANGES = (
    ("", "as measured"),
    ("0..1", "0..1"),
    ("0..255", "0..255"),
    ("-1..1", "−1..1"),
    ("mean_std", "mean and deviation"),
)
_FITTING = ("fixed_style", "upscaler", "mask", "arbitrary_style", "style_encoder", "latent")


class ModelDialog(DeskDialog):
    """Probes a foreign model in the background and shows what came of it; imports it when the person agrees."""

    imported = Signal(str)  # model id

    def __init__(self, services: DeskServices, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(tr("Import a model"), parent, width=600)
        self._services = services
        self._path = path
        self._importing: Job | None = None
        self.heading = self.add_text(path.name, "heading")
        self.state = self.add_text(tr("The model is read and tried out, in a process of its own …"), "dim")
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(10)
        self.column.addWidget(self.progress)
        self.column.addWidget(self._build_found())
        self._import = self.add_button(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole, primary=True)
        self._import.setEnabled(False)
        self.buttons.accepted.disconnect(self.accept)
        self.buttons.accepted.connect(self._start_import)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        services.jobs.job_progressed.connect(self._on_progressed)
        services.jobs.job_ended.connect(self._on_ended)
        self.rejected.connect(self._give_up)
        self._probing: Job | None = services.jobs.submit(
            ProbeModelRequest(path), label=tr("Trying out {name}", name=path.name), replaces="probe", priority=7
        )

    def _build_found(self) -> QWidget:
        self.found = QWidget()
        column = QVBoxLayout(self.found)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        cards = QHBoxLayout()
        cards.setSpacing(14)
        self.before, self.after = _CardLabel(tr("Test card before")), _CardLabel(tr("Test card after"))
        for card in (self.before, self.after):
            cards.addLayout(card.column)
        column.addLayout(cards)
        self.lines = QFormLayout()
        self.lines.setHorizontalSpacing(16)
        self.lines.setVerticalSpacing(5)
        column.addLayout(self.lines)
        wishes = QGroupBox(tr("Your word"))
        form = QFormLayout(wishes)
        form.setHorizontalSpacing(16)
        self.name = QLineEdit(self._path.stem.replace("_", " ").replace("-", " ").strip())
        self.name.setMaxLength(80)
        self.order, self.range = QComboBox(), QComboBox()
        for combo, choices in ((self.order, _ORDERS), (self.range, _RANGES)):
            for key, title in choices:
                combo.addItem(tr(title), key)
        self.order.setToolTip(tr("Wrong colours on the right card? Then the order is the other one."))
        self.range.setToolTip(tr("Too dark, too bright or washed out? Then the range is another one."))
        form.addRow(tr("Name"), self.name)
        form.addRow(tr("Order of colours"), self.order)
        form.addRow(tr("Range of values"), self.range)
        column.addWidget(wishes)
        self.found.hide()
        return self.found

    def _on_progressed(self, job: Job, fraction: float, message: str) -> None:
        if job is self._probing or job is self._importing:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(fraction * 1000))

    def _on_ended(self, job: Job) -> None:
        if job is self._probing:
            self._probing = None
            self._show_probe(job)
        elif job is self._importing:
            self._importing = None
            self._show_import(job)

    def _show_probe(self, job: Job) -> None:
        self.progress.hide()
        if job.state != "finished":
            set_kind(self.state, "failure")
            self.state.setText(say(job.error) if job.error is not None else tr("Stopped."))
            return
        result: ProbeResult = job.result
        for what, how in result.lines:
            value = QLabel(say_note(how))
            value.setWordWrap(True)
            label = QLabel(tr(what))
            label.setProperty("kind", "dim")
            self.lines.addRow(label, value)
        self.before.show_card(result.before)
        self.after.show_card(result.after)
        notes = " ".join(say_note(note) for note in result.notes)
        set_kind(self.state, "warning" if notes else "good")
        fits = tr("The model fits. This is what it does to a test card:")
        if result.family == "latent":
            fits = tr("The model fits. It makes pictures of its own:")
            self.before.set_caption(tr("One picture"))
            self.after.set_caption(tr("Several pictures"))
        self.state.setText(notes or fits)
        self._import.setEnabled(result.family in _FITTING)
        self.found.show()
        self.adjustSize()

    def _start_import(self) -> None:
        corrections = tuple(
            (key, str(combo.currentData()))
            for key, combo in (("order", self.order), ("range", self.range))
            if combo.currentData()
        )
        self._import.setEnabled(False)
        self.progress.setRange(0, 0)
        self.progress.show()
        self._importing = self._services.jobs.submit(
            ImportModelRequest(self._path, title=self.name.text().strip(), corrections=corrections),
            label=tr("Importing {name}", name=self._path.name),
            priority=7,
        )

    def _show_import(self, job: Job) -> None:
        if job.state == "finished":
            self.imported.emit(str(job.result.model_id))
            self.accept()
            return
        self.progress.hide()
        self._import.setEnabled(True)
        set_kind(self.state, "failure")
        self.state.setText(say(job.error) if job.error is not None else tr("Stopped."))

    def _give_up(self) -> None:
        for job in (self._probing, self._importing):
            if job is not None:
                self._services.jobs.cancel(job)


class _CardLabel(QLabel):
    """One half of the before/after pair with its caption."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self.setFixedSize(_CARD)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setProperty("kind", "dim")
        self._words = QLabel()
        self._words.setProperty("kind", "dim")
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.column = QVBoxLayout()
        self.column.setSpacing(4)
        self.column.addWidget(self, 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addWidget(self._words)
        self.set_caption(caption)

    def set_caption(self, caption: str) -> None:
        """Say below what is shown."""
        self._words.setText(caption)
        self.setAccessibleName(caption)

    def show_card(self, image: Image | None) -> None:
        """Show a picture, or say that there is none."""
        if image is None:
            self.setText(tr("no picture"))
        else:
            pixmap: QPixmap = rounded(qimage_of(image), _CARD)
            self.setPixmap(pixmap)
