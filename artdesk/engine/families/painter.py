"""The painter: one network, every style. See the contract in the house's plan: image, code, state, hold."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import BadCard, BadOutput
from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard, PainterSpec
from artdesk.engine.engine import Engine
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
) -> Painted:
    """Paint `image` (h, w, 3 or 4; alpha is passed over) in one run, at any size.

    `code` (D,) is the style. `hold` 0..1 says how much of `state` (1, K) to use instead of the picture's own
    statistics. `buffer` (1, 3, h, w) is reused for the input when it fits. A picture smaller than the network
    takes is mirrored outwards and cut back.

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
    ran = engine.run(
        card,
        {
            "image": to_tensor(source, buffer),
            "code": np.ascontiguousarray(code, np.float32).reshape(1, spec.code_size),
            "state": np.ascontiguousarray(state, np.float32).reshape(1, spec.state_size),
            "hold": np.array(hold, np.float32),
        },
        device=device,
        token=token,
        keep_memory=keep_memory,
        smaller_helps=smaller_helps,
    )
    painted, state_out = ran.outputs.get("painted"), ran.outputs.get("state_out")
    if painted is None or state_out is None or painted.shape != (1, 3, high, wide):
        raise BadOutput("The painter “{model}” gave a picture of the wrong size.", model=card.id)
    result = to_image(painted)
    if result.shape[:2] != (h, w):
        result = as_image(result[:h, :w])
    return Painted(result, np.array(state_out, np.float32), ran.device, ran.notes)


def _fit(side: int, card: ModelCard) -> int:
    multiple = card.image.multiple_of
    least = max(side, card.image.minimum)
    return -(-least // multiple) * multiple
