"""A real Krita opens what we write and shows the same picture, and we open what it writes. Skipped without Krita."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from artdesk.document.blend import BlendMode, premultiplied
from artdesk.document.document import Document
from artdesk.document.layers import GroupLayer, PixelLayer
from artdesk.document.ora import read_project, save_project
from artdesk.document.png import decode_png
from artdesk.document.tiles import Tiles
from tests.document.pictures import blob, opaque, rich_document

KRITA = shutil.which("krita")
SCREEN = [shutil.which("xvfb-run") or "", "-a"] if shutil.which("xvfb-run") else []

pytestmark = [
    pytest.mark.skipif(KRITA is None, reason="Krita is not installed"),
    pytest.mark.skipif(not SCREEN and not os.environ.get("DISPLAY"), reason="Krita needs a display or xvfb-run"),
]


def through_krita(source: Path, target: Path, home: Path) -> None:
    """Open a file in Krita and have it written again."""
    folders = {name: str(home / name) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
    environment = {**os.environ, "HOME": str(home), **folders}
    environment.pop("QT_QPA_PLATFORM", None)
    assert KRITA is not None
    command = [*SCREEN, KRITA, "--export", "--export-filename", str(target), str(source)]
    for _ in range(3):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
        # A busy machine may start Krita before the virtual display is there.
        if "could not connect to display" not in done.stderr:
            break
    assert target.exists(), done.stderr[-2000:]


def modes_document() -> Document:
    """A layer of every blend mode in groups of four, over a colourful ground."""
    document = Document(320, 240)
    modes = list(BlendMode)
    groups = []
    for number in range(4):
        children = tuple(
            PixelLayer(
                name=f"{mode.title} {number}",
                mode=mode,
                opacity=0.4 + 0.15 * place,
                pixels=Tiles.of_array(blob(150, 120, number * 4 + place), 20 + place * 40, 10 + number * 30),
            )
            for place, mode in enumerate(modes[number * 4 : number * 4 + 4])
        )
        groups.append(GroupLayer(name=f"Group {number}", children=children, opacity=0.8, mode=modes[number]))
    ground = PixelLayer(name="Ground", pixels=Tiles.of_array(opaque(320, 240, 1)))
    document.root.children = (ground, *groups, PixelLayer(name="Hidden", visible=False, pixels=ground.pixels.copy()))
    document.active_layer = ground
    return document


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Krita's own folders; the first start fills them, which takes longest."""
    return tmp_path_factory.mktemp("krita")


@pytest.mark.parametrize("make", [rich_document, modes_document])
def test_krita_shows_the_same_picture_and_gives_it_back(
    tmp_path: Path, home: Path, make: Callable[[], Document]
) -> None:
    document = make()
    ours = save_project(document.snapshot_for_saving(), tmp_path / "ours.ora")
    theirs = tmp_path / "krita.ora"
    through_krita(ours, theirs, home)
    wanted = premultiplied(document.composite(document.rect)).astype(int)

    with zipfile.ZipFile(theirs) as file:
        merged = premultiplied(decode_png(file.read("mergedimage.png"))).astype(int)
    difference = np.abs(merged - wanted)
    print(f"{make.__name__}: Krita's picture differs by {difference.mean():.3f}/255 in the mean")
    assert difference.mean() <= 1.0

    again, notes = read_project(theirs)
    assert notes == ()
    assert np.abs(premultiplied(again.composite(again.rect)).astype(int) - wanted).mean() <= 1.0
    found = list(again.layers())
    if make is modes_document:
        expected = list(document.layers())
        assert [layer.name for layer in found] == [layer.name for layer in expected]
        for one, other in zip(expected, found, strict=True):
            assert (one.kind, one.mode, one.visible) == (other.kind, other.mode, other.visible)
            # Krita cuts opacity down to one of 256 steps.
            assert abs(one.opacity - other.opacity) <= 1 / 255
    else:
        assert [layer.name for layer in found if layer.visible][:3] == ["Ground", "Multiply “é” 层 <&>", "Masked"]
