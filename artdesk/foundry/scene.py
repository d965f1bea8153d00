"""A picture of our own to paint on: mountains, a lake, a tree and a house, drawn by rule.

Previews are painted from it, so no photograph of anyone's is shipped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Array = NDArray[np.float64]


def noise(side: int, rough: float, seed: int, first: int = 2) -> Array:
    """Fractal value noise (side,side) in about -1..1; ``rough`` is the weight of each finer octave."""
    rng = np.random.default_rng(seed)
    total = np.zeros((side, side))
    cells, weight = first, 1.0
    while cells < side:
        grid = Image.fromarray(rng.uniform(-1, 1, (cells + 1, cells + 1)).astype(np.float32))
        total += weight * np.asarray(grid.resize((side, side), Image.Resampling.BICUBIC))
        cells, weight = cells * 2, weight * rough
    return np.asarray(total / max(1e-9, np.abs(total).max()))


def _mix(a: Array, b: Array, t: Array) -> Array:
    return a + (b - a) * np.clip(t, 0, 1)[..., None]


def draw_scene(side: int = 512) -> Image.Image:
    """The picture, RGB, ``side`` x ``side``."""
    v, u = np.mgrid[0:side, 0:side] / side
    white = np.ones((side, side, 3))
    sky = _mix(white * (0.25, 0.45, 0.78), white * (0.98, 0.86, 0.68), v / 0.55)
    clouds = noise(side, 0.55, 3)
    sky = _mix(sky, white * (1.0, 0.97, 0.93), (clouds * 1.5 - 0.15) * (1 - v) * 0.9)
    sun = np.hypot(u - 0.74, v - 0.2)
    sky = _mix(sky, white * (1.0, 0.93, 0.62), np.clip((0.075 - sun) * 90, 0, 1) + 0.35 * np.exp(-sun * 7))
    picture = sky
    for i, (base, height, colour) in enumerate(
        ((0.44, 0.2, (0.42, 0.5, 0.66)), (0.52, 0.13, (0.3, 0.42, 0.46)), (0.58, 0.08, (0.2, 0.36, 0.25)))
    ):
        ridge = noise(side, 0.5, 20 + i, 3)[side // 2]
        top = base - height * (0.35 + ridge)[None, :]
        body = v > top
        rock = noise(side, 0.6, 40 + i, 5)
        lit = np.gradient(rock, axis=1) - 0.6 * np.gradient(rock, axis=0)
        shade = np.clip(1 + 0.15 * rock + side * 0.05 * lit, 0.5, 1.6)[..., None]
        face = np.clip(white * colour * shade, 0, 1)
        if i == 0:
            face = _mix(face, white * 0.97, (top + 0.05 + 0.04 * rock - v) * 40)
        picture = np.where(body[..., None], face, picture)
    shore = 0.62
    mirror = np.clip(((2 * shore - v) * side).astype(int), 0, side - 1)
    ripple = (0.012 * side * noise(side, 0.6, 77, 16) * (v - shore + 0.05) * 8).astype(int)
    columns = np.clip(np.arange(side)[None, :] + ripple, 0, side - 1)
    lake = _mix(picture[mirror, columns], white * (0.16, 0.34, 0.46), 0.35 + 0.25 * noise(side, 0.6, 5, 32))
    picture = np.where((v > shore)[..., None], lake, picture)
    bank = 0.8 + 0.05 * noise(side, 0.5, 9, 3)[side // 3][None, :] + 0.12 * u
    grass = white * (0.35, 0.5, 0.18) * (1 + 0.5 * noise(side, 0.85, 12, 24))[..., None]
    picture = np.where((v > bank)[..., None], np.clip(grass, 0, 1), picture)
    image = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    _house(image, side)
    _tree(image, side)
    return image.filter(ImageFilter.GaussianBlur(side / 900))


def _house(image: Image.Image, side: int) -> None:
    draw = ImageDraw.Draw(image)

    def box(points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        draw.polygon([(x * side, y * side) for x, y in points], fill=colour)

    box([(0.62, 0.68), (0.8, 0.68), (0.8, 0.87), (0.62, 0.87)], (226, 205, 170))
    box([(0.8, 0.68), (0.88, 0.71), (0.88, 0.87), (0.8, 0.87)], (160, 138, 112))
    box([(0.59, 0.69), (0.66, 0.57), (0.84, 0.57), (0.82, 0.69)], (172, 66, 44))
    box([(0.82, 0.69), (0.84, 0.57), (0.9, 0.72)], (120, 46, 36))
    box([(0.69, 0.76), (0.74, 0.76), (0.74, 0.87), (0.69, 0.87)], (84, 58, 42))
    for x in (0.64, 0.76):
        box([(x, 0.73), (x + 0.03, 0.73), (x + 0.03, 0.78), (x, 0.78)], (60, 84, 110))
    box([(0.77, 0.53), (0.8, 0.53), (0.8, 0.6), (0.77, 0.6)], (140, 84, 66))


def _tree(image: Image.Image, side: int) -> None:
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(4)
    trunk = [(0.17, 0.95), (0.195, 0.6), (0.18, 0.4), (0.21, 0.4), (0.225, 0.6), (0.245, 0.95)]
    draw.polygon([(x * side, y * side) for x, y in trunk], fill=(74, 52, 38))
    for _ in range(900):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform())
        x, y = 0.2 + 0.19 * reach * np.cos(angle), 0.36 + 0.21 * reach * np.sin(angle)
        light = np.clip(0.55 + 0.9 * (x - 0.2) - 1.1 * (y - 0.36) + rng.normal(0, 0.16), 0.1, 1.0)
        r = side * rng.uniform(0.008, 0.022)
        colour = (int(40 + 150 * light), int(70 + 120 * light), int(28 + 40 * light))
        draw.ellipse((x * side - r, y * side - r, x * side + r, y * side + r), fill=colour)
