"""Project files: saving never loses the last good file, opening never believes a foreign one blindly."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
from pathlib import Path

from artdesk.core.errors import translate_os_error
from artdesk.core.files import atomic_write
from artdesk.core.results import Note
from artdesk.document.document import Document
from artdesk.document.ora_read import read_ora
from artdesk.document.ora_write import write_ora

SUFFIX = ".ora"

_log = logging.getLogger(__name__)


def save_project(document: Document, path: Path, overwrite: bool = False) -> Path:
    """Write an OpenRaster project file, atomically; the file it replaces stays beside it as ``name.ora~``.

    ``document`` is ``Document.snapshot_for_saving()``; any thread. Returns the path. Whether the open document
    counts as saved is for the caller to say (``Document.mark_saved``), after this has returned.
    Raises: AlreadyExists, DiskFull, NotWritable, SaveError; the old file is then as it was.
    """
    path = Path(path)
    with atomic_write(path, overwrite) as file:
        write_ora(document, file)
        if overwrite:
            keep_backup(path)
    return path


def open_project(path: Path) -> Document:
    """Open an OpenRaster file of ArtDesk or of any other program. Raises ProjectError."""
    return read_project(path)[0]


def read_project(path: Path) -> tuple[Document, tuple[Note, ...]]:
    """Like :func:`open_project`, with notes on what could not be kept."""
    path = Path(path)
    document, notes = read_ora(path)
    document.mark_saved(path)
    return document, notes


def backup_of(path: Path) -> Path:
    """Where the version before the last save lies."""
    return path.with_name(path.name + "~")


def keep_backup(path: Path) -> None:
    """Give the present file a second name that survives its replacement; at every moment ``path`` itself exists.

    Raises: DiskFull, NotWritable, SaveError: without a backup nothing is replaced.
    """
    if not path.exists():
        return
    backup = backup_of(path)
    temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.bak")
    try:
        try:
            os.link(path, temporary)
        except (OSError, NotImplementedError):
            shutil.copyfile(path, temporary)
        os.replace(temporary, backup)
    except OSError as error:
        raise translate_os_error(error, backup, "write") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
