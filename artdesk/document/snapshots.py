"""Named states of the whole document, kept beside the history until somebody removes them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from artdesk.core.errors import WrongUse
from artdesk.document.base import DocumentBase
from artdesk.document.blend import Array
from artdesk.document.layers import GroupLayer
from artdesk.document.rect import Rect
from artdesk.document.selection import Selection
from artdesk.document.thumbnails import ThumbnailVerbs

MAX_SNAPSHOTS = 100


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The document as it was; shares every tile that did not change since."""

    id: int
    name: str
    width: int
    height: int
    root: GroupLayer
    selection: Selection | None
    active_id: str | None
    thumbnail: Array | None = None
    at: float = field(default_factory=time.time)


class SnapshotVerbs(ThumbnailVerbs, DocumentBase):
    """Taking, going back to and dropping snapshots."""

    _snapshots: tuple[Snapshot, ...] = ()

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, oldest first."""
        return self._snapshots

    def take_snapshot(self, name: str = "", *, side: int = 96) -> Snapshot:
        """Keep the present state under a name, with a thumbnail of at most `side` pixels (0: none).

        Not a step of the history. Raises: WrongUse when there are too many.
        """
        if len(self._snapshots) >= MAX_SNAPSHOTS:
            raise WrongUse("There are {count} snapshots already; remove one first.", count=MAX_SNAPSHOTS)
        number = max((snapshot.id for snapshot in self._snapshots), default=0) + 1
        made = Snapshot(
            number,
            name.strip()[:200] or f"Snapshot {number}",
            self.width,
            self.height,
            self.root.twin(fresh_id=False),
            self.selection,
            self.active_layer.id if self.active_layer is not None else None,
            self.thumbnail(side) if side else None,
        )
        self._snapshots = (*self._snapshots, made)
        self.emit("history")
        return made

    def restore_snapshot(self, snapshot_id: int) -> Rect:
        """Make the document what it was, as one undoable step; the snapshot stays. Raises: WrongUse."""
        chosen = self._snapshot(snapshot_id)
        root = chosen.root.twin(fresh_id=False)
        active = next((layer for layer in root.walk() if layer.id == chosen.active_id), None)
        width, height = max(self.width, chosen.width), max(self.height, chosen.height)
        self.assign(
            "Restore snapshot",
            [
                (self.root, "children", root.children),
                (self, "selection", chosen.selection),
                (self, "active_layer", active),
                (self, "width", chosen.width),
                (self, "height", chosen.height),
            ],
            Rect(0, 0, width, height),
            kind="size",
        )
        return self.rect

    def remove_snapshot(self, snapshot_id: int) -> None:
        """Forget a snapshot. Raises: WrongUse when there is none with this id."""
        gone = self._snapshot(snapshot_id)
        self._snapshots = tuple(snapshot for snapshot in self._snapshots if snapshot is not gone)
        self.emit("history")

    def _snapshot(self, snapshot_id: int) -> Snapshot:
        for snapshot in self._snapshots:
            if snapshot.id == snapshot_id:
                return snapshot
        raise WrongUse("That snapshot is no longer there.")

    def bytes_used(self) -> dict[str, int]:
        """Bytes held, every array counted once: layers, history, caches, selection, and snapshots' own."""
        used = super().bytes_used()
        seen: set[int] = set()
        self.root.bytes_used(seen)
        used["snapshots"] = sum(snapshot.root.bytes_used(seen) for snapshot in self._snapshots)
        return used
