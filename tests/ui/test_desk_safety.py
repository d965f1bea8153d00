"""Nothing is lost: autosave, recovery, closing; and the queue that survives a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artdesk.core.errors import DiskFull
from artdesk.core.requests import StylizeFileRequest, StylizeSettings
from artdesk.document.layers import PixelLayer
from artdesk.studio.batch_queue import BatchQueue
from artdesk.ui.desk.autosave import Recovery
from artdesk.ui.desk.background import Background
from artdesk.ui.desk.batch import BatchRunner
from artdesk.ui.desk.recovery_dialog import RecoveryDialog, age_in_words
from artdesk.workers.jobs import JobRunner
from tests.ui.desk_helpers import Until, opened, painted


def autosaves(services: Any) -> list[Path]:
    return sorted((services.data / "autosave").glob("*/*"))


def test_autosave_keeps_work_and_goes_with_it(window: Any, services: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    window.autosave.save_now()
    assert not autosaves(services)  # nothing was done yet
    painted(window, until, "night")
    window.autosave.save_now()
    until(lambda: bool(autosaves(services)))
    until(lambda: not window.background.busy())
    window.show_file(None)  # the person was asked and gave it up
    until(lambda: not autosaves(services))


def test_work_done_while_the_project_is_written_stays_recoverable(
    window: Any, services: Any, photo: Path, until: Until
) -> None:
    opened(window, until, photo)
    window.document.add_layer(PixelLayer(name="early"))
    window.document.add_layer(PixelLayer(name="late"))  # came after the state that reached the file
    window.autosave.was_saved()
    window.autosave.save_now()
    until(lambda: bool(autosaves(services)))


def test_a_failing_autosave_is_said_once(
    window: Any, photo: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artdesk.document import autosave

    def full(*_: Any, **__: Any) -> None:
        raise DiskFull("The disk is full: “{name}” was not saved.", name="x")

    monkeypatch.setattr(autosave.Autosaver, "save", full)
    opened(window, until, photo)
    heard: list[object] = []
    window.autosave.failed.connect(heard.append)
    painted(window, until, "night")
    for _ in range(2):
        window.autosave.save_now()
        until(lambda: not window.background.busy())
    assert len(heard) == 1
    assert window.document.dirty
    assert any("The disk is full" in text for text in window.messages.texts())


def test_what_a_crash_left_comes_back(window: Any, services: Any, photo: Path, until: Until, tmp_path: Path) -> None:
    from artdesk.document import recovery as kept
    from artdesk.document.autosave import Autosaver
    from artdesk.document.document import Document

    document = Document.of_image(np.full((40, 50, 3), 90, np.uint8))
    document.add_layer(PixelLayer(name="sky"))
    folder = services.data / "autosave"
    Autosaver(folder, name="my cat").save(document.snapshot_for_saving())
    item = kept._described(next(folder.iterdir()), kept.read_manifest(next(folder.iterdir())))
    window.recovery.recover(item)
    until(lambda: window.file is not None)
    assert window.file.title == "my cat"
    assert [layer.name for layer in window.document.layers()] == ["Background", "sky"]
    assert window.document.dirty
    until(lambda: not item.path.exists())  # the new autosave took its place
    until(lambda: bool(autosaves(services)))


def test_looking_for_autosaves_finds_only_the_dead(qtbot: Any, services: Any) -> None:
    background = Background()
    recovery = Recovery(services.data / "autosave", background)
    found: list[object] = []
    recovery.found.connect(found.append)
    recovery.look()
    qtbot.waitUntil(lambda: not background.busy(), timeout=4000)
    assert found == []
    assert background.shutdown()


def test_the_recovery_dialog_deletes_nothing_unasked(qtbot: Any, english: None, tmp_path: Path) -> None:
    from artdesk.document.recovery import Recoverable

    thumbnail = np.full((30, 40, 3), 200, np.uint8)
    items = [
        Recoverable("a", "lake", 30.0, thumbnail, tmp_path, None, 40, 30, 2),
        Recoverable("b", "cat", 7300.0, None, tmp_path, None, 40, 30, 1),
    ]
    dialog = RecoveryDialog(items)
    qtbot.addWidget(dialog)
    assert dialog.chosen() is items[0]
    dialog.list.setCurrentRow(1)
    assert dialog.chosen() is items[1]
    dialog.reject()
    assert dialog.deleted() == []
    assert age_in_words(7300) == "2 hours ago"


def test_leaving_asks_only_when_something_would_be_lost(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    assert window.verbs.may_leave()  # nothing done: no question
    assert not window.document.dirty


class TestQueue:
    """Pictures in, paintings out, one after another."""

    @pytest.fixture
    def places(self, tmp_path: Path, photo: Path) -> list[Path]:
        folder = tmp_path / "in"
        folder.mkdir()
        for name in ("a.png", "b.png", "c.png"):
            (folder / name).write_bytes(photo.read_bytes())
        return [folder]

    def runner(self, perform: Any, journal: Path) -> tuple[JobRunner, BatchRunner]:
        jobs = JobRunner(perform)
        return jobs, BatchRunner(jobs, lambda: BatchQueue(journal))

    def test_works_through_and_keeps_failures_for_the_end(
        self, qtbot: Any, english: None, places: list[Path], tmp_path: Path
    ) -> None:
        asked: list[str] = []

        def perform(request: StylizeFileRequest, progress: Any) -> str:
            assert request.target.parent.is_dir()
            asked.append(request.source.name)
            if request.source.name == "b.png":
                raise ValueError("broken")
            return "fine"

        jobs, batch = self.runner(perform, tmp_path / "queue.jsonl")
        qtbot.waitSignal(batch.ready, timeout=4000).wait()
        batch.add(places, tmp_path / "out", StylizeSettings(mix=(("wave", 1.0),)))
        qtbot.waitUntil(lambda: len(batch.entries) == 3, timeout=4000)
        batch.start()
        qtbot.waitUntil(lambda: not batch.running, timeout=6000)
        qtbot.waitUntil(lambda: {e.state for e in batch.entries} == {"done", "failed"}, timeout=4000)
        assert asked == ["a.png", "b.png", "c.png"]
        assert [e.state for e in batch.entries] == ["done", "failed", "done"]
        assert next(e for e in batch.entries if e.state == "failed").error
        batch.shutdown()
        assert jobs.shutdown()

    def test_a_stopped_picture_waits_again_and_survives(
        self, qtbot: Any, english: None, places: list[Path], tmp_path: Path
    ) -> None:
        def perform(request: StylizeFileRequest, progress: Any) -> str:
            while True:
                progress.step(0.3)

        jobs, batch = self.runner(perform, tmp_path / "queue.jsonl")
        qtbot.waitSignal(batch.ready, timeout=4000).wait()
        batch.add(places, tmp_path / "out", StylizeSettings(mix=(("wave", 1.0),)))
        qtbot.waitUntil(lambda: len(batch.entries) == 3, timeout=4000)
        batch.start()
        qtbot.waitUntil(lambda: any(e.state == "running" for e in batch.entries), timeout=4000)
        qtbot.waitUntil(lambda: jobs.busy(), timeout=4000)
        batch.stop()
        qtbot.waitUntil(lambda: all(e.state == "waiting" for e in batch.entries), timeout=4000)
        batch.shutdown()
        assert jobs.shutdown()
        again = BatchQueue(tmp_path / "queue.jsonl")
        assert [entry.state for entry in again.entries()] == ["waiting"] * 3
