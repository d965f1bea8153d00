"""Tiles that do not show: every tile is painted with the same statistics and overlaps as far as the network sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import psutil

from artdesk.core.errors import OutOfMemory
from artdesk.core.image import Image, as_image
from artdesk.core.progress import Progress
from artdesk.engine.cards import ModelCard
from artdesk.engine.devices import cuda_memory_bytes
from artdesk.engine.rows import Rows

_PAINTER_BYTES = 240
"""Measured: working memory of the quality painter on the processor, per pixel."""
_UNKNOWN_BYTES = 1200
LEAST_SIDE = 192
_MOST_PIXELS = 3_200_000
_MOST_PIXELS_GPU = 12_000_000
_SHARE = 0.25
_AUTOMATIC_BYTES = 900 * 2**20


@dataclass(frozen=True)
class Span:
    """One stretch along a side: `start`..`stop` is kept of what is painted from `outer_start` to `outer_stop`."""

    start: int
    stop: int
    outer_start: int
    outer_stop: int


def _up(value: int, align: int) -> int:
    return -(-value // align) * align


def even_side(length: int, side: int, margin: int, align: int) -> int:
    """A tile's side, at most `side`, that divides `length` evenly; `length` itself when one tile is enough."""
    if length <= side:
        return length
    margin = _up(margin, align)
    room = max(align, (side // align) * align - 2 * margin)
    count = max(2, -(-(length - 2 * margin) // room))
    return min(length, _up(-(-(length - 2 * margin) // count), align) + 2 * margin)


def span_at(length: int, start: int, side: int, margin: int, align: int, least: int = 1) -> Span:
    """The stretch that begins at `start` (0 or where the last one stopped) along a side of `length`.

    Outer starts are multiples of `align`, and there are at least `margin` pixels between what is kept and every
    outer edge that is not the picture's own. `least` is the smallest outer length the network takes.
    """
    margin = _up(margin, align)
    outer_start = max(0, start - margin) // align * align
    # Never so small that nothing but overlap remains.
    outer_stop = outer_start + max(side, 2 * margin + 2 * align)
    if outer_stop >= length:
        outer_start = max(0, min(outer_start, (length - least) // align * align))
        return Span(start, length, outer_start, length)
    stop = (outer_stop - margin) // align * align
    return Span(start, stop, outer_start, outer_stop)


def spans(length: int, side: int, margin: int, align: int, least: int = 1) -> tuple[Span, ...]:
    """All stretches along a side, from its start to its end, none empty, none missing."""
    side = even_side(length, side, margin, align)
    found = [span_at(length, 0, side, margin, align, least)]
    while found[-1].stop < length:
        found.append(span_at(length, found[-1].stop, side, margin, align, least))
    return tuple(found)


def bytes_per_pixel(card: ModelCard) -> int:
    """Working memory a model needs for each pixel: its card's word, else what its family usually needs."""
    image = card.extra.get("image")
    said = image.get("bytes_per_pixel") if isinstance(image, dict) else None
    if isinstance(said, int | float) and not isinstance(said, bool) and 1 <= said <= 1_000_000:
        return int(said)
    return _PAINTER_BYTES if card.family == "painter" else _UNKNOWN_BYTES


def tile_side(card: ModelCard, device: str, memory_mb: int = 0) -> int:
    """The longest side of a square tile that fits the budget: `memory_mb`, or a quarter of what is free."""
    each = bytes_per_pixel(card)
    most = _MOST_PIXELS
    if memory_mb > 0:
        budget = memory_mb * 2**20
    elif device in ("cuda", "tensorrt"):
        budget, most = int(cuda_memory_bytes()[0] * 0.5) or _AUTOMATIC_BYTES, _MOST_PIXELS_GPU
    else:
        budget = min(_AUTOMATIC_BYTES, int(psutil.virtual_memory().available * _SHARE))
    pixels = min(most, budget // each)
    return max(LEAST_SIDE, int(pixels**0.5))


class PaintTile(Protocol):
    """Paints one tile (h, w, c) to (h × scale, w × scale, 3). `smaller_helps`: OutOfMemory may still be raised."""

    def __call__(self, tile: Image, *, smaller_helps: bool, last: bool) -> Image: ...


def run_tiles(
    source: Rows,
    *,
    side: int,
    margin: int,
    align: int,
    least: int,
    paint_tile: PaintTile,
    write: Callable[[int, Image], None],
    progress: Progress,
    scale: int = 1,
    message: str = "",
    side_now: Callable[[int], int] | None = None,
) -> int:
    """Paint `source` in tiles, band by band; `write(top, rows)` gets finished bands (× `scale`) from the top down.

    A tile that runs out of memory halves the tiles from there on; when they cannot get smaller, the last try
    is the tile painter's own. `side_now(side)` may give another side after each band: tiles that a small device
    needed need not stay small on the one that took over. Returns how often tiles were halved.

    Raises: OutOfMemory when even the smallest tile does not fit, Cancelled between tiles (and inside them).
    """
    width, height = source.width, source.height
    halved, top = 0, 0
    smallest = max(LEAST_SIDE, least, 4 * _up(margin, align))
    while top < height:
        across = spans(width, side, margin, align, least)
        down = span_at(height, top, even_side(height, side, margin, align), margin, align, least)
        rows = source.read(down.outer_start, down.outer_stop)
        band = np.empty(((down.stop - down.start) * scale, width * scale, 3), np.uint8)
        try:
            for span in across:
                progress.step((top * width + (down.stop - top) * span.start) / (width * height), message)
                tile = as_image(rows[:, span.outer_start : span.outer_stop])
                last = down.stop == height and span.stop == width
                painted = paint_tile(tile, smaller_helps=side > smallest, last=last)
                y, x = (down.start - down.outer_start) * scale, (span.start - span.outer_start) * scale
                high, wide = band.shape[0], (span.stop - span.start) * scale
                band[:, span.start * scale : span.stop * scale] = painted[y : y + high, x : x + wide]
        except OutOfMemory:
            if side <= smallest:
                raise
            side, halved = max(smallest, side // 2), halved + 1
            continue
        write(top * scale, as_image(band))
        top = down.stop
        if side_now is not None:
            side = side_now(side)
    progress.step(1.0, message)
    return halved
