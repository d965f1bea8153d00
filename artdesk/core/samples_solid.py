"""Sample pictures of solid things: a still life and a portrait, found by walking rays through distance fields.

A distance field says for every point how far the nearest surface is; a ray may safely walk that far. (J. C. Hart,
Sphere Tracing, 1996.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.samples import HEIGHT, WIDTH, clouds, mixed, smooth

Field = NDArray[np.float32]
Solid = Callable[[Field], Field]  # points (n, 3) -> distance (n,)
Paint = Callable[[Field, Field], Field]  # points, normals (n, 3) -> colour (n, 3)


def _length(p: Any) -> Field:
    return np.asarray(np.sqrt((p * p).sum(axis=1)), np.float32)


def ball(centre: tuple[float, float, float], radius: tuple[float, float, float] | float) -> Solid:
    """An ellipsoid."""
    c = np.array(centre, np.float32)
    r = np.broadcast_to(np.asarray(radius, np.float32), 3)

    def distance(p: Field) -> Field:
        q = (p - c) / r
        k = _length(q)
        return np.asarray((k - 1.0) * k / np.maximum(_length(q / r), 1e-6), np.float32)

    return distance


def rod(a: tuple[float, float, float], b: tuple[float, float, float], thick: float, thin: float | None = None) -> Solid:
    """A round rod from a to b, growing from `thick` to `thin`."""
    start, along = np.array(a, np.float32), np.array(b, np.float32) - np.array(a, np.float32)
    end = thick if thin is None else thin

    def distance(p: Field) -> Field:
        q = p - start
        t = np.clip(q @ along / float(along @ along), 0.0, 1.0)
        return np.asarray(_length(q - t[:, None] * along) - (thick + (end - thick) * t), np.float32)

    return distance


def turned(centre: tuple[float, float, float], outline: list[tuple[float, float]]) -> Solid:
    """A vessel on the wheel: `outline` lists (height, radius) from the foot up."""
    c = np.array(centre, np.float32)
    heights = np.linspace(outline[0][0], outline[-1][0], 160, dtype=np.float32)
    radii = np.interp(heights, [h for h, _ in outline], [r for _, r in outline]).astype(np.float32)
    radii = cv2.GaussianBlur(radii[None, :], (0, 0), 6.0, borderType=cv2.BORDER_REFLECT)[0]

    def distance(p: Field) -> Field:
        q = p - c
        side = np.hypot(q[:, 0], q[:, 2]) - np.interp(q[:, 1], heights, radii)
        ends = np.maximum(heights[0] - q[:, 1], q[:, 1] - heights[-1])
        return np.asarray(np.maximum(side, ends) * 0.6, np.float32)

    return distance


def joined(a: Solid, b: Solid, softness: float) -> Solid:
    """Two solids melted into one."""

    def distance(p: Field) -> Field:
        x, y = a(p), b(p)
        h = np.clip(0.5 + 0.5 * (y - x) / softness, 0.0, 1.0)
        return np.asarray(y + (x - y) * h - softness * h * (1.0 - h), np.float32)

    return distance


def without(a: Solid, b: Solid, softness: float) -> Solid:
    """`a` with `b` cut out of it."""

    def distance(p: Field) -> Field:
        x, y = a(p), -b(p)
        h = np.clip(0.5 - 0.5 * (x - y) / softness, 0.0, 1.0)
        return np.asarray(x + (y - x) * h + softness * h * (1.0 - h), np.float32)

    return distance


def plain(r: float, g: float, b: float) -> Paint:
    """One colour."""
    return lambda p, n: np.broadcast_to(np.array((r, g, b), np.float32), p.shape)


def blush(
    first: tuple[float, float, float], second: tuple[float, float, float], towards: tuple[float, float, float]
) -> Paint:
    """One colour turning into another on the side that looks `towards`."""
    way = np.array(towards, np.float32) / np.linalg.norm(towards)

    def paint(p: Field, n: Field) -> Field:
        speck = np.sin(p[:, 0] * 61) * np.sin(p[:, 1] * 53) * np.sin(p[:, 2] * 57)
        share = smooth(-0.35, 0.75, (n @ way).astype(np.float32) + 0.12 * speck)
        return mixed(np.broadcast_to(np.array(first, np.float32), p.shape), second, share)

    return paint


class Scene:
    """Solids with their paint, lit by one lamp and the air around."""

    def __init__(self, things: list[tuple[Solid, Paint, float]], lamp: tuple[float, float, float]) -> None:
        self.things = things
        self.lamp = np.array(lamp, np.float32)

    def distances(self, p: Field) -> Field:
        return np.stack([solid(p) for solid, _, _ in self.things])

    def nearest(self, p: Any) -> Field:
        return np.asarray(self.distances(p).min(axis=0), np.float32)

    def render(
        self, eye: tuple[float, float, float], at: tuple[float, float, float], zoom: float, wall: Field
    ) -> Field:
        """The picture (HEIGHT, WIDTH, 3); `wall` is seen where nothing is hit."""
        origin = np.array(eye, np.float32)
        forward = np.array(at, np.float32) - origin
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (0, 1, 0))
        right /= np.linalg.norm(right)
        up = np.cross(right, forward)
        frame = np.stack([forward * zoom, right, up]).astype(np.float32)
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        picture = self._looked(origin, frame, x.ravel(), y.ravel(), wall.reshape(-1, 3)).reshape(HEIGHT, WIDTH, 3)
        rough = np.abs(cv2.Laplacian(picture.mean(axis=2), cv2.CV_32F)) > 0.035
        rows, columns = np.nonzero(cv2.dilate(rough.astype(np.uint8), np.ones((2, 2), np.uint8)))
        total = picture[rows, columns]
        for dx, dy in ((-0.3, -0.1), (0.1, -0.3), (0.3, 0.1), (-0.1, 0.3)):  # edges are looked at more closely
            there = (columns + dx).astype(np.float32), (rows + dy).astype(np.float32)
            total = total + self._looked(origin, frame, *there, wall[rows, columns])
        picture[rows, columns] = total / 5.0
        return np.asarray(picture, np.float32)

    def _looked(self, origin: Field, frame: Field, x: Field, y: Field, behind: Field) -> Field:
        """The colours (n, 3) seen through the points (x, y) of the picture; `behind` where nothing is hit."""
        sx, sy = (x - WIDTH / 2) / HEIGHT, (HEIGHT / 2 - y) / HEIGHT
        rays = (frame[0] + sx[:, None] * frame[1] + sy[:, None] * frame[2]).astype(np.float32)
        rays /= _length(rays)[:, None]
        t, alive, hit = np.full(len(rays), 1.0, np.float32), np.arange(len(rays)), np.zeros(len(rays), bool)
        for _ in range(90):
            d = self.nearest(origin + rays[alive] * t[alive, None])
            t[alive] += d * 0.9
            hit[alive[d < 0.0016]] = True
            alive = alive[(d >= 0.0016) & (t[alive] < 14.0)]
            if not len(alive):
                break
        seen = behind.copy()
        where = np.nonzero(hit)[0]
        seen[where] = self._shaded(origin + rays[where] * t[where, None], rays[where])
        return np.asarray(seen, np.float32)

    def _shaded(self, p: Field, ray: Field) -> Field:
        e = 0.002
        n = np.stack([self.nearest(p + d) - self.nearest(p - d) for d in np.eye(3, dtype=np.float32) * e], axis=1)
        n /= np.maximum(_length(n), 1e-9)[:, None]
        which = self.distances(p).argmin(axis=0)
        colour, gloss = np.zeros_like(p), np.zeros(len(p), np.float32)
        for index, (_, paint, shine) in enumerate(self.things):
            mine = which == index
            if mine.any():
                colour[mine], gloss[mine] = paint(p[mine], n[mine]), shine
        to_lamp = self.lamp - p
        far = _length(to_lamp)
        to_lamp /= far[:, None]
        facing = np.clip((n * to_lamp).sum(axis=1), 0, 1)
        shadow, t = np.ones(len(p), np.float32), np.full(len(p), 0.03, np.float32)
        for _ in range(26):
            d = self.nearest(p + n * 0.01 + to_lamp * t[:, None])
            shadow = np.minimum(shadow, np.clip(0.5 + 0.5 * 9.0 * d / t, 0, 1))
            t = np.minimum(t + np.clip(d, 0.03, 0.5), far)
        shadow = shadow * shadow * (3 - 2 * shadow)
        shut = np.zeros(len(p), np.float32)  # how much of the sky nearby things take away
        for high, share in ((0.05, 0.35), (0.16, 0.35), (0.4, 0.3)):
            shut += np.clip((high - self.nearest(p + n * high)) / high, 0, 1) * share
        air = (0.55 + 0.45 * n[:, 1]) * (1 - 0.85 * shut)
        half = to_lamp - ray
        half /= _length(half)[:, None]
        spark = np.clip((n * half).sum(axis=1), 0, 1) ** (12 + 90 * gloss) * gloss * facing * shadow
        rim = (1 - np.clip(-(n * ray).sum(axis=1), 0, 1)) ** 3 * 0.12 * air
        direct = (facing * shadow)[:, None] * np.array((1.35, 1.18, 0.92), np.float32)
        soft = air[:, None] * np.array((0.20, 0.25, 0.33), np.float32) + rim[:, None]
        return np.asarray(colour * (direct + soft) + spark[:, None] * 0.8, np.float32)


def _wall(dark: tuple[float, float, float], bright: tuple[float, float, float], seed: int) -> Field:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light = np.exp(-(((x - 330) / 520) ** 2) - ((y - 250) / 430) ** 2)
    patina = cv2.resize(clouds(1024, 6, 7, rng, 0.6), (WIDTH, HEIGHT)) - 0.5
    return mixed(
        np.full((HEIGHT, WIDTH, 3), dark, np.float32), bright, np.clip(light + 0.35 * patina, 0, 1).astype(np.float32)
    )


def still_life() -> Field:
    """Fruit, a jug and a bowl on a table."""

    def table(p: Field) -> Field:
        folds = 0.018 * np.sin(p[:, 0] * 3.1 + 1.3 * np.sin(p[:, 2] * 2.0)) * smooth(0.2, 1.4, p[:, 2])
        return np.asarray((p[:, 1] + 0.0 - folds) * 0.9, np.float32)

    def cloth(p: Field, n: Field) -> Field:
        stripe = smooth(0.86, 0.93, np.abs(np.sin(p[:, 0] * 4.2 + 0.25 * np.sin(p[:, 2] * 3))).astype(np.float32))
        weave = 0.04 * np.sin(p[:, 0] * 170) * np.sin(p[:, 2] * 170)
        base = np.broadcast_to(np.array((0.80, 0.74, 0.62), np.float32), p.shape) + weave[:, None].astype(np.float32)
        return mixed(base, (0.20, 0.30, 0.48), stripe * 0.85)

    def apple(x: float, z: float, r: float) -> Solid:
        body = without(ball((x, r * 0.92, z), (r, r * 0.93, r)), ball((x, r * 1.95, z), r * 0.34), 0.12 * r)
        return joined(body, rod((x, r * 1.5, z), (x + 0.05, r * 2.1, z), 0.022, 0.016), 0.02)

    pear = joined(
        joined(ball((0.62, 0.36, -0.02), (0.37, 0.36, 0.37)), ball((0.66, 0.80, -0.04), (0.19, 0.26, 0.19)), 0.24),
        rod((0.67, 1.02, -0.04), (0.74, 1.2, -0.06), 0.02, 0.016),
        0.03,
    )
    jug = joined(
        turned(
            (-0.62, 0.0, -0.75),
            [
                (0, 0.30),
                (0.05, 0.34),
                (0.35, 0.55),
                (0.65, 0.60),
                (1.0, 0.47),
                (1.3, 0.26),
                (1.5, 0.23),
                (1.66, 0.30),
                (1.7, 0.31),
            ],
        ),
        joined(
            joined(
                rod((-0.86, 1.44, -0.75), (-1.3, 1.36, -0.75), 0.055),
                rod((-1.3, 1.36, -0.75), (-1.4, 0.95, -0.75), 0.055),
                0.08,
            ),
            rod((-1.4, 0.95, -0.75), (-1.1, 0.62, -0.75), 0.055),
            0.08,
        ),
        0.06,
    )
    bowl = without(
        turned((1.45, 0.0, -0.55), [(0, 0.25), (0.06, 0.28), (0.12, 0.33), (0.3, 0.62), (0.5, 0.74)]),
        ball((1.45, 0.64, -0.55), (0.68, 0.5, 0.68)),
        0.03,
    )
    lemon = joined(ball((-0.05, 0.2, 0.95), (0.31, 0.2, 0.21)), ball((0.25, 0.2, 0.95), 0.05), 0.09)
    plum = ball((0.42, 0.17, 0.78), 0.17)
    things: list[tuple[Solid, Paint, float]] = [
        (table, cloth, 0.0),
        (apple(-0.55, 0.55, 0.36), blush((0.72, 0.62, 0.18), (0.74, 0.10, 0.07), (-0.5, 0.3, 0.7)), 0.55),
        (apple(1.22, 0.42, 0.33), blush((0.42, 0.58, 0.16), (0.80, 0.62, 0.20), (0.5, 0.4, 0.3)), 0.5),
        (pear, blush((0.66, 0.60, 0.16), (0.80, 0.42, 0.14), (0.8, 0.0, 0.5)), 0.35),
        (jug, blush((0.16, 0.30, 0.36), (0.30, 0.46, 0.46), (-0.4, 0.6, 0.4)), 0.9),
        (bowl, plain(0.78, 0.74, 0.70), 0.7),
        (ball((1.32, 0.5, -0.5), 0.26), blush((0.86, 0.42, 0.06), (0.95, 0.55, 0.10), (-1, 1, 0)), 0.3),
        (ball((1.68, 0.47, -0.62), 0.25), blush((0.84, 0.38, 0.06), (0.95, 0.52, 0.10), (-1, 1, 0)), 0.3),
        (lemon, plain(0.92, 0.76, 0.12), 0.4),
        (plum, blush((0.22, 0.08, 0.20), (0.36, 0.20, 0.40), (-0.3, 1, 0.2)), 0.45),
    ]
    return Scene(things, (-3.2, 3.6, 2.6)).render(
        (0.35, 1.55, 4.6), (0.33, 0.62, 0.0), 1.45, _wall((0.10, 0.07, 0.06), (0.46, 0.36, 0.24), 3)
    )


def portrait() -> Field:
    """A head with a turban against a dark wall."""
    skin = blush((0.78, 0.56, 0.43), (0.86, 0.50, 0.40), (0.2, -0.4, 0.7))
    head = joined(ball((0, 0.1, 0), (0.60, 0.78, 0.66)), ball((0.04, -0.34, 0.20), (0.40, 0.44, 0.42)), 0.25)
    head = joined(head, rod((0.03, 0.14, 0.60), (0.05, -0.13, 0.80), 0.055, 0.095), 0.11)  # nose
    head = joined(head, ball((0.05, -0.14, 0.70), (0.145, 0.07, 0.09)), 0.06)
    for side in (-0.245, 0.275):
        head = without(head, ball((side, 0.10, 0.74), (0.17, 0.11, 0.17)), 0.12)
        head = joined(head, ball((side, 0.075, 0.515), (0.115, 0.085, 0.09)), 0.05)
        head = joined(head, rod((side - 0.12, 0.235, 0.545), (side + 0.12, 0.24, 0.545), 0.035), 0.09)
        head = joined(head, ball((side * 1.45, -0.20, 0.36), (0.17, 0.15, 0.17)), 0.16)  # cheek
    head = joined(head, ball((0.05, -0.72, 0.42), (0.14, 0.10, 0.12)), 0.14)  # chin
    neck = joined(
        rod((0, -0.5, -0.08), (-0.04, -1.3, -0.22), 0.30, 0.36), ball((-0.05, -1.6, -0.25), (1.0, 0.42, 0.5)), 0.3
    )
    upper = ball((0.05, -0.375, 0.575), (0.15, 0.036, 0.07))
    lower = ball((0.05, -0.435, 0.57), (0.125, 0.045, 0.07))

    def eyes(p: Field) -> Field:
        return np.asarray(
            np.minimum(
                ball((-0.245, 0.075, 0.52), (0.098, 0.060, 0.094))(p),
                ball((0.275, 0.075, 0.52), (0.098, 0.060, 0.094))(p),
            )
        )

    def eye_paint(p: Field, n: Field) -> Field:
        x = np.where(p[:, 0] < 0.0, p[:, 0] + 0.235, p[:, 0] - 0.285)
        r = np.hypot(x, p[:, 1] - 0.085).astype(np.float32)
        white = np.broadcast_to(np.array((0.86, 0.83, 0.78), np.float32), p.shape)
        return mixed(
            mixed(white, (0.20, 0.26, 0.27), smooth(0.050, 0.042, r)), (0.02, 0.02, 0.02), smooth(0.026, 0.02, r)
        )

    def turban(p: Field) -> Field:
        band = joined(
            ball((-0.02, 0.52, -0.06), (0.70, 0.36, 0.72)), ball((-0.06, 0.80, -0.2), (0.58, 0.42, 0.58)), 0.12
        )
        tail = joined(
            rod((-0.45, 0.75, -0.45), (-0.80, 0.0, -0.50), 0.17, 0.12),
            rod((-0.80, 0.0, -0.5), (-0.72, -0.95, -0.5), 0.12, 0.2),
            0.1,
        )
        folds = 0.020 * np.sin(p[:, 1] * 22 + p[:, 0] * 9 + 2 * np.sin(p[:, 2] * 3))
        return np.asarray((joined(band, tail, 0.12)(p) + folds) * 0.75, np.float32)

    def turban_paint(p: Field, n: Field) -> Field:
        crown = smooth(0.62, 0.72, (p[:, 1] + 0.16 * p[:, 0]).astype(np.float32)) + (p[:, 0] < -0.62)
        return mixed(
            np.broadcast_to(np.array((0.16, 0.30, 0.56), np.float32), p.shape), (0.78, 0.62, 0.24), np.clip(crown, 0, 1)
        )

    def coat(p: Field) -> Field:
        body = joined(
            ball((-0.05, -2.0, -0.25), (1.35, 0.85, 0.75)), rod((-0.5, -1.25, 0.1), (0.15, -1.75, 0.55), 0.16), 0.2
        )
        folds = 0.018 * np.sin(p[:, 0] * 13 + 3 * np.sin(p[:, 1] * 4))
        return np.asarray((body(p) + folds) * 0.8, np.float32)

    collar = joined(
        rod((-0.46, -1.12, 0.12), (0.08, -1.42, 0.44), 0.085), rod((0.08, -1.42, 0.44), (0.5, -1.08, 0.1), 0.085), 0.05
    )
    things: list[tuple[Solid, Paint, float]] = [
        (head, skin, 0.22),
        (neck, skin, 0.15),
        (upper, plain(0.62, 0.22, 0.20), 0.3),
        (lower, plain(0.68, 0.26, 0.24), 0.5),
        (eyes, eye_paint, 1.0),
        (turban, turban_paint, 0.12),
        (coat, plain(0.34, 0.24, 0.12), 0.05),
        (collar, plain(0.84, 0.82, 0.76), 0.05),
        (ball((0.60, -0.42, 0.02), 0.075), plain(0.80, 0.80, 0.78), 1.0),
    ]
    return Scene(things, (-3.0, 2.4, 3.6)).render(
        (0.95, 0.1, 5.4), (0.0, -0.14, 0), 1.72, _wall((0.03, 0.035, 0.035), (0.13, 0.15, 0.14), 9)
    )
