"""What a save needs of a document."""

from __future__ import annotations

from typing import Protocol

from artdesk.document.layers import GroupLayer
from artdesk.document.selection import Selection


class Savable(Protocol):
    """A document at rest: nobody changes it while it is being written (``Document.snapshot_for_saving()``)."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def root(self) -> GroupLayer: ...
    @property
    def selection(self) -> Selection | None: ...
    @property
    def active_id(self) -> str | None: ...
