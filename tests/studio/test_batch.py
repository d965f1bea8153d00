"""Batches: the tree kept, what is there left alone, stopped and resumed, failures told and survived."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from artdesk.core.errors import AlreadyExists, DiskFull, UnreadablePicture, WrongUse
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.receipt import Receipt
from artdesk.core.requests import StylizeFileRequest, StylizeSettings
from artdesk.core.results import FileResult
from artdesk.studio.batch import JOURNAL, Journal, Outcome, run_batch
from artdesk.studio.batch_plan import BatchItem, plan_batch
from artdesk.studio.batch_queue import BatchQueue

TEMPLATE = StylizeFileRequest(mix=(("ember", 1.0),))


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.full((4, 6, 3), 90, np.uint8)).save(path)
    return path


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Five pictures in three folders, and things that are none."""
    root = tmp_path / "album"
    for name in ("a.png", "b.jpg", "sub/a.png", "sub/deep/c.webp", "sub/deep/d.bmp"):
        picture(root / name)
    (root / "notes.txt").write_text("no picture")
    picture(root / ".hidden" / "x.png")
    return root


class Painter:
    """Performs requests by writing a file; `strikes` names sources that fail, and how."""

    def __init__(
        self, strikes: dict[str, Exception] | None = None, then: Callable[[str], None] = lambda n: None
    ) -> None:
        self.painted: list[str] = []
        self._strikes, self._then = strikes or {}, then
        self._lock = threading.Lock()

    def __call__(self, request: StylizeFileRequest, progress: Progress) -> FileResult:
        progress.step(0)
        name = request.source.name
        if name in self._strikes:
            raise self._strikes[name]
        if request.target.exists() and not request.overwrite:
            raise AlreadyExists("“{name}” exists already and was left as it is.", name=str(request.target))
        request.target.write_bytes(request.source.read_bytes())
        with self._lock:
            self.painted.append(name)
        self._then(name)
        return FileResult(Receipt("stylize", "painter", "0" * 64, "cpu"), (), request.target, 6, 4)


def test_the_tree_is_kept_and_only_pictures_are_taken(album: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    found = {i.source.relative_to(album).as_posix(): i.target for i in plan_batch([album], output)}
    assert set(found) == {"a.png", "b.jpg", "sub/a.png", "sub/deep/c.webp", "sub/deep/d.bmp"}
    assert found["sub/a.png"] == output / "sub" / "a.png"
    assert found["sub/deep/c.webp"] == output / "sub" / "deep" / "c.webp"


def test_an_output_inside_the_folder_is_not_painted_again(album: Path) -> None:
    output = album / "painted"
    picture(output / "a.png")
    assert all(output not in item.source.parents for item in plan_batch([album], output))


def test_links_in_circles_end(album: Path, tmp_path: Path) -> None:
    try:
        os.symlink(album, album / "sub" / "again", target_is_directory=True)
        os.symlink(album / "a.png", album / "same.png")
    except OSError:
        pytest.skip("no links here")
    assert len(plan_batch([album], tmp_path / "out")) == 5


def test_several_folders_and_single_pictures(album: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "album"
    picture(other / "a.png")
    single = picture(tmp_path / "z.png")
    output = tmp_path / "out"
    targets = [i.target for i in plan_batch([album, other, single, album], output)]
    assert output / "album" / "a.png" in targets
    assert output / "album-2" / "a.png" in targets
    assert output / "z.png" in targets
    assert len(targets) == len(set(targets)) == 7


def test_formats(album: Path, tmp_path: Path) -> None:
    targets = {i.target.relative_to(tmp_path).as_posix() for i in plan_batch([album], tmp_path, suffix=".jpg")}
    assert targets == {"a.jpg", "b.jpg", "sub/a.jpg", "sub/deep/c.jpg", "sub/deep/d.jpg"}
    picture(album / "a.jpg")
    assert len({i.target for i in plan_batch([album], tmp_path / "out", suffix=".png")}) == 6
    with pytest.raises(WrongUse, match="cannot be saved"):
        plan_batch([album], tmp_path, suffix=".exe")
    with pytest.raises(WrongUse, match="does not exist"):
        plan_batch([tmp_path / "nowhere"], tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(WrongUse, match="no picture"):
        plan_batch([empty], tmp_path / "out")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["A.png", "a.png", "a.jpg", "a.bmp", "s/a.png", "s/A.jpg", "ä.webp"]), min_size=1))
def test_no_two_paintings_share_a_name(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    root = tmp_path_factory.mktemp("many")
    for name in names:
        picture(root / name)
    targets = [str(i.target).lower() for i in plan_batch([root], root / "out", suffix=".png")]
    assert len(targets) == len(set(targets)) == len(set(names))


@pytest.mark.parametrize("jobs", [1, 3])
def test_failures_stop_nobody_and_are_told(album: Path, tmp_path: Path, jobs: int) -> None:
    told: list[Outcome] = []
    strikes = {
        "b.jpg": UnreadablePicture("“{name}” is damaged.", name="b.jpg"),
        "c.webp": ZeroDivisionError("a bug"),
    }
    painter = Painter(strikes)
    items = plan_batch([album], tmp_path / "out")
    summary = run_batch(painter, items, TEMPLATE, Progress(), jobs=jobs, tell=told.append)
    assert not summary.stopped
    assert [o.item for o in summary.outcomes] == list(items), "in the batch's order"
    assert (summary.count("done"), summary.count("failed")) == (3, 2)
    assert {f.error for f in summary.failures} >= {"“b.jpg” is damaged."}
    assert len(told) == 5
    assert sorted(painter.painted) == ["a.png", "a.png", "d.bmp"]


def test_what_is_there_is_passed_over_or_left_alone(album: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    there = output / "a.png"
    output.mkdir()
    there.write_bytes(b"mine")
    items = plan_batch([album], output)
    skipping = run_batch(Painter(), items, TEMPLATE, Progress(), skip_existing=True)
    assert (skipping.count("skipped"), skipping.count("done")) == (1, 4)
    asking = run_batch(Painter(), items, TEMPLATE, Progress())
    assert asking.count("failed") == 5
    assert there.read_bytes() == b"mine"


def test_stopped_and_resumed(album: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    items, token = plan_batch([album], output), CancelToken()
    painter = Painter(then=lambda name: token.cancel() if name == "b.jpg" else None)
    first = run_batch(painter, items, TEMPLATE, Progress(token=token), journal=Journal(output, TEMPLATE))
    assert first.stopped
    assert first.left == 3
    assert painter.painted == ["a.png", "b.jpg"]
    again = Painter()
    second = run_batch(again, items, TEMPLATE, Progress(), journal=Journal(output, TEMPLATE), resume=True)
    assert not second.stopped
    assert sorted(again.painted) == ["a.png", "c.webp", "d.bmp"]
    assert second.count("skipped") == 2
    (output / "b.jpg").unlink()
    third = Painter()
    run_batch(third, items, TEMPLATE, Progress(), journal=Journal(output, TEMPLATE), resume=True)
    assert third.painted == ["b.jpg"], "what is gone is painted again"


def test_resuming_with_another_look_paints_anew(album: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    items = plan_batch([album], output)
    run_batch(Painter(), items, TEMPLATE, Progress(), journal=Journal(output, TEMPLATE))
    other = StylizeFileRequest(mix=(("frost", 1.0),), overwrite=True)
    painter = Painter()
    run_batch(painter, items, other, Progress(), journal=Journal(output, other), resume=True)
    assert len(painter.painted) == 5


def test_failures_are_tried_again_when_resuming_and_a_damaged_journal_harms_nobody(album: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    items = plan_batch([album], output)
    strikes: dict[str, Exception] = {"b.jpg": UnreadablePicture("no")}
    run_batch(Painter(strikes), items, TEMPLATE, Progress(), journal=Journal(output, TEMPLATE))
    with (output / JOURNAL).open("ab") as file:
        file.write(b'{"target": "sub/a.png", "sta\xff\n[[[[\n7\n{"look": 5}\n')
    painter = Painter()
    run_batch(painter, items, TEMPLATE, Progress(), journal=Journal(output, TEMPLATE), resume=True)
    assert painter.painted == ["b.jpg"]


def test_a_full_disk_stops_the_batch(album: Path, tmp_path: Path) -> None:
    painter = Painter({"a.png": DiskFull("The disk is full.")})
    summary = run_batch(painter, plan_batch([album], tmp_path / "out"), TEMPLATE, Progress())
    assert summary.stopped
    assert not painter.painted
    assert summary.failures[0].error == "The disk is full."


def test_progress_goes_to_the_end(album: Path, tmp_path: Path) -> None:
    said: list[float] = []
    run_batch(
        Painter(),
        plan_batch([album], tmp_path / "out"),
        TEMPLATE,
        Progress(lambda fraction, message: said.append(fraction)),
        jobs=2,
    )
    assert said == sorted(said)
    assert said[-1] == 1.0


def test_the_queue_survives_a_restart(album: Path, tmp_path: Path) -> None:
    path = tmp_path / "data" / "queue.jsonl"
    queue = BatchQueue(path)
    changes: list[int] = []
    end = queue.subscribe(lambda: changes.append(1))
    look = StylizeSettings(mix=(("ember", 0.7), ("frost", 0.3)), strength=0.5, keep_colors=True, size=512)
    added = queue.add([album], tmp_path / "out", look)
    assert [entry.state for entry in added] == ["waiting"] * 5
    first = queue.take()
    assert first is not None
    assert first.state == "running"
    queue.mark(first.id, "done")
    second, third = queue.take(), queue.take()
    assert second is not None
    assert third is not None
    queue.mark(second.id, "failed", "It is damaged.")
    end()
    assert len(changes) == 6
    # `third` was under way when the desk went down.
    again = BatchQueue(path)
    states = {entry.id: entry.state for entry in again.entries()}
    assert list(states) == [entry.id for entry in added], "the order is kept"
    assert states[first.id] == "done"
    assert states[second.id] == "failed"
    assert states[third.id] == "waiting"
    assert again.entries()[0].request == first.request
    assert next(e for e in again.entries() if e.id == second.id).error == "It is damaged."
    again.retry()
    assert sum(e.state == "waiting" for e in again.entries()) == 4
    again.clear_ended()
    assert len(BatchQueue(path).entries()) == 4


def test_a_painting_finished_as_the_desk_went_down_counts(album: Path, tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    queue = BatchQueue(path)
    queue.add([album / "a.png"], tmp_path / "out", StylizeSettings(mix=(("ember", 1.0),)))
    entry = queue.take()
    assert entry is not None
    picture(entry.target)
    assert [e.state for e in BatchQueue(path).entries()] == ["done"]


def test_a_damaged_queue_costs_its_damaged_lines_alone(album: Path, tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    BatchQueue(path).add([album], tmp_path / "out", StylizeSettings(mix=(("ember", 1.0),)))
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace('"strength": 1.0', '"strength": 7')
    lines[2] = lines[2][:40]
    lines.insert(0, '{"id": "x", "state": "done"}')
    lines.insert(0, "[1]")
    path.write_text("\n".join(lines) + '\n{"id": "half', encoding="utf-8")
    assert len(BatchQueue(path).entries()) == 3
    path.write_bytes(b"\xff\xfe\x00" * 100)
    assert BatchQueue(path).entries() == ()


def test_nothing_enters_the_queue_without_a_style_or_with_bad_settings(album: Path, tmp_path: Path) -> None:
    queue = BatchQueue(tmp_path / "queue.jsonl")
    with pytest.raises(WrongUse, match="style"):
        queue.add([album], tmp_path / "out", StylizeSettings())
    with pytest.raises(WrongUse, match="Strength"):
        queue.add([album], tmp_path / "out", StylizeSettings(mix=(("ember", 1.0),), strength=3))
    assert queue.entries() == ()
    assert BatchItem(album, album) == BatchItem(album, album)
