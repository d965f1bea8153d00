"""Cameras by name, with the sizes they deliver.

Linux: names from sysfs, sizes asked of the driver (Video4Linux2 API, VIDIOC_ENUM_FRAMESIZES). Windows and
macOS: names from FFmpeg's device list; the usual sizes are offered, the camera takes the nearest it has.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from artdesk.core.live import SourceChoice, SourceSpec

log = logging.getLogger(__name__)
USUAL_SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))

# linux/videodev2.h: the request numbers hold the direction, the size of the structure, 'V' and a number.
_QUERYCAP = 0x80685600
_ENUM_FMT = 0xC0405602
_ENUM_FRAMESIZES = 0xC02C564A
_CAN_CAPTURE = 0x00000001
_HAS_DEVICE_CAPS = 0x80000000
_CAPTURE_BUFFER = 1
_DISCRETE = 1
_MOST = 64

Ioctl = Callable[[int, int, bytearray], int]


def list_cameras() -> tuple[SourceChoice, ...]:
    """The cameras of this machine, in the order of their numbers; empty where none is found."""
    try:
        if sys.platform == "linux":
            return list_v4l2()
        return _list_through_ffmpeg("dshow" if sys.platform == "win32" else "avfoundation")
    except Exception:
        log.exception("the cameras could not be listed")
        return ()


def list_v4l2(
    sysfs: Path = Path("/sys/class/video4linux"), devices: Path = Path("/dev"), ioctl: Ioctl | None = None
) -> tuple[SourceChoice, ...]:
    """Cameras of a Linux machine. A device that may not be opened is still listed by name, without sizes."""
    if not sysfs.is_dir():
        return ()
    found: list[SourceChoice] = []
    for entry in sysfs.iterdir():
        match = re.fullmatch(r"video(\d+)", entry.name)
        if match is None:
            continue
        index = int(match.group(1))
        try:
            name = (entry / "name").read_text("utf-8", "replace").strip()[:80]
        except OSError:
            name = ""
        captures, sizes = _ask_device(devices / entry.name, ioctl)
        if captures:
            found.append(SourceChoice(name or f"Camera {index}", SourceSpec("webcam", index=index), sizes))
    return tuple(sorted(found, key=lambda choice: choice.spec.index))


def _ask_device(node: Path, ioctl: Ioctl | None) -> tuple[bool, tuple[tuple[int, int], ...]]:
    """Whether the device captures video, and its sizes. Metadata nodes of the same camera do not."""
    if ioctl is None:
        import fcntl

        def ioctl(handle: int, request: int, buffer: bytearray) -> int:
            return int(fcntl.ioctl(handle, request, buffer, True))

    try:
        handle = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return True, ()
    try:
        if not _captures(handle, ioctl):
            return False, ()
        return True, _sizes(handle, ioctl)
    finally:
        os.close(handle)


def _captures(handle: int, ioctl: Ioctl) -> bool:
    buffer = bytearray(104)
    try:
        ioctl(handle, _QUERYCAP, buffer)
    except OSError:
        return True
    capabilities, device = struct.unpack_from("<II", buffer, 84)
    return bool((device if capabilities & _HAS_DEVICE_CAPS else capabilities) & _CAN_CAPTURE)


def _sizes(handle: int, ioctl: Ioctl) -> tuple[tuple[int, int], ...]:
    sizes: set[tuple[int, int]] = set()
    for pixel_format in _formats(handle, ioctl):
        for number in range(_MOST):
            buffer = bytearray(44)
            struct.pack_into("<II", buffer, 0, number, pixel_format)
            try:
                ioctl(handle, _ENUM_FRAMESIZES, buffer)
            except OSError:
                break
            (kind,) = struct.unpack_from("<I", buffer, 8)
            if kind == _DISCRETE:
                width, height = struct.unpack_from("<II", buffer, 12)
                sizes.add((width, height))
                continue
            low_w, high_w, _, low_h, high_h, _ = struct.unpack_from("<IIIIII", buffer, 12)
            sizes.update(s for s in USUAL_SIZES if low_w <= s[0] <= high_w and low_h <= s[1] <= high_h)
            break
    return tuple(sorted(s for s in sizes if 0 < s[0] <= 16384 and 0 < s[1] <= 16384))


def _formats(handle: int, ioctl: Ioctl) -> list[int]:
    formats: list[int] = []
    for number in range(_MOST):
        buffer = bytearray(64)
        struct.pack_into("<II", buffer, 0, number, _CAPTURE_BUFFER)
        with contextlib.suppress(OSError):
            ioctl(handle, _ENUM_FMT, buffer)
            formats.append(struct.unpack_from("<I", buffer, 44)[0])
            continue
        break
    return formats


def _list_through_ffmpeg(api: str) -> tuple[SourceChoice, ...]:
    import av

    try:
        devices = av.enumerate_input_devices(api)
    except (ValueError, OSError, av.FFmpegError) as error:
        log.info("%s: %s", api, error)
        # Without a list there may still be a first camera: offered, and told apart when opened.
        return (SourceChoice("Camera 0", SourceSpec("webcam", index=0), USUAL_SIZES),)
    names = [
        str(getattr(device, "description", "") or device.name)
        for device in devices
        if "video" in (getattr(device, "media_types", None) or ("video",))
    ]
    return tuple(
        SourceChoice(name[:80], SourceSpec("webcam", index=index), USUAL_SIZES) for index, name in enumerate(names)
    )
