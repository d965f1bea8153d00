"""Running a foreign model on one picture or tile: pad as it needs, convert as it wants, cut back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput, WrongUse
from artdesk.core.image import Image, as_image, resized
from artdesk.core.progress import CancelToken
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine, Ran
from artdesk.engine.foreign.cards import ForeignSpec, foreign_spec
from artdesk.engine.foreign.pixels import decode, encode, mirrored

State = NDArray[np.float32]
_NO_STATE: State = np.zeros((1, 0), np.float32)


@dataclass(frozen=True)
class Painted:
    """A painting (h × factor, w × factor, 3), the statistics it was painted with (1, K), and where it was painted."""

    image: Image
    state: State
    device: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class _Frame:
    """How a picture of (height, width) is placed in what the network takes: mirrored borders around it."""

    height: int
    width: int
    border: int
    in_height: int
    in_width: int


def room(spec: ForeignSpec, height: int, width: int) -> tuple[int, int]:
    """(height, width) of the tensor a picture of that size is given in."""
    frame = _frame(spec, height, width)
    return frame.in_height, frame.in_width


def _frame(spec: ForeignSpec, height: int, width: int) -> _Frame:
    border = -(-spec.shrink // spec.factor)
    if spec.image.fixed is not None:
        in_height, in_width = spec.image.fixed
        if height + 2 * border > in_height or width + 2 * border > in_width:
            raise WrongUse("This model takes pictures of one size only.")
        return _Frame(height, width, border, in_height, in_width)
    return _Frame(height, width, border, _up(height + 2 * border, spec), _up(width + 2 * border, spec))


def _up(side: int, spec: ForeignSpec) -> int:
    return -(-max(side, spec.minimum) // spec.multiple_of) * spec.multiple_of


def run_foreign(
    engine: Engine,
    card: ModelCard,
    image: Image,
    *,
    extras: Mapping[str, NDArray[Any]] | None = None,
    state: State | None = None,
    hold: float = 1.0,
    device: str = "auto",
    token: CancelToken,
    keep_memory: bool = True,
    smaller_helps: bool = False,
) -> Painted:
    """Run `card`'s model on `image` (h, w, 3 or 4; alpha is passed over) in one go.

    `extras`: further inputs by name (style picture, code). `state` (1, K): the statistics to paint with (`hold` of
    them); None uses the picture's own.

    Raises: WrongUse for a picture larger than a model of one size takes, OutOfMemory, BadOutput, EngineError,
    BadCard, Cancelled.
    """
    spec = foreign_spec(card)
    if spec.output is None:
        raise WrongUse("The model “{model}” gives back no picture.", model=card.id)
    frame = _frame(spec, *image.shape[:2])
    inputs: dict[str, NDArray[Any]] = {spec.image.name: encode(_placed(image, frame), spec.image)}
    for scalar in spec.scalars:
        inputs[scalar.name] = np.full(scalar.shape, scalar.value, scalar.dtype)
    inputs.update(extras or {})
    if spec.state_size:
        if state is None:
            state, hold = np.zeros((1, spec.state_size), np.float32), 0.0
        inputs["state"] = np.ascontiguousarray(state, np.float32).reshape(1, spec.state_size)
        inputs["hold"] = np.array(hold, np.float32)

    def run(where: str) -> Painted:
        ran = engine.run(card, inputs, device=where, token=token, keep_memory=keep_memory, smaller_helps=smaller_helps)
        try:
            return _finished(ran, card, spec, frame)
        except BadOutput as error:
            if ran.device == "cpu":
                raise
            again = run("cpu")
            return replace(again, notes=(*ran.notes, engine.fail(ran.device, str(error)), *again.notes))

    return run(device)


def _placed(image: Image, frame: _Frame) -> Image:
    if (frame.in_height, frame.in_width) == image.shape[:2]:
        return image
    rows = mirrored(frame.height, -frame.border, frame.in_height - frame.border)
    columns = mirrored(frame.width, -frame.border, frame.in_width - frame.border)
    return as_image(image[rows][:, columns])


def _finished(ran: Ran, card: ModelCard, spec: ForeignSpec, frame: _Frame) -> Painted:
    assert spec.output is not None
    tensor = ran.outputs.get(spec.output.name)
    if tensor is None:
        raise BadOutput("The model “{model}” gave back no picture.", model=card.id)
    image = decode(tensor, spec.output)
    f, cut = spec.factor, frame.border * spec.factor - spec.shrink
    h, w = frame.height * f, frame.width * f
    if card.family == "mask":
        # Masks may come back at any size; what was mirrored around is cut off in proportion.
        image = resized(image, frame.in_width, frame.in_height)
        return Painted(
            as_image(image[: frame.height, : frame.width]), np.zeros((1, 0), np.float32), ran.device, ran.notes
        )
    if image.shape[:2] != (frame.in_height * f - 2 * spec.shrink, frame.in_width * f - 2 * spec.shrink):
        raise BadOutput("The model “{model}” gave back a picture of the wrong size.", model=card.id)
    if image.shape[:2] != (h, w):
        image = as_image(image[cut : cut + h, cut : cut + w])
    state = ran.outputs.get("state_out") if spec.state_size else None
    return Painted(
        image, np.zeros((1, 0), np.float32) if state is None else np.array(state, np.float32), ran.device, ran.notes
    )
