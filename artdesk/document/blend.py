"""How a source colour meets what lies under it: the sixteen modes OpenRaster names.

Formulas: W3C "Compositing and Blending Level 1", sections 5 (simple alpha), 9.1 (separable) and
9.2 (non-separable); `svg:plus` is the operator "lighter".
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from artdesk.document.hues import mixed_whole
from artdesk.document.modes import BlendMode
from artdesk.document.pixels import premultiplied, straightened

__all__ = [
    "Array",
    "BlendMode",
    "blend",
    "composed",
    "faded",
    "mixed",
    "mixed_source",
    "premultiplied",
    "straightened",
]

Array = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]


def mixed(mode: BlendMode, backdrop: Floats, source: Floats) -> Floats:
    """W3C's B(cb, cs) for straight colours `(…, 3)` in 0..1, opacity not considered.

    Not defined for `PLUS`, which is an operator on whole pixels.
    """
    cb, cs = backdrop, source
    match mode:
        case BlendMode.NORMAL:
            return cs
        case BlendMode.MULTIPLY:
            return cb * cs
        case BlendMode.SCREEN:
            return cb + cs - cb * cs
        case BlendMode.OVERLAY:
            return _hard_light(cs, cb)
        case BlendMode.DARKEN:
            return np.minimum(cb, cs)
        case BlendMode.LIGHTEN:
            return np.maximum(cb, cs)
        case BlendMode.COLOR_DODGE:
            raised = np.minimum(1.0, cb / np.maximum(1.0 - cs, 1e-6))
            return np.where(cb <= 0, 0.0, np.where(cs >= 1, 1.0, raised)).astype(np.float32)
        case BlendMode.COLOR_BURN:
            sunk = 1.0 - np.minimum(1.0, (1.0 - cb) / np.maximum(cs, 1e-6))
            return np.where(cb >= 1, 1.0, np.where(cs <= 0, 0.0, sunk)).astype(np.float32)
        case BlendMode.HARD_LIGHT:
            return _hard_light(cb, cs)
        case BlendMode.SOFT_LIGHT:
            root = np.where(cb <= 0.25, ((16 * cb - 12) * cb + 4) * cb, np.sqrt(cb))
            light = np.where(cs <= 0.5, cb - (1 - 2 * cs) * cb * (1 - cb), cb + (2 * cs - 1) * (root - cb))
            return light.astype(np.float32)
        case BlendMode.DIFFERENCE:
            return np.asarray(np.abs(cb - cs), np.float32)
        case BlendMode.HUE | BlendMode.SATURATION | BlendMode.COLOR | BlendMode.LUMINOSITY:
            return mixed_whole(mode, cb, cs)
    raise ValueError(f"{mode} has no blend function")


def _hard_light(cb: Floats, cs: Floats) -> Floats:
    doubled = 2 * cs
    screened = cb + (doubled - 1) - cb * (doubled - 1)
    return np.where(cs <= 0.5, cb * doubled, screened).astype(np.float32)


def _to_floats(pixels: Array) -> tuple[Floats, Floats]:
    scaled = pixels.astype(np.float32) * np.float32(1 / 255)
    return scaled[..., :3], scaled[..., 3:]


def _to_bytes(values: Floats) -> Array:
    return np.asarray(np.clip(values * 255.0 + 0.5, 0, 255), np.uint8)


def composed(mode: BlendMode, cb: Floats, ab: Floats, cs: Floats, as_: Floats) -> tuple[Floats, Floats]:
    """Premultiplied colour `(…, 3)` and alpha `(…, 1)` of source over backdrop, all straight in 0..1."""
    if mode is BlendMode.PLUS:
        return np.minimum(1.0, cs * as_ + cb * ab), np.minimum(1.0, as_ + ab)
    alpha = as_ + ab - as_ * ab
    color = cs * (as_ * (1 - ab)) + cb * (ab * (1 - as_)) + mixed(mode, cb, cs) * (as_ * ab)
    return color, alpha


def blend(mode: BlendMode, backdrop: Array, source: Array, opacity: float = 1.0, mask: Array | None = None) -> Array:
    """`source` laid over `backdrop`, exactly: both `(…, 4)` uint8 straight alpha; returns the same kind.

    `opacity` 0..1 and `mask` (uint8, one value per pixel) weaken the source. Where the result is fully
    transparent its colour is 0.
    """
    cb, ab = _to_floats(backdrop)
    cs, as_ = _to_floats(source)
    as_ = as_ * np.float32(opacity)
    if mask is not None:
        as_ = as_ * (mask[..., None].astype(np.float32) * np.float32(1 / 255))
    color, alpha = composed(mode, cb, ab, cs, as_)
    straight = np.divide(color, alpha, out=np.zeros_like(color), where=alpha > 0)
    return np.concatenate([_to_bytes(straight), _to_bytes(alpha)], axis=-1)


def faded(before: Array, after: Array, amount: Array) -> Array:
    """From `before` to `after` by `amount` (uint8 per pixel): straight RGBA `(h, w, 4)` or coverage `(h, w)`.

    Colours are weighted by their alpha, so that a transparent side lends no colour.
    """
    if bool((amount == 255).all()):
        return after
    if not bool(amount.any()):
        return before
    t = amount.astype(np.float32) * np.float32(1 / 255)
    if before.ndim == 2:
        return (before + (after.astype(np.float32) - before) * t + 0.5).astype(np.uint8)
    t = t[..., None]
    ab = before[..., 3:].astype(np.float32) * (1 - t)
    aa = after[..., 3:].astype(np.float32) * t
    alpha = ab + aa
    color = np.divide(
        before[..., :3] * ab + after[..., :3] * aa,
        alpha,
        out=np.zeros(after[..., :3].shape, np.float32),
        where=alpha > 0,
    )
    mixed_pixels = np.concatenate([color + 0.5, alpha + 0.5], axis=-1).astype(np.uint8)
    # Untouched and fully touched pixels stay exactly what they were, whatever their alpha.
    mixed_pixels = np.where((amount == 0)[..., None], before, mixed_pixels)
    return np.where((amount == 255)[..., None], after, mixed_pixels)


_tables: dict[BlendMode, Array] = {}


def _table(mode: BlendMode) -> Array:
    """B(cb, cs) of a separable mode for every pair of bytes; index `cb * 256 + cs`."""
    if mode not in _tables:
        steps = np.arange(256, dtype=np.float32) / np.float32(255)
        grid = np.broadcast_arrays(steps[:, None], steps[None, :])
        _tables[mode] = _to_bytes(mixed(mode, grid[0], grid[1])).reshape(-1)
    return _tables[mode]


def mixed_source(mode: BlendMode, backdrop: Array, source: Array) -> Array:
    """The source with its colour replaced by the mix, ready to be laid over normally (W3C 10.1).

    `backdrop` premultiplied, `source` and result straight, all `(h, w, 4)` uint8:
    `Cs' = (1 - αb)·Cs + αb·B(Cb, Cs)`, alpha unchanged.
    """
    under = straightened(backdrop)
    if mode.separable:
        index = under[..., :3].astype(np.uint16)
        index <<= 8
        index |= source[..., :3]
        mix = _table(mode)[index]
    else:
        cb = under[..., :3].astype(np.float32) * np.float32(1 / 255)
        cs = source[..., :3].astype(np.float32) * np.float32(1 / 255)
        mix = _to_bytes(mixed(mode, cb, cs))
    alpha = under[..., 3:]
    out = np.empty(source.shape, np.uint8)
    if not bool((alpha == 255).all()):
        weight = alpha.astype(np.uint16)
        total = source[..., :3] * (255 - weight) + mix * weight + 127
        mix = (total // 255).astype(np.uint8)
    out[..., :3] = mix
    out[..., 3] = source[..., 3]
    return out
