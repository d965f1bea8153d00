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
    tried = _Tried(subject)
    if subject.content.fixed is not None:
        h, w = subject.content.fixed
        layout, (oh, ow, channels) = tried.shape(h, w)
        factor = oh / h
        if abs(factor - ow / w) > 1e-6 or (factor >= 1 and factor != int(factor)):
            raise Refused("odd_size")
        return Sizes(layout, channels, factor, 0, 1, 1)
    base = tried.base()
    layout, (h1, w1, channels) = tried.shape(base, base + base // 2)
    _, (h2, _, _) = tried.shape(base * 2, base + base // 2)
    factor = (h2 - h1) / base
    border = factor * base - h1
    if factor <= 0 or (factor >= 1 and factor != int(factor)) or border < 0 or border % 2 or factor > LARGEST_FACTOR:
        raise Refused("odd_size")
    if abs(factor * (base + base // 2) - border - w1) > 0.5:
        raise Refused("odd_size")
    multiple = next((m for m in _MULTIPLES if m <= base and tried.fits_multiples(m, base, factor, border)), 0)
    if multiple == 0:
        raise Refused("odd_size")
    smaller = (_up(m, multiple) for m in _MINIMA if m < base)
    minimum = next((m for m in smaller if tried.follows(m, m, factor, border)), base)
    return Sizes(layout, channels, factor, int(border // 2), multiple, _up(minimum, multiple))


def _up(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


class _Tried:
    """The network's answers to sizes, each asked for once: heavy networks take seconds for one."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._shapes: dict[tuple[int, int], tuple[int, ...] | None] = {}

    def _raw(self, h: int, w: int) -> tuple[int, ...] | None:
        if (h, w) not in self._shapes:
            try:
                self._shapes[h, w] = tuple(self._subject.paint(card_picture(h, w)).shape)
            except RunFailed:
                self._shapes[h, w] = None
        return self._shapes[h, w]

    def base(self) -> int:
        """A side that works, and works doubled."""
        for base in (64, 128, 256):
            if self._raw(base, base + base // 2) is not None and self._raw(base * 2, base + base // 2) is not None:
                return base
        raise Refused("does_not_run")

    def shape(self, h: int, w: int) -> tuple[Layout, tuple[int, int, int]]:
        """Layout and (height, width, channels) of what comes out for height and width put in."""
        raw = self._raw(h, w)
        if raw is None:
            raise Refused("does_not_run")
        layout = output_layout(raw, (h, w), self._subject.content.layout)
        if layout is None:
            raise Refused("no_output")
        return layout, spatial(raw, layout)

    def follows(self, h: int, w: int, factor: float, border: float) -> bool:
        """Whether the rule holds for that size."""
        try:
            _, (oh, ow, _) = self.shape(h, w)
        except Refused:
            return False
        return abs(oh - (factor * h - border)) < 0.5 and abs(ow - (factor * w - border)) < 0.5

    def fits_multiples(self, multiple: int, base: int, factor: float, border: float) -> bool:
        """Odd multiples on both sides, twice: a rule that only happened to hold is found out."""
        first = multiple * (base // multiple + 1 - (base // multiple) % 2)
        return all(
            self.follows(h, w, factor, border)
            for h, w in ((first, first + 2 * multiple), (first + 4 * multiple, first + 6 * multiple))
        )
