"""Project files: nothing lost, others see the same picture, hostile files do no harm."""

from __future__ import annotations

import errno
import io
import os
import struct
import threading
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PIL

from artdesk.core.errors import AlreadyExists, DiskFull, NotWritable, ProjectError
from artdesk.document.blend import BlendMode, premultiplied
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Layer, Mask, PixelLayer, StyleLayer
from artdesk.document.ora import backup_of, open_project, read_project, save_project
from artdesk.document.ora_write import NAMESPACE
from artdesk.document.png import decode_png, encode_png
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles
from tests.document.pictures import assert_same_document, blob, opaque, rich_document

XML = '<?xml version="1.0"?><image version="0.0.3" w="{w}" h="{h}"><stack>{layers}</stack></image>'


def png(pixels: np.ndarray | None = None, mode: str = "RGBA") -> bytes:
    out = io.BytesIO()
    picture = PIL.fromarray(pixels) if pixels is not None else PIL.new(mode, (4, 3), 255 if mode == "L" else None)
    picture.save(out, "PNG")
    return out.getvalue()


def archive(path: Path, entries: dict[str, bytes | str], *, mimetype: str | None = "image/openraster") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        if mimetype is not None:
            file.writestr("mimetype", mimetype)
        for name, data in entries.items():
            file.writestr(name, data)
    return path


def foreign(path: Path, layers: str, files: dict[str, bytes | str], w: int | str = 60, h: int | str = 40) -> Path:
    """A file as another program might write it."""
    return archive(path, {"stack.xml": XML.format(w=w, h=h, layers=layers), **files})


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


# files of others


def test_names_order_opacity_and_modes_of_others_are_kept(tmp_path: Path) -> None:
    layers = (
        '<layer name="Top" src="data/a.png" x="5" y="-2" opacity="0.25" composite-op="svg:color-dodge" '
        'selected="true"/>'
        '<stack name="Folder" opacity="0.5" visibility="hidden" isolation="isolate">'
        '<layer name="In" src="data/b.png" composite-op="svg:add"/></stack>'
        '<layer name="Clip" src="data/b.png" composite-op="svg:src-atop" edit-locked="true"/>'
        '<layer src="data/a.png" x="1.0" y="2" opacity="1"/>'
    )
    pixels = opaque(20, 10, 1)
    path = foreign(tmp_path / "x.ora", layers, {"data/a.png": png(pixels), "data/b.png": png(pixels[..., :3])})
    document, notes = read_project(path)
    assert notes == ()
    bottom, clip, folder, top = document.root.children
    assert (bottom.name, clip.name, folder.name, top.name) == ("", "Clip", "Folder", "Top")
    assert (top.opacity, top.mode, document.active_layer) == (0.25, BlendMode.COLOR_DODGE, top)
    assert isinstance(folder, GroupLayer)
    assert (folder.opacity, folder.visible, folder.children[0].mode) == (0.5, False, BlendMode.PLUS)
    assert (clip.clip, clip.locked, clip.mode) == (True, True, BlendMode.NORMAL)
    assert isinstance(top, PixelLayer)
    assert top.pixels.bounds() == Rect(5, -2, 20, 10)
    assert isinstance(bottom, PixelLayer)
    assert np.array_equal(bottom.pixels.read(Rect(1, 2, 20, 10)), pixels)


def test_every_kind_of_png_opens(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        f"data/{mode}.png": png(mode=mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")
    }
    deep = io.BytesIO()
    PIL.fromarray(np.full((3, 4), 0x8040, np.uint16)).save(deep, "PNG")
    files["data/I.png"] = deep.getvalue()
    layers = "".join(f'<layer name="{name}" src="{name}"/>' for name in files)
    document, notes = read_project(foreign(tmp_path / "x.ora", layers, files))
    assert notes == ()
    last = document.root.children[0]
    assert isinstance(last, PixelLayer)
    assert tuple(last.pixels.read(Rect(0, 0, 1, 1))[0, 0]) == (0x80, 0x80, 0x80, 255)


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    layers = (
        '<text name="T"/><layer name="Odd" src="data/a.png" composite-op="krita:greater"/>'
        '<layer name="Vector" src="data/a.svg"/><layer name="Gone" src="data/none.png"/>'
        '<layer name="Broken" src="data/broken.png"/>'
    )
    files: dict[str, bytes | str] = {
        "data/a.png": png(),
        "data/a.svg": "<svg/>",
        "data/broken.png": png(opaque(30, 20, 0))[:60],
    }
    document, notes = read_project(foreign(tmp_path / "x.ora", layers, files))
    told = " ".join(str(note) for note in notes)
    assert all(name in told for name in ("text", "Odd", "krita:greater", "Vector", "Gone", "Broken"))
    assert [layer.name for layer in document.root.children] == ["Broken", "Gone", "Vector", "Odd"]


def test_a_picture_changed_elsewhere_wins_over_our_originals(tmp_path: Path) -> None:
    document = rich_document()
    path = save_project(document.snapshot_for_saving(), tmp_path / "all.ora")
    changed = tmp_path / "changed.ora"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as out:
        root = ET.fromstring(source.read("stack.xml"))
        stand_in = next(e for e in root.iter("layer") if e.get(f"{{{NAMESPACE}}}stand-in"))
        masked = next(e for e in root.iter("layer") if e.get("name") == "Masked")
        replaced = {stand_in.get("src"), masked.get("src")}
        for info in source.infolist():
            out.writestr(info, png(opaque(30, 20, 3)) if info.filename in replaced else source.read(info))
    again = open_project(changed)
    layer = next(one for one in again.layers() if one.name == "Masked")
    assert isinstance(layer, PixelLayer)
    assert layer.mask is None
    assert np.array_equal(
        layer.pixels.read(Rect(layer.pixels.bounds().x, layer.pixels.bounds().y, 30, 20)), opaque(30, 20, 3)
    )
    group, shown = (one for one in again.root.children if one.name == "Group")
    assert isinstance(group, GroupLayer)
    assert not group.visible
    assert isinstance(shown, PixelLayer)
    assert shown.visible


# hostile files


def bomb_png(width: int, height: int) -> bytes:
    """A tiny file that promises a huge picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE image [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><image w="10" h="10"><stack><layer name="&c;"/></stack></image>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE image [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    '<image w="10" h="10"><stack><layer name="&a;"/></stack></image>'
)
DEEP = "<stack>" * 500 + "</stack>" * 500


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"PK\x03\x04 not a zip"),
        lambda path: path.write_bytes(os.urandom(4000)),
        lambda path: archive(path, {"stack.xml": "<image w='1' h='1'/>"}, mimetype="application/x-krita"),
        lambda path: archive(path, {}),
        lambda path: archive(path, {"stack.xml": "<image"}),
        lambda path: archive(path, {"stack.xml": "<html/>"}),
        lambda path: archive(path, {"stack.xml": b"\xff\xfe\x00"}),
        lambda path: archive(path, {"stack.xml": ENTITIES}),
        lambda path: archive(path, {"stack.xml": OUTSIDE}),
        lambda path: archive(path, {"stack.xml": " " * (9 << 20)}),
        lambda path: foreign(path, "", {}, w=10_000_000),
        lambda path: foreign(path, "", {}, w=-5),
        lambda path: foreign(path, "", {}, w="nan"),
        lambda path: foreign(path, "", {}, w="1e400"),
        lambda path: foreign(path, DEEP, {}),
        lambda path: foreign(path, "<layer/>" * 5000, {}),
        lambda path: foreign(path, '<layer src="data/a.png"/>', {"data/a.png": bomb_png(60000, 60000)}),
        lambda path: foreign(path, '<layer src="data/a.png"/>', {"data/a.png": bomb_png(16000, 16000)}),
        lambda path: foreign(path, '<layer src="data/a.png"/>', {"data/a.png": png() + b"\0" * (30 << 20)}),
        lambda path: foreign(path, '<layer src="../../etc/passwd.png"/>', {"../../etc/passwd.png": png()}),
        lambda path: foreign(path, '<layer src="/etc/passwd.png"/>', {}),
    ],
)
def test_hostile_files_are_refused_with_a_sentence(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "bad.ora"
    make(path)
    with pytest.raises(ProjectError) as caught:
        open_project(path)
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        open_project(tmp_path / "none.ora")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files_never_crash(tmp_path: Path, data: st.DataObject) -> None:
    whole = tmp_path / "whole.ora"
    if not whole.exists():
        document = Document(40, 30)
        layer = PixelLayer(name="L", pixels=Tiles.of_array(blob(40, 30, 1)), mask=Mask(Tiles(1, 0)))
        document.root.children = (layer, StyleLayer(name="S", painted=Tiles.of_array(blob(40, 30, 2))))
        save_project(document.snapshot_for_saving(), whole)
    damaged = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(damaged) // 2, len(damaged)))
    path = tmp_path / "damaged.ora"
    path.write_bytes(bytes(damaged[:cut]))
    try:
        document = open_project(path)
    except ProjectError:
        return
    document.composite(document.rect.intersected(Rect(0, 0, 300, 300)))


def test_senseless_attributes_fall_back_alone(tmp_path: Path) -> None:
    ours = f'xmlns:artdesk="{NAMESPACE}"'
    layers = (
        f'<layer {ours} name="A" src="data/a.png" x="inf" y="nan" opacity="lots" visibility="perhaps" '
        'artdesk:id="../x" artdesk:style="{&quot;mix&quot;: [[1, 2], [&quot;ok&quot;, -1], [&quot;good&quot;, 2]], '
        '&quot;strength&quot;: 9}"/>'
        f'<layer {ours} name="B" src="data/a.png" artdesk:id="same"/><layer {ours} name="C" src="data/a.png" '
        'artdesk:id="same" opacity="-3"/>'
    )
    document, _ = read_project(foreign(tmp_path / "x.ora", layers, {"data/a.png": png()}))
    c, b, a = document.root.children
    assert (a.opacity, a.visible, c.opacity) == (1.0, True, 0.0)
    assert a.id.isalnum()
    assert b.id != c.id
    assert isinstance(a, StyleLayer)
    assert (a.mix, a.strength) == ((("good", 2.0),), 1.0)
