"""Zip archives from outside: read only what is named, never more than was promised and is believable."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import ArtDeskError, ProjectError, translate_os_error
from artdesk.document.png import HEADER_BYTES, decode_png, png_size

_MOST_ENTRIES = 20_000
_MOST_PIXEL_BYTES = 16 << 30
_SLACK = 4 << 20
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class ZipGuard:
    """A zip archive opened for reading with limits on everything in it. Use as a context manager.

    Raises ProjectError for whatever is wrong with the archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise self._damaged() from error
        except OSError as error:
            raise _unreadable(error, path) from error
        entries = self._zip.infolist()
        if len(entries) > _MOST_ENTRIES:
            self._zip.close()
            raise ProjectError("“{name}” holds far more files than a picture needs.", name=path.name)
        self._entries = {info.filename: info for info in entries if _is_safe(info.filename)}

    def __enter__(self) -> ZipGuard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def crc(self, name: str) -> int | None:
        """The checksum the archive states for an entry, None where there is no such entry."""
        info = self._entries.get(name)
        return None if info is None else info.CRC

    def read(self, name: str, limit: int) -> bytes:
        """A small entry of at most ``limit`` bytes."""
        info = self._entry(name)
        if info.file_size > limit:
            raise ProjectError("“{name}” is damaged: a part of it is far too large.", name=self._path.name)
        return self._unpack(info, limit)

    def read_png(self, name: str, *, grey: bool = False) -> NDArray[np.uint8]:
        """The pixels of a PNG entry, (h, w, 4) or (h, w); its size is judged before anything is unpacked."""
        info = self._entry(name)
        try:
            with self._zip.open(info) as file:
                header = file.read(HEADER_BYTES)
        except _FAULTS as error:
            raise self._damaged() from error
        _, _, size = png_size(header)
        if info.file_size > size + size // 8 + _SLACK:
            raise ProjectError("“{name}” is damaged: a part of it is far too large.", name=self._path.name)
        self._unpacked += size
        if self._unpacked > _MOST_PIXEL_BYTES:
            raise ProjectError("“{name}” holds more pixels than can be opened.", name=self._path.name)
        return decode_png(self._unpack(info, info.file_size), grey=grey)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        info = self._entries.get(name)
        if info is None:
            raise ProjectError("“{name}” is damaged: a part of it is missing.", name=self._path.name)
        return info

    def _unpack(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        try:
            with self._zip.open(info) as file:
                data = file.read(limit + 1)
        except _FAULTS as error:
            raise self._damaged() from error
        if len(data) > limit:
            raise ProjectError("“{name}” is damaged: a part of it is far too large.", name=self._path.name)
        return data

    def _damaged(self) -> ArtDeskError:
        return ProjectError("“{name}” is damaged or not a project file.", name=self._path.name)


def _is_safe(name: str) -> bool:
    """Plain relative names alone; nothing is ever unpacked to disk, but such an entry has no business here."""
    return not (name.startswith(("/", "\\")) or ":" in name or "\\" in name or ".." in name.split("/"))


def _unreadable(error: OSError, path: Path) -> ArtDeskError:
    told = translate_os_error(error, path, "read")
    return ProjectError(told.template, **told.values)
