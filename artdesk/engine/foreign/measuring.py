"""The whole measurement of one network, in the order in which one finding needs the next. Runs in the child
process.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import onnx
import psutil

from artdesk.core.image import Image
from artdesk.engine.foreign.colours import UNIT, measure_colours
from artdesk.engine.foreign.facts import CodePort, Family, ImagePort, Measured, Port
from artdesk.engine.foreign.geometry import Sizes, measure_sizes
from artdesk.engine.foreign.hints import input_hint
from artdesk.engine.foreign.latent_measuring import measure_latent
from artdesk.engine.foreign.latent_ports import latent_ports
from artdesk.engine.foreign.locality import Locality, measure_locality
from artdesk.engine.foreign.network import RunFailed
from artdesk.engine.foreign.norms import settle_batch_norms
from artdesk.engine.foreign.pixels import decode_floats, pad_around, to_image
from artdesk.engine.foreign.refusals import Refused
from artdesk.engine.foreign.subject import Subject, open_subject, sort_ports
from artdesk.engine.foreign.testcard import card_picture

_SECONDS_A_RUN = 0.6
_SIDES = (384, 256, 192, 128, 96, 64)
_CARD = (256, 384)
_NOTICEABLE = 12 << 20
_STEEP = 2.2


@dataclass(frozen=True)
class Measurement:
    """What was found, and the test card before and after (None for encoders)."""

    measured: Measured
    before: Image
    after: Image | None


def measure(
    model: onnx.ModelProto,
    inputs: tuple[Port, ...],
    threads: int,
    largest_side: int = _SIDES[0],
    mapping: tuple[onnx.ModelProto, tuple[Port, ...]] | None = None,
) -> Measurement:
    """Measure everything about a read model, on pictures up to `largest_side` rows. Raises Refused.

    `mapping` is the network that lies beside a generator, with its inputs.
    """
    numbers = latent_ports(inputs)
    if numbers is not None:
        return Measurement(*measure_latent(model, numbers, threads, mapping))
    subject = open_subject(settle_batch_norms(model), sort_ports(inputs), threads)
    raw = _first_output(subject)
    if raw.ndim == 0 or (raw.size == max(raw.shape) and raw.size > 4):
        return _encoder(subject, raw)
    sizes = measure_sizes(subject)
    side, seconds = _affordable_side(subject, sizes)
    side = min(side, largest_side)
    small = _aligned(128 if side >= 128 else 64, sizes, subject)
    content, output = measure_colours(subject, sizes.layout, sizes.channels, small)
    style = subject.style
    if style is not None:
        style = replace(style, scale=content.scale, order=content.order)
    subject = replace(subject, content=content, style=style)
    family = _family(subject, output, sizes, small)
    memory, largest = _memory(subject, sizes, side)
    local = _locality(subject, sizes, output, side, threads, family)
    measured = Measured(
        family=family,
        image=content,
        output=output,
        style=style,
        code=subject.code,
        scalars=subject.scalars,
        freed=subject.freed,
        multiple_of=sizes.multiple_of,
        minimum=sizes.minimum,
        factor=max(1, int(sizes.factor)),
        shrink=sizes.shrink,
        recipe=local.recipe,
        seamless=cast(Literal["state", "local", "blend"], local.seamless),
        radius=local.radius,
        worst=local.worst,
        ms_per_megapixel=seconds * 1000,
        mb_per_megapixel=memory,
        largest=largest,
    )
    before, after = _on_the_card(subject, output, sizes, side)
    return Measurement(measured, before, after)


def _first_output(subject: Subject) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    size = subject.content.fixed
    for h, w in [size] if size else [(64, 96), (128, 192), (256, 256), (512, 512)]:
        try:
            return np.asarray(subject.paint(card_picture(h, w)))
        except RunFailed:
            continue
    raise Refused("does_not_run")


def _aligned(side: int, sizes: Sizes, subject: Subject) -> tuple[int, int]:
    """A height and width about `side` that the network takes."""
    if subject.content.fixed is not None:
        return subject.content.fixed
    step = sizes.multiple_of
    h = max(sizes.minimum, -(-side // step) * step)
    return h, h + max(step, 32 // step * step)


def _affordable_side(subject: Subject, sizes: Sizes) -> tuple[int, float]:
    """The largest side that runs in about a second, and the seconds for a megapixel."""
    h, w = _aligned(128 if sizes.factor <= 2 else 64, sizes, subject)
    picture = card_picture(h, w)
    best = float("inf")
    for _ in range(2):
        subject.paint(picture)
        best = min(best, subject.network.seconds)
    per_pixel = best / (h * w)
    for side in _SIDES:
        if per_pixel * side * side * 1.5 <= _SECONDS_A_RUN:
            return side, per_pixel * 1e6
    return _SIDES[-1], per_pixel * 1e6


def _memory(subject: Subject, sizes: Sizes, side: int) -> tuple[float, int]:
    """Working memory in bytes for a pixel put in, and the largest side it was seen to hold for (0: any).

    A network that compares every pixel with every other takes sixteen times the memory for twice the side: it must
    never be given more than was tried out.
    """
    fixed = subject.content.fixed
    if fixed is not None:
        return _taken(subject, fixed) / (fixed[0] * fixed[1]), 0
    small, large = _aligned(side // 2, sizes, subject), _aligned(side, sizes, subject)
    first, second = _taken(subject, small), _taken(subject, large)
    per_pixel = second / (large[0] * large[1])
    growth = per_pixel / max(1.0, first / (small[0] * small[1]))
    grows = first > _NOTICEABLE and growth > _STEEP
    return per_pixel, large[0] if grows else 0


def _taken(subject: Subject, size: tuple[int, int]) -> float:
    """How far one run lifts this process' memory, in bytes."""
    picture, process = card_picture(*size), psutil.Process()
    before = highest = process.memory_info().rss
    ended = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not ended.wait(0.002):
            highest = max(highest, process.memory_info().rss)

    watcher = threading.Thread(target=watch, name="memory")
    watcher.start()
    try:
        subject.paint(picture)
    except RunFailed as error:
        raise Refused("does_not_run") from error
    finally:
        ended.set()
        watcher.join()
    return float(highest - before)


def _family(subject: Subject, output: ImagePort, sizes: Sizes, size: tuple[int, int]) -> Family:
    if subject.style is not None or subject.code is not None:
        if sizes.factor != 1:
            raise Refused("odd_size")
        return "arbitrary_style"
    if sizes.factor > 1:
        return "upscaler"
    if output.channels == 1 and subject.content.channels == 3:
        if sizes.factor < 1:
            return "mask"
        return "mask" if _looks_like_mask(subject, output, size) else "fixed_style"
    if sizes.factor < 1:
        raise Refused("smaller")
    return "fixed_style"


def _looks_like_mask(subject: Subject, output: ImagePort, size: tuple[int, int]) -> bool:
    """A grey result is a mask where its name says so, or where it is smooth: drawings are full of fine lines."""
    name = output.name.lower()
    if any(word in name for word in ("mask", "matte", "alpha", "sal", "seg", "fgr", "pha")):
        return True
    if any(word in name for word in ("grey", "gray", "sketch", "line", "draw", "paint", "style")):
        return False
    card = card_picture(*size)
    grey = decode_floats(subject.paint(card), output)[:, :, 0]
    original = card.astype(np.float32).mean(axis=2) / 255
    return _roughness(grey) < 0.35 * _roughness(original)


def _roughness(plane: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """Fine detail against all contrast."""
    fine = float(np.abs(np.diff(plane, axis=0)).mean() + np.abs(np.diff(plane, axis=1)).mean())
    return fine / max(1e-4, float(plane.std()))


def _locality(subject: Subject, sizes: Sizes, output: ImagePort, side: int, threads: int, family: Family) -> Locality:
    if subject.content.fixed is not None or family == "mask" or sizes.factor < 1:
        # A mask needs the whole picture in view; a network of one size gives its tiles no room to grow.
        return Locality(None, "blend", 32, 0.0)
    scale = output.scale
    span = (scale.high - scale.low) / (float(np.mean(scale.std)) if scale.std else 1.0)
    return measure_locality(subject, sizes, span, side, threads)


def _on_the_card(subject: Subject, output: ImagePort, sizes: Sizes, side: int) -> tuple[Image, Image]:
    if subject.content.fixed is not None:
        h, w = subject.content.fixed
    elif side >= 256:
        h, w = (-(-n // sizes.multiple_of) * sizes.multiple_of for n in _CARD)
    else:
        h, w = _aligned(side, sizes, subject)
    card = card_picture(h, w)
    put_in = card
    if sizes.shrink and subject.content.fixed is None and sizes.shrink % max(1, int(sizes.factor)) == 0:
        border = sizes.shrink // max(1, int(sizes.factor))
        if border % sizes.multiple_of == 0:
            put_in = pad_around(card, border)
    try:
        painted = decode_floats(subject.paint(put_in), output)
    except RunFailed as error:
        raise Refused("does_not_run") from error
    if not np.isfinite(painted).all():
        raise Refused("not_numbers")
    return card, to_image(painted)


def _encoder(subject: Subject, raw: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Measurement:
    """A network that turns a style picture into a vector."""
    content = subject.content
    hint = input_hint(subject.model, content.name)
    if not np.isfinite(raw).all():
        raise Refused("not_numbers")
    h, w = content.fixed or (256, 256)
    try:
        one, other = subject.paint(card_picture(h, w)), subject.paint(card_picture(h, w, 5)[::-1].copy())
    except RunFailed as error:
        raise Refused("does_not_run") from error
    if np.allclose(one, other, rtol=1e-6, atol=1e-9):
        raise Refused("numb")
    sure = ("layout", "range") if hint.range else ("layout",)
    scale = UNIT
    if content.dtype == "uint8":
        scale, sure = replace(UNIT, high=255.0), ("layout", "range")
    elif hint.range:
        scale = replace(UNIT, low=hint.range[0], high=hint.range[1])
    measured = Measured(
        family="style_encoder",
        image=replace(content, scale=scale, sure=sure),
        output=None,
        code=CodePort(subject.output, tuple(int(n) for n in raw.shape), "float32"),
        freed=subject.freed,
        seamless="local",
    )
    return Measurement(measured, card_picture(h, w), None)
