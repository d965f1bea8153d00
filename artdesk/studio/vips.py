"""Big picture files through libvips: rows come from the decoder and go to the encoder without the whole in memory."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from artdesk.core.errors import Cancelled, DiskFull, SaveError, UnreadablePicture
from artdesk.core.files import atomic_write
from artdesk.core.image import Image
from artdesk.core.metadata import packet_with
from artdesk.core.pictures import format_of
from artdesk.core.progress import Progress
from artdesk.core.receipt import Receipt
from artdesk.core.results import Note
from artdesk.studio.disk import FileCanvas

_log = logging.getLogger(__name__)
_LOADERS = ("pngload", "jpegload", "webpload", "tiffload", "gifload")
_SLACK = 160
_CHUNK = 512


def vips() -> Any | None:
    """The pyvips module, or None where libvips is not installed."""
    try:
        import pyvips
    except (ImportError, OSError) as error:
        _log.info("libvips is not here: %s", error)
        return None
    # What was decoded once is not decoded again here: its cache would only hold memory.
    pyvips.cache_set_max(0)
    return pyvips


class VipsPicture:
    """A picture file as rows: upright, sRGB, 8 bits, RGB or RGBA, at most `size` px on its longer side (0: all)."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Raises UnreadablePicture."""
        self._path = path
        self._vips: Any = vips()
        self.notes: list[Note] = []
        self.icc: bytes | None = None
        self._buffer: Image = np.empty((0, 0, 0), np.uint8)
        self._top = 0
        self._image = self._open(size, first=True)
        self._size = size
        self._region: Any = None
        self.width, self.height, self.channels = self._image.width, self._image.height, self._image.bands

    def _open(self, size: int, *, first: bool = False) -> Any:
        try:
            image = self._vips.Image.new_from_file(str(self._path), access="sequential", fail_on="truncated")
            if not str(image.get("vips-loader")).startswith(_LOADERS):
                raise UnreadablePicture("“{name}” is not a picture, or it is damaged.", name=str(self._path))
            if image.get_typeof("orientation") and image.get("orientation") > 1:
                # Turning needs the whole picture: libvips keeps it in a file of its own.
                image = self._vips.Image.new_from_file(str(self._path), access="random", fail_on="truncated")
                image = image.autorot()
            if first:
                self._look_at(image)
            image = self._srgb(image)
            longest = max(image.width, image.height)
            if 0 < size < longest:
                image = image.resize(size / longest)
        except self._vips.Error as error:
            raise self._unreadable(error) from error
        return image

    def _look_at(self, image: Any) -> None:
        self.source = image
        if image.format != "uchar":
            bits = {"ushort": 16, "short": 16}.get(image.format, 32)
            self.notes.append(Note("The picture has {bits} bits a channel; ArtDesk works with 8.", {"bits": bits}))
        if image.get_typeof("icc-profile-data"):
            self.icc = bytes(image.get("icc-profile-data"))

    def _srgb(self, image: Any) -> Any:
        if self.icc is not None:
            try:
                image = image.icc_transform("srgb", embedded=True, intent="relative", depth=8)
            except self._vips.Error as error:
                _log.info("colour profile left out: %s", error)
                self.icc = None
                note = Note("The colour profile in the file cannot be used; its colours are taken as sRGB.")
                if note not in self.notes:
                    self.notes.append(note)
        image = image.colourspace("srgb")
        if image.bands > 4:
            image = image.extract_band(0, n=4)
        if image.bands == 2:
            alpha = image.extract_band(1)
            image = image.extract_band(0).bandjoin([image.extract_band(0), image.extract_band(0), alpha])
        return image.cast("uchar")

    def _unreadable(self, error: Exception) -> UnreadablePicture:
        _log.info("cannot decode %s: %s", self._path, error)
        return UnreadablePicture("“{name}” is damaged or cut short.", name=str(self._path))

    def read(self, top: int, bottom: int) -> Image:
        """Rows top..bottom. Going on downwards is quick; going back means decoding from the top again."""
        if self._region is None or top < self._top:
            if self._region is not None:
                self._image = self._open(self._size)
            self._region = self._vips.Region.new(self._image)
            self._top = 0
            self._buffer = np.empty((0, self.width, self.channels), np.uint8)
        have = self._top + self._buffer.shape[0]
        parts = [self._buffer[max(0, top - _SLACK - self._top) :]]
        start = max(self._top, min(top - _SLACK, have))
        try:
            while have < bottom:
                count = min(_CHUNK, self.height - have, max(1, bottom - have))
                data = self._region.fetch(0, have, self.width, count)
                rows = np.frombuffer(data, np.uint8).reshape(count, self.width, self.channels)
                have += count
                if have > start:
                    parts.append(rows)
        except self._vips.Error as error:
            raise self._unreadable(error) from error
        if len(parts) > 1:
            self._buffer = np.concatenate(parts)
            self._top = have - self._buffer.shape[0]
        return self._buffer[top - self._top : bottom - self._top]


def save_rows(
    canvas: FileCanvas,
    target: Path,
    *,
    like: VipsPicture,
    receipt: Receipt | None,
    overwrite: bool,
    quality: int,
    progress: Progress,
) -> None:
    """Encode what lies in `canvas` as `target`, atomically, with the metadata of `like`.

    Raises: AlreadyExists, DiskFull, NotWritable, SaveError, Cancelled.
    """
    pyvips = vips()
    assert pyvips is not None
    kind = format_of(target)
    canvas.flush()
    with tempfile.TemporaryDirectory() as folder, atomic_write(target, overwrite) as file:
        image = pyvips.Image.rawload(str(canvas.path), canvas.width, canvas.height, canvas.channels)
        image = image.copy(interpretation="srgb", xres=like.source.xres, yres=like.source.yres)
        if kind == "JPEG" and canvas.channels == 4:
            image = image.flatten(background=[255, 255, 255])
        if like.icc is not None:
            profile = Path(folder) / "profile.icc"
            profile.write_bytes(like.icc)
            try:
                image = image.icc_transform(str(profile), input_profile="srgb", intent="relative", depth=8)
            except pyvips.Error as error:
                _log.info("saved as sRGB: %s", error)
        image = image.copy()
        _carry_metadata(pyvips, image, like.source, receipt)
        watched = _Watched(image, progress)
        try:
            image.write_to_target(
                pyvips.Target.new_to_descriptor(file.fileno()), _SUFFIX[kind], **_options(kind, quality)
            )
        except pyvips.Error as error:
            progress.token.check()
            file.flush()
            raise _save_error(error, target) from error
        finally:
            watched.close()
        progress.token.check()


_SUFFIX = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif"}


def _options(kind: str, quality: int) -> dict[str, Any]:
    if kind == "JPEG":
        return {"Q": quality, "subsample_mode": "off" if quality >= 90 else "on"}
    if kind == "WEBP":
        return {"Q": quality, "effort": 3}
    if kind == "TIFF":
        return {"compression": "lzw", "predictor": "horizontal", "bigtiff": False}
    return {"compression": 3}


def _carry_metadata(pyvips: Any, image: Any, source: Any, receipt: Receipt | None) -> None:
    for name in source.get_fields():
        if name.startswith("exif-") and name not in ("exif-ifd0-Orientation",):
            try:
                image.set_type(source.get_typeof(name), name, source.get(name))
            except pyvips.Error:
                _log.info("EXIF %s was not carried over", name)
    # Rows are upright; a reader must not turn them once more.
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)
    old = bytes(source.get("xmp-data")) if source.get_typeof("xmp-data") else None
    packet = packet_with(receipt, old) if receipt is not None else old
    if packet:
        image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)


def _save_error(error: Exception, target: Path) -> SaveError:
    text = str(error).lower()
    if "no space" in text or "disk full" in text or "write error" in text:
        return DiskFull("The disk is full: “{name}” was not saved.", name=str(target))
    return SaveError("“{name}” could not be written: {reason}.", name=str(target), reason=str(error).splitlines()[0])


class _Watched:
    """Progress and cancelling while libvips encodes."""

    def __init__(self, image: Any, progress: Progress) -> None:
        self._image, self._progress = image, progress
        image.set_progress(True)
        image.signal_connect("eval", self._evaluated)
        self._remove = progress.token.on_cancel(self._kill)

    def _kill(self) -> None:
        self._image.set_kill(True)

    def _evaluated(self, image: Any, progress: Any) -> None:
        try:
            self._progress.step(progress.percent / 100)
        except Cancelled:
            self._kill()

    def close(self) -> None:
        self._remove()
