"""Tiles of networks that cannot share statistics: painted with an overlap, and faded into each other across it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image
from artdesk.core.progress import Progress
from artdesk.engine.rows import Rows

Stretch = tuple[int, int]
PaintTile = Callable[[Image], Image]


def stretches(length: int, side: int, overlap: int, align: int) -> tuple[Stretch, ...]:
    """(start, stop) of evenly spread tiles of `side` along `length`, overlapping by at least `overlap` (below
    `side`).

    All but the last start on multiples of `align` where the overlap leaves room for that.
    """
    if length <= side:
        return ((0, length),)
    overlap = min(overlap, side // 2)
    count = -(-(length - overlap) // (side - overlap))
    found = []
    for i in range(count):
        start = i * (length - side) // (count - 1)
        if align > 1 and 0 < i < count - 1 and overlap > align:
            start = start // align * align
        found.append((start, start + side))
    return tuple(found)


def fades(parts: tuple[Stretch, ...]) -> list[NDArray[np.float32]]:
    """The weight of each tile along its side: 1 in the middle, a straight fade across every overlap; they add up to
    1.
    """
    length = parts[-1][1]
    raw = []
    for i, (start, stop) in enumerate(parts):
        weight = np.ones(stop - start, np.float32)
        if i > 0 and (shared := parts[i - 1][1] - start) > 0:
            weight[:shared] = np.minimum(weight[:shared], (np.arange(shared) + 0.5) / shared)
        if i + 1 < len(parts) and (shared := stop - parts[i + 1][0]) > 0:
            weight[-shared:] = np.minimum(weight[-shared:], (np.arange(shared)[::-1] + 0.5) / shared)
        raw.append(weight)
    total = np.zeros(length, np.float32)
    for (start, stop), weight in zip(parts, raw, strict=True):
        total[start:stop] += weight
    return [weight / total[start:stop] for (start, stop), weight in zip(parts, raw, strict=True)]


def run_blended(
    source: Rows,
    *,
    side: tuple[int, int],
    overlap: int,
    align: int,
    paint_tile: PaintTile,
    write: Callable[[int, Image], None],
    progress: Progress,
    scale: int = 1,
) -> None:
    """Paint `source` in tiles of `side` (height, width); `write(top, rows)` gets finished rows (× `scale`) from the
    top.

    Raises: what `paint_tile` raises; Cancelled between tiles.
    """
    down = stretches(source.height, side[0], overlap, align)
    across = stretches(source.width, side[1], overlap, align)
    wide_fades = [np.repeat(fade, scale)[None, :, None] for fade in fades(across)]
    high_fades = [np.repeat(fade, scale)[:, None, None] for fade in fades(down)]
    width = source.width * scale
    kept: NDArray[np.float32] = np.zeros((0, width, 3), np.float32)
    done, total = 0, len(down) * len(across)
    for j, (top, bottom) in enumerate(down):
        rows = source.read(top, bottom)
        band = np.zeros(((bottom - top) * scale, width, 3), np.float32)
        for i, (left, right) in enumerate(across):
            progress.step(done / total)
            painted = paint_tile(as_image(rows[:, left:right]))
            band[:, left * scale : right * scale] += painted * wide_fades[i]
            done += 1
        band *= high_fades[j]
        band[: kept.shape[0]] += kept
        finished = (down[j + 1][0] - top) * scale if j + 1 < len(down) else band.shape[0]
        write(top * scale, as_image(np.clip(band[:finished] + 0.5, 0, 255).astype(np.uint8)))
        kept = band[finished:].copy()
    progress.step(1)
