"""The job bar: what is being painted, how far it is, the way to stop it; and afterwards where it ran and how long."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget

from artdesk.ui.i18n import tr
from artdesk.ui.theme import dress
from artdesk.workers.jobs import Job, JobRunner

FOREGROUND = 0  # jobs of a lower priority (thumbnails) are not the person's wish and show only as a count


class JobBar(QFrame):
    """Listens to the job runner. `stop_wished` is the person's wish to stop the running job."""

    stop_wished = Signal()

    def __init__(self, jobs: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shown: Job | None = None
        self.setProperty("kind", "bar")
        self.setFixedHeight(34)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 10, 0)
        row.setSpacing(10)
        self.words = QLabel()
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setAccessibleName(tr("What is being done"))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(220, 10)
        self.progress.setAccessibleName(tr("Progress"))
        self.stop = QPushButton(tr("Stop"))
        self.stop.setProperty("kind", "flat")
        self.stop.setToolTip(tr("Stop what is being painted (Esc)"))
        self.stop.clicked.connect(self.stop_wished)
        self.device = QLabel()
        self.device.setProperty("kind", "dim")
        self.device.setToolTip(tr("The device that really painted the last picture"))
        self.chip = QToolButton()
        self.chip.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        dress(self.chip, "device")
        self.position = QLabel()
        self.position.setProperty("kind", "dim")
        row.addWidget(self.words)
        row.addWidget(self.progress)
        row.addWidget(self.stop)
        row.addStretch(1)
        row.addWidget(self.position)
        row.addWidget(self.chip)
        row.addWidget(self.device)
        self._busy(False)
        self.chip.hide()
        jobs.job_queued.connect(self._on_queued)
        jobs.job_started.connect(self._on_started)
        jobs.job_progressed.connect(self._on_progressed)
        jobs.job_ended.connect(self._on_ended)

    def say(self, text: str) -> None:
        """A short line about what the desk itself is doing ("Opening …"); a job takes its place."""
        if self._shown is None:
            self.words.setText(text)

    def show_position(self, text: str) -> None:
        """Size, zoom and the like, on the right."""
        self.position.setText(text)

    def show_ran(self, device: str, seconds: float) -> None:
        """Where the last picture was really painted, and how long it took."""
        self.chip.show()
        self.device.setText(tr("{device} · {seconds:.1f} s", device=device, seconds=seconds))

    def _on_queued(self, job: Job) -> None:
        if job.priority >= FOREGROUND and self._shown is None:
            self._show(job)

    def _on_started(self, job: Job) -> None:
        if job.priority >= FOREGROUND:
            self._show(job)
        elif self._shown is None:
            self._count()

    def _on_progressed(self, job: Job, fraction: float, message: str) -> None:
        if job is not self._shown:
            return
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(fraction * 1000))
        if message:
            self.words.setText(f"{job.label} · {tr(message)}")

    def _on_ended(self, job: Job) -> None:
        if job is self._shown:
            self._shown = None
            following = next((known for known in self._jobs.jobs() if known.priority >= FOREGROUND), None)
            if following is not None:
                self._show(following)
                return
            self._busy(False)
            words = {"cancelled": tr("Stopped."), "finished": "", "failed": tr("That did not work.")}
            self.words.setText(words.get(job.state, ""))
        if self._shown is None:
            self._count()

    def _show(self, job: Job) -> None:
        self._shown = job
        self.words.setText(job.label)
        self.progress.setRange(0, 0 if job.state == "running" and job.fraction == 0 else 1000)
        self.progress.setValue(round(job.fraction * 1000))
        self._busy(True)

    def _count(self) -> None:
        waiting = sum(1 for job in self._jobs.jobs() if job.priority < FOREGROUND)
        self.words.setText(tr("Painting small previews: {count} to go", count=waiting) if waiting else "")

    def _busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
