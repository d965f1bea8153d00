"""The masks a brush presses onto the canvas: analytic round and flat tips, grown textured ones, and grain.

A tip is asked for by size, position between pixels, angle and ratio. The answer is kept, because
neighbouring dabs nearly always want the same mask; sizes, angles and positions are rounded to steps nobody can see.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from artdesk.document.brush.settings import Grain, Tip

Plane: TypeAlias = NDArray[np.float32]

GRAIN_SIZE = 512
_MASTER = 256
_CACHE_BYTES = 48 << 20
_ANGLE_STEP = 3.0


class TipKey(NamedTuple):
    """A tip after rounding to invisible steps; equal keys share one mask."""

    tip: Tip
    size: float
    hardness: float
    angle: float
    ratio: float
    shift_x: float
    shift_y: float


class TipMask(NamedTuple):
    """A mask of 0..1 (h, w) and where its first pixel lies on the canvas."""

    mask: Plane
    x: int
    y: int


_masks: OrderedDict[TipKey, Plane] = OrderedDict()
_masks_bytes = 0
_lock = threading.Lock()


def tip_mask(
    tip: Tip, x: float, y: float, size: float, *, hardness: float = 1.0, angle: float = 0.0, ratio: float = 1.0
) -> TipMask:
    """The mask of one dab with its centre at canvas point ``x``, ``y`` (pixel centres lie at .5).

    ``size`` is the diameter in pixels, ``angle`` degrees counter-clockwise, ``ratio`` height over width.
    The mask is read-only and shared.
    """
    if tip in (Tip.ROUND, Tip.FLAT):
        steps = 4 if size <= 64 else 2 if size <= 320 else 1
    else:
        # Nobody sees half a pixel in a texture, and these masks are dear to make.
        steps = 2 if size <= 24 else 1
    # The mask is built around a centre inside pixel 0; the whole pixels go into the position.
    at_x, at_y = round(x * steps), round(y * steps)
    whole_x, whole_y = at_x // steps, at_y // steps
    turned = 0.0
    if tip is not Tip.ROUND or ratio < 0.995:
        turned = (round(angle / _ANGLE_STEP) * _ANGLE_STEP) % 360.0
    key = TipKey(
        tip,
        _rounded_size(size),
        round(hardness, 2),
        turned,
        round(ratio, 2),
        at_x / steps - whole_x,
        at_y / steps - whole_y,
    )
    mask = _kept(key)
    half = mask.shape[0] // 2
    return TipMask(mask, whole_x - half, whole_y - half)


def grain(kind: Grain) -> Plane:
    """The height map (512, 512) of a surface, 0 in the valleys and 1 on the ridges; it repeats without a seam."""
    return _grain(kind)


def clear_tips() -> None:
    """Forget all kept masks."""
    global _masks_bytes
    with _lock:
        _masks.clear()
        _masks_bytes = 0


def _rounded_size(size: float) -> float:
    """Diameter in steps of a quarter pixel when small and about one percent when large."""
    step = 0.25 if size < 32 else 0.5 if size < 64 else 2.0 ** math.floor(math.log2(size / 64.0))
    return max(0.5, round(size / step) * step)


def _kept(key: TipKey) -> Plane:
    global _masks_bytes
    with _lock:
        found = _masks.get(key)
        if found is not None:
            _masks.move_to_end(key)
            return found
    mask = _analytic(key) if key.tip in (Tip.ROUND, Tip.FLAT) else _sampled(key)
    mask.flags.writeable = False
    with _lock:
        if key not in _masks:
            _masks[key] = mask
            _masks_bytes += mask.nbytes
        while _masks_bytes > _CACHE_BYTES and len(_masks) > 1:
            _, dropped = _masks.popitem(last=False)
            _masks_bytes -= dropped.nbytes
    return mask


def _axes(key: TipKey) -> tuple[Plane, Plane]:
    """Coordinates of the mask's pixels in the tip's own turned frame, in pixels from the centre."""
    half = math.ceil(key.size / 2.0 + 1.0)
    along = np.arange(-half, half + 1, dtype=np.float32) + np.float32(0.5)
    dx = (along - np.float32(key.shift_x))[None, :]
    dy = (along - np.float32(key.shift_y))[:, None]
    if key.angle == 0.0:
        shape = (along.size, along.size)
        return np.broadcast_to(dx, shape), np.broadcast_to(dy, shape)
    turn = math.radians(key.angle)
    cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
    # y grows downwards on the canvas, so counter-clockwise needs the sign of sin turned.
    return dx * cos - dy * sin, dx * sin + dy * cos


def _analytic(key: TipKey) -> Plane:
    u, v = _axes(key)
    radius = np.float32(key.size / 2.0)
    ratio = np.float32(key.ratio)
    # A tip thinner than a pixel would fall between pixel centres: keep it one pixel and make it fainter instead.
    faint = min(1.0, key.size) * min(1.0, max(0.3, key.size * key.ratio))
    radius = max(radius, np.float32(0.5))
    half_height = max(radius * ratio, np.float32(0.5))
    if key.tip is Tip.FLAT:
        # A rectangle with its corners barely rounded: the distance to a smaller rectangle, less the rounding.
        corner = min(half_height, radius) * np.float32(0.3)
        over_x = np.maximum(np.abs(u) - (radius - corner), 0.0)
        over_y = np.maximum(np.abs(v) - (half_height - corner), 0.0)
        inside = np.minimum(radius - np.abs(u), half_height - np.abs(v))
        depth = np.where((over_x > 0) & (over_y > 0), corner - np.hypot(over_x, over_y), inside)
        depth_full = half_height
    else:
        stretch = radius / half_height
        depth = radius - np.sqrt(u * u + (v * stretch) ** 2)
        depth_full = radius
        if stretch > 1.0:
            depth = depth / np.float32(math.sqrt(stretch))
            depth_full = radius / np.float32(math.sqrt(stretch))
    # The soft rim reaches from the edge inwards; it is never narrower than the pixel that smooths the edge.
    rim = max(np.float32(1.0), depth_full * np.float32(1.0 - key.hardness))
    lift = np.float32(0.5) if rim <= 1.0 else np.float32(0.0)
    t = np.clip((depth + lift) / rim, 0.0, 1.0).astype(np.float32)
    if rim > 1.0:
        t = t * t * (np.float32(3.0) - np.float32(2.0) * t)
    return np.ascontiguousarray(t * np.float32(faint))


def _sampled(key: TipKey) -> Plane:
    """A textured tip: the grown master picture, read with bilinear weights from the fitting reduction."""
    levels = _masters(key.tip)
    level = 0
    while level + 1 < len(levels) and levels[level + 1].shape[0] >= key.size:
        level += 1
    master = levels[level]
    u, v = _axes(key)
    side = master.shape[0]
    scale = np.float32(side / max(1.0, key.size))
    # One pixel of nothing surrounds the master, so reading outside gives nothing.
    px = np.clip(u * scale + np.float32(side / 2 - 0.5), -1.0, side) + 1.0
    py = np.clip(v * (scale / np.float32(key.ratio)) + np.float32(side / 2 - 0.5), -1.0, side) + 1.0
    framed = np.pad(master, 1 + 1)[1:, 1:]
    x0, y0 = px.astype(np.intp), py.astype(np.intp)
    fx, fy = (px - x0).astype(np.float32), (py - y0).astype(np.float32)
    top = framed[y0, x0] * (1 - fx) + framed[y0, x0 + 1] * fx
    low = framed[y0 + 1, x0] * (1 - fx) + framed[y0 + 1, x0 + 1] * fx
    return np.ascontiguousarray(top * (1 - fy) + low * fy, dtype=np.float32)


@cache
def _masters(tip: Tip) -> tuple[Plane, ...]:
    """The grown picture of a tip at 256 pixels and its halvings."""
    levels = [_grow(tip)]
    while levels[-1].shape[0] > 4:
        big = levels[-1]
        half = big.shape[0] // 2
        levels.append(big.reshape(half, 2, half, 2).mean(axis=(1, 3), dtype=np.float32))
    return tuple(levels)


def _grow(tip: Tip) -> Plane:
    """Draw the master of a textured tip from noise with a fixed seed: the same on every machine."""
    random = np.random.Generator(np.random.PCG64(sum(tip.value.encode())))
    y, x = np.mgrid[0:_MASTER, 0:_MASTER].astype(np.float32)
    x, y = (x + 0.5) / _MASTER * 2 - 1, (y + 0.5) / _MASTER * 2 - 1
    r = np.hypot(x, y)
    if tip is Tip.BRISTLE:
        return _bristles(random, x, y)
    if tip is Tip.SPRAY:
        return _droplets(random, r)
    coarse, fine = _noise(random, _MASTER, 12), _noise(random, _MASTER, 2)
    if tip is Tip.CHALK:
        edge = np.clip((0.92 + 0.16 * (coarse - 0.5) - r) * 9.0, 0.0, 1.0)
        return _plane(edge * np.clip((0.65 * fine + 0.35 * coarse - 0.36) * 4.5, 0.0, 1.0))
    pores = np.clip((_noise(random, _MASTER, 6) - 0.42) * 6.0, 0.0, 1.0)
    edge = np.clip((0.88 + 0.3 * (coarse - 0.5) - r) * 5.0, 0.0, 1.0)
    return _plane(edge * pores * (0.6 + 0.4 * fine))


def _bristles(random: np.random.Generator, x: Plane, y: Plane) -> Plane:
    """A bundle of hairs seen from below, thicker towards the middle."""
    mask = np.zeros_like(x)
    for _ in range(110):
        distance, turn = 0.88 * math.sqrt(random.random()), random.random() * 2 * math.pi
        hair = 0.018 + 0.045 * random.random()
        strength = (0.45 + 0.55 * random.random()) * (1.0 - 0.35 * distance)
        at_x, at_y = distance * math.cos(turn), distance * math.sin(turn)
        left, top = (max(0, int((at - hair - 0.03 + 1) / 2 * _MASTER)) for at in (at_x, at_y))
        around = np.s_[top : top + int((hair + 0.05) * _MASTER), left : left + int((hair + 0.05) * _MASTER)]
        from_hair = np.hypot(x[around] - at_x, y[around] - at_y)
        np.maximum(mask[around], strength * np.clip((hair - from_hair) * 40.0 + 0.5, 0.0, 1.0), out=mask[around])
    return _plane(mask)


def _droplets(random: np.random.Generator, r: Plane) -> Plane:
    """Fine drops, dense in the middle and rare at the rim."""
    drops = random.random(r.shape, dtype=np.float32)
    drops = (drops > 1.0 - 0.16 * np.exp(-3.0 * r * r)).astype(np.float32)
    spread = sum(np.roll(drops, shift, axis) for shift in (-1, 1) for axis in (0, 1))
    return _plane(np.clip(drops + 0.5 * spread, 0.0, 1.0) * (r < 0.97))


@cache
def _grain(kind: Grain) -> Plane:
    random = np.random.Generator(np.random.PCG64(sum(kind.value.encode())))
    if kind is Grain.CANVAS:
        y, x = np.mgrid[0:GRAIN_SIZE, 0:GRAIN_SIZE].astype(np.float32)
        threads = GRAIN_SIZE / 64 * 2 * math.pi / GRAIN_SIZE * 8
        over = np.sin(x * threads) * np.sin(y * threads)
        weave = 0.5 + 0.5 * np.where(over > 0, np.abs(np.cos(x * threads / 2)), np.abs(np.cos(y * threads / 2))) * over
        height = 0.75 * weave + 0.25 * _noise(random, GRAIN_SIZE, 3)
    elif kind is Grain.ROUGH:
        height = 0.6 * _noise(random, GRAIN_SIZE, 7) + 0.4 * _noise(random, GRAIN_SIZE, 2)
    else:
        height = 0.55 * _noise(random, GRAIN_SIZE, 3) + 0.45 * _noise(random, GRAIN_SIZE, 1)
    low, high = np.percentile(height, (2, 98))
    levelled = _plane(np.clip((height - low) / (high - low), 0.0, 1.0))
    levelled.flags.writeable = False
    return levelled


def _noise(random: np.random.Generator, side: int, blur: int) -> Plane:
    """Seamless noise of 0..1 (side, side), softened over about ``blur`` pixels by its spectrum."""
    white = random.random((side, side), dtype=np.float32)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    smooth = np.fft.irfft2(np.fft.rfft2(white) * np.exp(-2.0 * (math.pi * blur * frequency) ** 2 / 4), s=(side, side))
    deviation = float(smooth.std()) or 1.0
    return _plane(np.clip(0.5 + (smooth - smooth.mean()) / (deviation * 4.5), 0.0, 1.0))


def _plane(values: NDArray[np.floating]) -> Plane:
    plane: Plane = values.astype(np.float32)
    return plane
