"""Which sizes a network takes, and what size comes out: found by trying."""

from __future__ import annotations

from dataclasses import dataclass

from artdesk.engine.foreign.facts import Layout
from artdesk.engine.foreign.network import RunFailed
from artdesk.engine.foreign.refusals import Refused
from artdesk.engine.foreign.subject import LARGEST_FACTOR, Subject, output_layout, spatial
from artdesk.engine.foreign.testcard import card_picture

_MULTIPLES = (1, 2, 4, 8, 16, 32, 64, 128)
_MINIMA = (16, 32, 64, 128)


@dataclass(frozen=True)
class Sizes:
    """How the output's size follows from the input's: out = factor * in - 2 * shrink, for multiples of
    `multiple_of`.
    """

    layout: Layout
    channels: int
    factor: float
    shrink: int
    multiple_of: int
    minimum: int


def measure_sizes(subject: Subject) -> Sizes:
    """Try sizes until the rule is found. Raises Refused."""
    content = subject.content
    if content.fixed is not None:
        h, w = content.fixed
        layout, (oh, ow, channels) = _shape_at(subject, h, w)
        factor = oh / h
        if abs(factor - ow / w) > 1e-6 or (factor >= 1 and factor != int(factor)):
            raise Refused("odd_size")
        return Sizes(layout, channels, factor, 0, 1, 1)
    base = _base_size(subject)
    layout, (h1, w1, channels) = _shape_at(subject, base, base + base // 2)
    _, (h2, _, _) = _shape_at(subject, base * 2, base + base // 2)
    factor = (h2 - h1) / base
    border = factor * base - h1
    if factor <= 0 or (factor >= 1 and factor != int(factor)) or border < 0 or border % 2 or factor > LARGEST_FACTOR:
        raise Refused("odd_size")
    if abs(factor * (base + base // 2) - border - w1) > 0.5:
        raise Refused("odd_size")
    for multiple in _MULTIPLES:
        if multiple > base or _fits_rule(subject, multiple, base, factor, border):
            break
    minimum = next(
        (m for m in _MINIMA if m < base and _follows(subject, _up(m, multiple), _up(m, multiple), factor, border)), base
    )
    return Sizes(layout, channels, factor, int(border // 2), multiple, _up(minimum, multiple))


def _up(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _base_size(subject: Subject) -> int:
    for base in (64, 128, 256):
        try:
            subject.paint(card_picture(base, base + base // 2))
            subject.paint(card_picture(base * 2, base + base // 2))
            return base
        except RunFailed:
            continue
    raise Refused("does_not_run")


def _shape_at(subject: Subject, h: int, w: int) -> tuple[Layout, tuple[int, int, int]]:
    try:
        shape = subject.paint(card_picture(h, w)).shape
    except RunFailed as error:
        raise Refused("does_not_run") from error
    layout = output_layout(shape, (h, w), subject.content.layout)
    if layout is None:
        raise Refused("no_output")
    return layout, spatial(shape, layout)


def _fits_rule(subject: Subject, multiple: int, base: int, factor: float, border: float) -> bool:
    """Odd multiples on both sides, twice: a rule that only happened to hold is found out."""
    first = multiple * (base // multiple + 1 - (base // multiple) % 2)
    return all(
        _follows(subject, h, w, factor, border)
        for h, w in ((first, first + 2 * multiple), (first + 4 * multiple, first + 6 * multiple))
    )


def _follows(subject: Subject, h: int, w: int, factor: float, border: float) -> bool:
    try:
        _, (oh, ow, _) = _shape_at(subject, h, w)
    except Refused:
        return False
    return abs(oh - (factor * h - border)) < 0.5 and abs(ow - (factor * w - border)) < 0.5
