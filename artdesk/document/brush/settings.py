"""What a brush is: one frozen value with every knob, safe to read from a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

SMALLEST_SIZE = 1.0
LARGEST_SIZE = 2000.0


class Tip(StrEnum):
    """The shape a single dab leaves."""

    ROUND = "round"
    FLAT = "flat"
    BRISTLE = "bristle"
    CHALK = "chalk"
    SPRAY = "spray"
    SPONGE = "sponge"


class Grain(StrEnum):
    """The surface a brush drags over; it stays fixed to the canvas, not to the brush."""

    NONE = "none"
    PAPER = "paper"
    CANVAS = "canvas"
    ROUGH = "rough"


@dataclass(frozen=True)
class Response:
    """How pen pressure drives a property: ``least`` (0..1) at no pressure, 1 at full pressure, bent by ``gamma``."""

    least: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", _within(self.least, 0.0, 1.0))
        object.__setattr__(self, "gamma", _within(self.gamma, 0.1, 10.0))

    def at(self, pressure: float) -> float:
        """The factor (``least``..1) for a pressure of 0..1."""
        pressure = min(1.0, max(0.0, pressure))
        return self.least + (1.0 - self.least) * float(pressure**self.gamma)


@dataclass(frozen=True)
class BrushSettings:
    """Everything that shapes a stroke. Numbers outside their range are brought into it.

    ``size`` is the diameter in pixels (1..2000); ``spacing`` the distance between dabs as a part of the
    diameter (0.02..3); ``angle`` in degrees counter-clockwise; ``ratio`` the tip's height over its width (0.05..1);
    ``scatter`` in diameters; all others run 0..1. ``opacity`` is the ceiling a whole stroke may reach,
    ``flow`` is what each dab adds below that ceiling.
    """

    tip: Tip = Tip.ROUND
    size: float = 24.0
    hardness: float = 0.8
    opacity: float = 1.0
    flow: float = 1.0
    spacing: float = 0.1
    angle: float = 0.0
    ratio: float = 1.0
    texture: Grain = Grain.NONE
    texture_strength: float = 0.7
    scatter: float = 0.0
    size_jitter: float = 0.0
    angle_jitter: float = 0.0
    size_pressure: Response | None = None
    opacity_pressure: Response | None = None
    flow_pressure: Response | None = None
    follow_direction: bool = False
    tilt_turns: bool = False
    tilt_flattens: float = 0.0
    stabiliser: float = 0.0
    smudge_length: float = 0.8
    smudge_load: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            object.__setattr__(self, name, _within(getattr(self, name), low, high))
        object.__setattr__(self, "angle", float(self.angle) % 360.0 if math.isfinite(self.angle) else 0.0)

    def with_size(self, size: float) -> BrushSettings:
        """The same brush at another diameter (pixels)."""
        return replace(self, size=size)

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values, readable again by :meth:`from_dict`."""
        values: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Response):
                value = {"least": value.least, "gamma": value.gamma}
            values[field.name] = str(value) if isinstance(value, StrEnum) else value
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> BrushSettings:
        """Read settings back; a missing or senseless value falls back to its default alone."""
        kept: dict[str, object] = {}
        for field in fields(cls):
            if field.name in values:
                value = _read(field.name, field.default, values[field.name])
                if value is not _UNREADABLE:
                    kept[field.name] = value
        return cls(**kept)  # type: ignore[arg-type]


_RANGES: dict[str, tuple[float, float]] = {
    "size": (SMALLEST_SIZE, LARGEST_SIZE),
    "hardness": (0.0, 1.0),
    "opacity": (0.0, 1.0),
    "flow": (0.0, 1.0),
    "spacing": (0.02, 3.0),
    "ratio": (0.05, 1.0),
    "texture_strength": (0.0, 1.0),
    "scatter": (0.0, 5.0),
    "size_jitter": (0.0, 1.0),
    "angle_jitter": (0.0, 1.0),
    "tilt_flattens": (0.0, 1.0),
    "stabiliser": (0.0, 1.0),
    "smudge_length": (0.0, 1.0),
    "smudge_load": (0.0, 1.0),
}
_UNREADABLE = object()


def _within(value: float, low: float, high: float) -> float:
    value = float(value)
    return min(high, max(low, value)) if math.isfinite(value) else low


def _read(name: str, default: object, value: object) -> object:
    """One value from a file in the type of its field, or ``_UNREADABLE``."""
    if name.endswith("_pressure"):
        if value is None:
            return None
        if isinstance(value, Mapping) and all(_is_number(value.get(key)) for key in ("least", "gamma")):
            return Response(float(value["least"]), float(value["gamma"]))
        return _UNREADABLE
    if isinstance(default, StrEnum):
        try:
            return type(default)(str(value))
        except ValueError:
            return _UNREADABLE
    if isinstance(default, bool):
        return value if isinstance(value, bool) else _UNREADABLE
    return float(value) if _is_number(value) else _UNREADABLE  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
