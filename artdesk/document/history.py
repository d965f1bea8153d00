"""What was done, how to take it back, and how much of that fits into memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from artdesk.document.blend import Array
from artdesk.document.changes import Kind
from artdesk.document.layers import Layer, Mask
from artdesk.document.rect import NOTHING, Rect
from artdesk.document.tiles import Key, Tiles

if TYPE_CHECKING:
    from artdesk.document.base import DocumentBase

MAX_STEPS = 2000
"""Steps that cost no memory to speak of (a name, a lock) are bounded too."""
MERGE_SECONDS = 1.5
"""Changes of the same kind to the same thing this close together become one step (slider drags)."""


class Command(Protocol):
    """One undoable step. `redo` and `undo` return the region whose picture changed."""

    label: str
    kind: Kind
    layer_id: str | None

    def redo(self, document: DocumentBase) -> Rect: ...

    def undo(self, document: DocumentBase) -> Rect: ...

    def bytes_held(self, done: bool) -> int:
        """Memory only this step keeps alive: what was before while it is done, what came after while undone."""
        ...


@dataclass
class TileChange:
    """One tile before and after an edit; `rect` (canvas coordinates) is the part that really differs."""

    key: Key
    before: Array | None
    after: Array | None
    rect: Rect


def _sum(tiles: Iterable[Array | None]) -> int:
    return sum(tile.nbytes for tile in tiles if tile is not None)


class TilesCommand:
    """Painted pixels: the changed tiles of one plane of a layer, by reference."""

    kind: Kind = "pixels"

    def __init__(self, label: str, layer: Layer, plane: str, changes: Sequence[TileChange]) -> None:
        self.label = label
        self.layer = layer
        self.layer_id: str | None = layer.id
        self.plane = plane
        self.changes = changes
        self.rect = NOTHING
        self._bytes = {True: _sum(change.before for change in changes), False: _sum(change.after for change in changes)}
        for change in changes:
            self.rect = self.rect.united(change.rect)

    def redo(self, document: DocumentBase) -> Rect:
        return self._put(document, [(change, change.after) for change in self.changes])

    def undo(self, document: DocumentBase) -> Rect:
        return self._put(document, [(change, change.before) for change in self.changes])

    def _put(self, document: DocumentBase, tiles: Iterable[tuple[TileChange, Array | None]]) -> Rect:
        plane = plane_of(self.layer, self.plane)
        for change, tile in tiles:
            plane.swap_tile(change.key, tile)
            document.touch(change.rect, self.layer)
        return self.rect

    def bytes_held(self, done: bool) -> int:
        return self._bytes[done]


@dataclass
class Slot:
    """One attribute of the document, a layer or a mask, before and after."""

    target: Any
    name: str
    before: Any
    after: Any


class Assign:
    """Any change that is not painting: attributes set to other values, put back on undo.

    `layers` are those whose picture is concerned (style layers above them become stale). Two with equal
    `merge_key` (not None) in quick succession become one.
    """

    def __init__(
        self,
        label: str,
        slots: Sequence[Slot],
        rect: Rect,
        *,
        kind: Kind = "structure",
        layers: Sequence[Layer] = (),
        merge_key: object = None,
    ) -> None:
        self.label = label
        self.slots = tuple(slots)
        self.rect = rect
        self.kind: Kind = kind
        self.layers = tuple(layers)
        self.layer_id: str | None = layers[0].id if len(layers) == 1 else None
        self.merge_key = merge_key
        self._bytes: dict[bool, int] = {}

    def redo(self, document: DocumentBase) -> Rect:
        return self._set(document, [(slot, slot.after) for slot in self.slots])

    def undo(self, document: DocumentBase) -> Rect:
        return self._set(document, [(slot, slot.before) for slot in reversed(self.slots)])

    def _set(self, document: DocumentBase, values: Iterable[tuple[Slot, Any]]) -> Rect:
        # Once with the old and once with the new order of layers: a layer counts for whoever it lies or lay under.
        document.touch(self.rect, *self.layers)
        for slot, value in values:
            setattr(slot.target, slot.name, value)
        if self.kind == "size":
            document.resized()
        document.touch(self.rect, *self.layers)
        return self.rect

    def bytes_held(self, done: bool) -> int:
        if done not in self._bytes:
            seen: set[int] = set()
            for slot in self.slots:
                _bytes_in(slot.after if done else slot.before, seen)
            self._bytes[done] = sum(_bytes_in(slot.before if done else slot.after, seen) for slot in self.slots)
        return self._bytes[done]

    def absorb(self, later: Assign) -> None:
        """Become this step and the next one together."""
        first = {(id(slot.target), slot.name): slot for slot in self.slots}
        merged = dict(first)
        for slot in later.slots:
            key = (id(slot.target), slot.name)
            before = first[key].before if key in first else slot.before
            merged[key] = Slot(slot.target, slot.name, before, slot.after)
        self.slots = tuple(merged.values())
        self.layers = tuple(dict.fromkeys((*self.layers, *later.layers)))
        self.rect = self.rect.united(later.rect)
        self._bytes.clear()


class Together:
    """Several commands as one step."""

    def __init__(self, label: str, commands: Sequence[Command], kind: Kind = "structure") -> None:
        self.label = label
        self.commands = tuple(commands)
        self.kind: Kind = kind
        self.layer_id: str | None = None

    def redo(self, document: DocumentBase) -> Rect:
        rect = NOTHING
        for command in self.commands:
            rect = rect.united(command.redo(document))
        return rect

    def undo(self, document: DocumentBase) -> Rect:
        rect = NOTHING
        for command in reversed(self.commands):
            rect = rect.united(command.undo(document))
        return rect

    def bytes_held(self, done: bool) -> int:
        return sum(command.bytes_held(done) for command in self.commands)


def plane_of(layer: Layer, plane: str) -> Tiles:
    """The tiles of a layer's plane: "pixels", "painted" or "mask"."""
    if plane == "mask":
        assert layer.mask is not None
        return layer.mask.tiles
    tiles = getattr(layer, plane)
    assert isinstance(tiles, Tiles)
    return tiles


def _bytes_in(value: Any, seen: set[int]) -> int:
    """Bytes of tiles reachable from a slot's value that are not in `seen`; adds them to it."""
    if isinstance(value, Tiles | Layer):
        return value.bytes_used(seen)
    if isinstance(value, Mask):
        return value.tiles.bytes_used(seen)
    if isinstance(value, tuple):
        return sum(_bytes_in(item, seen) for item in value)
    tiles = getattr(value, "tiles", None)
    return tiles.bytes_used(seen) if isinstance(tiles, Tiles) else 0


StaleFlags: TypeAlias = dict[str, tuple[bool, Rect]]
"""Which style layers (by id) wait to be painted, and where."""


@dataclass
class HistoryEntry:
    """One line of the history panel. `thumbnail` (straight RGBA, small) is there once somebody asked for it.

    The stale flags of style layers belong to states, not to commands: a stroke that is taken back leaves a painting
    that was right before it right again.
    """

    id: int
    command: Command
    at: float = field(default_factory=time.time)
    thumbnail: Array | None = None
    stale_before: StaleFlags = field(default_factory=dict)
    stale_after: StaleFlags = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.command.label


class History:
    """Steps done and undone, oldest first, bounded in bytes.

    `position` counts the steps that are done: 0 … `len(entries)`. The oldest steps are dropped when what they keep
    alive is more than `limit_bytes`; the newest one always stays.
    """

    def __init__(self, limit_mb: int = 1024, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit_bytes = limit_mb << 20
        self.first_thumbnail: Array | None = None
        self._done: list[HistoryEntry] = []
        self._undone: list[HistoryEntry] = []
        self._next_id = 1
        self._base_id = 0
        self._merge_until = 0.0
        self._clock = clock

    @property
    def entries(self) -> tuple[HistoryEntry, ...]:
        """All steps in the order they were done; those from `position` on are undone."""
        return (*self._done, *reversed(self._undone))

    @property
    def position(self) -> int:
        return len(self._done)

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def undo_label(self) -> str:
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        return self._undone[-1].label if self._undone else ""

    @property
    def state_id(self) -> int:
        """A number that names the present state of the pixels; equal numbers mean equal pixels."""
        return self._done[-1].id if self._done else self._base_id

    @property
    def newest(self) -> HistoryEntry | None:
        """The last step that is done."""
        return self._done[-1] if self._done else None

    def push(self, command: Command) -> HistoryEntry:
        """Note a command that was just done; undone steps are gone from here on. Returns its entry."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        now = self._clock()
        key = getattr(command, "merge_key", None)
        if (
            last is not None
            and isinstance(command, Assign)
            and isinstance(last.command, Assign)
            and key is not None
            and key == last.command.merge_key
            and now < self._merge_until
        ):
            last.command.absorb(command)
            last.id, last.thumbnail, last.at = self._next_id, None, time.time()
        else:
            self._done.append(HistoryEntry(self._next_id, command))
        self._next_id += 1
        self._merge_until = now + MERGE_SECONDS
        self._trim()
        return self._done[-1]

    def amend(self, command: Assign) -> None:
        """Make a change that was just done part of the newest step, because it follows from it.

        Without any step it becomes part of the state the history begins with.
        """
        if not self._done:
            self._base_id = self._next_id
        else:
            entry = self._done[-1]
            last = entry.command
            tail = last.commands[-1] if isinstance(last, Together) else last
            if isinstance(tail, Assign) and tail.kind != "selection":
                tail.absorb(command)
            else:
                parts = last.commands if isinstance(last, Together) else (last,)
                kind: Kind = "structure" if last.kind == "selection" else last.kind
                entry.command = Together(last.label, (*parts, command), kind)
            entry.id, entry.thumbnail = self._next_id, None
        self._next_id += 1
        self._trim()

    def seal(self) -> None:
        """The drag ended: what comes next is a step of its own."""
        self._merge_until = 0.0

    def step_back(self) -> HistoryEntry | None:
        self.seal()
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def step_forward(self) -> HistoryEntry | None:
        self.seal()
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def clear(self) -> None:
        """Forget every step; the present state stays."""
        self._base_id = self.state_id
        self._done.clear()
        self._undone.clear()

    def set_limit(self, limit_mb: int) -> None:
        self.limit_bytes = max(1, limit_mb) << 20
        self._trim()

    def bytes_used(self) -> int:
        """Bytes of pixels that only the history keeps alive."""
        done = sum(entry.command.bytes_held(True) for entry in self._done)
        return done + sum(entry.command.bytes_held(False) for entry in self._undone)

    def _trim(self) -> None:
        used = self.bytes_used()
        while len(self._done) > 1 and (used > self.limit_bytes or len(self._done) > MAX_STEPS):
            gone = self._done.pop(0)
            used -= gone.command.bytes_held(True)
            self._base_id = gone.id
            self.first_thumbnail = gone.thumbnail
