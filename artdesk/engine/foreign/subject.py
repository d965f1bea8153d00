"""Which inputs are pictures and how they lie in memory: read where it is declared, found by trying elsewhere."""

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
LARGEST_FACTOR = 8
_FIRST_SIZES = ((64, 96), (128, 192), (256, 256), (512, 512))


@dataclass(frozen=True)
class Ports:
    """The inputs by what they are for. `images` in the model's order; `code` a vector; `scalars` single
    numbers.
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
        out = output_layout(shape, near, subject.content.layout)
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
                if output_layout(value.shape, size, way.layout) is not None:
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


def output_layout(shape: tuple[int, ...], size: tuple[int, int], near: Layout) -> Layout | None:
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
            and max(ratio) <= LARGEST_FACTOR * 1.5
            and min(ratio) >= 1 / 16
            and abs(ratio[0] - ratio[1]) < 0.6
        ):
            return layout
    return None
