"""Measuring a foreign latent model by making pictures with it. Runs in the child process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image
from artdesk.engine.foreign.facts import ImagePort, Layout, Measured, Port, Scale
from artdesk.engine.foreign.hints import output_bounds
from artdesk.engine.foreign.latent_facts import LatentFacts, Place
from artdesk.engine.foreign.latent_ports import LatentPorts, label_count, latent_ports
from artdesk.engine.foreign.network import Network, RunFailed
from artdesk.engine.foreign.norms import settle_batch_norms
from artdesk.engine.foreign.pixels import decode_floats, to_image
from artdesk.engine.foreign.refusals import Refused

_SEEDS = 9
_SECONDS = 20.0
_LEAST_SIDE, _MOST_SIDE = 8, 2048
_SHEET = 3
_CELL = 256


@dataclass(frozen=True)
class _Stage:
    """A network with its ports: the generator, or the mapping before it."""

    network: Network
    ports: LatentPorts
    labels: int

    def feeds(self, rows: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
        """Inputs for rows (n, …): the first class, no truncation."""
        ports = self.ports
        given: dict[str, NDArray[Any]] = {ports.z.name: rows.reshape(-1, *ports.z_shape).astype(ports.z.dtype)}
        if ports.label is not None:
            given[ports.label.name] = _label(ports.label, len(rows), self.labels)
        if ports.psi is not None:
            given[ports.psi.name] = np.ones([1] * len(ports.psi.dims), ports.psi.dtype)
        return given


def _label(port: Port, count: int, labels: int) -> NDArray[Any]:
    if port.dtype in ("int64", "int32"):
        return np.zeros([count] + [1] * (len(port.dims) - 1) if port.dims else [], port.dtype)
    hot = np.zeros((count, labels), port.dtype)
    hot[:, 0] = 1
    return hot


def measure_latent(
    model: onnx.ModelProto,
    ports: LatentPorts,
    threads: int,
    mapping: tuple[onnx.ModelProto, tuple[Port, ...]] | None = None,
) -> tuple[Measured, Image, Image]:
    """What the model is, one picture of it, and a sheet of nine. Raises Refused, RunFailed."""
    maker = _stage(model, ports, threads)
    before: _Stage | None = None
    if mapping is not None:
        given = latent_ports(mapping[1])
        if given is None:
            raise Refused("mapping")
        before = _stage(mapping[0], given, threads)
    w_output, batched = "", True
    first = ports if before is None else before.ports
    draws = np.random.Generator(np.random.Philox(1)).standard_normal((_SEEDS, math.prod(first.z_shape)), np.float32)
    rows = draws
    if before is not None:
        w_output, rows, batched = _mapped(before, draws, math.prod(ports.z_shape))
    name, layout, made = _pictures(maker, rows)
    port = _port(maker, model, name, layout, made)
    images = [to_image(np.clip(decode_floats(value, port), 0, 1)) for value in made]
    if max(int(image.max()) - int(image.min()) for image in images) <= 2:
        raise Refused("flat_seed")
    height, width = images[0].shape[:2]
    at: tuple[Place, Place] = (
        "mapping" if before is not None and before.ports.label is not None else "generator",
        "mapping" if before is not None and before.ports.psi is not None else "generator",
    )
    label = (before or maker).ports.label or maker.ports.label
    psi = (before or maker).ports.psi or maker.ports.psi
    labels = max(maker.labels, before.labels if before is not None else 0)
    facts = LatentFacts(
        z_name=first.z.name,
        z_shape=first.z_shape,
        output_name=name,
        dtype=first.z.dtype,
        label_name=label.name if label is not None else "",
        label_kind="index" if label is not None and label.dtype in ("int64", "int32") else "onehot",
        label_shape=tuple([1] * (len(label.dims) - 1) if label.dtype.startswith("int") else [labels]) if label else (),
        label_dtype=label.dtype if label is not None else "float32",
        label_at=at[0],
        labels=labels if label is not None else 0,
        psi_name=psi.name if psi is not None else "",
        psi_shape=(1,) * len(psi.dims) if psi is not None else (),
        psi_at=at[1],
        mapped=before is not None,
        w_name=ports.z.name,
        w_shape=ports.z_shape,
        w_output=w_output,
        batched=batched,
    )
    measured = Measured(
        family="latent",
        image=port,
        output=port,
        seamless="blend",
        ms_per_megapixel=maker.network.seconds * 1000 / (height * width) * 1e6,
        latent=facts,
    )
    return measured, images[0], _sheet(images)


def _stage(model: onnx.ModelProto, ports: LatentPorts, threads: int) -> _Stage:
    labels = label_count(model, ports.label) if ports.label is not None else 0
    return _Stage(Network(settle_batch_norms(model), threads), ports, labels)


def _mapped(stage: _Stage, draws: NDArray[np.float32], size: int) -> tuple[str, NDArray[np.float32], bool]:
    """The output that holds w, w of all draws one by one, and whether many draws can be mapped at once."""
    first = stage.network.run(stage.feeds(draws[:1]))
    name = next((n for n, v in first.items() if v.size == size and np.issubdtype(v.dtype, np.floating)), "")
    if not name:
        raise Refused("mapping")
    singly = [stage.network.run(stage.feeds(draws[i : i + 1]))[name].reshape(1, size) for i in range(len(draws))]
    rows = np.concatenate(singly).astype(np.float32)
    if not np.isfinite(rows).all():
        raise Refused("not_numbers")
    try:
        together = stage.network.run(stage.feeds(draws))[name]
        batched = together.shape[0] == len(draws) and np.allclose(together.reshape(rows.shape), rows, 1e-3, 1e-3)
    except (RunFailed, ValueError):
        batched = False
    return name, rows, bool(batched)


def _pictures(maker: _Stage, rows: NDArray[np.float32]) -> tuple[str, Layout, list[NDArray[Any]]]:
    """The output that is a picture, its layout, and the pictures of as many rows as time allows (two at least)."""
    first = maker.network.run(maker.feeds(rows[:1]))
    found = next(((n, way) for n, v in first.items() if (way := _layout(v.shape)) is not None), None)
    if found is None:
        raise Refused("no_seed_picture")
    name, layout = found
    again = maker.network.run(maker.feeds(rows[:1]))[name]
    if not np.array_equal(again, first[name], equal_nan=True):
        raise Refused("restless")
    made = [again]
    for row in range(1, len(rows)):
        if row >= 2 and maker.network.seconds * (row + 1) > _SECONDS:
            break
        made.append(maker.network.run(maker.feeds(rows[row : row + 1]))[name])
    if not all(np.isfinite(value).all() for value in made):
        raise Refused("not_numbers")
    if np.array_equal(made[0], made[1]):
        raise Refused("numb_seed")
    return name, layout, made


def _layout(shape: tuple[int, ...]) -> Layout | None:
    """How a picture of that shape lies; None when it is none."""
    ways: tuple[tuple[Layout, int, tuple[int, int]], ...] = ()
    if len(shape) == 4 and shape[0] == 1:
        ways = (("nchw", shape[1], shape[2:]), ("nhwc", shape[3], shape[1:3]))
    elif len(shape) == 3:
        ways = (("chw", shape[0], shape[1:]), ("hwc", shape[2], shape[:2]))
    for layout, channels, sides in ways:
        if channels in (1, 3) and all(_LEAST_SIDE <= side <= _MOST_SIDE for side in sides):
            return layout
    return None


def _port(maker: _Stage, model: onnx.ModelProto, name: str, layout: Layout, made: list[NDArray[Any]]) -> ImagePort:
    """How the pictures' numbers are to be read: from the last operators, else from the values seen."""
    value = made[0]
    channels = value.shape[{"nchw": 1, "nhwc": 3, "chw": 0, "hwc": 2}[layout]]
    height, width = {
        "nchw": value.shape[2:4],
        "nhwc": value.shape[1:3],
        "chw": value.shape[1:3],
        "hwc": value.shape[0:2],
    }[layout]
    scale, sure = _scale(model, name, made)
    order = "grey" if channels == 1 else "rgb"
    return ImagePort(name, str(value.dtype), layout, order, channels, scale, (height, width), sure)  # type: ignore[arg-type]


def _scale(model: onnx.ModelProto, name: str, made: list[NDArray[Any]]) -> tuple[Scale, tuple[str, ...]]:
    if made[0].dtype == np.uint8:
        return Scale(0, 255), ("layout", "range")
    bounds = output_bounds(model, name)
    known = {(-1.0, 1.0): Scale(-1, 1), (0.0, 1.0): Scale(0, 1), (0.0, 255.0): Scale(0, 255)}
    for pair, scale in known.items():
        if bounds is not None and abs(bounds[0] - pair[0]) < 1e-3 and abs(bounds[1] - pair[1]) < 1e-2:
            return scale, ("layout", "range")
    lowest = float(np.percentile(np.concatenate([v.reshape(-1) for v in made]), 2))
    highest = float(np.percentile(np.concatenate([v.reshape(-1) for v in made]), 98))
    if highest > 8:
        return Scale(0, 255), ("layout", "range")
    return (Scale(-1, 1) if lowest < -0.1 else Scale(0, 1)), ("layout",)


def _sheet(images: list[Image]) -> Image:
    """Pictures beside each other, three in a row, each at most 256 px wide."""
    side = min(_CELL, max(images[0].shape[:2]))
    step = max(1, -(-max(images[0].shape[:2]) // side))
    small = [image[::step, ::step] for image in images]
    height, width = small[0].shape[:2]
    across = _SHEET if len(small) >= _SHEET else len(small)
    down = -(-len(small) // across)
    sheet = np.zeros((down * height, across * width, 3), np.uint8)
    for n, image in enumerate(small):
        y, x = n // across * height, n % across * width
        sheet[y : y + height, x : x + width] = image
    return as_image(sheet)
