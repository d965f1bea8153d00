"""Works through the queue of pictures, one after another behind whatever the person is doing right now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from artdesk.core.errors import DiskFull
from artdesk.core.requests import StylizeSettings
from artdesk.ui.desk.background import Background
from artdesk.ui.i18n import say, tr
from artdesk.ui.services import BatchQueue
from artdesk.workers.jobs import Job, JobRunner

log = logging.getLogger(__name__)

PRIORITY = -5  # behind every painting the person waits for, before thumbnails


def make_folder(folder: Path) -> None:
    """Make a folder for paintings. What speaks against it is said when the painting is written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.info("%s cannot be made: %s", folder, error)


class BatchRunner(QObject):
    """Takes entries of the queue while it is switched on. The queue is read and written in one thread of its own."""

    ready = Signal()
    changed = Signal()
    running_changed = Signal(bool)
    progressed = Signal(str, float)  # entry id, fraction
    failed = Signal(object)
    found_waiting = Signal(int)  # the queue was read and holds work from last time

    def __init__(self, jobs: JobRunner, make_queue: Callable[[], BatchQueue], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._make_queue = make_queue
        self._background = Background(self, threads=1)
        self._queue: BatchQueue | None = None
        self._entries: tuple[Any, ...] = ()
        self._running = False
        self._job: Job | None = None
        self._entry: str = ""
        jobs.job_progressed.connect(self._on_progressed)
        jobs.job_ended.connect(self._on_ended)
        self._background.run(self._open, self._on_open, self._on_failed, what="read queue")

    @property
    def entries(self) -> Sequence[Any]:
        """The queue as it was last read: id, source, target, state, error."""
        return self._entries

    @property
    def running(self) -> bool:
        """Whether the queue is being worked on."""
        return self._running

    def add(self, places: Sequence[Path], output: Path, settings: StylizeSettings, **how: Any) -> None:
        """Put pictures and folders into the queue (see studio.batch_queue)."""
        self._do(lambda queue: queue.add(places, output, settings, **how))

    def start(self) -> None:
        """Work through what waits."""
        if not self._running:
            self._running = True
            self.running_changed.emit(True)
            self._next()

    def stop(self) -> None:
        """Stop at once; the picture under way waits again."""
        if not self._running:
            return
        self._running = False
        self.running_changed.emit(False)
        if self._job is not None:
            self._jobs.cancel(self._job)

    def retry(self) -> None:
        """Let the failed ones wait again."""
        self._do(lambda queue: queue.retry())

    def remove(self, ids: Sequence[str]) -> None:
        """Take entries out; no file is touched."""
        if self._entry in ids and self._job is not None:
            self._jobs.cancel(self._job)
        self._do(lambda queue: queue.remove(ids))

    def clear_ended(self) -> None:
        """Take out what has ended."""
        self._do(lambda queue: queue.clear_ended())

    def shutdown(self) -> None:
        """Stop and let the journal be written."""
        self.stop()
        self._background.shutdown(5.0)

    def _open(self) -> tuple[BatchQueue, tuple[Any, ...]]:
        queue = self._make_queue()
        return queue, tuple(queue.entries())

    def _on_open(self, answer: tuple[BatchQueue, tuple[Any, ...]]) -> None:
        self._queue, self._entries = answer
        self.ready.emit()
        self.changed.emit()
        waiting = sum(entry.state == "waiting" for entry in self._entries)
        if waiting:
            self.found_waiting.emit(waiting)

    def _do(self, verb: Callable[[BatchQueue], Any]) -> None:
        queue = self._queue
        if queue is None:
            return

        def work() -> tuple[Any, ...]:
            verb(queue)
            return tuple(queue.entries())

        self._background.run(work, self._on_changed, self._on_failed, what="queue")

    def _on_changed(self, entries: tuple[Any, ...]) -> None:
        self._entries = entries
        self.changed.emit()
        if self._running and self._job is None and not self._entry:
            self._next()

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(error)

    def _next(self) -> None:
        queue = self._queue
        if queue is None or self._job is not None:
            return
        self._entry = "…"  # taken in the other thread: nobody takes a second one meanwhile

        def work() -> tuple[Any, tuple[Any, ...]]:
            entry = queue.take()
            if entry is not None:
                make_folder(entry.target.parent)
            return entry, tuple(queue.entries())

        self._background.run(work, self._on_taken, self._on_failed, what="queue")

    def _on_taken(self, answer: tuple[Any, tuple[Any, ...]]) -> None:
        entry, self._entries = answer
        self._entry = ""
        if entry is None or not self._running:
            if entry is not None:
                self._do(lambda queue: queue.mark(entry.id, "waiting"))
            elif self._running:
                self._running = False
                self.running_changed.emit(False)
            self.changed.emit()
            return
        self._entry = entry.id
        self._job = self._jobs.submit(
            entry.request, label=tr("Queue: {name}", name=entry.source.name), priority=PRIORITY
        )
        self.changed.emit()

    def _on_progressed(self, job: Job, fraction: float, message: str) -> None:
        if job is self._job:
            self.progressed.emit(self._entry, fraction)

    def _on_ended(self, job: Job) -> None:
        if job is not self._job:
            return
        identity, self._entry, self._job = self._entry, "", None
        if job.state == "finished":
            self._do(lambda queue: queue.mark(identity, "done"))
        elif job.state == "failed" and job.error is not None:
            sentence = say(job.error)
            if isinstance(job.error, DiskFull):
                self.stop()
                self.failed.emit(job.error)
            self._do(lambda queue: queue.mark(identity, "failed", sentence))
        else:
            self._running, was = False, self._running
            if was:
                self.running_changed.emit(False)
            self._do(lambda queue: queue.mark(identity, "waiting"))
