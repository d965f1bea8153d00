"""The job runner: hands each request to `perform` on the one inference thread and says how it ended.

Jobs are ordered by priority, then by age. A job has four endings: finished, failed, cancelled, and superseded (a
newer job with the same key took its place). All decisions and all public signals happen in the thread the runner
lives in, so a result that has been superseded can never arrive.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from PySide6.QtCore import QObject, QThread, Signal

from artdesk.core.errors import Cancelled
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import Request

log = logging.getLogger(__name__)

State = Literal["queued", "running", "finished", "failed", "cancelled", "superseded"]
Perform = Callable[[Any, Progress], Any]

_NICENESS = 5
_left_running: list[QThread] = []  # threads that would not stop: destroying a running QThread ends the process


@dataclass(eq=False)
class Job:
    """One request on its way. `result` is set when finished, `error` when failed; `seconds` is the time it ran."""

    id: int
    label: str
    request: Request
    priority: int = 0
    key: str | None = None
    state: State = "queued"
    result: Any = None
    error: Exception | None = None
    seconds: float = 0.0
    fraction: float = 0.0
    token: CancelToken = field(default_factory=CancelToken, repr=False)
    wish: Literal["", "cancelled", "superseded"] = ""

    @property
    def over(self) -> bool:
        """Whether the job has had its ending."""
        return self.state not in ("queued", "running")


class _InferenceThread(QThread):
    """Takes jobs out of a small heap, one at a time. Knows nothing of their meaning."""

    ready = Signal(object)  # None or the exception of `prepare`
    began = Signal(object)
    progressed = Signal(object, float, str)
    handed = Signal(object, object)  # job, part of its result
    ended = Signal(object, object, object, float)  # job, result, exception or None, seconds

    def __init__(self, perform: Perform, prepare: Callable[[], None] | None) -> None:
        super().__init__()
        self.setObjectName("inference")
        self._perform = perform
        self._prepare = prepare
        self._condition = threading.Condition()
        self._waiting: list[Job] = []
        self._stopping = False

    def put(self, job: Job) -> None:
        with self._condition:
            self._waiting.append(job)
            self._condition.notify()

    def withdraw(self, job: Job) -> bool:
        """Take a job back; False when the thread has already begun it."""
        with self._condition:
            if job in self._waiting:
                self._waiting.remove(job)
                return True
            return False

    def stop(self) -> None:
        with self._condition:
            self._stopping = True
            self._waiting.clear()
            self._condition.notify()

    def run(self) -> None:
        threading.current_thread().name = "inference"  # for the log
        be_nice()
        if self._prepare is not None:
            failure: Exception | None = None
            try:
                self._prepare()
            except Exception as error:
                log.exception("the inference thread could not be prepared")
                failure = error
            self.ready.emit(failure)
        while (job := self._next()) is not None:
            self._carry_out(job)
            del job  # a finished job's pictures belong to whoever listens, not to the sleeping thread

    def _next(self) -> Job | None:
        with self._condition:
            while not self._waiting and not self._stopping:
                self._condition.wait()
            if self._stopping:
                return None
            job = min(self._waiting, key=lambda waiting: (-waiting.priority, waiting.id))
            self._waiting.remove(job)
            return job

    def _carry_out(self, job: Job) -> None:
        self.began.emit(job)
        started = time.perf_counter()
        result: Any = None
        failure: Exception | None = None

        def report(fraction: float, message: str) -> None:
            self.progressed.emit(job, fraction, message)

        def take(part: object) -> None:
            self.handed.emit(job, part)

        try:
            job.token.check()
            result = self._perform(job.request, Progress(report, job.token, take))
        except Cancelled as error:
            failure = error
        except Exception as error:
            log.exception("job %d (%s) failed", job.id, job.label)
            failure = error
        self.ended.emit(job, result, failure, time.perf_counter() - started)


class JobRunner(QObject):
    """Runs requests one after another, off the interface thread.

    `perform(request, progress)` is called on the inference thread, `prepare` once before the first job.
    """

    prepared = Signal(object)  # None, or the exception `prepare` raised
    job_queued = Signal(object)
    job_started = Signal(object)
    job_progressed = Signal(object, float, str)
    job_handed = Signal(object, object)  # job, a part of its result that is ready before the rest
    job_ended = Signal(object)

    def __init__(
        self, perform: Perform, parent: QObject | None = None, *, prepare: Callable[[], None] | None = None
    ) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._jobs: dict[int, Job] = {}
        self._thread = _InferenceThread(perform, prepare)
        self._thread.ready.connect(self._on_ready)
        self._thread.began.connect(self._on_began)
        self._thread.progressed.connect(self._on_progressed)
        self._thread.handed.connect(self._on_handed)
        self._thread.ended.connect(self._on_ended)
        self._started = False
        self._closed = False

    def start(self) -> None:
        """Start the thread (and `prepare`) now instead of with the first job."""
        if not self._started and not self._closed:
            self._started = True
            self._thread.start(QThread.Priority.LowPriority)

    def submit(self, request: Request, *, label: str, replaces: str | None = None, priority: int = 0) -> Job:
        """Queue a request. A waiting or running job with the same `replaces` key is superseded by it.

        After `shutdown` the job is returned already cancelled.
        """
        job = Job(next(self._numbers), label, request, priority, replaces)
        if self._closed:
            job.state = "cancelled"
            return job
        if replaces is not None:
            for older in [known for known in self._jobs.values() if known.key == replaces]:
                self._give_up(older, "superseded")
        self._jobs[job.id] = job
        self.job_queued.emit(job)
        self._thread.put(job)
        self.start()
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job; a waiting one ends at once, a running one as soon as it looks at its token."""
        if not job.over:
            self._give_up(job, "cancelled")

    def cancel_all(self, *, below: int | None = None) -> None:
        """Stop every job, or only those of a priority lower than `below`."""
        for job in list(self._jobs.values()):
            if below is None or job.priority < below:
                self.cancel(job)

    def jobs(self) -> tuple[Job, ...]:
        """What waits and runs, oldest first."""
        return tuple(self._jobs.values())

    def busy(self, *, at_least: int | None = None) -> bool:
        """Whether anything waits or runs (of at least that priority)."""
        return any(at_least is None or job.priority >= at_least for job in self._jobs.values())

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Cancel everything and end the thread. False when it did not end within `timeout` seconds."""
        if self._closed:
            return not self._thread.isRunning()
        self.cancel_all()
        self._closed = True
        self._thread.stop()
        if not self._started or self._thread.wait(round(timeout * 1000)):
            return True
        log.error("the inference thread did not stop within %.1f s", timeout)
        _left_running.append(self._thread)
        return False

    def _give_up(self, job: Job, wish: Literal["cancelled", "superseded"]) -> None:
        if not job.wish:  # the first wish stays: a superseded job is not turned into a cancelled one
            job.wish = wish
        job.token.cancel()
        if job.state == "queued" and self._thread.withdraw(job):
            self._end(job, job.wish)

    def _on_ready(self, failure: Exception | None) -> None:
        if not self._closed:
            self.prepared.emit(failure)

    def _on_began(self, job: Job) -> None:
        if job.over or self._closed:
            return
        job.state = "running"
        self.job_started.emit(job)

    def _on_progressed(self, job: Job, fraction: float, message: str) -> None:
        if job.over or job.wish or self._closed:
            return
        job.fraction = fraction
        self.job_progressed.emit(job, fraction, message)

    def _on_handed(self, job: Job, part: object) -> None:
        if not (job.over or job.wish or self._closed):
            self.job_handed.emit(job, part)

    def _on_ended(self, job: Job, result: Any, failure: Exception | None, seconds: float) -> None:
        if job.over:
            return
        job.seconds = seconds
        if job.wish:
            self._end(job, job.wish)
        elif isinstance(failure, Cancelled):
            self._end(job, "cancelled")
        elif failure is not None:
            job.error = failure
            self._end(job, "failed")
        else:
            job.result = result
            job.fraction = 1.0
            self._end(job, "finished")

    def _end(self, job: Job, state: State) -> None:
        job.state = state
        self._jobs.pop(job.id, None)
        self.job_ended.emit(job)


def be_nice() -> None:
    """Let the calling thread give way to the interface.

    Only ever lowers the priority, and only where it is per thread.
    """
    if not sys.platform.startswith("linux"):  # elsewhere niceness belongs to the whole process; Qt's priority does it
        return
    try:
        thread = threading.get_native_id()
        if os.getpriority(os.PRIO_PROCESS, thread) < _NICENESS:
            os.setpriority(os.PRIO_PROCESS, thread, _NICENESS)
    except OSError as error:
        log.info("the inference thread keeps its priority: %s", error)
