"""A document as one picture without layers, gathered tile by tile."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from artdesk.core.image import Image, as_image, copy_colours
from artdesk.document.blend import Array, straightened
from artdesk.document.document import Document
from artdesk.document.rect import Rect
from artdesk.document.render import is_opaque
from artdesk.document.tiles import TILE


def flattened(document: Document, *, below: str | None = None) -> Image:
    """Everything visible, or only what lies below the layer with the id `below`: RGB when opaque, else RGBA.

    A tile that a single opaque layer covers is not composited at all, and an opaque picture never exists with its
    alpha: large arrays that are used once cost more than the compositing.
    """
    width, height = document.width, document.height
    opaque = np.empty((height, width, 3), np.uint8)
    for part, pixels in _pieces(document, below):
        if not is_opaque(pixels):
            break
        copy_colours(pixels, opaque[part.slices()])
    else:
        return as_image(opaque)
    del opaque
    out = np.empty((height, width, 4), np.uint8)
    for part, pixels in _pieces(document, below):
        out[part.slices()] = straightened(pixels)
    return as_image(out)


def _pieces(document: Document, below: str | None) -> Iterator[tuple[Rect, Array]]:
    """The picture in parts of tiles, premultiplied, each valid until the next."""
    for ix, iy in document.rect.cells(TILE):
        cell = Rect(ix * TILE, iy * TILE, TILE, TILE)
        part = cell.intersected(document.rect)
        if below is None:
            yield part, document.composite_tile(ix, iy)[part.slices((cell.x, cell.y))]
        else:
            yield part, document.below(below, part, premultiplied=True)
