"""A walk: a film that leads from favourite to favourite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QWidget,
)

from artdesk.core.garden import Garden, Node
from artdesk.core.requests import WalkRequest
from artdesk.ui.desk.dialog import DeskDialog, may_replace, set_kind
from artdesk.ui.desk.form import FieldForm
from artdesk.ui.garden.pictures import GardenPictures
from artdesk.ui.garden.stations import StationRow
from artdesk.ui.garden.words import name_of
from artdesk.ui.i18n import say, say_note, tr
from artdesk.ui.services import DeskServices
from artdesk.workers.jobs import Job

_FORMATS = (("MP4", ".mp4"), ("GIF", ".gif"), ("WebP", ".webp"))
PRIORITY = 5


class WalkDialog(DeskDialog):
    """Asks for order, length and file, makes the film and shows how far it is. Closing it stops the film."""

    made = Signal(object)  # Path

    def __init__(
        self,
        services: DeskServices,
        garden: Garden,
        favourites: Sequence[Node],
        pictures: GardenPictures,
        target: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("Walk between favourites"), parent, width=620)
        self._services, self._garden = services, garden
        self._job: Job | None = None
        self.add_text(tr("Drag the pictures into the order of the walk; click those that it shall leave out."), "dim")
        self._pictures = pictures
        self._build_list(favourites)
        self.form = FieldForm(WalkRequest)
        self.loop = QCheckBox(tr("Come back to the first"))
        self.loop.setToolTip(tr("The film then runs round and round without a jump"))
        self.form.add_row("", self.loop)
        self.column.addWidget(self.form)
        self._build_file(target)
        self.length = self.add_text("", "dim")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(10)
        self.progress.hide()
        self.column.addWidget(self.progress)
        self.state = self.add_text("", "dim")
        self.state.hide()
        self.go = self.add_button(tr("Make the film"), QDialogButtonBox.ButtonRole.ActionRole, primary=True)
        self.shut = self.add_button(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        self.go.clicked.connect(self._go_or_stop)
        self.form.changed.connect(self._tell_length)
        self.loop.toggled.connect(self._tell_length)
        self.stations.changed.connect(self._tell_length)
        services.jobs.job_progressed.connect(self._on_progressed)
        services.jobs.job_ended.connect(self._on_ended)
        self._tell_length()

    def _build_list(self, favourites: Sequence[Node]) -> None:
        self.stations = StationRow([(node.id, name_of(node), self._pictures.small(node.id)) for node in favourites])
        self._pictures.arrived.connect(self._on_arrived)
        area = QScrollArea()
        area.setWidget(self.stations)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedHeight(self.stations.height() + 14)
        self.column.addWidget(area)

    def _build_file(self, target: Path) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.file = QLineEdit(str(target))
        self.file.setAccessibleName(tr("File"))
        self.format = QComboBox()
        for title, suffix in _FORMATS:
            self.format.addItem(title, suffix)
        self.format.setCurrentIndex(max(0, self.format.findData(target.suffix.lower())))
        self.format.setAccessibleName(tr("Format"))
        choose = QPushButton(tr("Choose…"))
        row.addWidget(QLabel(tr("Into")))
        row.addWidget(self.file, 1)
        row.addWidget(self.format)
        row.addWidget(choose)
        self.column.addLayout(row)
        self.format.activated.connect(self._on_format)
        self.file.textChanged.connect(self._on_file)
        choose.clicked.connect(self._choose)

    def _on_arrived(self, node: int) -> None:
        image = self._pictures.small(node)
        if image is not None:
            self.stations.show_picture(node, image)

    def nodes(self) -> tuple[int, ...]:
        """The pictures of the walk in their order."""
        return self.stations.nodes()

    def seconds(self) -> float:
        """How long the film runs."""
        values, count = self.form.values(), len(self.nodes())
        legs = count if self.loop.isChecked() and count > 1 else count - 1
        return max(0, legs) * float(values["frames"]) / max(1.0, float(values["fps"]))

    def _tell_length(self, *_: object) -> None:
        count = len(self.nodes())
        if count < 2:
            self.length.setText(tr("A walk needs at least two pictures."))
        else:
            self.length.setText(tr("{count} pictures, {seconds:.1f} seconds", count=count, seconds=self.seconds()))
        self.go.setEnabled(self._job is not None or (count >= 2 and bool(self.file.text().strip())))

    def _on_format(self, row: int) -> None:
        path = Path(self.file.text().strip() or "walk")
        self.file.setText(str(path.with_suffix(str(self.format.itemData(row)))))

    def _on_file(self, text: str) -> None:
        row = self.format.findData(Path(text.strip()).suffix.lower())
        if row >= 0:
            self.format.setCurrentIndex(row)
        self._tell_length()

    def _choose(self) -> None:
        kinds = ";;".join(f"{title} (*{suffix})" for title, suffix in _FORMATS)
        options = QFileDialog.Option.DontConfirmOverwrite  # asked when the film is made
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Walk"), self.file.text(), kinds, options=options)
        if chosen:
            path = Path(chosen)
            known = {suffix for _, suffix in _FORMATS}
            self.file.setText(
                str(path if path.suffix.lower() in known else path.with_suffix(self.format.currentData()))
            )

    def _go_or_stop(self) -> None:
        if self._job is not None:
            self._services.jobs.cancel(self._job)
            return
        target = Path(self.file.text().strip()).expanduser()
        if target.suffix.lower() not in {suffix for _, suffix in _FORMATS}:
            target = target.with_name(target.name + str(self.format.currentData()))
            self.file.setText(str(target))
        overwrite = False
        if target.exists():
            if not may_replace(self, target):
                return
            overwrite = True
        settings = self._services.settings.value
        self._job = self._services.jobs.submit(
            WalkRequest(
                self._garden.model_id,
                self._garden,
                self.nodes(),
                target,
                **self.form.values(),
                loop=self.loop.isChecked(),
                overwrite=overwrite,
                with_receipt=settings.write_receipts,
                device=settings.device,
            ),
            label=tr("Walking to {name}", name=target.name),
            priority=PRIORITY,
        )
        self._busy(True)

    def _busy(self, busy: bool) -> None:
        self.progress.setValue(0)
        self.progress.setVisible(busy)
        self.go.setText(tr("Stop") if busy else tr("Make the film"))
        for part in (self.stations, self.form, self.file, self.format):
            part.setEnabled(not busy)
        if busy:
            self.state.hide()
        self._tell_length()

    def _say(self, text: str, kind: str) -> None:
        set_kind(self.state, kind)
        self.state.setText(text)
        self.state.show()

    def _on_progressed(self, job: Job, fraction: float, message: str) -> None:
        if job is self._job:
            self.progress.setValue(round(1000 * fraction))

    def _on_ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        self._busy(False)
        if job.state == "finished":
            notes = " ".join(say_note(note) for note in job.result.notes)
            self._say(" ".join((tr("Made: {name}", name=str(job.result.path)), notes)).strip(), "good")
            self.made.emit(job.result.path)
        elif job.state == "failed" and job.error is not None:
            self._say(say(job.error), "failure")
        else:
            self._say(tr("Stopped. Nothing was written."), "dim")

    def done(self, result: int) -> None:
        if self._job is not None:
            self._services.jobs.cancel(self._job)
        super().done(result)
