"""After a crash: listed with name, age and thumbnail, brought back whole, kept until discarded."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artdesk.core.errors import ArtDeskError, ProjectError
from artdesk.document.autosave import Autosaver
from artdesk.document.autosave_store import LOCK, MANIFEST
from artdesk.document.document import Document
from artdesk.document.recovery import discard, recover, recover_with_notes, recoverable
from tests.document.pictures import assert_same_document, rich_document

REPOSITORY = Path(__file__).resolve().parents[2]


def crashed(folder: Path, document: Document, name: str = "Lost", *, clean: bool = False) -> Path:
    """An autosave whose process is gone; returns its folder."""
    autosaver = Autosaver(folder, name=name)
    autosaver.save(document.snapshot_for_saving())
    if clean:
        autosaver.mark_saved()
    assert autosaver._owned is not None
    autosaver._owned.unlock()
    return autosaver.folder


def test_a_crashed_document_is_listed_and_comes_back(tmp_path: Path) -> None:
    document = rich_document()
    document.mark_saved(tmp_path / "picture.ora")
    path = crashed(tmp_path / "autosave", document)
    (item,) = recoverable(tmp_path / "autosave")
    assert (item.name, item.width, item.height, item.layers) == ("Lost", 320, 290, 6)
    assert (item.id, item.path, item.project) == (path.name, path, tmp_path / "picture.ora")
    assert 0 <= item.age < 60
    assert item.thumbnail is not None
    assert item.thumbnail.shape == (232, 256, 4)
    again = recover(item)
    assert_same_document(document, again)
    assert again.dirty
    assert again.path == tmp_path / "picture.ora"


def test_it_stays_until_it_is_discarded(tmp_path: Path) -> None:
    path = crashed(tmp_path, rich_document())
    recover(recoverable(tmp_path)[0])
    (item,) = recoverable(tmp_path)
    discard(item)
    assert recoverable(tmp_path) == []
    assert not path.exists()


def test_newest_first(tmp_path: Path) -> None:
    for name, age in (("old", 5000), ("new", 10), ("middle", 600)):
        path = crashed(tmp_path, rich_document(60, 50), name)
        values = json.loads((path / MANIFEST).read_text())
        (path / MANIFEST).write_text(json.dumps({**values, "saved_at": time.time() - age}))
    assert [item.name for item in recoverable(tmp_path)] == ["new", "middle", "old"]
    assert recoverable(tmp_path)[2].age == pytest.approx(5000, abs=30)


def test_what_was_saved_since_is_not_offered(tmp_path: Path) -> None:
    path = crashed(tmp_path, rich_document(60, 50), clean=True)
    assert recoverable(tmp_path) == []
    assert not path.exists()


def test_a_running_process_keeps_its_autosave_to_itself(tmp_path: Path) -> None:
    autosaver = Autosaver(tmp_path, name="Here")
    autosaver.save(rich_document(60, 50).snapshot_for_saving())
    assert recoverable(tmp_path) == []
    code = "import sys; from pathlib import Path; from artdesk.document.recovery import recoverable; "
    code += "print(len(recoverable(Path(sys.argv[1]))))"
    seen = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "0"
    autosaver.close()


def _save_and_wait(folder: Path) -> None:
    autosaver = Autosaver(folder, name="Killed")
    autosaver.save(rich_document(60, 50).snapshot_for_saving())
    (folder / "ready").touch()
    time.sleep(60)


@pytest.mark.skipif(os.name != "posix", reason="needs a process that can be killed outright")
def test_a_killed_process_leaves_its_autosave(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_save_and_wait, args=(tmp_path,))
    process.start()
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            assert process.is_alive(), "the process ended by itself"
            time.sleep(0.02)
        assert (tmp_path / "ready").exists(), "the process took too long to start"
        assert recoverable(tmp_path) == []
    finally:
        process.kill()
        process.join()
    (item,) = recoverable(tmp_path)
    assert (item.path / LOCK).exists() is False
    assert_same_document_without_ids(recover(item), rich_document(60, 50))


def assert_same_document_without_ids(one: Document, other: Document) -> None:
    assert [layer.name for layer in one.layers()] == [layer.name for layer in other.layers()]
    assert np.array_equal(one.composite(one.rect), other.composite(other.rect))


def test_a_damaged_pack_costs_only_its_tiles(tmp_path: Path) -> None:
    document = rich_document(700, 600)
    path = crashed(tmp_path, document)
    pack = next(one for one in path.iterdir() if one.suffix == ".bin")
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0xFF
    pack.write_bytes(bytes(data))
    again, notes = recover_with_notes(recoverable(tmp_path)[0])
    assert "damaged" in str(notes[0])
    assert [layer.name for layer in again.layers()] == [layer.name for layer in document.layers()]
    different = np.any(again.composite(again.rect) != document.composite(document.rect), axis=2)
    assert different.mean() < 0.4


def test_rubbish_in_the_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / MANIFEST).write_text('{"format": 1,')
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / MANIFEST).write_text("[" * 100_000)
    crashed(tmp_path, rich_document(60, 50))
    assert [item.name for item in recoverable(tmp_path)] == ["Lost"]
    assert recoverable(tmp_path / "none") == []


def test_an_unfinished_first_autosave_goes_after_a_while(tmp_path: Path) -> None:
    for name, age in (("fresh", 10), ("stale", 90_000), ("foreign", 90_000)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / ("notes.txt" if name == "foreign" else "pack-000001.bin")).write_bytes(b"x")
        os.utime(folder, (time.time() - age,) * 2)
    assert recoverable(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign", "fresh"]


@pytest.mark.parametrize(
    "change",
    [
        {"width": "wide"},
        {"width": 10**9},
        {"layers": 7, "thumbnail": "../../etc/passwd", "saved_at": "soon"},
        {"layers": [{"kind": "pixel", "pixels": {"tiles": [[0, 0, 99, 0, 5, 5], [1], "x", [10**9, 0, 1, 0, 5, 5]]}}]},
        {"selection": {"tiles": [[0, 0, 1, -5, 10**12, 0]]}, "active": ["x"], "project": "a\0b"},
    ],
)
def test_a_senseless_manifest_does_no_harm(tmp_path: Path, change: dict[str, object]) -> None:
    path = crashed(tmp_path, rich_document(60, 50))
    values = json.loads((path / MANIFEST).read_text())
    (path / MANIFEST).write_text(json.dumps({**values, **change}))
    (item,) = recoverable(tmp_path)
    try:
        document = recover(item)
    except ArtDeskError as error:
        assert str(error).endswith(".")
    else:
        document.composite(document.rect)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.fixed_dictionaries(
        {"format": st.just(1), "width": st.integers(1, 300), "height": st.integers(1, 300)},
        optional={
            "layers": _JSON,
            "selection": _JSON,
            "active": _JSON,
            "name": _JSON,
            "thumbnail": _JSON,
            "saved_at": _JSON,
        },
    )
)
def test_any_manifest_is_read_without_surprise(tmp_path: Path, values: dict[str, object]) -> None:
    folder = tmp_path / "one"
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(values))
    (item,) = recoverable(tmp_path)
    try:
        recover(item)
    except ProjectError:
        pass


def test_an_autosave_that_vanished_is_said(tmp_path: Path) -> None:
    crashed(tmp_path, rich_document(60, 50))
    (item,) = recoverable(tmp_path)
    discard(item)
    with pytest.raises(ProjectError):
        recover(item)
