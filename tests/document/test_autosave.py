"""Autosaves: only what changed is written, a failure costs nothing, the folder always holds a whole state."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artdesk.core.errors import DiskFull, NotWritable
from artdesk.document import autosave as autosave_module
from artdesk.document.autosave import Autosaver
from artdesk.document.autosave_store import MANIFEST, Loader, read_manifest
from artdesk.document.document import Document
from artdesk.document.layers import PixelLayer
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles
from tests.document.pictures import assert_same_document, opaque, rich_document


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on waiting for the disk; tests of full disks put their own fsync in its place."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def stored(autosaver: Autosaver) -> Document:
    """What the folder holds at this moment."""
    loader = Loader(autosaver.folder)
    document = loader.document(read_manifest(autosaver.folder))
    assert loader.lost == 0
    return document


def dab(document: Document, x: int, y: int, value: int) -> None:
    layer = next(layer for layer in document.layers() if isinstance(layer, PixelLayer) and not layer.locked)
    with document.begin_edit(layer, "Dab") as edit:
        edit.write(Rect(x, y, 20, 20), np.full((20, 20, 4), (value, 255 - value, 9, 255), np.uint8))


def painting(width: int = 1100, height: int = 900) -> Document:
    document = Document(width, height)
    layer = PixelLayer(name="Noise", pixels=Tiles.of_array(opaque(width, height, 3)))
    document.root.children = (layer,)
    document.active_layer = layer
    return document


def test_everything_is_kept(tmp_path: Path) -> None:
    document = rich_document()
    document.mark_saved(tmp_path / "picture.ora")
    autosaver = Autosaver(tmp_path / "autosave", name="Picture")
    autosaver.save(document.snapshot_for_saving())
    assert_same_document(document, stored(autosaver))
    values = read_manifest(autosaver.folder)
    assert (values["name"], values["project"]) == ("Picture", str(tmp_path / "picture.ora"))
    autosaver.close()
    assert not autosaver.folder.exists()


def test_only_changed_tiles_are_written(tmp_path: Path) -> None:
    document = painting()
    autosaver = Autosaver(tmp_path)
    first = autosaver.save(document.snapshot_for_saving())
    assert first.tiles == 20
    assert autosaver.save(document.snapshot_for_saving()).tiles == 0
    dab(document, 250, 10, 50)
    second = autosaver.save(document.snapshot_for_saving())
    assert second.tiles == 2
    assert second.bytes < first.bytes / 4
    document.undo()
    assert autosaver.save(document.snapshot_for_saving()).tiles <= 2
    assert_same_document(document, stored(autosaver))
    autosaver.close()


def test_shared_tiles_are_written_once(tmp_path: Path) -> None:
    document = painting()
    document.root.children = (*document.root.children, document.root.children[0].twin(fresh_id=True))
    autosaver = Autosaver(tmp_path)
    assert autosaver.save(document.snapshot_for_saving()).tiles == 20
    assert_same_document(document, stored(autosaver))
    autosaver.close()


def test_taking_the_snapshot_shares_every_pixel() -> None:
    document = painting()
    snapshot = document.snapshot_for_saving()
    layer, copy = document.root.children[0], snapshot.root.children[0]
    assert isinstance(layer, PixelLayer)
    assert isinstance(copy, PixelLayer)
    assert all(copy.pixels.tile(*key) is tile for key, tile in layer.pixels.items())


def test_old_packs_go_and_the_folder_stays_small(tmp_path: Path) -> None:
    document = painting()
    autosaver = Autosaver(tmp_path)
    first = autosaver.save(document.snapshot_for_saving()).bytes
    for step in range(70):
        dab(document, (step * 97) % 1000, (step * 61) % 800, step)
        autosaver.save(document.snapshot_for_saving())
    files = list(autosaver.folder.iterdir())
    assert len(files) < 40
    assert sum(path.stat().st_size for path in files) < 4 * first
    assert_same_document(document, stored(autosaver))
    autosaver.close()


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(["dab", "undo", "redo", "add", "save", "fail"]), min_size=3, max_size=25))
def test_any_order_of_work_and_failures(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    document = painting(600, 300)
    autosaver = Autosaver(tmp_path_factory.mktemp("autosave"))
    autosaver.save(document.snapshot_for_saving())
    last = document.snapshot_for_saving()
    for number, step in enumerate(steps):
        if step == "dab":
            dab(document, (number * 83) % 600, (number * 47) % 300, number)
        elif step == "undo":
            document.undo()
        elif step == "redo":
            document.redo()
        elif step == "add":
            document.add_layer()
        elif step == "save":
            last = document.snapshot_for_saving()
            autosaver.save(last)
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(os, "fsync", full_disk)
                with pytest.raises(DiskFull):
                    autosaver.save(document.snapshot_for_saving())
        assert_same_document(last, stored(autosaver))
    autosaver.close()


def full_disk(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fails_at", range(1, 8))
def test_a_failure_anywhere_leaves_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """The disk fills up at the first, second … time something is flushed or renamed."""
    document = painting(600, 300)
    autosaver = Autosaver(tmp_path)
    autosaver.save(document.snapshot_for_saving())
    before = document.snapshot_for_saving()
    dab(document, 5, 5, 5)
    monkeypatch.setattr(autosave_module, "_THUMBNAIL_SECONDS", -1.0)
    count = 0

    def counted(name: str) -> None:
        real = getattr(os, name)

        def call(*args: object, **names: object) -> object:
            nonlocal count
            count += 1
            if count == fails_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args, **names)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "replace"):
        counted(name)
    try:
        autosaver.save(document.snapshot_for_saving())
        wanted = document
    except DiskFull:
        wanted = before
    monkeypatch.undo()
    assert_same_document(wanted, stored(autosaver))
    autosaver.save(document.snapshot_for_saving())
    assert_same_document(document, stored(autosaver))
    autosaver.close()


def test_an_unreachable_folder_is_said_and_works_again_later(tmp_path: Path) -> None:
    document = painting(300, 200)
    (tmp_path / "file").write_bytes(b"")
    autosaver = Autosaver(tmp_path / "file")
    with pytest.raises(NotWritable):
        autosaver.save(document.snapshot_for_saving())
    (tmp_path / "file").unlink()
    autosaver.save(document.snapshot_for_saving())
    assert_same_document(document, stored(autosaver))
    autosaver.close()


def test_a_folder_somebody_emptied_is_filled_again(tmp_path: Path) -> None:
    document = painting(300, 200)
    autosaver = Autosaver(tmp_path)
    autosaver.save(document.snapshot_for_saving())
    for path in autosaver.folder.iterdir():
        path.unlink()
    dab(document, 5, 5, 5)
    autosaver.save(document.snapshot_for_saving())
    assert_same_document(document, stored(autosaver))
    autosaver.close()


def test_threads_take_turns_and_painting_goes_on(tmp_path: Path) -> None:
    document = painting()
    autosaver = Autosaver(tmp_path)
    snapshots = []
    failed: list[BaseException] = []

    def save(snapshot: Document) -> None:
        try:
            autosaver.save(snapshot)
        except BaseException as error:
            failed.append(error)

    threads = []
    for step in range(6):
        snapshots.append(document.snapshot_for_saving())
        threads.append(threading.Thread(target=save, args=(snapshots[-1],)))
        threads[-1].start()
        for stroke in range(10):
            dab(document, stroke * 90, step * 100, stroke)
    for thread in threads:
        thread.join()
    assert not failed
    autosaver.save(document.snapshot_for_saving())
    assert_same_document(document, stored(autosaver))
    autosaver.close()


def test_a_saved_document_needs_no_recovery_until_it_changes(tmp_path: Path) -> None:
    document = painting(300, 200)
    autosaver = Autosaver(tmp_path)
    autosaver.mark_saved()
    autosaver.save(document.snapshot_for_saving())
    autosaver.mark_saved()
    assert json.loads((autosaver.folder / MANIFEST).read_text())["clean"] is True
    dab(document, 5, 5, 5)
    assert autosaver.save(document.snapshot_for_saving()).tiles == 1
    assert json.loads((autosaver.folder / MANIFEST).read_text())["clean"] is False
    autosaver.close()


def test_a_late_mark_does_not_hide_later_work(tmp_path: Path) -> None:
    document = painting(300, 200)
    autosaver = Autosaver(tmp_path)
    saved = document.snapshot_for_saving().state_id
    dab(document, 5, 5, 5)
    autosaver.save(document.snapshot_for_saving())
    autosaver.mark_saved(saved)
    assert read_manifest(autosaver.folder)["clean"] is False
    autosaver.mark_saved(document.state_id)
    assert read_manifest(autosaver.folder)["clean"] is True
    autosaver.close()
