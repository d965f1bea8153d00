"""Errors as sentences for the person.

ArtDeskError
├─ WrongUse                 the request itself cannot be carried out (command line: exit 2)
│  ├─ UnknownStyle
│  └─ UnknownModel
├─ PictureError             a picture file that cannot be read
│  ├─ UnreadablePicture     damaged, empty, or not a picture at all
│  ├─ UnsupportedPicture    a format that is not opened
│  └─ PictureTooLarge       larger than the limit; may be opened when asked for
├─ SaveError                a file that cannot be written
│  ├─ AlreadyExists
│  ├─ DiskFull
│  └─ NotWritable
├─ ModelError
│  ├─ BadCard               card.toml or style.toml says something impossible
│  ├─ ModelMissing
│  ├─ ModelDamaged          the file is not what its card says
│  └─ ModelRefused          a foreign model that does not fit or is not trusted
├─ EngineError
│  ├─ DeviceUnavailable
│  ├─ OutOfMemory
│  ├─ DeviceLost
│  └─ BadOutput             NaN, one flat colour, black
├─ ProjectError             a project file that cannot be read or written
├─ CameraError
└─ SettingsError

`Cancelled` stands apart: it is the person's wish, not an error.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, Literal


class ArtDeskError(Exception):
    """A failure told in one sentence; the cause goes to the log.

    `template` is the English sentence with `{names}`; `values` fills them. The interface translates the
    template first and fills it afterwards.
    """

    def __init__(self, template: str, **values: Any) -> None:
        super().__init__(template, values)
        self.template = template
        self.values = values

    def __str__(self) -> str:
        try:
            return self.template.format(**self.values)
        except (KeyError, IndexError, ValueError):
            return self.template

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.template, self.values))


def _rebuild(kind: type[ArtDeskError], template: str, values: dict[str, Any]) -> ArtDeskError:
    return kind(template, **values)


class Cancelled(Exception):
    """The person asked to stop."""


class WrongUse(ArtDeskError):
    pass


class UnknownStyle(WrongUse):
    pass


class UnknownModel(WrongUse):
    pass


class PictureError(ArtDeskError):
    pass


class UnreadablePicture(PictureError):
    pass


class UnsupportedPicture(PictureError):
    pass


class PictureTooLarge(PictureError):
    pass


class SaveError(ArtDeskError):
    pass


class AlreadyExists(SaveError):
    pass


class DiskFull(SaveError):
    pass


class NotWritable(SaveError):
    pass


class ModelError(ArtDeskError):
    pass


class BadCard(ModelError):
    pass


class ModelMissing(ModelError):
    pass


class ModelDamaged(ModelError):
    pass


class ModelRefused(ModelError):
    pass


class EngineError(ArtDeskError):
    pass


class DeviceUnavailable(EngineError):
    pass


class OutOfMemory(EngineError):
    pass


class DeviceLost(EngineError):
    pass


class BadOutput(EngineError):
    pass


class ProjectError(ArtDeskError):
    pass


class CameraError(ArtDeskError):
    pass


class SettingsError(ArtDeskError):
    pass


_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


def translate_os_error(error: OSError, path: Path, doing: Literal["read", "write"]) -> ArtDeskError:
    """The sentence for an operating system's refusal to read or write `path`."""
    name = str(path)
    if doing == "write":
        if error.errno in _FULL:
            return DiskFull("The disk is full: “{name}” was not saved.", name=name)
        if error.errno in _DENIED:
            return NotWritable("“{name}” cannot be written: permission was refused.", name=name)
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return NotWritable("The folder of “{name}” does not exist.", name=name)
        if error.errno == errno.EISDIR:
            return NotWritable("“{name}” is a folder.", name=name)
        if error.errno == errno.ENAMETOOLONG:
            return NotWritable("The file name “{name}” is too long.", name=path.name[:40] + "…")
        return SaveError("“{name}” could not be written: {reason}.", name=name, reason=error.strerror or str(error))
    if error.errno == errno.ENOENT:
        return UnreadablePicture("“{name}” does not exist.", name=name)
    if error.errno in _DENIED:
        return UnreadablePicture("“{name}” cannot be read: permission was refused.", name=name)
    if error.errno == errno.EISDIR:
        return UnreadablePicture("“{name}” is a folder.", name=name)
    return UnreadablePicture("“{name}” could not be read: {reason}.", name=name, reason=error.strerror or str(error))
