"""File work off the interface thread: decode, encode, save, scale. Answers come back in the interface thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from artdesk.core.errors import Cancelled
from artdesk.core.progress import CancelToken
from artdesk.workers.jobs import be_nice

log = logging.getLogger(__name__)

Done = Callable[[Any], None]
Failed = Callable[[Exception], None]


class Task:
    """One piece of work under way. `cancel` makes sure that neither `done` nor `failed` is called any more."""

    def __init__(self, work: Callable[[], Any], done: Done | None, failed: Failed | None, what: str) -> None:
        self.work = work
        self.done = done
        self.failed = failed
        self.what = what
        self.token = CancelToken()
        self.result: Any = None
        self.error: Exception | None = None

    def cancel(self) -> None:
        """Forget this task; work that has begun runs to its end unheard."""
        self.token.cancel()


class _Carrier(QRunnable):
    def __init__(self, task: Task, arrived: Callable[[Task], None]) -> None:
        super().__init__()
        self._task = task
        self._arrived = arrived

    def run(self) -> None:
        be_nice()
        task = self._task
        try:
            if not task.token.cancelled:
                task.result = task.work()
        except Cancelled:
            task.cancel()
        except Exception as error:
            log.info("%s failed", task.what, exc_info=True)
            task.error = error
        try:
            self._arrived(task)
        except RuntimeError:  # the desk was closed meanwhile
            log.info("%s ended after the desk was closed", task.what)


class Background(QObject):
    """A small pool of threads. `done` and `failed` are always called in the thread this object lives in."""

    idle = Signal()
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._open: set[Task] = set()
        self._arrived.connect(self._deliver)

    def run(
        self,
        work: Callable[[], Any],
        done: Done | None = None,
        failed: Failed | None = None,
        *,
        what: str = "work",
        priority: int = 0,
    ) -> Task:
        """Carry out `work()` in a thread, then call `done(result)` or `failed(error)` here.

        Higher `priority` goes first.
        """
        task = Task(work, done, failed, what)
        self._open.add(task)
        self._pool.start(_Carrier(task, self._arrived.emit), priority)
        return task

    def busy(self) -> bool:
        """Whether any work has not yet been answered."""
        return bool(self._open)

    def shutdown(self, timeout: float = 30.0) -> bool:
        """Let all work end: a save must not be torn, and what waits may be tidying up. False when it took too long."""
        return self._pool.waitForDone(round(timeout * 1000))

    def _deliver(self, task: Task) -> None:
        self._open.discard(task)
        try:
            if task.token.cancelled:
                return
            if task.error is not None:
                if task.failed is not None:
                    task.failed(task.error)
                else:
                    log.error("%s failed and nobody listened", task.what, exc_info=task.error)
            elif task.done is not None:
                task.done(task.result)
        finally:
            if not self._open:
                self.idle.emit()
