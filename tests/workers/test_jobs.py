"""The job runner: order, superseding, the four endings, and that no thread is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread

from artdesk.core.errors import WrongUse
from artdesk.core.progress import Progress
from artdesk.core.requests import Request
from artdesk.workers.jobs import Job, JobRunner


@dataclass(frozen=True)
class Ask(Request):
    name: str = ""


class Listener(QObject):
    """Notes what the runner says and in which thread it was heard."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self.endings: list[tuple[str, str]] = []
        self.started: list[str] = []
        self.fractions: list[float] = []
        self.threads: set[QThread] = set()
        runner.job_started.connect(self.note_start)
        runner.job_progressed.connect(self.note_progress)
        runner.job_ended.connect(self.note_end)

    def note_start(self, job: Job) -> None:
        self.started.append(job.label)

    def note_progress(self, job: Job, fraction: float, message: str) -> None:
        self.fractions.append(fraction)
        self.threads.add(QThread.currentThread())

    def note_end(self, job: Job) -> None:
        self.endings.append((job.label, job.state))
        self.threads.add(QThread.currentThread())


class Worker:
    """A perform function the test steers."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.began = threading.Event()
        self.order: list[str] = []

    def __call__(self, request: Any, progress: Progress) -> str:
        self.order.append(request.name)
        if request.name == "bad":
            raise WrongUse("No.")
        if request.name == "odd":
            raise ZeroDivisionError
        if request.name.startswith("wait"):
            self.began.set()
            while not self.gate.wait(0.002):
                progress.step(0.5)
        if request.name.startswith("parts"):
            for number in range(3):
                progress.hand(number)
                self.began.set()
                if request.name == "parts, then wait":
                    while not self.gate.wait(0.002):
                        progress.step(0.5)
        progress.step(1.0)
        return request.name.upper()


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def runner(qapp: object, worker: Worker) -> Iterator[JobRunner]:
    made = JobRunner(worker)
    yield made
    worker.gate.set()
    assert made.shutdown(5.0)


def until(qtbot: Any, true: Callable[[], bool]) -> None:
    qtbot.waitUntil(true, timeout=4000)


def test_finishes_and_reports_in_the_owner_thread(qtbot: Any, runner: JobRunner) -> None:
    listener = Listener(runner)
    job = runner.submit(Ask("a"), label="a")
    assert job.state == "queued"
    until(qtbot, lambda: job.over)
    assert (job.state, job.result, job.error) == ("finished", "A", None)
    assert listener.started == ["a"]
    assert listener.fractions[-1] == 1.0
    assert listener.threads == {QThread.currentThread()}


def test_parts_arrive_before_the_end_in_the_owner_thread(qtbot: Any, runner: JobRunner) -> None:
    heard: list[tuple[str, object, str, bool]] = []

    class Taker(QObject):
        def take(self, job: Job, part: object) -> None:
            heard.append((job.label, part, job.state, QThread.currentThread() is self.thread()))

    taker = Taker()
    runner.job_handed.connect(taker.take)
    job = runner.submit(Ask("parts"), label="p")
    until(qtbot, lambda: job.over)
    assert heard == [("p", number, "running", True) for number in range(3)]


def test_parts_of_a_superseded_job_are_not_heard(qtbot: Any, runner: JobRunner, worker: Worker) -> None:
    heard: list[object] = []

    class Taker(QObject):
        def take(self, job: Job, part: object) -> None:
            heard.append((job.label, part))

    taker = Taker()
    runner.job_handed.connect(taker.take)
    old = runner.submit(Ask("parts, then wait"), label="old", replaces="page")
    assert worker.began.wait(4)
    new = runner.submit(Ask("parts"), label="new", replaces="page")
    until(qtbot, lambda: old.over and new.over)
    assert heard == [("new", number) for number in range(3)], "what came too late is dropped"
    assert old.state == "superseded"


def test_failures_are_endings(qtbot: Any, runner: JobRunner) -> None:
    jobs = [runner.submit(Ask(name), label=name) for name in ("bad", "odd", "good")]
    until(qtbot, lambda: all(job.over for job in jobs))
    assert [job.state for job in jobs] == ["failed", "failed", "finished"]
    assert isinstance(jobs[0].error, WrongUse)
    assert isinstance(jobs[1].error, ZeroDivisionError)


def test_priority_then_age(qtbot: Any, runner: JobRunner, worker: Worker) -> None:
    first = runner.submit(Ask("wait"), label="wait")
    assert worker.began.wait(4)
    rest = [
        runner.submit(Ask(name), label=name, priority=priority)
        for name, priority in (("low1", -10), ("mid1", 0), ("low2", -10), ("high", 5), ("mid2", 0))
    ]
    worker.gate.set()
    until(qtbot, lambda: first.over and all(job.over for job in rest))
    assert worker.order == ["wait", "high", "mid1", "mid2", "low1", "low2"]


def test_newer_supersedes_waiting_and_running(qtbot: Any, runner: JobRunner, worker: Worker) -> None:
    listener = Listener(runner)
    running = runner.submit(Ask("wait"), label="running", replaces="preview")
    assert worker.began.wait(4)
    waiting = runner.submit(Ask("b"), label="waiting", replaces="preview")
    newest = runner.submit(Ask("c"), label="newest", replaces="preview")
    assert waiting.state == "superseded"
    until(qtbot, lambda: newest.over)
    assert (running.state, newest.state, newest.result) == ("superseded", "finished", "C")
    assert running.result is None
    assert "b" not in worker.order
    assert sorted(listener.endings) == [("newest", "finished"), ("running", "superseded"), ("waiting", "superseded")]


def test_a_result_that_came_too_late_is_dropped(qtbot: Any, runner: JobRunner, worker: Worker) -> None:
    old = runner.submit(Ask("a"), label="old", replaces="k")
    while worker.order != ["a"]:
        time.sleep(0.002)
    time.sleep(0.02)  # it has ended in its thread, but nobody has heard of it yet
    new = runner.submit(Ask("b"), label="new", replaces="k")
    until(qtbot, lambda: new.over and old.over)
    assert old.state == "superseded"
    assert old.result is None


def test_cancel_running_is_quick(qtbot: Any, runner: JobRunner, worker: Worker) -> None:
    job = runner.submit(Ask("wait"), label="w")
    assert worker.began.wait(4)
    started = time.perf_counter()
    runner.cancel(job)
    until(qtbot, lambda: job.over)
    assert job.state == "cancelled"
    assert time.perf_counter() - started < 0.5


def test_cancel_below_leaves_the_important(qtbot: Any, runner: JobRunner, worker: Worker) -> None:
    runner.submit(Ask("wait"), label="w", priority=5)
    assert worker.began.wait(4)
    low = runner.submit(Ask("l"), label="l", priority=-10)
    mid = runner.submit(Ask("m"), label="m")
    runner.cancel_all(below=0)
    assert low.state == "cancelled"
    assert mid.state == "queued"
    assert runner.busy(at_least=0)
    worker.gate.set()
    until(qtbot, lambda: not runner.busy())
    assert mid.state == "finished"


def test_prepare_runs_first_and_its_failure_is_said(qtbot: Any, worker: Worker) -> None:
    said: list[object] = []

    def prepare() -> None:
        worker.order.append("prepare")
        raise OSError("no")

    runner = JobRunner(worker, prepare=prepare)
    runner.prepared.connect(said.append)
    job = runner.submit(Ask("a"), label="a")
    until(qtbot, lambda: job.over and bool(said))
    assert worker.order == ["prepare", "a"]
    assert isinstance(said[0], OSError)
    assert runner.shutdown()


def test_shutdown_ends_everything(qtbot: Any, worker: Worker) -> None:
    runner = JobRunner(worker)
    running = runner.submit(Ask("wait"), label="w")
    waiting = runner.submit(Ask("x"), label="x")
    assert worker.began.wait(4)
    assert runner.shutdown(4)
    qtbot.wait(10)
    assert waiting.state == "cancelled"
    assert running.state == "cancelled"
    late = runner.submit(Ask("y"), label="y")
    assert late.state == "cancelled"
    assert "y" not in worker.order


def test_the_thread_gives_way_and_never_comes_forward(qtbot: Any) -> None:
    import os
    import sys

    if not sys.platform.startswith("linux"):
        pytest.skip("niceness per thread is Linux's")
    seen: list[int] = []

    def perform(request: Request, progress: Progress) -> None:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, 0)
    runner = JobRunner(perform)
    job = runner.submit(Ask("a"), label="a")
    until(qtbot, lambda: job.over)
    assert seen[0] >= max(5, before)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    assert runner.shutdown()
