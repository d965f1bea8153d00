"""The sample pictures of the empty desk, computed from nothing: `python -m artdesk.core.samples FOLDER`.

No photograph ships with ArtDesk. These scenes are rendered here, so that they belong to nobody else: a mountain lake (a
height field marched column by column), a harbour at night, a still life and a portrait (distance fields, see
`samples_solid`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PIL

Field = NDArray[np.float32]
WIDTH, HEIGHT = 1200, 800


def noise(size: int, cells: int, rng: np.random.Generator) -> Field:
    """Smooth noise 0..1 that tiles, (size, size), with `cells` bumps a side."""
    grid = rng.random((cells, cells), dtype=np.float32)
    padded = np.pad(grid, 2, mode="wrap")
    step = size / cells
    big = cv2.resize(padded, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    edge = round(2 * step)
    return np.asarray(big[edge : edge + size, edge : edge + size], np.float32)


def clouds(size: int, first: int, octaves: int, rng: np.random.Generator, roughness: float = 0.5) -> Field:
    """Fractal noise, about 0..1."""
    total, weight, norm = np.zeros((size, size), np.float32), 1.0, 0.0
    cells = first
    for _ in range(octaves):
        if cells > size // 2:
            break
        total += weight * noise(size, cells, rng)
        norm += weight
        weight *= roughness
        cells *= 2
    return total / norm


def mixed(a: Field, b: Field | tuple[float, ...], share: Field) -> Field:
    """`a` turned into `b` by `share` (h, w)."""
    return np.asarray(a + (np.asarray(b, np.float32) - a) * share[..., None], np.float32)


def smooth(low: float, high: float, x: Any) -> Field:
    """0 below `low`, 1 above `high`, soft between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def lake() -> Field:
    """Mountains over a lake in the morning."""
    rng = np.random.default_rng(11)
    size = 2048
    ridges = 1.0 - np.abs(2.0 * clouds(size, 8, 8, rng, 0.46) - 1.0)
    hills = clouds(size, 4, 4, rng)
    height = ((ridges - 0.45) * 1.5 * smooth(0.35, 0.75, hills) + hills * 0.35).astype(np.float32)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    basin = np.exp(-(((x - 0.5) / 0.17) ** 2) - ((y - 0.22) / 0.2) ** 2)
    height = height * (1.0 - 0.8 * basin) - 0.30 * basin
    height -= 0.7 * smooth(0.24, 0.1, y)  # nothing stands before the onlooker's nose
    gy, gx = np.gradient(cv2.GaussianBlur(height, (0, 0), 1.2) * 170.0)
    normal = np.dstack([-gx, -gy, np.ones_like(gx)])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    sun = np.array([-0.66, 0.28, 0.55])
    light = np.clip(normal @ (sun / np.linalg.norm(sun)), 0.0, 1.0).astype(np.float32)
    steep = 1.0 - normal[:, :, 2].astype(np.float32)
    grain = clouds(size, 128, 4, rng)
    meadow = mixed(np.full((size, size, 3), (0.30, 0.36, 0.13), np.float32), (0.16, 0.25, 0.11), grain)
    ground = mixed(meadow, (0.08, 0.16, 0.10), smooth(0.42, 0.6, clouds(size, 48, 4, rng)) * smooth(0.5, 0.2, height))
    ground = mixed(ground, (0.44, 0.39, 0.36), smooth(0.10, 0.34, steep + 0.22 * grain - 0.08))
    ground = mixed(ground, (0.97, 0.97, 1.0), smooth(0.44, 0.56, height + 0.10 * grain - 0.45 * steep))
    lit = ground * (0.30 * np.array((0.75, 0.88, 1.15), np.float32) + light[..., None] * np.array((1.25, 1.08, 0.86)))
    return _march(height, lit.astype(np.float32), rng)


def _march(height: Field, colour: Field, rng: np.random.Generator) -> Field:
    """Look over a height field: nearest ground first, each picture column filled upwards."""
    size = height.shape[0]
    horizon, water = 300, 0.0
    yy = np.linspace(0.0, 1.0, HEIGHT, dtype=np.float32)[:, None]
    sky = mixed(np.full((HEIGHT, WIDTH, 3), (0.33, 0.53, 0.82), np.float32), (0.98, 0.86, 0.72),
                np.broadcast_to(smooth(0.0, 0.42, yy), (HEIGHT, WIDTH)))  # fmt: skip
    veil = cv2.resize(clouds(1024, 5, 7, rng, 0.55), (WIDTH * 2, HEIGHT))[:, :WIDTH]
    sky = mixed(
        sky, (1.0, 0.97, 0.94), smooth(0.52, 0.74, veil) * 0.8 * smooth(0.5, 0.1, np.broadcast_to(yy, veil.shape))
    )
    picture, top = sky.copy(), np.full(WIDTH, HEIGHT, np.int32)
    columns = np.linspace(-0.62, 0.62, WIDTH, dtype=np.float32)
    eye, distance = 0.17, 0.10
    mist = np.array((0.78, 0.82, 0.90), np.float32)
    wet = np.zeros((HEIGHT, WIDTH), bool)
    while distance < 3.2:
        u = (((0.5 + columns * distance * 0.55) % 1.0) * size).astype(np.float32)[None, :]
        v = np.full_like(u, ((0.02 + distance * 0.42) % 1.0) * size)
        ground = cv2.remap(height, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)[0]
        seen = cv2.remap(colour, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)[0]
        is_water = ground < water
        level = np.where(is_water, water, ground)
        row = np.clip(horizon - (level - eye) / distance * 420.0, 0, HEIGHT).astype(np.int32)
        haze = np.float32(1.0 - np.exp(-max(0.0, distance - 0.25) * 0.55))
        shade = seen * (1 - haze) + mist * haze
        for column in np.nonzero(row < top)[0]:
            picture[row[column] : top[column], column] = shade[column]
            wet[row[column] : top[column], column] = is_water[column]
        top = np.minimum(top, row)
        distance *= 1.0018
    shore = horizon + round(eye / 3.2 * 420.0)
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    ripples = cv2.resize(clouds(512, 32, 4, rng), (WIDTH, HEIGHT)) - 0.5
    depth = np.clip((rows - shore) / (HEIGHT - shore), 0, 1)
    across = np.arange(WIDTH, dtype=np.float32)[None, :] + ripples * 26.0 * depth
    mirror = cv2.remap(picture, across.astype(np.float32), (shore - (rows - shore) * 0.9 + ripples * 70 * depth).astype(
        np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    reflected = mixed(mirror * 0.86, (0.10, 0.22, 0.27), np.broadcast_to(0.12 + 0.45 * depth, wet.shape))
    picture[wet] = reflected[wet]
    return picture


def harbour() -> Field:
    """A small harbour at night: moon, lit windows, their light on the water."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    line = 470.0
    picture = mixed(np.full((HEIGHT, WIDTH, 3), (0.02, 0.04, 0.13), np.float32), (0.16, 0.20, 0.36), smooth(0, line, y))
    moon = np.hypot(x - 860, y - 150)
    veil = cv2.resize(clouds(1024, 4, 7, rng, 0.55), (WIDTH * 2, HEIGHT))[:, 300 : 300 + WIDTH]
    glow = np.exp(-moon / 170)
    picture = mixed(picture, (0.55, 0.58, 0.66), smooth(0.5, 0.78, veil) * (0.16 + 0.75 * glow))
    picture += (glow * 0.30)[..., None] * np.array((1.0, 0.95, 0.8), np.float32)
    for _ in range(260):
        sx, sy = int(rng.integers(0, WIDTH)), int(rng.integers(0, 380))
        cv2.circle(picture, (sx, sy), 1, tuple(float(v) for v in np.full(3, rng.uniform(0.25, 0.9))), -1, cv2.LINE_AA)
    picture = mixed(picture, (1.0, 0.96, 0.84), smooth(47, 44, moon) * (1 - 0.25 * smooth(0.45, 0.7, veil)))
    ridge = line - 40 - 120 * np.interp(np.arange(WIDTH), np.linspace(0, WIDTH, 64), noise(64, 8, rng)[0])
    picture = mixed(picture, (0.05, 0.07, 0.15), smooth(-2, 2, y - ridge[None, :].astype(np.float32)))
    lamps: list[tuple[int, int, tuple[float, float, float]]] = []
    left = -10
    while left < WIDTH:
        wide, high = int(rng.integers(44, 100)), int(rng.integers(70, 190))
        base, roof = int(line), int(line - high)
        tone = float(rng.uniform(0.05, 0.12))
        wall = (tone * 1.1, tone, tone * 1.25)
        cv2.rectangle(picture, (left, roof), (left + wide, base), wall, -1)
        gable = np.array([[left - 4, roof], [left + wide // 2, roof - int(wide * 0.42)], [left + wide + 4, roof]])
        cv2.fillPoly(picture, [gable], (tone * 0.8, tone * 0.55, tone * 0.6), cv2.LINE_AA)
        for wy in range(roof + 14, base - 20, 30):
            for wx in range(left + 10, left + wide - 16, 22):
                if rng.random() < 0.45:
                    warm = (1.0, float(rng.uniform(0.66, 0.85)), float(rng.uniform(0.3, 0.5)))
                    cv2.rectangle(picture, (wx, wy), (wx + 9, wy + 14), warm, -1)
                    lamps.append((wx + 4, wy + 7, warm))
        left += wide + int(rng.integers(-2, 10))
    for lx in range(60, WIDTH, 170):
        cv2.line(picture, (lx, int(line) - 46), (lx, int(line) + 4), (0.04, 0.04, 0.05), 3, cv2.LINE_AA)
        lamps += [(lx, int(line) - 48, (1.0, 0.82, 0.5))] * 4
    shine = np.zeros_like(picture)
    for lx, ly, warm in lamps:
        cv2.circle(shine, (lx, ly), 6, warm, -1, cv2.LINE_AA)
    picture += cv2.GaussianBlur(shine, (0, 0), 14) * 1.1 + cv2.GaussianBlur(shine, (0, 0), 4) * 0.35
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    depth = np.clip((rows - line) / (HEIGHT - line), 0, 1)
    waves = cv2.resize(clouds(512, 16, 5, rng), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) - 0.5
    long_waves = cv2.resize(waves[:, :200], (WIDTH, HEIGHT))
    source = (line - (rows - line) * 1.05 + (long_waves * 150 + waves * 40) * (0.25 + depth)).astype(np.float32)
    mirror = cv2.remap(cv2.GaussianBlur(picture, (0, 0), 1.5), (x + waves * 60 * depth).astype(np.float32), source,
                       cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    sea = mixed(mirror * 0.72, (0.03, 0.07, 0.16), np.broadcast_to(0.25 + 0.3 * depth, (HEIGHT, WIDTH)))
    picture = np.where((y > line)[..., None], sea, picture)
    cv2.rectangle(picture, (0, int(line) - 3), (WIDTH, int(line) + 7), (0.05, 0.05, 0.07), -1)
    return np.asarray(picture, np.float32)


def finished(picture: Field) -> NDArray[np.uint8]:
    """A linear picture 0..1+ as 8 bits, with a soft shoulder for the highlights."""
    toned = np.clip(picture, 0.0, None)
    toned = toned * (1.0 + toned / 6.0) / (1.0 + toned * 0.28)
    return np.asarray(np.clip(toned, 0.0, 1.0) ** (1 / 1.25) * 255.0 + 0.5, np.uint8)


def render_all(folder: Path) -> list[Path]:
    """Write every sample as WebP into `folder`. Takes a minute or two."""
    from artdesk.core.samples_solid import portrait, still_life

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, scene in (("lake", lake), ("harbour", harbour), ("still_life", still_life), ("portrait", portrait)):
        path = folder / f"{name}.webp"
        PIL.fromarray(finished(scene())).save(path, quality=86, method=6)
        written.append(path)
    return written


if __name__ == "__main__":
    for made in render_all(Path(sys.argv[1])):
        print(made)
