"""Atomic files: what is on the disk is the old file or the new one, never half of either."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from artdesk.core.errors import AlreadyExists, ArtDeskError, translate_os_error

_log = logging.getLogger(__name__)


def _exists(path: Path) -> AlreadyExists:
    return AlreadyExists("“{name}” exists already and was left as it is.", name=str(path))


@contextmanager
def atomic_write(path: Path, overwrite: bool = False) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` when the block ends well, and vanishes when it does not.

    The temporary file lies in the same folder, is flushed to the disk and then takes the name in one step.
    Without `overwrite` an existing file is never touched, not even one that appeared meanwhile.

    Raises: AlreadyExists, DiskFull, NotWritable, SaveError.
    """
    path = Path(path)
    if path.is_dir():
        raise translate_os_error(IsADirectoryError(21, "Is a directory"), path, "write")
    if not overwrite and os.path.lexists(path):
        raise _exists(path)
    temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        file = open(temporary, "xb")  # noqa: SIM115  # closed below, before the rename that Windows needs closed
    except OSError as error:
        raise translate_os_error(error, path, "write") from error
    try:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        finally:
            file.close()
        _take_name(temporary, path, overwrite)
    except OSError as error:
        raise translate_os_error(error, path, "write") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _take_name(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        if path.exists() and not os.access(path, os.W_OK):
            # A rename would get round the protection that the person put on the file.
            raise PermissionError(13, "Permission denied", str(path))
        with suppress(OSError):
            os.chmod(temporary, path.stat().st_mode & 0o777)
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)  # fails where the name is taken: no moment in which a file can be lost
    except FileExistsError:
        raise _exists(path) from None
    except (OSError, NotImplementedError):
        # File systems without hard links (FAT, some network shares).
        if os.path.lexists(path):
            raise _exists(path) from None
        os.rename(temporary, path)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        _log.debug("the folder %s cannot be synchronised", folder)
    finally:
        os.close(handle)


def write_text(path: Path, text: str, overwrite: bool = True) -> None:
    """Write UTF-8 `text` atomically."""
    with atomic_write(path, overwrite) as file:
        file.write(text.encode("utf-8"))


def read_text(path: Path, limit: int = 1_000_000) -> str:
    """The UTF-8 text of a small file. Raises ArtDeskError for unreadable, too long or undecodable ones."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise translate_os_error(error, Path(path), "read") from error
    if len(data) > limit:
        raise ArtDeskError("“{name}” is far longer than such a file can be.", name=str(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArtDeskError("“{name}” is not a text file.", name=str(path)) from error
