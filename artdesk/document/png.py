"""PNG for project files: written in strips from any source, read back only when its header is believable."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PIL
from PIL import PngImagePlugin

from artdesk.core.errors import ProjectError
from artdesk.core.profiles import to_srgb

Array: TypeAlias = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES = 33
LONGEST_SIDE = 32768
MOST_PIXELS = 16384 * 16384
_COLOR_TYPES = {1: 0, 3: 2, 4: 6}


def encode_png(width: int, height: int, channels: int, strips: Iterable[Array], *, level: int = 1) -> bytes:
    """A PNG of 8 bits per channel from strips of rows, top to bottom.

    ``channels``: 1 grey (strips (rows, width)), 3 RGB or 4 RGBA with straight alpha (strips (rows, width, channels)).
    ``level`` 1..9 is zlib's; 1 is many times faster than 6 and barely larger on paintings.
    """
    out = io.BytesIO()
    out.write(SIGNATURE)
    _chunk(out, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0))
    packer = zlib.compressobj(level, zlib.DEFLATED, 15, 9)
    above = np.zeros(width * channels, np.uint8)
    for strip in strips:
        rows = np.ascontiguousarray(strip).reshape(strip.shape[0], width * channels)
        data = packer.compress(_filtered(rows, above, channels))
        if data:
            _chunk(out, b"IDAT", data)
        above = rows[-1]
    _chunk(out, b"IDAT", packer.flush())
    _chunk(out, b"IEND", b"")
    return out.getvalue()


def png_size(header: bytes) -> tuple[int, int, int]:
    """Width, height and bytes of the unpacked pixels, from the first 33 bytes of a PNG.

    Raises ProjectError if they are no PNG header or promise more pixels than any canvas holds.
    """
    if len(header) < HEADER_BYTES or not header.startswith(SIGNATURE) or header[12:16] != b"IHDR":
        raise ProjectError("A picture inside the project file is damaged.")
    width, height, depth, color = struct.unpack(">IIBB", header[16:26])
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(color)
    if channels is None or depth not in (1, 2, 4, 8, 16) or not width or not height:
        raise ProjectError("A picture inside the project file is damaged.")
    if width > LONGEST_SIDE or height > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise ProjectError(
            "A picture inside the project file is {width} × {height} pixels large; that is more than can be opened.",
            width=width,
            height=height,
        )
    return width, height, (width * channels * depth // 8 + 2) * height


def decode_png(data: bytes, *, grey: bool = False) -> Array:
    """The pixels of a PNG of any kind: (h, w, 4) RGBA, or (h, w) with ``grey``.

    16 bits per channel are reduced to 8, another colour profile becomes sRGB.
    Raises ProjectError for damaged or senselessly large files.
    """
    png_size(data[:HEADER_BYTES])
    try:
        # Pillow's own opener would refuse or warn by pixel count; the header has been checked above.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: PIL.Image = PngImagePlugin.PngImageFile(io.BytesIO(data))
            picture.load()
        if picture.mode.startswith("I"):
            levels = np.asarray(picture)
            picture = PIL.fromarray((levels >> 8).astype(np.uint8) if levels.max(initial=0) > 255 else levels)
        profile = picture.info.get("icc_profile")
        if profile and not grey:
            picture, _ = to_srgb(picture, profile)
        return np.array(picture.convert("L" if grey else "RGBA"), np.uint8)
    except (OSError, ValueError, SyntaxError, zlib.error, struct.error, MemoryError) as error:
        raise ProjectError("A picture inside the project file is damaged.") from error


def _chunk(out: io.BytesIO, kind: bytes, data: bytes) -> None:
    out.write(struct.pack(">I", len(data)))
    out.write(kind)
    out.write(data)
    out.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def _filtered(rows: Array, above: Array, channels: int) -> bytes:
    """The rows as differences to the left or to the row above, whichever leaves less, with PNG's filter bytes."""
    out = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    probe = rows[: min(8, len(rows))]
    left_cost = int(np.abs((probe[:, channels:] - probe[:, :-channels]).view(np.int8).astype(np.int16)).sum())
    up_cost = int(np.abs((probe[1:] - probe[:-1]).view(np.int8).astype(np.int16)).sum()) * len(probe)
    if len(probe) > 1 and up_cost <= left_cost * (len(probe) - 1):
        out[:, 0] = 2
        np.subtract(rows[0], above, out=out[0, 1:])
        np.subtract(rows[1:], rows[:-1], out=out[1:, 1:])
    else:
        out[:, 0] = 1
        out[:, 1 : channels + 1] = rows[:, :channels]
        np.subtract(rows[:, channels:], rows[:, :-channels], out=out[:, channels + 1 :])
    return out.tobytes()
