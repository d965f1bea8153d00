"""Fixed-style networks of other people: one picture in, the same picture painted out.

Where the network was rewritten, it has the painter's three ports and tiles share a thumbnail's statistics.
"""

from __future__ import annotations

from artdesk.core.image import Image
from artdesk.core.progress import CancelToken
from artdesk.engine.cards import ModelCard
from artdesk.engine.engine import Engine
from artdesk.engine.foreign.running import Painted, State, run_foreign


def paint_fixed(
    engine: Engine,
    card: ModelCard,
    image: Image,
    *,
    state: State | None = None,
    hold: float = 1.0,
    device: str = "auto",
    token: CancelToken,
    keep_memory: bool = True,
    smaller_helps: bool = False,
) -> Painted:
    """Paint `image` (h, w, 3 or 4; alpha is passed over) in one run; the result has its size.

    `state` (1, K) with `hold` 0..1 replaces the picture's own statistics; the result carries those that were used.

    Raises: WrongUse, OutOfMemory, BadOutput, EngineError, BadCard, Cancelled.
    """
    return run_foreign(
        engine,
        card,
        image,
        state=state,
        hold=hold,
        device=device,
        token=token,
        keep_memory=keep_memory,
        smaller_helps=smaller_helps,
    )
