"""The W3C compositing formulas once more, pixel by pixel in plain Python, as the judge of the quick ones."""

from __future__ import annotations

from math import sqrt

Color = tuple[float, float, float]


def luminosity(c: Color) -> float:
    return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]


def clip_color(c: Color) -> Color:
    level, low, high = luminosity(c), min(c), max(c)
    if low < 0:
        c = tuple(level + (v - level) * level / (level - low) for v in c)  # type: ignore[assignment]
    if high > 1:
        c = tuple(level + (v - level) * (1 - level) / (high - level) for v in c)  # type: ignore[assignment]
    return c


def set_luminosity(c: Color, level: float) -> Color:
    d = level - luminosity(c)
    return clip_color((c[0] + d, c[1] + d, c[2] + d))


def saturation(c: Color) -> float:
    return max(c) - min(c)


def set_saturation(c: Color, s: float) -> Color:
    order = sorted(range(3), key=lambda i: c[i])
    low, mid, high = order
    out = [0.0, 0.0, 0.0]
    if c[high] > c[low]:
        out[mid] = (c[mid] - c[low]) * s / (c[high] - c[low])
        out[high] = s
    return (out[0], out[1], out[2])


def channel(mode: str, cb: float, cs: float) -> float:
    match mode:
        case "svg:src-over":
            return cs
        case "svg:multiply":
            return cb * cs
        case "svg:screen":
            return cb + cs - cb * cs
        case "svg:overlay":
            return channel("svg:hard-light", cs, cb)
        case "svg:darken":
            return min(cb, cs)
        case "svg:lighten":
            return max(cb, cs)
        case "svg:color-dodge":
            return 0.0 if cb == 0 else 1.0 if cs == 1 else min(1.0, cb / (1 - cs))
        case "svg:color-burn":
            return 1.0 if cb == 1 else 0.0 if cs == 0 else 1 - min(1.0, (1 - cb) / cs)
        case "svg:hard-light":
            return cb * 2 * cs if cs <= 0.5 else cb + (2 * cs - 1) - cb * (2 * cs - 1)
        case "svg:soft-light":
            if cs <= 0.5:
                return cb - (1 - 2 * cs) * cb * (1 - cb)
            d = ((16 * cb - 12) * cb + 4) * cb if cb <= 0.25 else sqrt(cb)
            return cb + (2 * cs - 1) * (d - cb)
        case "svg:difference":
            return abs(cb - cs)
    raise AssertionError(mode)


def mix(mode: str, cb: Color, cs: Color) -> Color:
    match mode:
        case "svg:hue":
            return set_luminosity(set_saturation(cs, saturation(cb)), luminosity(cb))
        case "svg:saturation":
            return set_luminosity(set_saturation(cb, saturation(cs)), luminosity(cb))
        case "svg:color":
            return set_luminosity(cs, luminosity(cb))
        case "svg:luminosity":
            return set_luminosity(cb, luminosity(cs))
    return tuple(channel(mode, b, s) for b, s in zip(cb, cs, strict=True))  # type: ignore[return-value]


def compose(mode: str, backdrop: tuple[int, ...], source: tuple[int, ...], opacity: float = 1.0) -> tuple[float, ...]:
    """Premultiplied result in 0..255 of two straight 8-bit RGBA pixels."""
    cb, ab = tuple(v / 255 for v in backdrop[:3]), backdrop[3] / 255
    cs, a = tuple(v / 255 for v in source[:3]), source[3] / 255 * opacity
    if mode == "svg:plus":
        rgb = tuple(min(1.0, a * s + ab * b) for s, b in zip(cs, cb, strict=True))
        alpha = min(1.0, a + ab)
    else:
        blended = mix(mode, cb, cs)  # type: ignore[arg-type]
        rgb = tuple(s * a * (1 - ab) + b * ab * (1 - a) + a * ab * m for s, b, m in zip(cs, cb, blended, strict=True))
        alpha = a + ab * (1 - a)
    return tuple(v * 255 for v in (*rgb, alpha))
