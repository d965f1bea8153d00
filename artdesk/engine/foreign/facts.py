"""What is known of a foreign model: read from the file (FileFacts), then measured by running it (Measured)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from artdesk.engine.foreign.latent_facts import LatentFacts, latent_from_plain

Layout = Literal["nchw", "nhwc", "chw", "hwc"]
Order = Literal["rgb", "bgr", "grey"]
Family = Literal["fixed_style", "arbitrary_style", "style_encoder", "upscaler", "mask", "latent"]
Dims = tuple[int | None, ...]

FAMILIES: tuple[str, ...] = get_args(Family)
LAYOUTS: tuple[str, ...] = get_args(Layout)
ORDERS: tuple[str, ...] = get_args(Order)


@dataclass(frozen=True)
class Port:
    """One input or output of a model: its name, numpy type name and dimensions (None where free)."""

    name: str
    dtype: str
    dims: Dims


@dataclass(frozen=True)
class FileFacts:
    """What static reading found. `sha256` is the original file's."""

    name: str
    sha256: str
    bytes: int
    opset: int
    producer: str
    nodes: int
    weights: int
    operators: Mapping[str, int]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


@dataclass(frozen=True)
class Scale:
    """How pixels become numbers: number = (pixel / 255 * (high - low) + low - mean) / std, per channel in the
    model's order."""

    low: float = 0.0
    high: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def words(self) -> str:
        """The range as a person reads it."""
        if self.mean:
            return f"{self.low:g}…{self.high:g}, mean and deviation taken out"
        return f"{self.low:g}…{self.high:g}"


@dataclass(frozen=True)
class ImagePort:
    """How a picture goes in or comes out.

    `multiple_of` and `fixed` (height, width) speak of the input; `fixed` is None where any size is taken. `sure`
    names what was measured or read; everything else was assumed.
    """

    name: str
    dtype: str = "float32"
    layout: Layout = "nchw"
    order: Order = "rgb"
    channels: int = 3
    scale: Scale = Scale()
    fixed: tuple[int, int] | None = None
    sure: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodePort:
    """A second input (or an encoder's output) that is a vector describing a style; `shape` is what the model
    wants.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class ScalarPort:
    """A single number a model wants besides, such as a strength; always given as `value`."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    value: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """How a network is rewritten so that its statistics can be fed in.

    `fused`: outputs of normalisation nodes to be written out, and the rank of what they normalise. `statistics`:
    outputs of the reductions over the whole picture, and their shapes. `dtype` is the number type they are computed
    in.
    """

    fused: tuple[tuple[str, int], ...] = ()
    statistics: tuple[tuple[str, tuple[int, ...]], ...] = ()
    dtype: str = "float32"

    @property
    def state_size(self) -> int:
        """How many numbers the state holds."""
        return sum(math.prod(shape) for _, shape in self.statistics)


@dataclass(frozen=True)
class Measured:
    """What the probe found by running the model.

    `factor`: output pixels per input pixel. `shrink`: output pixels missing on each side (valid convolutions).
    `recipe`: how the network is rewritten so that tiles share statistics (None: it is not). `seamless`: "state"
    (tiles share the thumbnail's statistics), "local" (the network looks at nothing but the neighbourhood), or
    "blend" (tiles can only be blended). `radius`: how far a pixel is felt. `largest`: the longest side it may be
    given (0: any), for networks whose memory grows faster than the picture. `worst`: largest tiled-against-whole
    difference in 1/255, measured. `latent`: what goes into a model that makes pictures from numbers.
    """

    family: Family
    image: ImagePort
    output: ImagePort | None
    style: ImagePort | None = None
    code: CodePort | None = None
    scalars: tuple[ScalarPort, ...] = ()
    freed: bool = False
    multiple_of: int = 1
    minimum: int = 16
    factor: int = 1
    shrink: int = 0
    recipe: Recipe | None = None
    seamless: Literal["state", "local", "blend"] = "blend"
    radius: int = 0
    largest: int = 0
    worst: float = 0.0
    ms_per_megapixel: float = 0.0
    mb_per_megapixel: float = 0.0
    latent: LatentFacts | None = None


def to_plain(value: Any) -> Any:
    """Dataclasses, tuples and mappings as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(v) for v in value]
    return value


class BadFacts(ValueError):
    """What came through the pipe, or stands in a card, is not what a probe says."""


def measured_from_plain(data: Any) -> Measured:
    """Read back what `to_plain` wrote. The child that wrote it has run hostile code, so everything is checked."""
    d = _mapping(data)
    return Measured(
        family=_choice(d, "family", FAMILIES),
        image=image_port(d.get("image")),
        output=image_port(d["output"]) if d.get("output") is not None else None,
        style=image_port(d["style"]) if d.get("style") is not None else None,
        code=code_port(d["code"]) if d.get("code") is not None else None,
        scalars=tuple(scalar_port(v) for v in _sequence(d.get("scalars", []), 8)),
        freed=bool(d.get("freed", False)),
        multiple_of=_whole(d.get("multiple_of", 1), 1, 512),
        minimum=_whole(d.get("minimum", 16), 1, 1024),
        factor=_whole(d.get("factor", 1), 1, 16),
        shrink=_whole(d.get("shrink", 0), 0, 512),
        recipe=recipe(d["recipe"]) if d.get("recipe") is not None else None,
        seamless=_choice(d, "seamless", ("state", "local", "blend")),
        radius=_whole(d.get("radius", 0), 0, 4096),
        largest=_whole(d.get("largest", 0), 0, 1 << 20),
        worst=_number(d.get("worst", 0.0), 0, 1e6),
        ms_per_megapixel=_number(d.get("ms_per_megapixel", 0.0), 0, 1e9),
        mb_per_megapixel=_number(d.get("mb_per_megapixel", 0.0), 0, 1e9),
        latent=latent_from_plain(d.get("latent")) if d.get("family") == "latent" else None,
    )


def image_port(data: Any) -> ImagePort:
    """An ImagePort from JSON or TOML values. Raises BadFacts."""
    d = _mapping(data)
    fixed = d.get("fixed")
    size: tuple[int, int] | None = None
    if fixed:
        pair = _sequence(fixed, 2)
        if len(pair) != 2:
            raise BadFacts("fixed")
        size = (_whole(pair[0], 1, 16384), _whole(pair[1], 1, 16384))
    return ImagePort(
        name=_text(d.get("name")),
        dtype=_choice(d, "dtype", ("float32", "float16", "float64", "uint8"), "float32"),
        layout=_choice(d, "layout", LAYOUTS, "nchw"),
        order=_choice(d, "order", ORDERS, "rgb"),
        channels=_whole(d.get("channels", 3), 1, 4),
        scale=_scale(d.get("scale", {})),
        fixed=size,
        sure=tuple(_text(s) for s in _sequence(d.get("sure", []), 16)),
    )


def recipe(data: Any) -> Recipe:
    """A Recipe from JSON values. Raises BadFacts."""
    d = _mapping(data)
    fused = [_sequence(pair, 2) for pair in _sequence(d.get("fused", []), 4096)]
    statistics = [_sequence(pair, 2) for pair in _sequence(d.get("statistics", []), 8192)]
    if any(len(pair) != 2 for pair in [*fused, *statistics]):
        raise BadFacts("recipe")
    made = Recipe(
        tuple((_text(name), _whole(rank, 2, 6)) for name, rank in fused),
        tuple((_text(n), tuple(_whole(v, 1, 65536) for v in _sequence(shape, 6))) for n, shape in statistics),
        _choice(d, "dtype", ("float32", "float16", "float64"), "float32"),
    )
    if made.state_size > 1_000_000:
        raise BadFacts("recipe")
    return made


def scalar_port(data: Any) -> ScalarPort:
    """A ScalarPort from JSON or TOML values. Raises BadFacts."""
    d = _mapping(data)
    shape = tuple(_whole(n, 1, 1) for n in _sequence(d.get("shape", []), 2))
    dtype = _choice(d, "dtype", ("float32", "float16", "float64"), "float32")
    return ScalarPort(_text(d.get("name")), shape, dtype, _number(d.get("value", 1.0), -1e6, 1e6))


def code_port(data: Any) -> CodePort:
    """A CodePort from JSON or TOML values. Raises BadFacts."""
    d = _mapping(data)
    shape = tuple(_whole(n, 1, 65536) for n in _sequence(d.get("shape"), 4))
    if not shape or math.prod(shape) > 65536:
        raise BadFacts("shape")
    return CodePort(_text(d.get("name")), shape, _choice(d, "dtype", ("float32", "float16", "float64"), "float32"))


def _scale(data: Any) -> Scale:
    d = _mapping(data)
    mean = tuple(_number(v, -1e4, 1e4) for v in _sequence(d.get("mean", []), 4))
    std = tuple(_number(v, 1e-6, 1e4) for v in _sequence(d.get("std", []), 4))
    low, high = _number(d.get("low", 0.0), -1e4, 1e4), _number(d.get("high", 1.0), -1e4, 1e4)
    if len(mean) != len(std) or high - low < 1e-6:
        raise BadFacts("scale")
    return Scale(low, high, mean, std)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadFacts("a table was expected")
    return value


def _sequence(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise BadFacts("a list was expected")
    return list(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1024:
        raise BadFacts("a text was expected")
    return value


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadFacts("a number was expected")
    return float(value)


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadFacts("a whole number was expected")
    return value


def _choice(data: Mapping[str, Any], key: str, choices: tuple[str, ...], default: str | None = None) -> Any:
    value = data.get(key, default)
    if value not in choices:
        raise BadFacts(f"{key} is none of {', '.join(choices)}")
    return value
