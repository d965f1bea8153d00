"""Which inputs are pictures, how they lie in memory, and which sizes a network takes: found by trying."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from artdesk.engine.foreign.facts import CodePort, ImagePort, Layout, Port, ScalarPort
from artdesk.engine.foreign.network import Network, RunFailed
from artdesk.engine.foreign.pixels import encode
from artdesk.engine.foreign.refusals import Refused
from artdesk.engine.foreign.surgery import free_sizes
from artdesk.engine.foreign.testcard import card_picture

_FLOATS = ("float32", "float16", "float64")
_MULTIPLES = (1, 2, 4, 8, 16, 32, 64, 128)
_MINIMA = (16, 32, 64, 128)
_LARGEST_FACTOR = 8
_FIRST_SIZES = ((64, 96), (128, 192), (256, 256), (512, 512))


@dataclass(frozen=True)
class Ports:
    """The inputs by what they are for. `images` in the model's order; `code` a vector; `scalars` name -> shape,
    type.
    """

    images: tuple[Port, ...]
    code: CodePort | None
    scalars: tuple[ScalarPort, ...]


@dataclass
class Subject:
    """A network being measured, with what is known of it so far."""

    model: onnx.ModelProto
    network: Network
    content: ImagePort
    style: ImagePort | None = None
    code: CodePort | None = None
    scalars: tuple[ScalarPort, ...] = ()
    output: str = ""
    freed: bool = False

    def feeds(self, picture: NDArray[np.uint8], style: NDArray[np.uint8] | None = None) -> dict[str, NDArray[Any]]:
        """All inputs for one run on `picture`: middling codes, full strengths, the test card as the style."""
        feeds = {self.content.name: encode(picture, self.content)}
        if self.style is not None:
            h, w = self.style.fixed or (128, 128)
            feeds[self.style.name] = encode(card_picture(h, w, 7) if style is None else style, self.style)
        if self.code is not None:
            feeds[self.code.name] = np.full(self.code.shape, 0.1, self.code.dtype)
        for scalar in self.scalars:
            feeds[scalar.name] = np.full(scalar.shape, scalar.value, scalar.dtype)
        return feeds

    def paint(self, picture: NDArray[np.uint8]) -> NDArray[Any]:
        """The raw output tensor for `picture`. Raises RunFailed."""
        return self.network.run(self.feeds(picture))[self.output]


def sort_ports(inputs: Sequence[Port]) -> Ports:
    """Tell pictures, style codes and strengths apart by their declared shapes. Raises Refused."""
    images: list[Port] = []
    code: CodePort | None = None
    scalars: list[ScalarPort] = []
    for port in inputs:
        dims, rank = port.dims, len(port.dims)
        known = [d for d in dims if d is not None]
        if port.dtype in _FLOATS and rank <= 2 and len(known) == rank and math.prod(known) == 1:
            scalars.append(ScalarPort(port.name, tuple(known), port.dtype))
        elif port.dtype in _FLOATS and _is_code(dims) and code is None:
            code = CodePort(port.name, tuple(d or 1 for d in dims), port.dtype)
        elif (rank in (3, 4) or rank == 0) and port.dtype in (*_FLOATS, "uint8"):
            images.append(port)
        else:
            raise Refused("no_picture") if len(inputs) == 1 else Refused("unknown_input", input=port.name)
    if not images:
        raise Refused("no_picture")
    if len(images) > 2 or (len(images) == 2 and code is not None):
        raise Refused("many_pictures", count=len(images))
    return Ports(tuple(images), code, tuple(scalars))


def _is_code(dims: tuple[int | None, ...]) -> bool:
    """(D,), (1, D), (1, D, 1, 1) or (1, 1, 1, D) with D above four."""
    wide = [d for d in dims if d is None or d > 1]
    if len(dims) in (1, 2):
        return len(wide) >= 1 and wide[-1] is not None and wide[-1] > 4
    return len(dims) == 4 and len(wide) == 1 and wide[0] is not None and wide[0] > 4


def possible_ports(port: Port) -> list[ImagePort]:
    """The ways the declared shape of an input can be read, likeliest first. Raises Refused for odd channel counts."""
    dims = port.dims if port.dims else (None, None, None, None)
    first: Layout
    last: Layout
    if len(dims) == 4:
        first, last, channels_first, channels_last = "nchw", "nhwc", dims[1], dims[3]
        batch = dims[0]
    else:
        first, last, channels_first, channels_last, batch = "chw", "hwc", dims[0], dims[2], 1
    if batch not in (None, 1):
        raise Refused("no_picture")
    for declared_here, other in ((channels_first, channels_last), (channels_last, channels_first)):
        if declared_here is not None and declared_here not in (1, 3) and declared_here <= 16 and other is None:
            raise Refused("channels", count=declared_here)
    ways: list[ImagePort] = []
    for layout, channels, size in (
        (first, channels_first, dims[-2:]),
        (last, channels_last, dims[-3:-1]),
    ):
        counts = (3, 1) if channels is None else (channels,)
        fixed = (size[0], size[1]) if size[0] is not None and size[1] is not None else None
        if channels in (None, 1, 3):
            half_fixed = (size[0] is None) != (size[1] is None)
            ways.extend(
                ImagePort(
                    port.name, port.dtype, layout, "grey" if c == 1 else "rgb", c, fixed=None if half_fixed else fixed
                )
                for c in counts
            )
    if not ways:
        odd = channels_first if channels_first is not None and channels_first < 64 else channels_last
        raise Refused("channels", count=odd or 0)
    # A declared channel count beats a free one.
    declared = [w for w in ways if w.channels in (channels_first, channels_last)]
    return declared + [w for w in ways if w not in declared]


def spatial(shape: tuple[int, ...], layout: Layout) -> tuple[int, int, int]:
    """(height, width, channels) of a tensor of that layout. Raises ValueError for another rank."""
    rank = 4 if layout in ("nchw", "nhwc") else 3
    if len(shape) != rank or (rank == 4 and shape[0] != 1):
        raise ValueError(str(shape))
    h, w, c = shape[-3:] if layout in ("nhwc", "hwc") else (*shape[-2:], shape[-3])
    return h, w, c


def open_subject(model: onnx.ModelProto, ports: Ports, threads: int) -> Subject:
    """Load the model and find a reading of its inputs that runs. Raises Refused."""
    try:
        declared = Network(model, threads)
    except RunFailed as error:
        raise Refused("does_not_load") from error
    fixed = any(possible_ports(p)[0].fixed for p in ports.images)
    if fixed:
        subject = _try_freed(model, ports, threads, declared)
        if subject is not None:
            return subject
    subject = _first_that_runs(model, declared, ports, None)
    if subject is None:
        raise Refused("does_not_run")
    return subject


def _try_freed(model: onnx.ModelProto, ports: Ports, threads: int, declared: Network) -> Subject | None:
    """A network that declares one size may take any: without its declared shapes it must give the same there, and run
    elsewhere."""
    at_home = _first_that_runs(model, declared, ports, None)
    if at_home is None or at_home.content.fixed is None:
        return None
    h, w = at_home.content.fixed
    freed_model = free_sizes(model)
    try:
        freed = Network(freed_model, threads)
        picture = card_picture(h, w)
        same = freed.run(at_home.feeds(picture))[at_home.output]
        if not np.allclose(same, at_home.paint(picture), rtol=1e-3, atol=1e-3):
            return None
        style = replace(at_home.style, fixed=None) if at_home.style is not None else None
        subject = replace(
            at_home,
            model=freed_model,
            network=freed,
            content=replace(at_home.content, fixed=None),
            style=style,
            freed=True,
        )
        step = 64
        near = (max(step, h // 2 // step * step), max(step, w // 2 // step * step + step))
        shape = subject.paint(card_picture(*near)).shape
        out = _output_layout(shape, near, subject.content.layout)
        return subject if out is not None else None
    except (RunFailed, ValueError):
        return None


def _first_that_runs(
    model: onnx.ModelProto, network: Network, ports: Ports, sizes: Sequence[tuple[int, int]] | None
) -> Subject | None:
    vector_only: Subject | None = None
    for way, other in _readings(ports.images):
        subject = Subject(model, network, way, other, ports.code, ports.scalars)
        for size in [way.fixed] if way.fixed else (sizes or _FIRST_SIZES):
            try:
                results = network.run(subject.feeds(card_picture(*size)))
            except RunFailed:
                continue
            for name, value in results.items():
                if _output_layout(value.shape, size, way.layout) is not None:
                    subject.output = name
                    return subject
            vectors = [name for name, value in results.items() if _is_vector(value.shape)]
            if vector_only is None and vectors and other is None:
                subject.output = vectors[0]
                vector_only = subject
            break
    return vector_only


def _readings(images: Sequence[Port]) -> list[tuple[ImagePort, ImagePort | None]]:
    """Every way to read the picture inputs: (content, style or None). Of two, the one called style is the style."""
    if len(images) == 1:
        return [(way, None) for way in possible_ports(images[0])]
    pairs = [(images[0], images[1]), (images[1], images[0])]
    if "style" in images[0].name.lower() or "content" in images[1].name.lower():
        pairs.reverse()
    return [
        (way, other)
        for content, style in pairs
        for way in possible_ports(content)
        for other in possible_ports(style)
        if other.layout == way.layout and other.channels == way.channels
    ]


def _is_vector(shape: tuple[int, ...]) -> bool:
    return 1 <= len(shape) <= 4 and math.prod(shape) == max(shape, default=0) and 4 < math.prod(shape) <= 65536


def _output_layout(shape: tuple[int, ...], size: tuple[int, int], near: Layout) -> Layout | None:
    """The layout in which an output of that shape is the picture again (perhaps larger); the input's is tried
    first.
    """
    order: tuple[Layout, ...] = (near, "nchw", "nhwc", "chw", "hwc")
    for layout in order:
        try:
            h, w, c = spatial(shape, layout)
        except ValueError:
            continue
        ratio = (h / size[0], w / size[1])
        if (
            c in (1, 3)
            and max(ratio) <= _LARGEST_FACTOR * 1.5
            and min(ratio) >= 1 / 16
            and abs(ratio[0] - ratio[1]) < 0.6
        ):
            return layout
    return None


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
    if factor <= 0 or (factor >= 1 and factor != int(factor)) or border < 0 or border % 2 or factor > _LARGEST_FACTOR:
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
    layout = _output_layout(shape, (h, w), subject.content.layout)
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
