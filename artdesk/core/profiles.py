"""Colour profiles: into sRGB when a picture is opened, back into its own when it is saved."""

from __future__ import annotations

import io
import logging
from functools import lru_cache

from PIL import Image as PIL
from PIL import ImageCms

from artdesk.core.results import Note

_log = logging.getLogger(__name__)
_UNUSABLE = Note("The colour profile in the file cannot be used; its colours are taken as sRGB.")


@lru_cache(maxsize=1)
def srgb_bytes() -> bytes:
    """An sRGB ICC profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _profile(icc: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    return "srgb" in (profile.profile.profile_description or "").lower()


def _converted(
    im: PIL.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str
) -> PIL.Image:
    out = ImageCms.profileToProfile(
        im, source, target, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode=mode
    )
    if out is None:
        raise ImageCms.PyCMSError("no result")
    return out


def to_srgb(im: PIL.Image, icc: bytes) -> tuple[PIL.Image, Note | None]:
    """`im` (any mode) in sRGB, and a note when its profile could not be used."""
    try:
        source = _profile(icc)
        space = source.profile.xcolor_space.strip()
        if im.mode in ("P", "PA") or "transparency" in im.info:
            im = im.convert("RGBA")
        if im.mode.startswith("I") or im.mode == "F":
            return im, None  # grey beyond 8 bits: the profile is a tone curve that matters little at 8
        if _is_srgb(source) and space == "RGB":
            return im, None
        alpha = im.getchannel("A") if im.mode in ("RGBA", "LA") else None
        bare = {"RGBA": "RGB", "LA": "L"}.get(im.mode, im.mode)
        colour = im.convert(bare) if bare != im.mode else im
        if {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}.get(space) != colour.mode:
            return im, _UNUSABLE
        out = _converted(colour, source, _profile(srgb_bytes()), "RGB")
        if alpha is not None:
            out.putalpha(alpha)
        return out, None
    except Exception:  # LittleCMS refuses damaged profiles in several ways
        _log.info("unusable colour profile", exc_info=True)
        return im, _UNUSABLE


def from_srgb(im: PIL.Image, icc: bytes) -> tuple[PIL.Image, bytes]:
    """`im` (sRGB; RGB or RGBA) in the profile `icc`, and the profile to embed.

    Profiles that RGB pixels cannot have (CMYK, grey) give way to sRGB.
    """
    try:
        target = _profile(icc)
        if target.profile.xcolor_space.strip() != "RGB":
            return im, srgb_bytes()
        if _is_srgb(target):
            return im, icc
        alpha = im.getchannel("A") if im.mode == "RGBA" else None
        out = _converted(im.convert("RGB"), _profile(srgb_bytes()), target, "RGB")
        if alpha is not None:
            out.putalpha(alpha)
        return out, icc
    except Exception:
        _log.info("the colour profile could not be applied again", exc_info=True)
        return im, srgb_bytes()
