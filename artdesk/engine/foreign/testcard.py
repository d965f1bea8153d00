"""The test card a foreign model is measured on: the same picture of any size, with something of everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image

_DISCS = (
    (0.9, 0.15, 0.1),
    (0.1, 0.75, 0.2),
    (0.12, 0.2, 0.9),
    (0.92, 0.85, 0.15),
    (0.06, 0.06, 0.08),
    (0.94, 0.93, 0.9),
)


def card_picture(height: int, width: int, seed: int = 0) -> Image:
    """A deterministic picture (height, width, 3): sky, ground, coloured discs, stripes, soft noise.

    Its three channels vary independently enough that swapped ones are seen; few pixels are quite black or white.
    """
    rng = np.random.default_rng(1234 + seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / max(1, width - 1), y / max(1, height - 1)
    card = np.stack([0.25 + 0.5 * u, 0.75 - 0.45 * v, 0.8 - 0.6 * u * v], axis=2)
    colours = [
        (0.9, 0.15, 0.1),
        (0.1, 0.75, 0.2),
        (0.12, 0.2, 0.9),
        (0.92, 0.85, 0.15),
        (0.06, 0.06, 0.08),
        (0.94, 0.93, 0.9),
    ]
    for index, colour in enumerate(colours):
        cx, cy = 0.16 + 0.33 * (index % 3), 0.28 + 0.42 * (index // 3)
        radius = 0.11 + 0.02 * ((index + seed) % 3)
        inside = (u - cx) ** 2 + ((v - cy) * height / max(1, width)) ** 2 < radius**2
        card[inside] = colour
    stripes = (np.sin(x * 0.55) > 0) & (v > 0.88)
    card[stripes] *= 0.35
    card += _soft_noise(rng, height, width, 16) * 0.16 + _soft_noise(rng, height, width, 4) * 0.07
    return as_image(np.clip(card * 255 + 0.5, 0, 255).astype(np.uint8))


def _soft_noise(rng: np.random.Generator, height: int, width: int, cell: int) -> NDArray[np.float32]:
    """Noise of about `cell` pixels, -1..1, each channel its own."""
    coarse = rng.uniform(-1, 1, (height // cell + 2, width // cell + 2, 3)).astype(np.float32)
    rows, columns = np.arange(height) / cell, np.arange(width) / cell
    r0, c0 = rows.astype(int), columns.astype(int)
    fr = (rows - r0)[:, None, None].astype(np.float32)
    fc = (columns - c0)[None, :, None].astype(np.float32)
    top = coarse[r0][:, c0] * (1 - fc) + coarse[r0][:, c0 + 1] * fc
    bottom = coarse[r0 + 1][:, c0] * (1 - fc) + coarse[r0 + 1][:, c0 + 1] * fc
    return np.asarray(top * (1 - fr) + bottom * fr, np.float32)
