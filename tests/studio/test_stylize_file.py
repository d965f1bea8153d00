"""From file to file: what streams is what is painted in memory, and nothing half-written stays behind."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from artdesk.core.errors import AlreadyExists, Cancelled, DiskFull, PictureTooLarge, SaveError, UnreadablePicture
from artdesk.core.pictures import open_picture
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import StylizeFileRequest
from artdesk.engine.engine import Engine
from artdesk.studio import stylize_file as module
from artdesk.studio.disk import FileCanvas
from artdesk.studio.stylize_file import stylize_file
from artdesk.studio.vips import vips
from tests.engine.scripted import photograph

needs_vips = pytest.mark.skipif(vips() is None, reason="libvips is not installed")


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STREAM_PIXELS", 1000)


def write(path: Path, *, alpha: bool = False, turned: bool = False, profile: bool = False) -> Path:
    pixels = photograph(420, 310)
    if alpha:
        plane = np.full((310, 420, 1), 255, np.uint8)
        plane[:100, :150] = 0
        pixels = np.dstack([pixels, plane])
    options: dict[str, Any] = {}
    if turned:
        exif = Pillow.Exif()
        exif[0x010F], exif[0x0112] = "Box camera", 6
        options["exif"] = exif
    if profile:
        options["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Pillow.fromarray(pixels).save(path, **options)
    return path


def ask(engine: Engine, source: Path, target: Path, token: CancelToken | None = None, **more: Any) -> Any:
    values: dict[str, Any] = {"mix": (("moss", 1.0),), "overwrite": True, "memory_mb": 12, **more}
    return stylize_file(engine, StylizeFileRequest(source=source, target=target, **values), Progress(token=token))


def left_behind(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


@needs_vips
@pytest.mark.parametrize(
    "more",
    [{}, {"keep_colors": True}, {"strength": 0.1}, {"strength": 0.0}, {"stroke_size": 2.0}, {"stroke_size": 0.6}],
)
def test_streamed_and_in_memory_are_the_same(
    shared_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    source = write(tmp_path / "a.png")
    whole = open_picture(ask(shared_engine, source, tmp_path / "whole.png", **more).path).image
    monkeypatch.setattr(module, "STREAM_PIXELS", 1000)
    result = ask(shared_engine, source, tmp_path / "streamed.png", **more)
    streamed = open_picture(result.path)
    assert (result.width, result.height) == (420, 310)
    assert np.abs(streamed.image.astype(int) - whole).max() <= 2
    assert streamed.receipt is not None
    assert streamed.receipt.settings["mix"] == [["moss", 1.0]]
    assert left_behind(tmp_path) == []


@needs_vips
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_every_format_streams_upright_with_its_metadata(
    shared_engine: Engine, tmp_path: Path, streaming: None, suffix: str
) -> None:
    source = write(tmp_path / "a.jpg", turned=True, profile=True)
    result = ask(shared_engine, source, tmp_path / f"out{suffix}")
    made = open_picture(result.path)
    assert (result.width, result.height) == (310, 420)
    assert made.image.shape == (420, 310, 3)
    assert made.icc is not None
    assert made.receipt is not None
    if suffix != ".tif":
        assert made.exif is not None
        assert b"Box camera" in made.exif


@needs_vips
def test_alpha_streams(shared_engine: Engine, tmp_path: Path, streaming: None) -> None:
    source = write(tmp_path / "a.png", alpha=True)
    made = open_picture(ask(shared_engine, source, tmp_path / "out.png").path).image
    assert made.shape == (310, 420, 4)
    assert (made[:100, :150, 3] == 0).all()
    assert (made[100:, :, 3] == 255).all()


@needs_vips
def test_a_truncated_file_is_a_sentence_and_leaves_nothing(
    shared_engine: Engine, tmp_path: Path, streaming: None
) -> None:
    source = write(tmp_path / "a.png")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(UnreadablePicture, match="damaged"):
        ask(shared_engine, source, tmp_path / "out.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png"]


@pytest.mark.parametrize("big", [False, True])
def test_cancelling_leaves_nothing(
    shared_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, big: bool
) -> None:
    if big:
        monkeypatch.setattr(module, "STREAM_PIXELS", 1000)
    source = write(tmp_path / "a.png")
    token = CancelToken()
    timer = threading.Timer(0.05, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        for _ in range(200):
            ask(shared_engine, source, tmp_path / "out.png", token)
    timer.join()
    assert left_behind(tmp_path) == []


def test_an_existing_file_is_left_alone(shared_engine: Engine, tmp_path: Path) -> None:
    source = write(tmp_path / "a.png")
    target = tmp_path / "out.png"
    target.write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        ask(shared_engine, source, target, overwrite=False)
    assert target.read_bytes() == b"mine"


def test_what_a_format_cannot_hold_is_said_before_painting(shared_engine: Engine, tmp_path: Path) -> None:
    source = tmp_path / "long.png"
    Pillow.new("RGB", (17_000, 2)).save(source)
    with pytest.raises(SaveError, match="at most 16383"):
        ask(shared_engine, source, tmp_path / "out.webp")
    with pytest.raises(SaveError, match="none of them"):
        ask(shared_engine, source, tmp_path / "out.xyz")


@needs_vips
def test_too_large_asks_first(shared_engine: Engine, tmp_path: Path) -> None:
    source = tmp_path / "wide.png"
    Pillow.new("1", (12_000, 10_100)).save(source)
    with pytest.raises(PictureTooLarge, match="the limit is 120 million"):
        ask(shared_engine, source, tmp_path / "out.png")


def test_the_working_size_is_the_file_s_size(shared_engine: Engine, tmp_path: Path, streaming: None) -> None:
    result = ask(shared_engine, write(tmp_path / "a.png"), tmp_path / "out.png", size=200)
    assert (result.width, result.height) == (200, 148)


@needs_vips
def test_a_full_disk_is_a_sentence(
    shared_engine: Engine, tmp_path: Path, streaming: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    original = FileCanvas.write

    def write_rows(self: FileCanvas, top: int, rows: Any) -> None:
        if top > 0:
            self._file = Full()  # type: ignore[assignment]
        original(self, top, rows)

    monkeypatch.setattr(FileCanvas, "write", write_rows)
    source = write(tmp_path / "a.png")
    with pytest.raises(DiskFull, match=r"out\.png"):
        ask(shared_engine, source, tmp_path / "out.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png"]
