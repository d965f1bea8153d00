"""What the probe found of a foreign latent model: the numbers that go in, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

Place = Literal["generator", "mapping"]
_MOST = 65536
_FLOATS = ("float32", "float16", "float64")


@dataclass(frozen=True)
class LatentFacts:
    """z goes into `z_name` (of the mapping where there is one), `z_shape` without the batch; w likewise into the
    generator. `labels` classes at `label_name`, one number (index) or a row (onehot); truncation at `psi_name`.
    """

    z_name: str
    z_shape: tuple[int, ...]
    output_name: str
    dtype: str = "float32"
    label_name: str = ""
    label_kind: Literal["onehot", "index"] = "onehot"
    label_shape: tuple[int, ...] = ()
    label_dtype: str = "float32"
    label_at: Place = "generator"
    labels: int = 0
    psi_name: str = ""
    psi_shape: tuple[int, ...] = ()
    psi_at: Place = "generator"
    mapped: bool = False
    w_name: str = ""
    w_shape: tuple[int, ...] = ()
    w_output: str = ""
    batched: bool = True

    @property
    def z_size(self) -> int:
        return math.prod(self.z_shape)


def latent_from_plain(data: Any) -> LatentFacts:
    """Read back what `to_plain` wrote; the child that wrote it has run hostile code. Raises ValueError, KeyError,
    TypeError.
    """
    if not isinstance(data, dict):
        raise TypeError("latent")
    facts = LatentFacts(
        z_name=_text(data["z_name"]),
        z_shape=_shape(data["z_shape"]),
        output_name=_text(data["output_name"]),
        dtype=_one_of(data["dtype"], _FLOATS),
        label_name=_text(data["label_name"]),
        label_kind="index" if _one_of(data["label_kind"], ("onehot", "index")) == "index" else "onehot",
        label_shape=_shape(data["label_shape"], empty=True),
        label_dtype=_one_of(data["label_dtype"], (*_FLOATS, "int64", "int32")),
        label_at="mapping" if _one_of(data["label_at"], ("generator", "mapping")) == "mapping" else "generator",
        labels=_whole(data["labels"], 0, 10_000),
        psi_name=_text(data["psi_name"]),
        psi_shape=_shape(data["psi_shape"], empty=True),
        psi_at="mapping" if _one_of(data["psi_at"], ("generator", "mapping")) == "mapping" else "generator",
        mapped=data["mapped"] is True,
        w_name=_text(data["w_name"]),
        w_shape=_shape(data["w_shape"]),
        w_output=_text(data["w_output"]),
        batched=data["batched"] is True,
    )
    if facts.z_size < 2 or (not facts.mapped and math.prod(facts.w_shape) != facts.z_size):
        raise ValueError("latent")
    return facts


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1024:
        raise ValueError("a text was expected")
    return value


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError("a whole number was expected")
    return value


def _shape(value: Any, *, empty: bool = False) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) > 4 or not (value or empty):
        raise ValueError("a shape was expected")
    shape = tuple(_whole(n, 1, _MOST) for n in value)
    if math.prod(shape) > _MOST:
        raise ValueError("a shape is too large")
    return shape


def _one_of(value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{value!r:.40} is none of {', '.join(choices)}")
    return str(value)
