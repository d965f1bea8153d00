"""The [latent] table of a card: what goes into a generator, and which files stand beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from artdesk.core.errors import ModelMissing
from artdesk.engine.cards import CardReader

Prior = Literal["normal", "uniform"]
Place = Literal["generator", "mapping"]
_SHA = re.compile(r"[0-9a-f]{64}")
_LABEL_TYPES = ("float32", "float16", "float64", "int64", "int32")
_MOST_NUMBERS = 65536
_MOST_CLASSES = 10_000


@dataclass(frozen=True)
class LatentPart:
    """A file beside the generator: the mapping network (z → w) or the encoder (picture → w)."""

    file: Path
    sha256: str


@dataclass(frozen=True)
class LatentSpec:
    """How pictures come out of a latent model.

    z (1, *z_shape) is drawn from `prior`; the mapping turns it into w (1, *w_shape), or z is w where there is none;
    the generator turns w into a picture. `labels` numbers at `label_input` choose a class ("onehot": so many floats,
    "index": one whole number), `psi_input` is a truncation the network itself carries out. `walk` is how one goes
    from point to point. `truncation` is a good one to begin with. `sides` are the names of the
    networks' inputs and outputs.
    """

    z_size: int
    z_shape: tuple[int, ...]
    w_shape: tuple[int, ...]
    prior: Prior = "normal"
    walk: Literal["lerp", "slerp"] = "lerp"
    truncation: float = 0.8
    classes: tuple[Mapping[str, str], ...] = ()
    labels: int = 0
    label_kind: Literal["onehot", "index"] = "onehot"
    label_shape: tuple[int, ...] = ()
    label_dtype: str = "float32"
    label_at: Place = "generator"
    label_input: str = ""
    psi_input: str = ""
    psi_shape: tuple[int, ...] = ()
    psi_at: Place = "generator"
    mapping: LatentPart | None = None
    encoder: LatentPart | None = None
    encoder_side: int = 256
    dtype: str = "float32"
    batched: bool = True
    """Whether the mapping takes many draws at once."""
    sides: Mapping[str, str] = field(default_factory=dict)

    @property
    def w_size(self) -> int:
        return math.prod(self.w_shape)


def read_latent(card: CardReader, folder: Path) -> LatentSpec:
    """Read and check the [latent] table of a card in `folder`; the files themselves are not opened.

    Raises: BadCard with a sentence that names the key.
    """
    table = card.section("latent")
    z_size = table.whole("z_size", low=2, high=_MOST_NUMBERS)
    mapping, encoder = _part(table, "mapping", folder), _part(table, "encoder", folder)
    z_shape = _shape(table, "z_shape", (z_size,))
    if math.prod(z_shape) != z_size:
        raise table.bad("z_shape", "it must hold z_size numbers")
    w_shape = _shape(table, "w_shape", z_shape)
    if mapping is None and math.prod(w_shape) != z_size:
        raise table.bad("w_shape", "without a mapping it must hold z_size numbers")
    classes = _classes(table)
    labels = table.whole("labels", len(classes), high=_MOST_CLASSES)
    if classes and labels != len(classes):
        raise table.bad("labels", "there must be as many as classes")
    default_place = "mapping" if mapping is not None else "generator"
    places = ("generator", "mapping") if mapping is not None else ("generator",)
    kind = table.text("label_kind", "onehot", choices=("onehot", "index"))
    onehot = kind == "onehot" and labels > 0
    label_shape = _shape(table, "label_shape", (labels,) if onehot else (), empty=not onehot)
    if onehot and math.prod(label_shape) != labels:
        raise table.bad("label_shape", "it must hold as many numbers as there are labels")
    names = {
        "z": table.text("z_input", "z"),
        "w_out": table.text("w_output", "w"),
        "w": table.text("w_input", "w" if mapping is not None else "z"),
        "image": table.text("output", "image"),
        "encoder_in": table.text("encoder_input", "image"),
        "encoder_out": table.text("encoder_output", "w"),
    }
    return LatentSpec(
        z_size=z_size,
        z_shape=z_shape,
        w_shape=w_shape,
        prior=cast(Prior, table.text("prior", "normal", choices=("normal", "uniform"))),
        walk=cast(
            Literal["lerp", "slerp"],
            table.text("interpolation", "lerp" if mapping is not None else "slerp", choices=("lerp", "slerp")),
        ),
        truncation=table.number("truncation", 0.8 if mapping is not None else 1.0, low=0, high=2),
        classes=classes,
        labels=labels,
        label_kind=cast(Literal["onehot", "index"], kind),
        label_shape=label_shape,
        label_dtype=table.text("label_dtype", "float32" if kind == "onehot" else "int64", choices=_LABEL_TYPES),
        label_at=cast(Place, table.text("label_at", default_place, choices=places)),
        label_input=table.text("label_input", "label") if labels else "",
        psi_input=table.text("psi_input", ""),
        psi_shape=_shape(table, "psi_shape", (), empty=True),
        psi_at=cast(Place, table.text("psi_at", default_place, choices=places)),
        mapping=mapping,
        encoder=encoder,
        encoder_side=table.whole("encoder_side", 256, low=16, high=2048),
        dtype=table.text("dtype", "float32", choices=("float32", "float16", "float64")),
        batched=_flag(table, "batched", True),
        sides=names,
    )


def _flag(table: CardReader, key: str, default: bool) -> bool:
    value = table.table.get(key, default)
    if not isinstance(value, bool):
        raise table.bad(key, "it must be true or false")
    return value


def no_encoder(model: str, file: Path) -> ModelMissing:
    """What to say of a latent model whose encoder cannot be used: everything else of it can."""
    return ModelMissing(
        "The model “{model}” makes pictures, but cannot start from one: “{file}” is missing or damaged.",
        model=model,
        file=file.name,
    )


def _part(table: CardReader, name: str, folder: Path) -> LatentPart | None:
    if name not in table.table:
        return None
    sha256 = table.text(f"{name}_sha256").lower()
    if not _SHA.fullmatch(sha256):
        raise table.bad(f"{name}_sha256", "it must be 64 hexadecimal digits")
    return LatentPart(table.plain_file(name, folder), sha256)


def _shape(table: CardReader, key: str, default: tuple[int, ...], *, empty: bool = False) -> tuple[int, ...]:
    value: Any = table.table.get(key, list(default))
    whole = isinstance(value, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in value)
    if not whole or not (empty or value) or len(value) > 4 or not all(1 <= n <= _MOST_NUMBERS for n in value):
        raise table.bad(key, "it must be a list of at most four sizes")
    if math.prod(value) > 4 * _MOST_NUMBERS:
        raise table.bad(key, "it is far too large")
    return tuple(value)


def _classes(table: CardReader) -> tuple[Mapping[str, str], ...]:
    value: Any = table.table.get("classes", [])
    if not isinstance(value, list) or len(value) > _MOST_CLASSES:
        raise table.bad("classes", "it must be a list of names")
    return tuple(CardReader(table.name, {"classes": entry}).words("classes") for entry in value)
