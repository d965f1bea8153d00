from __future__ import annotations

import struct
from pathlib import Path

import pytest

from artdesk.camera.listing import list_cameras, list_v4l2


class Driver:
    """Answers the Video4Linux2 calls of one camera node."""

    def __init__(self, *, captures: bool = True, stepwise: bool = False) -> None:
        self.captures, self.stepwise = captures, stepwise

    def __call__(self, handle: int, request: int, buffer: bytearray) -> int:
        number = request & 0xFF
        if number == 0:
            struct.pack_into("<II", buffer, 84, 0x80000000, 1 if self.captures else 0x00800000)
        elif number == 2:
            (index,) = struct.unpack_from("<I", buffer, 0)
            if index > 0:
                raise OSError(22, "no more")
            struct.pack_into("<4s", buffer, 44, b"MJPG")
        elif number == 74:
            index, pixel_format = struct.unpack_from("<I4s", buffer, 0)
            assert pixel_format == b"MJPG"
            if self.stepwise:
                struct.pack_into("<I", buffer, 8, 3)
                struct.pack_into("<IIIIII", buffer, 12, 160, 1280, 8, 120, 720, 8)
            elif index < 2:
                struct.pack_into("<III", buffer, 8, 1, *((640, 480), (1280, 720))[index])
            else:
                raise OSError(22, "no more")
        return 0


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    sysfs, devices = tmp_path / "sys", tmp_path / "dev"
    devices.mkdir()
    for node, name in (("video10", "Late camera"), ("video2", "HD Webcam C270\n"), ("other", "x")):
        (sysfs / node).mkdir(parents=True)
        (sysfs / node / "name").write_text(name)
        (devices / node).touch()
    return sysfs, devices


def test_cameras_by_name_number_and_size(folders: tuple[Path, Path]) -> None:
    found = list_v4l2(*folders, ioctl=Driver())
    assert [(c.title, c.spec.index) for c in found] == [("HD Webcam C270", 2), ("Late camera", 10)]
    assert found[0].sizes == ((640, 480), (1280, 720))


def test_ranges_offer_the_usual_sizes_inside(folders: tuple[Path, Path]) -> None:
    found = list_v4l2(*folders, ioctl=Driver(stepwise=True))
    assert found[0].sizes == ((320, 240), (640, 480), (1280, 720))


def test_nodes_that_do_not_capture_are_left_out(folders: tuple[Path, Path]) -> None:
    assert list_v4l2(*folders, ioctl=Driver(captures=False)) == ()


def test_a_device_that_may_not_be_opened_is_still_named(folders: tuple[Path, Path]) -> None:
    sysfs, devices = folders
    (devices / "video2").unlink()
    found = list_v4l2(sysfs, devices, ioctl=Driver())
    assert found[0].title == "HD Webcam C270"
    assert found[0].sizes == ()


def test_no_cameras_at_all(tmp_path: Path) -> None:
    assert list_v4l2(tmp_path / "none", tmp_path) == ()


def test_listing_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("driver")

    monkeypatch.setattr("artdesk.camera.listing.list_v4l2", broken)
    monkeypatch.setattr("artdesk.camera.listing._list_through_ffmpeg", broken)
    assert list_cameras() == ()
