"""Project files: nothing lost, others see the same picture, hostile files do no harm."""

from __future__ import annotations

import errno
import io
import os
import threading
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PIL

from artdesk.core.errors import AlreadyExists, DiskFull, NotWritable
from artdesk.document.blend import BlendMode, premultiplied
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer, Mask, PixelLayer, StyleLayer
from artdesk.document.ora import backup_of, open_project, read_project, save_project
from artdesk.document.ora_write import NAMESPACE
from artdesk.document.png import decode_png, encode_png
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles
from tests.document.pictures import assert_same_document, blob, rich_document


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on waiting for the disk; tests of full disks put their own fsync in its place."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def as_others_see_it(path: Path, target: Path) -> Document:
    """Open a copy without anything of our namespace."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for info in source.infolist():
            data = source.read(info)
            if info.filename.startswith("artdesk/"):
                continue
            if info.filename == "stack.xml":
                root = ET.fromstring(data)
                for element in root.iter():
                    for name in [name for name in element.attrib if name.startswith("{")]:
                        del element.attrib[name]
                data = ET.tostring(root)
            out.writestr(info.filename, data)
    return open_project(target)


# round trips


def test_nothing_is_lost(tmp_path: Path) -> None:
    document = rich_document()
    path = save_project(document.snapshot_for_saving(), tmp_path / "all.ora")
    again, notes = read_project(path)
    assert notes == ()
    assert_same_document(document, again)
    assert again.path == path
    assert not again.dirty


def test_other_programs_see_the_same_picture(tmp_path: Path) -> None:
    document = rich_document()
    path = save_project(document.snapshot_for_saving(), tmp_path / "all.ora")
    wanted = premultiplied(document.composite(document.rect)).astype(int)
    with zipfile.ZipFile(path) as file:
        merged = decode_png(file.read("mergedimage.png"))
    assert np.abs(premultiplied(merged).astype(int) - wanted).max() <= 1
    seen = as_others_see_it(path, tmp_path / "others.ora")
    found = premultiplied(seen.composite(seen.rect)).astype(int)
    # Baked masks and clipping are rounded to bytes once more on the way.
    assert np.abs(found - wanted).max() <= 4
    assert np.abs(found - wanted).mean() < 0.2
    names = [layer.name for layer in seen.layers()]
    assert {"Ground", "Multiply “é” 层 <&>", "Masked", "Group", "Style"} <= set(names)


def test_the_archive_is_openraster(tmp_path: Path) -> None:
    document = rich_document(700, 300)
    path = save_project(document.snapshot_for_saving(), tmp_path / "all.ora")
    assert path.read_bytes()[30:54] == b"mimetypeimage/openraster"
    with zipfile.ZipFile(path) as file:
        assert file.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"} <= set(file.namelist())
        small = PIL.open(io.BytesIO(file.read("Thumbnails/thumbnail.png")))
        assert small.size == (256, 110)
        merged = PIL.open(io.BytesIO(file.read("mergedimage.png")))
        shrunk = np.asarray(merged.resize(small.size, PIL.Resampling.BOX)).astype(int)
        assert np.abs(shrunk - np.asarray(small)).mean() < 3
        root = ET.fromstring(file.read("stack.xml"))
    assert (root.get("w"), root.get("h")) == ("700", "300")
    top = root.find("stack")
    assert top is not None
    style = next(layer for layer in top.iter("layer") if layer.get("name") == "Style")
    assert "van_gogh" in (style.get(f"{{{NAMESPACE}}}style") or "")
    for element in top.iter():
        if element.tag == "layer":
            assert element.get("composite-op") in {mode.value for mode in BlendMode}
            assert (element.get("src") or "").startswith("data/")


@st.composite
def layer_trees(draw: st.DrawFn, depth: int = 0) -> Layer:
    kind = draw(st.sampled_from(["pixel", "pixel", "style", "group"] if depth < 2 else ["pixel", "style"]))
    layer: Layer
    seed = draw(st.integers(0, 99))
    tiles = Tiles.of_array(blob(40, 30, seed), draw(st.integers(-30, 60)), draw(st.integers(-30, 60)))
    if kind == "group":
        layer = GroupLayer(children=tuple(draw(st.lists(layer_trees(depth + 1), max_size=3))))
    elif kind == "style":
        layer = StyleLayer(painted=tiles, mix=(("a", draw(st.floats(0.1, 1))),), stale=draw(st.booleans()))
    else:
        layer = PixelLayer(pixels=tiles)
    layer.name = draw(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12))
    layer.opacity = draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    layer.mode = draw(st.sampled_from(list(BlendMode)))
    layer.visible, layer.clip, layer.locked = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    if draw(st.booleans()):
        mask = blob(30, 30, seed + 1)[..., 3].copy()
        layer.mask = Mask(Tiles.of_array(mask, 5, 5, default=draw(st.sampled_from([0, 255]))), draw(st.booleans()))
    return layer


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(layer_trees(), max_size=4))
def test_any_tree_comes_back(tmp_path: Path, children: list[Layer]) -> None:
    document = Document(70, 60)
    document.root.children = tuple(children)
    document.active_layer = children[-1] if children else None
    path = save_project(document.snapshot_for_saving(), tmp_path / "tree.ora", overwrite=True)
    assert_same_document(document, open_project(path))
    seen = as_others_see_it(path, tmp_path / "others.ora")
    wanted = premultiplied(document.composite(document.rect)).astype(int)
    # Where a weak colour meets dodge, burn or a hue, one step of alpha becomes several of colour.
    assert np.abs(premultiplied(seen.composite(seen.rect)).astype(int) - wanted).mean() < 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3, 4]), st.integers(1, 17), st.integers(0, 9))
def test_png_strips_are_a_png(width: int, height: int, channels: int, rows: int, seed: int) -> None:
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    if seed % 2:
        pixels = np.sort(pixels, axis=0)
    data = encode_png(width, height, channels, (pixels[top : top + rows] for top in range(0, height, rows)))
    assert np.array_equal(np.asarray(PIL.open(io.BytesIO(data))), pixels)
    if channels != 3:
        assert np.array_equal(decode_png(data, grey=channels == 1), pixels)


def test_a_document_goes_on_while_it_is_saved(tmp_path: Path) -> None:
    document = rich_document()
    snapshot = document.snapshot_for_saving()
    failed: list[BaseException] = []

    def save() -> None:
        try:
            save_project(snapshot, tmp_path / "all.ora")
        except BaseException as error:
            failed.append(error)

    before = document.composite(document.rect)
    thread = threading.Thread(target=save)
    thread.start()
    with document.begin_edit(document.layer(document.root.children[1]), "Paint") as edit:
        for step in range(60):
            edit.write(Rect(step * 4, step * 4, 60, 60), np.full((60, 60, 4), (step * 4, 0, 0, 255), np.uint8))
    thread.join()
    assert not failed
    saved = open_project(tmp_path / "all.ora")
    assert np.array_equal(saved.composite(saved.rect), before)


# saving safely


def test_saving_keeps_one_backup_and_never_overwrites_unasked(tmp_path: Path) -> None:
    document = rich_document()
    path = tmp_path / "all.ora"
    save_project(document.snapshot_for_saving(), path)
    first = path.read_bytes()
    with pytest.raises(AlreadyExists):
        save_project(document.snapshot_for_saving(), path)
    assert path.read_bytes() == first
    document.root.children = document.root.children[:2]
    document.active_layer = None
    save_project(document.snapshot_for_saving(), path, overwrite=True)
    assert backup_of(path).read_bytes() == first
    assert len(open_project(path).root.children) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["all.ora", "all.ora~"]


def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = rich_document()
    path = save_project(document.snapshot_for_saving(), tmp_path / "all.ora")
    first = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    document.mark_unsaved()
    with pytest.raises(DiskFull, match="disk is full"):
        save_project(document.snapshot_for_saving(), path, overwrite=True)
    assert document.dirty
    assert path.read_bytes() == first
    assert not [one for one in tmp_path.iterdir() if one.name.endswith((".part", ".bak"))]


def test_an_unreachable_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="folder"):
        save_project(rich_document().snapshot_for_saving(), tmp_path / "gone" / "all.ora")
