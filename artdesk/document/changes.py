"""What a document tells those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from artdesk.document.rect import Rect

Kind = Literal["pixels", "structure", "selection", "size", "history", "saved"]


@dataclass(frozen=True)
class Change:
    """One thing that changed. `rect` is the canvas region whose composite is new (None: nothing visible).

    - `pixels`: pixels of a layer or its mask; only `rect` needs painting
    - `structure`: layers were added, removed, moved, renamed, or a property changed; `rect` needs painting
    - `selection`: the selection or the active layer is another one
    - `size`: the canvas has another size; everything needs painting
    - `history`: the list of history entries or snapshots, or the place in it, changed
    - `saved`: `dirty` or `path` changed
    """

    kind: Kind
    rect: Rect | None = None
    layer_id: str | None = None
