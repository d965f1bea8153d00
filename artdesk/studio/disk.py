"""Pictures that lie on the disk while they are painted, as plain bytes beside the file they will become."""

from __future__ import annotations

import ctypes
import functools
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np

from artdesk.core.errors import translate_os_error
from artdesk.core.image import Image
from artdesk.engine.rows import Rows

_MMAP_THRESHOLD = -3


@functools.cache
def steady_heap() -> None:
    """Let glibc give the memory of large arrays back when they are gone.

    Its threshold for that grows with every large block that is freed, up to 32 MB; then bands and tiles of a big
    picture scatter over the heap, and the process grows by a tile with every few tiles.
    """
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_MMAP_THRESHOLD, 4 << 20)


class FileCanvas:
    """A picture (h, w, channels) of bytes in a file, written from the top down and read again by rows.

    No memory map: a full disk must end in a sentence, not in a crash of the process.
    """

    def __init__(self, file: IO[bytes], path: Path, target: Path, width: int, height: int, channels: int = 3) -> None:
        self._file, self.path, self._target = file, path, target
        self.width, self.height, self.channels = width, height, channels
        self._at = 0

    def write(self, top: int, rows: Image) -> None:
        """Append finished rows. Raises DiskFull, SaveError."""
        if top != self._at or rows.shape[1:] != (self.width, self.channels):
            raise ValueError(f"rows {rows.shape} at {top} do not follow row {self._at}")
        try:
            self._file.write(np.ascontiguousarray(rows).data)
        except OSError as error:
            raise translate_os_error(error, self._target, "write") from error
        self._at += rows.shape[0]

    def flush(self) -> None:
        """Put everything written so far into the file. Raises DiskFull, SaveError."""
        try:
            self._file.flush()
        except OSError as error:
            raise translate_os_error(error, self._target, "write") from error

    def read(self, top: int, bottom: int) -> Image:
        """Rows top..bottom of what was written."""
        self.flush()
        line = self.width * self.channels
        self._file.seek(top * line)
        data = self._file.read((bottom - top) * line)
        self._file.seek(0, os.SEEK_END)
        return np.frombuffer(data, np.uint8).reshape(bottom - top, self.width, self.channels)

    def rows(self) -> Rows:
        return self


def _nameless(file: IO[bytes], path: Path) -> Path:
    """Where the file can be opened once more. On Linux it loses its name at once, so that nothing of it stays
    on the disk even if the process is killed."""
    again = Path(f"/proc/self/fd/{file.fileno()}")
    if not sys.platform.startswith("linux") or not again.exists():
        return path
    path.unlink()
    return again


@contextmanager
def file_canvas(target: Path, width: int, height: int, channels: int = 3) -> Iterator[FileCanvas]:
    """A canvas in a hidden file beside `target`, gone when the block ends. Raises DiskFull, NotWritable,
    SaveError.
    """
    path = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}.raw")
    try:
        with path.open("x+b", buffering=1 << 20) as file:
            yield FileCanvas(file, _nameless(file, path), target, width, height, channels)
    except OSError as error:
        raise translate_os_error(error, target, "write") from error
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
