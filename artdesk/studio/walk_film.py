"""Films written frame by frame as they come, none kept in memory: MP4 through FFmpeg, GIF and WebP by hand.

Sources: GIF89a specification, WebP container specification (RFC 9649), XMP specification part 3 (where packets stand
in GIF, WebP and MP4 files).
"""

from __future__ import annotations

import contextlib
import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from PIL import Image as Pillow

from artdesk.core.errors import SaveError
from artdesk.core.image import Image

SUFFIXES = (".mp4", ".gif", ".webp")
_MOST_GIF_RATE = 50
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_GIF_XMP_END = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


class Film(Protocol):
    """A film being written into an open file."""

    def add(self, image: Image) -> None:
        """One more frame (h, w, 3); all of one size."""

    def close(self, packet: bytes) -> None:
        """The end, with an XMP packet; an empty one is left out."""

    def drop(self) -> None:
        """Let go of everything: the film will not be finished."""


def film_for(suffix: str, file: IO[bytes], fps: int, *, with_packet: bool) -> Film:
    """A film of the kind of `suffix`. Raises SaveError for another kind."""
    if suffix == ".mp4":
        return _Mp4(file, fps)
    if suffix == ".gif":
        return _Gif(file, fps)
    if suffix == ".webp":
        return _WebP(file, fps, with_packet)
    raise SaveError("Walks are saved as MP4, GIF or WebP; “{suffix}” is none of them.", suffix=suffix or "?")


def rate_of(path: Path, fps: int) -> int:
    """The frames a second a file of that kind really shows: players of GIF go no faster than 50."""
    return min(fps, _MOST_GIF_RATE) if path.suffix.lower() == ".gif" else fps


def _ticks(frame: int, fps: int, per_second: int) -> int:
    """How long a frame is shown, in whole ticks; over the whole film the rate is kept."""
    return (frame + 1) * per_second // fps - frame * per_second // fps


class _Mp4:
    def __init__(self, file: IO[bytes], fps: int) -> None:
        import av  # loaded only when a film is made

        self._av: Any = av
        self._file, self._fps = file, fps
        self._container: Any = av.open(file, "w", format="mp4")
        self._stream: Any = None
        self._frames = 0

    def add(self, image: Image) -> None:
        height, width = (n - n % 2 for n in image.shape[:2])  # 4:2:0 video has even sides
        try:
            if self._stream is None:
                self._start(width, height)
            pixels = np.ascontiguousarray(image[:height, :width, :3])
            frame = self._av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = self._frames, Fraction(1, self._fps)
            self._frames += 1
            self._container.mux(self._stream.encode(frame))
        except self._av.FFmpegError as error:
            raise SaveError("The film could not be written: {reason}.", reason=str(error)) from error

    def _start(self, width: int, height: int) -> None:
        for name in ("libx264", "h264", "mpeg4"):
            try:
                self._av.codec.Codec(name, "w")
            except self._av.FFmpegError:
                continue
            self._stream = self._container.add_stream(name, rate=self._fps)
            break
        if self._stream is None:
            raise SaveError("This machine has no encoder for MP4 films; choose GIF or WebP.")
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, self._fps)
        self._stream.codec_context.thread_count = 1
        if self._stream.codec_context.name == "libx264":
            self._stream.options = {"preset": "medium", "crf": "16"}
        else:
            self._stream.bit_rate = int(width * height * self._fps * 0.2)

    def close(self, packet: bytes) -> None:
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except self._av.FFmpegError as error:
            raise SaveError("The film could not be written: {reason}.", reason=str(error)) from error
        if packet:
            self._file.seek(0, io.SEEK_END)
            self._file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + _XMP_UUID + packet)

    def drop(self) -> None:
        with contextlib.suppress(Exception):
            self._container.close()


class _Gif:
    """Every frame has its own palette of up to 256 colours."""

    def __init__(self, file: IO[bytes], fps: int) -> None:
        self._file, self._fps, self._frames = file, min(fps, _MOST_GIF_RATE), 0

    def add(self, image: Image) -> None:
        height, width = image.shape[:2]
        if not self._frames:
            self._file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0))
            self._file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")  # for ever
        bits, palette, codes = _gif_picture(image)
        delay = _ticks(self._frames, self._fps, 100)
        self._file.write(b"\x21\xf9\x04" + struct.pack("<BHBB", 0x04, delay, 0, 0))
        self._file.write(b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0x80 | bits) + palette + codes)
        self._frames += 1

    def close(self, packet: bytes) -> None:
        if packet:
            self._file.write(b"\x21\xff\x0bXMP DataXMP" + packet + _GIF_XMP_END)
        self._file.write(b"\x3b")

    def drop(self) -> None:
        pass


def _gif_picture(image: Image) -> tuple[int, bytes, bytes]:
    """A palette's size (as GIF counts: 2 to the power of it plus one), its colours, and the compressed picture."""
    small = Pillow.fromarray(np.ascontiguousarray(image[:, :, :3])).quantize(256)
    written = io.BytesIO()
    small.save(written, "GIF", optimize=False, interlace=0)
    data = written.getvalue()
    bits = data[10] & 7  # the table that was written: colours nobody uses are left out there
    at = 13 + (3 << (bits + 1))
    palette = data[13:at]
    while data[at] == 0x21:  # extensions before the picture
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    return bits, palette, data[at + 10 : data.rindex(b"\x3b")]


class _WebP:
    def __init__(self, file: IO[bytes], fps: int, with_packet: bool) -> None:
        self._file, self._fps, self._frames, self._with_packet = file, fps, 0, with_packet

    def add(self, image: Image) -> None:
        height, width = image.shape[:2]
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        if not self._frames:
            self._file.write(b"RIFF\0\0\0\0WEBP")
            flags = 0x02 | (0x04 if self._with_packet else 0)
            self._chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)
            self._chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0))
        written = io.BytesIO()
        Pillow.fromarray(np.ascontiguousarray(image[:, :, :3])).save(written, "WEBP", quality=90, method=3)
        shown = _ticks(self._frames, self._fps, 1000)
        # Offset 0, size, milliseconds; neither blended nor cleared.
        head = bytes(6) + sides + shown.to_bytes(3, "little") + b"\x02"
        self._chunk(b"ANMF", head + written.getvalue()[12:])
        self._frames += 1

    def close(self, packet: bytes) -> None:
        if packet and self._with_packet:
            self._chunk(b"XMP ", packet)
        end = self._file.tell()
        self._file.seek(4)
        self._file.write(struct.pack("<I", end - 8))
        self._file.seek(end)

    def drop(self) -> None:
        pass

    def _chunk(self, name: bytes, content: bytes) -> None:
        self._file.write(name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))
