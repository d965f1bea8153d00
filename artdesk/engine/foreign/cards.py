"""The card of a foreign model: written from what was measured, read back with whatever the person corrected.

The table [image] is for the person: layout, order, range in and out. The table [foreign] holds the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from artdesk.core.errors import BadCard
from artdesk.engine.cards import ModelCard
from artdesk.engine.foreign.facts import (
    BadFacts,
    CodePort,
    FileFacts,
    ImagePort,
    Layout,
    Measured,
    Order,
    ScalarPort,
    Scale,
    code_port,
    image_port,
    scalar_port,
    to_plain,
)

FAMILIES = ("fixed_style", "arbitrary_style", "style_encoder", "upscaler", "mask")
_RANGES = {"0..1": Scale(0, 1), "0..255": Scale(0, 255), "-1..1": Scale(-1, 1)}
_ORDERS: dict[str, Order] = {"RGB": "rgb", "BGR": "bgr", "L": "grey"}
_ALIGN = 32
_WRONG = "The card of “{name}” is wrong at “{key}”: {why}."


@dataclass(frozen=True)
class ForeignSpec:
    """What a family needs to run a foreign model; see `Measured` for the meanings. `state_size` 0: nothing to
    share.
    """

    image: ImagePort
    output: ImagePort | None
    style: ImagePort | None
    code: CodePort | None
    scalars: tuple[ScalarPort, ...]
    multiple_of: int
    minimum: int
    factor: int
    shrink: int
    seamless: str
    radius: int
    state_size: int
    largest: int = 0

    @property
    def align(self) -> int:
        """Tiles start on multiples of this."""
        return int(np.lcm(_ALIGN, self.multiple_of))


def range_name(scale: Scale) -> str:
    """The card's word for a scale."""
    if scale.mean:
        return "mean_std"
    return next((name for name, known in _RANGES.items() if known == scale), "0..1")


def card_text(
    *,
    identity: str,
    title: str,
    facts: FileFacts,
    measured: Measured,
    sha256: str,
    file: str = "model.onnx",
    bytes_per_pixel: int = 0,
) -> str:
    """card.toml of an imported model. `sha256` is that of the file beside the card (rewritten or not)."""
    image, output = measured.image, measured.output
    mean = image.scale.mean or (output.scale.mean if output is not None else ())
    std = image.scale.std or (output.scale.std if output is not None else ())
    lines = [
        "# What ArtDesk measured. Correct what is wrong: layout NCHW or NHWC, order RGB, BGR or L (grey),",
        '# range "0..1", "0..255", "-1..1" or "mean_std". Measured for sure: ' + (", ".join(image.sure) or "nothing"),
        *first_lines(identity, measured.family, file, sha256, title),
        "[image]",
        card_line("layout", "NCHW" if image.layout in ("nchw", "chw") else "NHWC"),
        card_line("order", order_name(image)),
        card_line("range", range_name(image.scale)),
    ]
    if output is not None:
        lines += [
            card_line("out_layout", "NCHW" if output.layout in ("nchw", "chw") else "NHWC"),
            card_line("out_order", order_name(output)),
            card_line("out_range", range_name(output.scale)),
        ]
    lines += [
        card_line("mean", list(mean)),
        card_line("std", list(std)),
        card_line("minimum", measured.minimum),
        card_line("multiple_of", measured.multiple_of),
        card_line("width", image.fixed[1] if image.fixed else 0),
        card_line("height", image.fixed[0] if image.fixed else 0),
        card_line("scale", float(measured.factor)),
    ]
    if bytes_per_pixel:
        lines.append(card_line("bytes_per_pixel", bytes_per_pixel))
    lines += ["", "[foreign]", *_foreign_lines(facts, measured)]
    return "\n".join(lines) + "\n"


def order_name(port: ImagePort) -> str:
    """The card's word for a channel order."""
    return next(name for name, order in _ORDERS.items() if order == port.order)


def card_line(key: str, value: Any) -> str:
    """One line of a card."""
    return f"{key} = {_toml(value)}"


def first_lines(identity: str, family: str, file: str, sha256: str, title: str) -> list[str]:
    """How every imported model's card begins."""
    return [
        card_line("id", identity),
        card_line("family", family),
        card_line("file", file),
        card_line("sha256", sha256),
        card_line("licence", ""),
        card_line("trained_on", ""),
        "",
        "[title]",
        card_line("en", title),
        "",
    ]


def _toml(value: Any) -> str:
    """A text, number or list in TOML: as in JSON, but for one control character that JSON lets stand."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _foreign_lines(facts: FileFacts, measured: Measured) -> list[str]:
    lines = [
        card_line("source", facts.name),
        card_line("source_sha256", facts.sha256),
        card_line("producer", facts.producer),
        card_line("opset", facts.opset),
        card_line("freed", measured.freed),
        card_line("shrink", measured.shrink),
        card_line("seamless", measured.seamless),
        card_line("radius", measured.radius),
        card_line("largest", measured.largest),
        card_line("state_size", measured.recipe.state_size if measured.recipe is not None else 0),
    ]
    for name, value in (("input", measured.image), ("output", measured.output), ("style", measured.style)):
        if value is not None:
            lines.append(f"{name} = {_inline(_small(value))}")
    if measured.code is not None:
        lines.append(f"code = {_inline(to_plain(measured.code))}")
    if measured.scalars:
        lines.append(f"scalars = [{', '.join(_inline(to_plain(scalar)) for scalar in measured.scalars)}]")
    return lines


def _small(port: ImagePort) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(port)
    return {k: v for k, v in plain.items() if k in ("name", "dtype", "layout", "channels", "fixed") and v is not None}


def _inline(table: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in table.items()) + " }"


@lru_cache(maxsize=64)
def _spec_of(text: str, name: str) -> ForeignSpec:
    return _read(json.loads(text), name)


def foreign_spec(card: ModelCard) -> ForeignSpec:
    """How to run the model of `card`. Raises BadCard in a sentence."""
    return _spec_of(json.dumps(card.extra, default=str), card.id)


def _read(extra: dict[str, Any], name: str) -> ForeignSpec:
    foreign, image = extra.get("foreign"), extra.get("image")
    if not isinstance(foreign, dict) or not isinstance(image, dict):
        raise BadCard("The card of “{name}” does not say how the model is run. Import it again.", name=name)
    try:
        into = _port(foreign.get("input"), image, "layout", "order", "range")
        out, style = foreign.get("output"), foreign.get("style")
        spec = ForeignSpec(
            image=into,
            output=_port(out, image, "out_layout", "out_order", "out_range") if out is not None else None,
            style=_port(style, image, "layout", "order", "range") if style is not None else None,
            code=code_port(foreign["code"]) if "code" in foreign else None,
            scalars=tuple(scalar_port(v) for v in list(foreign.get("scalars", []))[:8]),
            multiple_of=int(image.get("multiple_of", 1)),
            minimum=int(image.get("minimum", 1)),
            factor=int(float(image.get("scale", 1))),
            shrink=int(foreign.get("shrink", 0)),
            seamless=str(foreign.get("seamless", "blend")),
            radius=int(foreign.get("radius", 0)),
            state_size=int(foreign.get("state_size", 0)),
            largest=int(foreign.get("largest", 0)),
        )
    except (BadFacts, KeyError, TypeError, ValueError) as error:
        raise BadCard(
            "The card of “{name}” is wrong at “{key}”: {why}.", name=name, key="foreign", why=error
        ) from error
    sane = 1 <= spec.multiple_of <= 1024 and 1 <= spec.factor <= 16 and 0 <= spec.shrink <= 512
    if not (sane and 0 <= spec.radius <= 2048 and 0 <= spec.state_size <= 1_000_000 and spec.minimum >= 1):
        raise BadCard(_WRONG, name=name, key="foreign", why="a number is out of range")
    return spec


def _port(data: Any, image: Mapping[str, Any], layout_key: str, order_key: str, range_key: str) -> ImagePort:
    """A port from [foreign], with what the person may have corrected in [image]."""
    port = image_port(data)
    channels_first = str(image.get(layout_key, "NCHW")) == "NCHW"
    batched = port.layout in ("nchw", "nhwc")
    layouts: dict[tuple[bool, bool], Layout] = {
        (True, True): "nchw",
        (False, True): "nhwc",
        (True, False): "chw",
        (False, False): "hwc",
    }
    order = _ORDERS.get(str(image.get(order_key, "RGB")), "rgb")
    if port.channels == 1:
        order = "grey"
    elif order == "grey":
        order = "rgb"
    named = str(image.get(range_key) or image.get("range", "0..1"))
    if named == "mean_std":
        mean, std = tuple(image.get("mean", ())), tuple(image.get("std", ()))
        if len(mean) != port.channels or len(std) != port.channels:
            raise BadFacts("mean and std need a number for each channel")
        scale = Scale(0.0, 1.0, tuple(map(float, mean)), tuple(map(float, std)))
    elif named in _RANGES:
        scale = _RANGES[named]
    else:
        raise BadFacts(f"{range_key} is none of {', '.join((*_RANGES, 'mean_std'))}")
    return replace(port, layout=layouts[channels_first, batched], order=order, scale=scale)
