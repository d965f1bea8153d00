"""Finding regions by colour: all pixels alike, or those alike and connected. Plain arrays in, boolean masks out."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Flags: TypeAlias = NDArray[np.bool_]
Indices: TypeAlias = NDArray[np.int32]

_BAND = 128


def similar(pixels: Pixels, color: tuple[int, int, int, int], tolerance: int = 0) -> Flags:
    """Which pixels (h, w, 4) differ from ``color`` by at most ``tolerance`` (0..255) in every channel.

    Pixels nobody can see are alike whatever colour they hide.
    """
    height, width = pixels.shape[:2]
    tolerance = min(255, max(0, int(tolerance)))
    result = np.empty((height, width), np.bool_)
    low = [max(0, value - tolerance) for value in color]
    span = [min(255, value + tolerance) - start for value, start in zip(color, low, strict=True)]
    exact = np.array(color, np.uint8).view(np.uint32)[0]
    # Bands stay in the processor's cache, which makes this several times faster than whole planes.
    for top in range(0, height, _BAND):
        band = np.ascontiguousarray(pixels[top : top + _BAND])
        out = result[top : top + _BAND]
        if color[3] == 0:
            np.less_equal(band[..., 3], tolerance, out=out)
        elif tolerance == 0:
            np.equal(band.view(np.uint32)[..., 0], exact, out=out)
        else:
            # Unsigned arithmetic wraps around: one comparison does for both ends of the range.
            np.less_equal(band[..., 0] - np.uint8(low[0]), span[0], out=out)
            for channel in (1, 2, 3):
                out &= (band[..., channel] - np.uint8(low[channel])) <= span[channel]
    return result


def connected(alike: Flags, x: int, y: int) -> Flags:
    """The part of ``alike`` (h, w) that hangs together with pixel (x, y) over edges; empty if that pixel is not alike.

    Works on horizontal runs, not on pixels: runs touching in neighbouring rows are joined by labels that
    sink to the smallest of their component.
    """
    height, width = alike.shape
    if not (0 <= x < width and 0 <= y < height) or not alike[y, x]:
        return np.zeros_like(alike)
    starts, ends, stride = _runs(alike)
    labels = _components(starts, ends, stride)
    seed = int(np.searchsorted(starts, y * stride + x, side="right")) - 1
    chosen = labels == labels[seed]
    steps = np.zeros(height * stride + 1, np.int8)
    steps[starts[chosen]] = 1
    steps[ends[chosen]] = -1
    filled = np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)
    return np.ascontiguousarray(filled.reshape(height, stride)[:, :width])


def grown(mask: Flags, by: int) -> Flags:
    """The mask widened by ``by`` pixels (octagon-like, so corners stay round)."""
    result = mask
    for step in range(by):
        wide = result.copy()
        wide[1:] |= result[:-1]
        wide[:-1] |= result[1:]
        if step % 2:
            result = wide.copy()
        wide[:, 1:] |= result[:, :-1]
        wide[:, :-1] |= result[:, 1:]
        result = wide
    return result


def smoothed(mask: Flags) -> NDArray[np.uint8]:
    """The mask as coverage (0..255) with its staircase edges softened over one pixel."""
    padded = np.pad(mask.astype(np.uint16), 1, mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    total = rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]
    coverage: NDArray[np.uint8] = (total * 255 // 16).astype(np.uint8)
    return coverage


def _runs(alike: Flags) -> tuple[Indices, Indices, int]:
    """Starts and ends of all runs, counted through rows that are one cell wider than the picture."""
    height, width = alike.shape
    stride = width + 1
    flat = np.zeros(height * stride + 1, np.bool_)
    flat[1:].reshape(height, stride)[:, :width] = alike
    edges = np.flatnonzero(flat[1:] != flat[:-1]).astype(np.int32)
    return edges[0::2], edges[1::2], stride


def _components(starts: Indices, ends: Indices, stride: int) -> Indices:
    """The smallest run of each run's component."""
    first = np.searchsorted(ends, starts + stride, side="right").astype(np.int32)
    counts = np.searchsorted(starts, ends + stride, side="left").astype(np.int32) - first
    upper = np.repeat(np.arange(starts.size, dtype=np.int32), counts)
    before = np.cumsum(counts, dtype=np.int32) - counts
    lower = np.arange(upper.size, dtype=np.int32) + np.repeat(first - before, counts)
    labels = np.arange(starts.size, dtype=np.int32)
    while True:
        one, other = labels[upper], labels[lower]
        apart = one != other
        if not apart.any():
            return labels
        upper, lower, one, other = upper[apart], lower[apart], one[apart], other[apart]
        np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
        while True:
            sunk = labels[labels]
            if np.array_equal(sunk, labels):
                break
            labels = sunk
