"""The arithmetic of paint on small rectangles: laying colour over pixels, taking it away, dragging it along.

Pixels are ``uint8`` RGBA with straight alpha, weights ``float32`` of 0..1. Nothing here knows a document.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Weights: TypeAlias = NDArray[np.float32]
Color: TypeAlias = tuple[int, int, int, int]

_TINY = np.float32(1e-6)
_BYTE = np.float32(1.0 / 255.0)


def build_up(coverage: Weights, mask: Weights, ceiling: float, flow: float, edge: float = 0.0) -> None:
    """Let one dab add to ``coverage`` in place.

    With ``edge`` 0 it adds a part ``mask * flow`` of what is missing to the ceiling: soft dabs melt into each other.
    With ``edge`` 1 it goes a part ``flow`` of the way up to ``mask * ceiling``: the smoothed rim of a hard tip
    stays smooth however many dabs overlap. Values between mix the two.
    """
    missing = np.zeros_like(coverage)
    if edge < 1.0:
        np.subtract(np.float32(ceiling), coverage, out=missing)
        np.maximum(missing, 0.0, out=missing)
        missing *= mask
        missing *= np.float32(1.0 - edge)
    if edge > 0.0:
        below = mask * np.float32(ceiling)
        below -= coverage
        np.maximum(below, 0.0, out=below)
        below *= np.float32(edge)
        missing += below
    if flow < 1.0:
        missing *= np.float32(flow)
    coverage += missing


def paint_over(before: Pixels, weight: Weights, color: Color) -> Pixels:
    """Lay a colour over pixels (h, w, 4) with a weight per pixel (h, w); source-over with straight alpha."""
    if color[3] != 255:
        weight = weight * np.float32(color[3] / 255.0)
    under = before[..., 3].astype(np.float32)
    under *= _BYTE
    alpha = np.float32(1.0) - weight
    alpha *= under
    alpha += weight
    share = weight / np.maximum(alpha, _TINY)
    after = np.empty_like(before)
    for channel in range(3):
        plane = before[..., channel].astype(np.float32)
        plane += (np.float32(color[channel]) - plane) * share
        plane += np.float32(0.5)
        after[..., channel] = plane
    alpha *= np.float32(255.0)
    alpha += np.float32(0.5)
    after[..., 3] = alpha
    return after


def paint_over_colors(before: Pixels, weight: Weights, colors: Weights) -> Pixels:
    """Like :func:`paint_over` with a colour per pixel: ``colors`` float32 (h, w, 4), RGB 0..255 and alpha 0..1."""
    weight = weight * colors[..., 3]
    under = before[..., 3].astype(np.float32) * _BYTE
    alpha = weight + under * (np.float32(1.0) - weight)
    share = weight / np.maximum(alpha, _TINY)
    after = np.empty_like(before)
    for channel in range(3):
        plane = before[..., channel].astype(np.float32)
        after[..., channel] = plane + (colors[..., channel] - plane) * share + np.float32(0.5)
    after[..., 3] = alpha * np.float32(255.0) + np.float32(0.5)
    return after


def erase(before: Pixels, weight: Weights) -> Pixels:
    """Take away opacity by a weight per pixel; the colours stay under it."""
    after = before.copy()
    after[..., 3] = before[..., 3] * (np.float32(1.0) - weight) + np.float32(0.5)
    return after


def towards(before: Pixels, weight: Weights, value: int) -> Pixels:
    """Move a mask (h, w) towards ``value`` (0..255) by a weight per pixel."""
    plane = before.astype(np.float32)
    plane += (np.float32(value) - plane) * weight
    plane += np.float32(0.5)
    return plane.astype(np.uint8)


def premultiplied(pixels: Pixels) -> Weights:
    """Float pixels (h, w, 4) of 0..255 with colour times alpha, the form in which paint may be averaged."""
    result = pixels.astype(np.float32)
    alpha = result[..., 3] * _BYTE
    # Channel by channel: numpy is several times slower on short last axes.
    for channel in range(3):
        result[..., channel] *= alpha
    return result


def straight(mixed: Weights) -> Pixels:
    """Back from :func:`premultiplied` to bytes with straight alpha."""
    result = np.empty(mixed.shape, np.uint8)
    alpha = mixed[..., 3]
    scale = np.float32(255.0) / np.maximum(alpha, np.float32(0.25))
    for channel in range(3):
        plane = mixed[..., channel] * scale
        plane += np.float32(0.5)
        result[..., channel] = np.minimum(plane, np.float32(255.0), out=plane)
    result[..., 3] = np.minimum(alpha + np.float32(0.5), np.float32(255.0))
    return result
