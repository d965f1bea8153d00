"""Latent models: numbers in, a picture out, perhaps by way of a mapping (z → w); an encoder goes the other way.

The mapping runs on the processor always: it is tiny, and so a seed means the same point whatever device paints.
Every picture is a run of its own with a batch of one: what is made beside it cannot change a bit of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput, ModelDamaged, ModelError, WrongUse
from artdesk.core.image import Image, as_image, resized
from artdesk.core.progress import CancelToken
from artdesk.core.results import Note
from artdesk.engine.cards import ImageSpec, ModelCard
from artdesk.engine.engine import Engine, Ran
from artdesk.engine.families.latent_card import LatentSpec, no_encoder
from artdesk.engine.foreign.facts import ImagePort, Layout, Order, Scale
from artdesk.engine.foreign.pixels import decode, encode

Floats = NDArray[np.float32]
_LAYOUTS: dict[str, Layout] = {"NCHW": "nchw", "NHWC": "nhwc"}
_ORDERS: dict[str, Order] = {"RGB": "rgb", "BGR": "bgr", "L": "grey"}
_RANGES = {"0..1": Scale(0, 1), "0..255": Scale(0, 255), "-1..1": Scale(-1, 1)}
_FLAT = 2
"""A picture whose brightest and darkest values lie no further apart is one flat colour."""


@dataclass(frozen=True, eq=False)
class Point:
    """Where a picture lies: w (W,), the share of each class (L,), and the truncation the network carries out."""

    w: Floats
    label: Floats
    psi: float = 1.0


@dataclass(frozen=True)
class Made:
    """A picture, the device that made it, and what there is to say about it."""

    image: Image
    device: str
    notes: tuple[Note, ...] = ()


def spec_of(card: ModelCard) -> LatentSpec:
    """The card's latent table. Raises WrongUse for another family."""
    if card.family != "latent" or card.latent is None:
        raise WrongUse("The model “{model}” makes no pictures of its own.", model=card.id)
    return card.latent


def model_sha256(card: ModelCard) -> str:
    """What tells apart models that make different pictures: the generator's sha256, with the mapping's where there is
    one.
    """
    spec = spec_of(card)
    if spec.mapping is None:
        return card.sha256
    return hashlib.sha256(f"{card.sha256} {spec.mapping.sha256}".encode()).hexdigest()


def check_label(card: ModelCard, label: int) -> None:
    """Raise WrongUse unless the model knows the class `label`. Models without classes take 0."""
    if not 0 <= label < max(1, spec_of(card).labels):
        raise WrongUse(
            "The model “{model}” has {count} classes; there is no class {number}.",
            model=card.id,
            count=spec_of(card).labels,
            number=label,
        )


def one_hot(card: ModelCard, label: int) -> Floats:
    """The class `label` as shares (L,); empty where the model has no classes. Raises WrongUse."""
    check_label(card, label)
    shares = np.zeros(spec_of(card).labels, np.float32)
    if shares.size:
        shares[label] = 1
    return shares


def map_draws(
    engine: Engine, card: ModelCard, z: Floats, label: Floats, psi: float = 1.0, *, token: CancelToken
) -> Floats:
    """w (n, W) of draws z (n, Z) with one label (L,) for all, by the mapping; z itself where there is none.

    Raises: BadOutput, ModelMissing, ModelDamaged, EngineError, Cancelled.
    """
    spec = spec_of(card)
    if spec.mapping is None:
        return z
    part = replace(card, id=f"{card.id} (mapping)", file=spec.mapping.file, sha256=spec.mapping.sha256)
    inputs: dict[str, NDArray[Any]] = {spec.sides["z"]: z.reshape(-1, *spec.z_shape).astype(spec.dtype)}
    inputs |= _conditions(spec, "mapping", label, psi, len(z))
    ran = engine.run(part, inputs, device="cpu", token=token)
    w = _output(ran, spec.sides["w_out"], card)
    if w.shape[0] != len(z) or w.size != len(z) * spec.w_size:
        raise BadOutput("The mapping of the model “{model}” gave something of another size.", model=card.id)
    if not np.isfinite(w).all():
        raise BadOutput("The network gave values that are not numbers: nothing was painted.")
    return np.ascontiguousarray(w.reshape(len(z), spec.w_size), np.float32)


def make_picture(engine: Engine, card: ModelCard, point: Point, *, device: str = "auto", token: CancelToken) -> Made:
    """The picture at `point`, checked: numbers, no single flat colour. A bad one from another device is made again on
    the processor, with a note.

    Raises: BadOutput, OutOfMemory, ModelMissing, ModelDamaged, EngineError, Cancelled.
    """
    spec = spec_of(card)
    inputs: dict[str, NDArray[Any]] = {spec.sides["w"]: point.w.reshape(1, *spec.w_shape).astype(spec.dtype)}
    inputs |= _conditions(spec, "generator", point.label, point.psi, 1)

    def make(where: str) -> Made:
        ran = engine.run(card, inputs, device=where, token=token)
        try:
            return Made(_picture(ran, card), ran.device, ran.notes)
        except BadOutput as error:
            if ran.device == "cpu":
                raise
            again = make("cpu")
            return replace(again, notes=(*ran.notes, engine.fail(ran.device, str(error)), *again.notes))

    return make(device)


def usable_encoder(card: ModelCard) -> ModelCard | None:
    """The encoder as a model of its own, its file checked; None where there is none.

    Raises: ModelError in a sentence when it is damaged.
    """
    part = spec_of(card).encoder
    if part is None:
        return None
    found = replace(card, id=f"{card.id} (encoder)", file=part.file, sha256=part.sha256)
    try:
        found.verify()
    except ModelError as error:
        raise no_encoder(card.id, part.file) from error
    return found


def encode_picture(
    engine: Engine, card: ModelCard, image: Image, *, device: str = "auto", token: CancelToken
) -> tuple[Floats, str]:
    """(w (W,), the device that ran) of the middle square of `image`; transparent parts count as white.

    Raises: WrongUse without an encoder, ModelMissing when it is damaged, BadOutput, EngineError, Cancelled.
    """
    spec = spec_of(card)
    part = usable_encoder(card)
    if part is None:
        raise WrongUse("The model “{model}” cannot start from a picture: it has no encoder.", model=card.id)
    side = spec.encoder_side
    tensor = encode(square(image, side), replace(_port(card), dtype=spec.dtype))
    ran = engine.run(part, {spec.sides["encoder_in"]: tensor}, device=device, token=token)
    w = _output(ran, spec.sides["encoder_out"], card).reshape(-1)
    if w.size != spec.w_size:
        raise BadOutput("The encoder of the model “{model}” gave something of another size.", model=card.id)
    if not np.isfinite(w).all():
        raise BadOutput("The network gave values that are not numbers: nothing was painted.")
    return np.ascontiguousarray(w, np.float32), ran.device


def square(image: Image, side: int) -> Image:
    """The middle square of `image` at side × side, on white."""
    h, w = image.shape[:2]
    short = min(h, w)
    top, left = (h - short) // 2, (w - short) // 2
    cut = resized(as_image(image[top : top + short, left : left + short]), side, side)
    if cut.shape[2] == 3:
        return cut
    alpha = cut[:, :, 3:].astype(np.uint16)
    return as_image(((cut[:, :, :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8))


def _conditions(spec: LatentSpec, place: str, label: Floats, psi: float, count: int) -> dict[str, NDArray[Any]]:
    """Label and truncation as inputs of the generator or of the mapping."""
    given: dict[str, NDArray[Any]] = {}
    if spec.label_input and spec.label_at == place:
        if spec.label_kind == "onehot":
            given[spec.label_input] = np.repeat(label.reshape(1, *spec.label_shape), count, 0).astype(spec.label_dtype)
        else:
            number = int(np.argmax(label)) if label.size else 0
            given[spec.label_input] = np.full((count, *spec.label_shape), number, spec.label_dtype)
    if spec.psi_input and spec.psi_at == place:
        given[spec.psi_input] = np.full(spec.psi_shape, psi, spec.dtype)
    return given


def _output(ran: Ran, name: str, card: ModelCard) -> NDArray[Any]:
    value = ran.outputs.get(name)
    if value is None and len(ran.outputs) == 1:
        value = next(iter(ran.outputs.values()))
    if value is None:
        raise ModelDamaged("The model “{model}” gives back nothing called “{output}”.", model=card.id, output=name)
    return value


def _picture(ran: Ran, card: ModelCard) -> Image:
    value = _output(ran, spec_of(card).sides["image"], card)
    image = decode(value if value.ndim == 4 else value[None], _port(card))
    if int(image.max()) - int(image.min()) <= _FLAT:
        raise BadOutput("The model “{model}” made one flat colour.", model=card.id)
    return image


def _port(card: ModelCard) -> ImagePort:
    """The card's [image] as the foreign pixels know it: pictures come out (and go into the encoder) this way."""
    image: ImageSpec = card.image
    grey = image.order == "L"
    scale = _RANGES.get(image.out_range or image.range)
    if scale is None:
        channels = 1 if grey else 3
        scale = Scale(0.0, 1.0, image.mean[:channels], image.std[:channels])
    return ImagePort("image", "float32", _LAYOUTS[image.layout], _ORDERS[image.order], 1 if grey else 3, scale)
