"""Picture files in and out: orientation, colour profiles, depth, metadata; hostile until checked."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image as PIL
from PIL import ImageOps, UnidentifiedImageError

from artdesk.core import profiles
from artdesk.core.errors import (
    ArtDeskError,
    PictureTooLarge,
    SaveError,
    UnreadablePicture,
    UnsupportedPicture,
    translate_os_error,
)
from artdesk.core.files import atomic_write
from artdesk.core.image import Image, as_image
from artdesk.core.metadata import packet_with, receipt_in
from artdesk.core.progress import Progress
from artdesk.core.receipt import Receipt
from artdesk.core.results import Note

_log = logging.getLogger(__name__)
_FORMATS = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jfif"), "WEBP": (".webp",), "TIFF": (".tif", ".tiff")}
_READ_ONLY_FORMATS = {"BMP": (".bmp",), "GIF": (".gif",)}
OPEN_FORMATS = (*_FORMATS, *_READ_ONLY_FORMATS)
SAVE_SUFFIXES = tuple(suffix for suffixes in _FORMATS.values() for suffix in suffixes)
OPEN_SUFFIXES = (*SAVE_SUFFIXES, *(s for suffixes in _READ_ONLY_FORMATS.values() for s in suffixes))
LIMIT_MP = 120.0
_HARD_LIMIT_MP = 2000.0
_SIDE_LIMITS = {"JPEG": 65535, "WEBP": 16383}
# The size is checked here before any pixel is decoded, with a limit that the person can lift.
PIL.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, eq=False)
class Picture:
    """An opened picture: upright, sRGB, 8 bits; with what is needed to save its like again."""

    image: Image
    path: Path | None = None
    format: str = "PNG"
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    bits: int = 8
    notes: tuple[Note, ...] = ()
    receipt: Receipt | None = None


def _identify(path: Path) -> PIL.Image:
    """The opened, not yet decoded file. Only listed formats are looked at."""
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise UnreadablePicture("“{name}” is empty (0 bytes).", name=str(path))
        return PIL.open(path, formats=OPEN_FORMATS)
    except UnidentifiedImageError as error:
        if path.suffix.lower() in OPEN_SUFFIXES:
            raise UnreadablePicture("“{name}” is not a picture, or it is damaged.", name=str(path)) from error
        raise UnsupportedPicture(
            "“{name}” is not a picture that ArtDesk opens (PNG, JPEG, WebP, TIFF, BMP, GIF).", name=str(path)
        ) from error
    except ArtDeskError:
        raise
    except OSError as error:
        raise translate_os_error(error, path, "read") from error
    except Exception as error:  # a hostile header can make a decoder raise anything
        _log.info("cannot read %s", path, exc_info=True)
        raise UnreadablePicture("“{name}” is not a picture, or it is damaged.", name=str(path)) from error


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) as the picture will stand after its rotation, without decoding it."""
    with _identify(Path(path)) as im:
        try:
            turned = im.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        except Exception:
            turned = False
        return (im.height, im.width) if turned else (im.width, im.height)


def open_picture(path: Path | str, *, allow_large: bool = False, limit_mp: float = LIMIT_MP) -> Picture:
    """Read a picture file (the first frame of a GIF or TIFF).

    Rotation from EXIF is applied, a colour profile is converted to sRGB (and kept for saving), 16 bits are
    reduced to 8 with a note.

    Raises: UnreadablePicture, UnsupportedPicture, PictureTooLarge (above `limit_mp` million pixels unless
    `allow_large`).
    """
    path = Path(path)
    with _identify(path) as im:
        megapixels = im.width * im.height / 1e6
        if megapixels > _HARD_LIMIT_MP or (megapixels > limit_mp and not allow_large):
            raise PictureTooLarge(
                "“{name}” has {width} × {height} pixels ({mp:.0f} million); the limit is {limit:.0f} million.",
                name=str(path),
                width=im.width,
                height=im.height,
                mp=megapixels,
                limit=min(limit_mp, _HARD_LIMIT_MP) if not allow_large else _HARD_LIMIT_MP,
            )
        try:
            return _decode(im, path)
        except MemoryError as error:
            raise PictureTooLarge("There is not enough memory to open “{name}”.", name=str(path)) from error
        except ArtDeskError:
            raise
        except Exception as error:  # decoders raise nearly anything on damaged data
            _log.info("cannot decode %s", path, exc_info=True)
            raise UnreadablePicture("“{name}” is damaged or cut short.", name=str(path)) from error


def _decode(im: PIL.Image, path: Path) -> Picture:
    notes: list[Note] = []
    bits = _bits(im, path)
    im.seek(0)
    im.load()
    icc = im.info.get("icc_profile")
    xmp = im.info.get("xmp") or im.info.get("XML:com.adobe.xmp")
    if im.format == "TIFF":
        xmp = im.tag_v2.get(700) or xmp  # type: ignore[attr-defined]
    upright = ImageOps.exif_transpose(im)
    exif = _exif_bytes(upright)
    if bits > 8:
        notes.append(Note("The picture has {bits} bits a channel; ArtDesk works with 8.", {"bits": bits}))
    if isinstance(icc, bytes) and icc:
        upright, note = profiles.to_srgb(upright, icc)
        if note is not None:
            notes.append(note)
            icc = None
    else:
        icc = None
    return Picture(
        image=_pixels(upright),
        path=path,
        format=im.format or "PNG",
        icc=icc,
        exif=exif,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp if isinstance(xmp, bytes) else None,
        bits=bits,
        notes=tuple(notes),
        receipt=receipt_in(xmp) if isinstance(xmp, bytes | str) else None,
    )


def _bits(im: PIL.Image, path: Path) -> int:
    if im.mode.startswith("I;16"):
        return 16
    if im.mode in ("I", "F"):
        return 16 if im.format == "PNG" else 32
    if im.format == "PNG":
        with open(path, "rb") as file:
            header = file.read(25)
        return max(8, header[24]) if len(header) == 25 else 8
    if im.format == "TIFF":
        depth = im.tag_v2.get(258, (8,))  # type: ignore[attr-defined]
        return max(8, max(depth) if isinstance(depth, tuple) else int(depth))
    return 8


def _exif_bytes(im: PIL.Image) -> bytes | None:
    try:
        exif = im.getexif()
        for tag in (0x0112, 700, 34675, 33723):  # rotation is applied; XMP, ICC and IPTC go their own ways
            exif.pop(tag, None)
        return exif.tobytes() if len(exif) else None
    except Exception:
        _log.info("EXIF could not be carried over", exc_info=True)
        return None


def _pixels(im: PIL.Image) -> Image:
    """Any Pillow mode as RGB or RGBA."""
    if im.mode.startswith("I;16") or im.mode in ("I", "F"):
        wide = np.asarray(im).astype(np.float32)
        top = 65535.0 if im.mode != "F" else 1.0 if float(np.nanmax(wide)) <= 1.0 else 255.0
        return as_image(np.clip(np.nan_to_num(wide) * (255.0 / top) + 0.5, 0, 255).astype(np.uint8))
    if im.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in im.info:
        return as_image(np.asarray(im.convert("RGBA")))
    return as_image(np.asarray(im if im.mode == "RGB" else im.convert("RGB")))


def format_of(path: Path) -> str:
    """The format a file name asks for. Raises SaveError for a suffix that is not written."""
    suffix = path.suffix.lower()
    for name, suffixes in _FORMATS.items():
        if suffix in suffixes:
            return name
    raise SaveError(
        "Pictures are saved as PNG, JPEG, WebP or TIFF; “{suffix}” is none of them.", suffix=suffix or path.name
    )


def save_picture(
    path: Path | str,
    image: Image,
    *,
    like: Picture | None = None,
    receipt: Receipt | None = None,
    overwrite: bool = False,
    quality: int = 92,
    progress: Progress | None = None,
) -> Path:
    """Write `image` atomically in the format of the suffix.

    `like` is the picture it was made from: its EXIF and other metadata are carried over and its colour
    profile is applied and embedded again. `receipt` is written to XMP. `quality` 1..100 is for JPEG and WebP.

    Raises: AlreadyExists unless `overwrite`; DiskFull, NotWritable, SaveError; Cancelled.
    """
    path = Path(path)
    kind = format_of(path)
    height, width = image.shape[:2]
    limit = _SIDE_LIMITS.get(kind)
    if limit is not None and max(width, height) > limit:
        raise SaveError(
            "{format} files hold at most {limit} pixels a side; save “{name}” as PNG or TIFF.",
            format=kind,
            limit=limit,
            name=path.name,
        )
    with atomic_write(path, overwrite) as file:
        _encode(file, kind, image, like, receipt, max(1, min(100, quality)))
        if progress is not None:
            progress.step(1.0)
    return path


def _encode(
    file: IO[bytes], kind: str, image: Image, like: Picture | None, receipt: Receipt | None, quality: int
) -> None:
    options: dict[str, Any] = {}
    im = PIL.fromarray(image)
    if kind == "JPEG" and im.mode == "RGBA":
        white = PIL.new("RGB", im.size, (255, 255, 255))
        white.paste(im, mask=im.getchannel("A"))
        im = white
    if like is not None:
        if like.exif:
            options["exif"] = like.exif
        if like.icc:
            im, options["icc_profile"] = profiles.from_srgb(im, like.icc)
    xmp = packet_with(receipt, like.xmp if like else None) if receipt else like.xmp if like else None
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        if xmp:
            info.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
        options |= {"pnginfo": info, "compress_level": 3}
    elif kind == "JPEG":
        options |= {"quality": quality, "subsampling": 0 if quality >= 90 else 2, "optimize": False}
        if xmp and len(xmp) < 65000:
            options["xmp"] = xmp
    elif kind == "WEBP":
        options |= {"quality": quality, "method": 3, "exact": True}
        if xmp:
            options["xmp"] = xmp
    else:
        options |= {"compression": "tiff_lzw"}
        if xmp:
            from PIL.TiffImagePlugin import ImageFileDirectory_v2

            tags = ImageFileDirectory_v2()
            tags[700] = xmp
            tags.tagtype[700] = 1
            options["tiffinfo"] = tags
    try:
        im.save(file, format=kind, **options)
    except OSError:
        raise
    except Exception as error:
        if "exif" not in options:
            raise SaveError("The picture could not be written as {format}.", format=kind) from error
        # Damaged EXIF of the source must not cost the person the result.
        _log.warning("saved without EXIF: %s", error)
        options.pop("exif")
        file.seek(0)
        file.truncate()
        im.save(file, format=kind, **options)
