"""The painter: one network, every style. See the contract in the house's plan: image, code, state, hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadCard, BadOutput
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard, PainterSpec
from artdesk.engine.engine import Engine, Ran
from artdesk.engine.tensors import Tensor, to_image, to_tensor

State = NDArray[np.float32]


@dataclass(frozen=True)
class Painted:
    """A painting (h, w, 3), the statistics it was painted with (1, K), and where it was painted."""

    image: Image
    state: State
    device: str
    notes: tuple[Note, ...] = ()


def spec_of(card: ModelCard) -> PainterSpec:
    """The painter's sizes. Raises BadCard when the card is not a painter's."""
    if card.painter is None:
        raise BadCard("The model “{model}” is not a painter.", model=card.id)
    return card.painter


def paint(
    engine: Engine,
    card: ModelCard,
    image: Image,
    code: NDArray[np.float32],
    *,
    state: State | None = None,
    hold: float = 0.0,
    device: str = "auto",
    token: CancelToken,
    keep_memory: bool = True,
    smaller_helps: bool = False,
    buffer: Tensor | None = None,
    options: str = "",
) -> Painted:
    """Paint `image` (h, w, 3 or 4; alpha is passed over) in one run, at any size.

    `code` (D,) is the style. `hold` 0..1 says how much of `state` (1, K) to use instead of the picture's own
    statistics. `buffer` (1, 3, h, w) is reused for the input when it fits. A picture smaller than the network
    takes is mirrored outwards and cut back. `options` are those of the session on the processor.

    Raises: OutOfMemory (with `smaller_helps` before the processor was tried), BadOutput, EngineError, Cancelled.
    """
    spec = spec_of(card)
    h, w = image.shape[:2]
    wide, high = _fit(w, card), _fit(h, card)
    source = image
    if (wide, high) != (w, h):
        grown = cv2.copyMakeBorder(image, 0, high - h, 0, wide - w, cv2.BORDER_REFLECT)
        source = as_image(grown)
    if state is None:
        state, hold = np.zeros((1, spec.state_size), np.float32), 0.0
    inputs = {
        "image": to_tensor(source, buffer),
        "code": np.ascontiguousarray(code, np.float32).reshape(1, spec.code_size),
        "state": np.ascontiguousarray(state, np.float32).reshape(1, spec.state_size),
        "hold": np.array(hold, np.float32),
    }

    def run(where: str) -> Painted:
        ran = engine.run(
            card,
            inputs,
            device=where,
            token=token,
            keep_memory=keep_memory,
            smaller_helps=smaller_helps,
            options=options,
        )
        try:
            return _finished(ran, card, (h, w), (high, wide))
        except BadOutput as error:
            if ran.device == "cpu":
                raise
            # A graphics card that gives nonsense is no better than one that fails.
            again = run("cpu")
            return replace(again, notes=(*ran.notes, engine.fail(ran.device, str(error)), *again.notes))

    return run(device)


def _finished(ran: Ran, card: ModelCard, wanted: tuple[int, int], made: tuple[int, int]) -> Painted:
    painted, state = ran.outputs.get("painted"), ran.outputs.get("state_out")
    if painted is None or state is None or painted.shape != (1, 3, *made):
        raise BadOutput("The painter “{model}” gave a picture of the wrong size.", model=card.id)
    result = to_image(painted)
    if made != wanted:
        result = as_image(result[: wanted[0], : wanted[1]])
    return Painted(result, np.array(state, np.float32), ran.device, ran.notes)


def _fit(side: int, card: ModelCard) -> int:
    multiple = card.image.multiple_of
    least = max(side, card.image.minimum)
    return -(-least // multiple) * multiple
