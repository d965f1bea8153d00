"""Value range and channel order of what goes in and what comes out: read where the operators tell, measured
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.engine.foreign.facts import ImagePort, Layout, Order, Scale
from artdesk.engine.foreign.hints import input_hint, output_bounds
from artdesk.engine.foreign.network import RunFailed
from artdesk.engine.foreign.pixels import Floats, decode_floats
from artdesk.engine.foreign.refusals import Refused
from artdesk.engine.foreign.subject import Subject
from artdesk.engine.foreign.testcard import card_picture

UNIT = Scale(0.0, 1.0)
BYTES = Scale(0.0, 255.0)
SIGNED = Scale(-1.0, 1.0)
IMAGENET = Scale(0.0, 1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_PLAIN = (UNIT, BYTES, SIGNED)
_TIE = 0.06
_RARE = 0.03
_LEAD = 0.12


@dataclass(frozen=True)
class _Tried:
    """One input range tried: what came out, read in the range it seems to have, and how good a picture that is."""

    scale: Scale
    out: Scale
    score: float


def measure_colours(
    subject: Subject, layout: Layout, channels: int, size: tuple[int, int]
) -> tuple[ImagePort, ImagePort]:
    """The input and output ports with range and order. `size` (height, width) is one the network takes.

    Raises Refused where nothing but one flat colour, or no numbers at all, ever comes out.
    """
    content = subject.content
    hint = input_hint(subject.model, content.name)
    bounds = output_bounds(subject.model, subject.output)
    sure_in, sure_out = ["layout"], ["layout"]
    output = ImagePort(subject.output, "float32", layout, "grey" if channels == 1 else "rgb", channels)
    fixed_out = _snap(bounds) if bounds else None
    candidates: Sequence[Scale] = (*_PLAIN, IMAGENET) if content.channels == 3 else _PLAIN
    if content.dtype == "uint8":
        candidates = (BYTES,)
        sure_in.append("range")
    elif hint.range is not None:
        candidates = (Scale(*hint.range),)
        sure_in.append("range")
    tried = [_try(subject, scale, output, fixed_out, size) for scale in candidates]
    usable = [t for t in tried if t is not None]
    if not usable:
        raise Refused("not_numbers")
    best = max(usable, key=lambda t: t.score)
    if best.score <= 0.0:
        _refuse_flat(subject, size)
    near = [t for t in usable if best.score - t.score <= _TIE]
    alike = [t for t in near if t.scale == t.out]
    # Networks that do not care (a normalisation after the first convolution) get the range they answer in.
    chosen = best if len(near) == 1 or not alike else alike[0]
    if len(usable) > 1 and all(best.score - t.score > _LEAD for t in usable if t is not best):
        sure_in.append("range")
    if bounds is not None or chosen.out != UNIT:
        sure_out.append("range")
    content = replace(content, scale=chosen.scale)
    output = replace(output, scale=chosen.out)
    content, output = _measure_order(subject, content, output, hint.order, size, sure_in, sure_out)
    return replace(content, sure=tuple(sure_in)), replace(output, sure=tuple(sure_out))


def _snap(bounds: tuple[float, float]) -> Scale:
    """The usual range that overlaps most with the one the operators allow."""

    def likeness(scale: Scale) -> float:
        shared = min(bounds[1], scale.high) - max(bounds[0], scale.low)
        return shared / (max(bounds[1], scale.high) - min(bounds[0], scale.low))

    return max(_PLAIN, key=likeness)


def _raw(subject: Subject, scale: Scale, picture: NDArray[np.uint8]) -> NDArray[Any]:
    trial = replace(subject, content=replace(subject.content, scale=scale))
    if trial.style is not None:
        trial = replace(trial, style=replace(trial.style, scale=scale))
    return trial.paint(picture)


def _try(subject: Subject, scale: Scale, output: ImagePort, out: Scale | None, size: tuple[int, int]) -> _Tried | None:
    card = card_picture(*size)
    try:
        raw = _raw(subject, scale, card).astype(np.float32)
    except RunFailed:
        return None
    if not np.isfinite(raw).all():
        return None
    out = out or _range_of(raw)
    painted = decode_floats(raw, replace(output, scale=out))
    return _Tried(scale, out, max(0.0, _quality(card, painted) - (_RARE if scale.mean else 0.0)))


def _range_of(raw: NDArray[np.float32]) -> Scale:
    """The usual range unbounded values seem to fill."""
    low, high = (float(v) for v in np.percentile(raw, (4, 96)))
    if high > 8 or low < -8:
        return BYTES
    if low < -0.25:
        return IMAGENET if low < -1.3 and high > 1.3 else SIGNED
    return UNIT


def _quality(card: NDArray[np.uint8], painted: Floats) -> float:
    """How much of a picture of the card this is: likeness of its light, less what is clipped or has lost its
    contrast.
    """
    shown = _shrunk(np.asarray(card, np.float32) / np.float32(255), painted.shape[:2])
    luma, original = np.clip(painted, 0, 1).mean(axis=2), shown.mean(axis=2)
    spread = float(luma.std())
    if spread < 2e-3:
        return 0.0
    likeness = abs(float(np.corrcoef(luma.ravel(), original.ravel())[0, 1]))
    clipped = float(((painted < -0.02) | (painted > 1.02)).mean())
    contrast = abs(float(np.log(spread / float(original.std()))))
    return max(0.01, likeness - clipped - 0.15 * min(contrast, 3.0)) + 0.01


def _shrunk(picture: Floats, shape: tuple[int, ...]) -> Floats:
    """`picture` sampled at `shape` (height, width): nearest is enough for a comparison."""
    rows = (np.arange(shape[0]) * picture.shape[0] / shape[0]).astype(int)
    columns = (np.arange(shape[1]) * picture.shape[1] / shape[1]).astype(int)
    return np.asarray(picture[rows][:, columns])


def _refuse_flat(subject: Subject, size: tuple[int, int]) -> None:
    """Nothing like the card came out. A mask may be flat on it, a picture may not: tell flat from numb."""
    try:
        one = _raw(subject, BYTES, card_picture(*size))
        other = _raw(subject, BYTES, card_picture(*size, seed=5)[::-1].copy())
    except RunFailed:
        raise Refused("does_not_run") from None
    raise Refused("numb" if np.array_equal(one, other) else "flat")


def _measure_order(
    subject: Subject,
    content: ImagePort,
    output: ImagePort,
    hinted: str,
    size: tuple[int, int],
    sure_in: list[str],
    sure_out: list[str],
) -> tuple[ImagePort, ImagePort]:
    named = "bgr" if "bgr" in content.name.lower() else "rgb" if "rgb" in content.name.lower() else ""
    order: Order = "rgb"
    if content.channels == 1:
        return content, output
    if named or hinted:
        order = "bgr" if (named or hinted) == "bgr" else "rgb"
        sure_in.append("order")
    responses = _responses(subject, content, output, size)
    if output.channels == 1:
        weights = responses[:, 0]
        total = float(np.abs(weights).sum())
        if not (named or hinted) and total > 0:
            # Grey is made of 0.30 red, 0.59 green and 0.11 blue: the weaker of the outer two is blue.
            first, last = abs(float(weights[0])) / total, abs(float(weights[2])) / total
            if min(first, last) > 0.02 and abs(first - last) > 0.06:
                order = "rgb" if first > last else "bgr"
                sure_in.append("order")
        return replace(content, order=order), output
    same = float(responses[0, 0] + responses[2, 2])
    crossed = float(responses[0, 2] + responses[2, 0])
    swapped = crossed > same + 0.1 * (abs(crossed) + abs(same))
    out_order: Order = ("rgb" if order == "bgr" else "bgr") if swapped else order
    if abs(crossed - same) > 0.3 * (abs(crossed) + abs(same)):
        sure_out.append("order")
    return replace(content, order=order), replace(output, order=out_order)


def _responses(subject: Subject, content: ImagePort, output: ImagePort, size: tuple[int, int]) -> NDArray[np.float64]:
    """responses[i, j]: how output channel j moves with input channel i, both in the model's own order."""
    in_port, out_port = replace(content, order="rgb"), replace(output, order="rgb")
    trial = replace(subject, content=in_port)
    made = np.zeros((3, 3))
    grey = np.full((*size, 3), 120, np.uint8)
    wave = card_picture(*size)[:, :, 0].astype(np.float64)
    wave = (wave - wave.mean()) / max(1.0, float(wave.std()))
    for channel in range(3):
        picture = grey.copy()
        picture[:, :, channel] = np.clip(120 + 45 * wave, 0, 255).astype(np.uint8)
        try:
            painted = decode_floats(trial.paint(picture), out_port).astype(np.float64)
        except (RunFailed, ValueError):
            return np.eye(3)
        pattern = _shrunk(picture[:, :, channel : channel + 1].astype(np.float32), painted.shape[:2])[:, :, 0]
        pattern = pattern - pattern.mean()
        for j in range(3):
            made[channel, j] = float(((painted[:, :, j] - painted[:, :, j].mean()) * pattern).mean())
    return made
