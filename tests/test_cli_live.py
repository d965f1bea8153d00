"""`artdesk live` over tiny scripted networks and a small film."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from artdesk import cli, compose
from artdesk.cli_live import size_of, source_of
from artdesk.core.errors import CameraError, WrongUse
from artdesk.core.image import as_image
from artdesk.core.pictures import save_picture
from tests.engine import scripted

pytestmark = pytest.mark.usefixtures("qapp")  # one application for all tests, whichever comes first

KEYS = {
    "fps", "frame_age_ms_p50", "frame_age_ms_p95", "dropped", "flicker_in", "flicker_out", "device", "rss_mb",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a film in it; models and styles are tiny scripted ones."""
    root = tmp_path / "bundled"
    root.mkdir()
    scripted.write_library(root)
    monkeypatch.setattr(compose, "bundled", lambda *parts: root.joinpath(*[p for p in parts if p != "resources"]))
    work = tmp_path / "work"
    work.mkdir()
    write_film(work / "film.mp4", 40)
    return work


def write_film(path: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(count):
            array = rng.integers(100, 130, (48, 64, 3), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
        out.mux(stream.encode(None))


def live(*arguments: str | Path, device: str = "cpu") -> int:
    code = cli.run(["live", "--style", scripted.STYLES[0], "--device", device, *(str(a) for a in arguments)])
    assert not [t.name for t in threading.enumerate() if t.name.startswith("artdesk-")]
    return code


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_film_once_without_a_window(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert live("--source", desk / "film.mp4", "--no-window", "--fast", "--json") == 0
    rows = lines(capsys)
    assert rows[-1].keys() >= KEYS
    assert rows[-1]["summary"] is True
    assert rows[-1]["frames"] + rows[-1]["dropped"] == 40
    assert rows[-1]["device"] == "cpu"
    assert rows[-1]["fps"] > 0


def test_stops_after_the_wanted_number_of_frames_and_records_them(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = desk / "out.mp4"
    assert live("--source", desk / "film.mp4", "--no-window", "--frames", "30", "--record", target, "--json") == 0
    last = lines(capsys)[-1]
    assert last["frames"] == 30
    with av.open(str(target)) as film:
        times = [float(frame.time or 0) for frame in film.decode(video=0)]
    assert 28 <= len(times) <= 34
    # at the film's own rate, so true times are a thirtieth of a second apart
    assert times[-1] / (len(times) - 1) == pytest.approx(1 / 30, rel=0.35)


def test_a_line_a_second(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert live("--source", desk / "film.mp4", "--no-window", "--frames", "45", "--json") == 0
    rows = lines(capsys)
    assert len(rows) >= 2
    assert rows[0].keys() >= KEYS
    assert "summary" not in rows[0]


def test_in_the_live_window(desk: Path, capsys: pytest.CaptureFixture[str], qtbot: QtBot) -> None:
    assert live("--source", desk / "film.mp4", "--frames", "20", "--json") == 0
    last = lines(capsys)[-1]
    assert last["frames"] >= 20
    assert last["frame_age_ms_p95"] > 0


def test_a_still_picture_and_a_mix(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = save_picture(desk / "a.png", as_image(np.full((48, 64, 3), 90, np.uint8)))
    mix = f"{scripted.STYLES[1]}=0.4"
    assert live("--source", picture, "--no-window", "--frames", "5", "--json", "--mix", mix) == 0
    assert lines(capsys)[-1]["frames"] == 5


@pytest.mark.parametrize(
    "wrong",
    [
        ("--source", "nothing.mp4"),
        ("--source", "screen:1,2"),
        ("--source", "0", "--size", "big"),
        ("--source", "0", "--painter", "best"),
        ("--source", "0", "--record", "film.avi"),
    ],
)
def test_wrong_use(desk: Path, wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert live("--no-window", *wrong) == 2
    assert capsys.readouterr().err.strip()


def test_an_unknown_style(desk: Path) -> None:
    assert cli.run(["live", "--source", str(desk / "film.mp4"), "--style", "nobody", "--no-window"]) == 2


def test_no_camera_and_no_film_are_failures_with_a_sentence(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "bad.mp4").write_bytes(b"no film")
    assert live("--source", desk / "bad.mp4", "--no-window", "--json") == 1
    assert "bad.mp4" in capsys.readouterr().err
    assert live("--source", "97", "--no-window", "--json") == 1
    assert "97" in capsys.readouterr().err


def test_a_file_that_exists_is_not_recorded_over(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = desk / "mine.mp4"
    target.write_bytes(b"mine")
    assert live("--source", desk / "film.mp4", "--no-window", "--frames", "5", "--record", target) == 1
    assert target.read_bytes() == b"mine"


def test_no_virtual_camera_says_which_driver(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_driver(*_: object) -> None:
        raise CameraError("Install the driver v4l2loopback.")

    monkeypatch.setattr("artdesk.camera.virtual.VirtualCamera", no_driver)
    assert live("--source", desk / "film.mp4", "--no-window", "--frames", "5", "--virtual-camera") == 1
    assert "v4l2loopback" in capsys.readouterr().err


def test_sources_are_told_apart(tmp_path: Path) -> None:
    film, picture = tmp_path / "a.mp4", tmp_path / "a.png"
    film.touch()
    picture.touch()

    def kind(text: str) -> str:
        return source_of(text, size=None, loop=True, own_rate=True).kind

    assert [kind(t) for t in ("0", "screen", "screen:-5,6,700,80", str(film), str(picture))] == [
        "webcam", "screen", "screen", "file", "still",
    ]  # fmt: skip
    assert source_of("screen:-5,6,700,80", size=None, loop=True, own_rate=True).region == (-5, 6, 700, 80)


def test_sizes() -> None:
    assert size_of("") is None
    assert size_of("640x480") == (640, 480)
    for wrong in ("640", "0x0", "99999x10", "axb", "640x480x3"):
        with pytest.raises(WrongUse):
            size_of(wrong)
