"""Blur and growth of coverage, for soft and moved selection edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from artdesk.document.blend import Array


def _boxed(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The mean over `width` (odd) values along the last axis, edges repeated; same shape."""
    half = width // 2
    padded = np.pad(values, [(0, 0), (half + 1, half)], mode="edge").astype(np.float64)
    sums = np.cumsum(padded, axis=1)
    return ((sums[:, width:] - sums[:, :-width]) / width).astype(np.float32)


def _box_widths(sigma: float) -> tuple[int, int, int]:
    """Three odd box widths that together have the variance of a Gaussian."""
    ideal = np.sqrt(4 * sigma * sigma + 1)
    low = int(ideal) - (int(ideal) % 2 == 0)
    many = round((12 * sigma * sigma - 3 * low * low - 12 * low - 9) / (-4 * low - 4))
    many = max(0, min(3, many))
    widths = [low] * many + [low + 2] * (3 - many)
    return widths[0], widths[1], widths[2]


def blurred(coverage: Array, sigma: float) -> Array:
    """Gaussian blur of `(h, w)` uint8, as three box filters; edges are repeated outward."""
    values = coverage.astype(np.float32)
    for width in _box_widths(sigma):
        if width > 1:
            values = _boxed(values, width)
            values = np.ascontiguousarray(_boxed(np.ascontiguousarray(values.T), width).T)
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def dilated(coverage: Array, radius: int) -> Array:
    """The largest value within a disc of `radius` pixels around every pixel; `(h, w)` uint8."""
    h = coverage.shape[0]
    out = coverage.copy()
    # A disc is a stack of rows: each row offset takes the row-wise maximum over its own half width.
    spans: dict[int, list[int]] = {}
    for dy in range(radius + 1):
        spans.setdefault(int(np.sqrt((radius + 0.5) ** 2 - dy * dy)), []).append(dy)
    for half, offsets in spans.items():
        wide = _row_maximum(coverage, half)
        for dy in offsets:
            if dy < h:
                np.maximum(out[dy:], wide[: h - dy], out=out[dy:])
                np.maximum(out[: h - dy], wide[dy:], out=out[: h - dy])
    return out


def _row_maximum(coverage: Array, half: int) -> Array:
    """The maximum over `half` pixels to either side, along rows, in log₂ steps."""
    if half == 0:
        return coverage
    w = coverage.shape[1]
    padded = np.pad(coverage, [(0, 0), (half, half)])
    width = 2 * half + 1
    reach = 1
    while reach * 2 <= width:
        padded = np.maximum(padded[:, :-reach], padded[:, reach:])
        reach *= 2
    rest = width - reach
    return np.maximum(padded[:, :w], padded[:, rest : rest + w])
