"""Project files from elsewhere: what others mean is kept, what is hostile does no harm."""

from __future__ import annotations

import io
import os
import struct
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

from artdesk.core.errors import ProjectError
from artdesk.document.blend import BlendMode
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Mask, PixelLayer, StyleLayer
from artdesk.document.ora import open_project, read_project, save_project
from artdesk.document.ora_write import NAMESPACE
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles
from tests.document.pictures import blob, opaque, rich_document

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
