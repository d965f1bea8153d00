"""Arbitrary-style networks of other people: a picture and a style go in, as a second picture or as a code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput, ModelMissing, WrongUse
from artdesk.core.image import Image, fitted, resized
from artdesk.core.progress import CancelToken
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.foreign.cards import foreign_spec
from artdesk.engine.foreign.pixels import encode

_STYLE_SIDE = 512
_ENCODER_SIDE = 256
Extras = dict[str, NDArray[Any]]


def style_inputs(engine: Engine, card: ModelCard, style: Image, *, device: str = "auto", token: CancelToken) -> Extras:
    """What `card`'s model is given besides the picture, made of the style picture: itself, or its code.

    A model that wants a code needs an encoder of the same code size in the library.

    Raises: WrongUse for another family, ModelMissing without an encoder, OutOfMemory, BadOutput, EngineError,
    Cancelled.
    """
    spec = foreign_spec(card)
    if spec.style is not None:
        port, small = spec.style, fitted(style, _STYLE_SIDE)
        if port.fixed is not None:
            small = resized(style, port.fixed[1], port.fixed[0])
        else:
            small = _whole_multiple(small, spec.multiple_of, spec.minimum)
        return {port.name: encode(small, port)}
    if spec.code is None:
        raise WrongUse("The model “{model}” takes no style.", model=card.id)
    size = int(np.prod(spec.code.shape))
    encoder = encoder_for(engine, size)
    if encoder is None:
        raise ModelMissing(
            "“{model}” wants the style as a code of {size} numbers. Import the encoder that belongs to it.",
            model=card.id,
            size=size,
        )
    code = encode_style_picture(engine, encoder, style, device=device, token=token)
    return {spec.code.name: code.reshape(spec.code.shape).astype(spec.code.dtype)}


def _whole_multiple(image: Image, multiple: int, minimum: int) -> Image:
    height, width = (max(minimum, round(n / multiple) * multiple, multiple) for n in image.shape[:2])
    height, width = (-(-n // multiple) * multiple for n in (height, width))
    return resized(image, width, height)


def encoder_for(engine: Engine, size: int) -> ModelCard | None:
    """The first imported encoder that gives codes of `size` numbers."""
    for card in engine.library.models():
        if card.family == "style_encoder":
            code = foreign_spec(card).code
            if code is not None and int(np.prod(code.shape)) == size:
                return card
    return None


def encode_style_picture(
    engine: Engine, card: ModelCard, style: Image, *, device: str = "auto", token: CancelToken
) -> NDArray[np.float32]:
    """The code (D,) of a style picture by a foreign encoder. Raises BadOutput, EngineError, WrongUse, Cancelled."""
    spec = foreign_spec(card)
    if spec.code is None or card.family != "style_encoder":
        raise WrongUse("The model “{model}” makes no codes of pictures.", model=card.id)
    height, width = spec.image.fixed or (_ENCODER_SIDE, _ENCODER_SIDE)
    inputs = {spec.image.name: encode(resized(style, width, height), spec.image)}
    ran = engine.run(card, inputs, device=device, token=token)
    code = ran.outputs.get(spec.code.name)
    if code is None or code.size != int(np.prod(spec.code.shape)) or not np.isfinite(code).all():
        raise BadOutput("The model “{model}” gave no usable code for this style.", model=card.id)
    return np.asarray(code, np.float32).reshape(-1)
