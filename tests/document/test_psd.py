"""Photoshop files through psd-tools, both ways."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PIL
from PIL import ImageChops
from psd_tools import PSDImage
from psd_tools.constants import BlendMode as PsdMode

from artdesk.core.errors import AlreadyExists, DiskFull, ProjectError
from artdesk.document.blend import BlendMode, premultiplied
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, Mask, PixelLayer, StyleLayer
from artdesk.document.psd import open_psd, save_psd
from artdesk.document.rect import Rect
from artdesk.document.tiles import Tiles
from tests.document.pictures import blob, opaque, rich_document, visible


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on waiting for the disk; tests of full disks put their own fsync in its place."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def assert_alike(one: Document, other: Document) -> None:
    """Names, order, modes, opacity, masks, clipping and pixels are the same; style layers have become pixels."""
    mine, theirs = list(one.layers()), list(other.layers())
    assert [layer.name for layer in mine] == [layer.name for layer in theirs]
    for a, b in zip(mine, theirs, strict=True):
        assert isinstance(b, GroupLayer) == isinstance(a, GroupLayer)
        assert (a.mode, a.visible, a.clip, a.locked, a.lock_alpha) == (
            b.mode,
            b.visible,
            b.clip,
            b.locked,
            b.lock_alpha,
        )
        assert abs(a.opacity - b.opacity) <= 0.5 / 255 + 1e-9
        paint, painted = a.paint(), b.paint()
        if paint is not None and painted is not None:
            assert visible(paint).same_pixels(visible(painted)), a.name
        assert (a.mask is None) == (b.mask is None)
        if a.mask is not None and b.mask is not None:
            assert a.mask.enabled == b.mask.enabled
            assert np.array_equal(a.mask.tiles.read(one.rect), b.mask.tiles.read(one.rect)), a.name
    seen, found = (premultiplied(doc.composite(doc.rect)).astype(int) for doc in (one, other))
    # Photoshop's opacity has 256 steps.
    assert np.abs(seen - found).max() <= 4


def test_layers_come_back_from_a_photoshop_file(tmp_path: Path) -> None:
    document = rich_document()
    notes = save_psd(document.snapshot_for_saving(), tmp_path / "all.psd")
    assert ["Style" in str(note) for note in notes] == [True]
    again, read_notes = open_psd(tmp_path / "all.psd")
    assert read_notes == ()
    assert again.dirty
    assert_alike(document, again)


def test_psd_tools_itself_sees_what_we_wrote(tmp_path: Path) -> None:
    document = rich_document()
    save_psd(document.snapshot_for_saving(), tmp_path / "all.psd")
    psd = PSDImage.open(tmp_path / "all.psd")
    assert [layer.name for layer in psd] == [layer.name for layer in document.root.children]
    group = next(layer for layer in psd if layer.is_group())
    assert group.name == "Group"
    assert group.blend_mode is PsdMode.NORMAL
    assert group.opacity == round(0.9 * 255)
    assert [layer.name for layer in group] == ["Base", "Clipped", "Inner"]
    assert [layer.clipping for layer in group] == [False, True, False]
    assert group.mask is not None
    merged = psd.topil()
    assert merged is not None
    flat = premultiplied(document.composite(document.rect)).astype(int)
    wanted = flat[..., :3] + 255 - flat[..., 3:]
    assert np.abs(np.asarray(merged.convert("RGB")).astype(int) - wanted).max() <= 1


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(list(BlendMode)),
    st.floats(0, 1),
    st.booleans(),
    st.integers(-90, 90),
    st.sampled_from([None, 0, 255]),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40),
)
def test_any_layer_comes_back(
    tmp_path: Path, mode: BlendMode, opacity: float, shown: bool, at: int, default: int | None, name: str
) -> None:
    document = Document(80, 70)
    layer = PixelLayer(
        name=name, mode=mode, opacity=opacity, visible=shown, pixels=Tiles.of_array(blob(50, 40, 1), at, -at)
    )
    if default is not None:
        layer.mask = Mask(Tiles.of_array(blob(40, 30, 2)[..., 3].copy(), 10, 20, default=default), enabled=shown)
    document.root.children = (PixelLayer(name="Ground", pixels=Tiles.of_array(opaque(80, 70, 3))), layer)
    save_psd(document.snapshot_for_saving(), tmp_path / "one.psd", overwrite=True)
    assert_alike(document, open_psd(tmp_path / "one.psd")[0])


def test_what_photoshop_cannot_keep_is_said(tmp_path: Path) -> None:
    document = Document(20, 20)
    style = StyleLayer(name="Van Gogh", painted=Tiles.of_array(blob(20, 20, 1)))
    clipped = GroupLayer(name="Folder", clip=True)
    document.root.children = (style, clipped, PixelLayer(name="Light", mode=BlendMode.PLUS))
    told = " ".join(str(note) for note in save_psd(document.snapshot_for_saving(), tmp_path / "x.psd"))
    assert all(word in told for word in ("Van Gogh", "Folder", "Light"))


def test_what_we_cannot_keep_is_said(tmp_path: Path) -> None:
    psd = PSDImage.new("RGBA", (30, 20))
    inside = psd.create_group(name="Through", blend_mode=PsdMode.PASS_THROUGH)
    inside.create_pixel_layer(PIL.fromarray(blob(10, 10, 1)), name="Odd", blend_mode=PsdMode.VIVID_LIGHT)
    inside.create_pixel_layer(PIL.fromarray(blob(10, 10, 1)), name="Dark", blend_mode=PsdMode.MULTIPLY)
    psd.save(tmp_path / "x.psd")
    document, notes = open_psd(tmp_path / "x.psd")
    told = " ".join(str(note) for note in notes)
    assert "Vivid light" in told
    assert "Through" in told
    assert [layer.mode for layer in document.layers()] == [BlendMode.NORMAL, BlendMode.NORMAL, BlendMode.MULTIPLY]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_flat_files_become_one_layer(tmp_path: Path, mode: str) -> None:
    picture = PIL.fromarray(opaque(40, 30, 1)).convert("RGB").convert(mode)
    # Photoshop stores ink the other way round; psd-tools turns it back when reading, not when writing.
    PSDImage.frompil(ImageChops.invert(picture) if mode == "CMYK" else picture).save(tmp_path / "flat.psd")
    document, _ = open_psd(tmp_path / "flat.psd")
    (layer,) = document.root.children
    assert isinstance(layer, PixelLayer)
    found = layer.pixels.read(Rect(0, 0, 40, 30))[..., :3].astype(int)
    assert np.abs(found - np.asarray(picture.convert("RGB"))).max() <= 2


def test_saving_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = rich_document()
    path = tmp_path / "all.psd"
    save_psd(document.snapshot_for_saving(), path)
    first = path.read_bytes()
    with pytest.raises(AlreadyExists):
        save_psd(document.snapshot_for_saving(), path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        save_psd(document.snapshot_for_saving(), path, overwrite=True)
    assert path.read_bytes() == first


@pytest.mark.parametrize("data", [b"", b"8BPS", b"8BPS\0\1" + b"\xff" * 4000, b"not a photoshop file" * 50])
def test_damaged_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.psd"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match="Photoshop"):
        open_psd(path)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.filterwarnings("ignore")
def test_broken_bytes_never_crash(tmp_path: Path, data: st.DataObject) -> None:
    whole = tmp_path / "whole.psd"
    if not whole.exists():
        document = Document(30, 20)
        document.root.children = (PixelLayer(name="L", pixels=Tiles.of_array(blob(30, 20, 1)), mask=Mask()),)
        save_psd(document.snapshot_for_saving(), whole)
    damaged = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.psd"
    path.write_bytes(bytes(damaged))
    try:
        open_psd(path)
    except ProjectError as error:
        assert "damaged" in str(error) or "large" in str(error)
