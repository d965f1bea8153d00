"""Painting frames for live video: the last frame's statistics steady the next one; everything is reused."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from artdesk.core.image import Image, as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.requests import Mix, StylizeSettings
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.devices import physical_cores
from artdesk.engine.engine import Engine
from artdesk.engine.families.fixed_style import paint_fixed
from artdesk.engine.families.painter import State, paint
from artdesk.engine.library import mix_codes
from artdesk.engine.tensors import Tensor
from artdesk.studio.foreign_painting import model_of_mix
from artdesk.studio.look import Look, put_together, with_strength
from artdesk.studio.measure import ensure_measured


@dataclass(frozen=True)
class LiveLook:
    """How frames are painted. `width` × `height` is the working size (0: the frame's own), `hold` 0..1 the share
    of the last frame's statistics."""

    mix: Mix = ()
    strength: float = 1.0
    keep_colors: bool = False
    painter: str = "live"
    width: int = 0
    height: int = 0
    hold: float = 0.9


_Done: TypeAlias = tuple[Image, State, str, tuple[Note, ...]]


@dataclass(frozen=True, eq=False)
class _Ready:
    """A look made ready for the painter."""

    source: LiveLook
    card: ModelCard
    look: Look


class FramePainter:
    """uint8 frame in, uint8 frame out, at the look's working size. All methods may be called from any thread.

    `lanes` threads may paint at once, each its own frame: on a processor two frames side by side take far less
    time than two one after the other with all cores on each, because nobody waits for the slower core at the end
    of every layer. A frame is then held to the last one that was finished.
    """

    def __init__(self, engine: Engine, *, device: str = "auto") -> None:
        self._engine = engine
        self._wanted = device
        self._lock = threading.Lock()
        self._preparing = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._own = threading.local()
        self._next: LiveLook | None = None
        self._ready: _Ready | None = None
        self._state: State | None = None
        self._scene = 0
        self._card_id = ""
        self._device = engine.choose(engine.library.painter("live"), device)
        self._notes: tuple[Note, ...] = ()
        cores = physical_cores()
        self.lanes = 2 if self._device == "cpu" and cores > 1 else 1
        self._options = f"threads={max(1, cores // self.lanes)}" if self.lanes > 1 else ""

    @property
    def device(self) -> str:
        """The device that really ran last (before the first frame: the one that will be tried)."""
        return self._device

    @property
    def notes(self) -> tuple[Note, ...]:
        """What there is to say about the last frame, such as a fall-back to the processor."""
        return self._notes

    def set(self, look: LiveLook) -> None:
        """In force with the next frame. Morphing from mix to mix is calling this with every step."""
        with self._lock:
            self._next = look

    def reset(self) -> None:
        """Forget the frames before, those in flight too: a new scene begins."""
        with self._lock:
            self._state = None
            self._scene += 1

    def paint(self, frame: Image, token: CancelToken) -> Image:
        """The painted frame (RGB) at the working size. Without a style or with strength 0, the frame itself.

        Raises: UnknownStyle, EngineError, BadOutput, Cancelled.
        """
        with self._preparing:
            ready = self._look_in_force(token)
            with self._lock:
                state, scene = self._state, self._scene
        if ready is None:
            return frame
        small = _at_size(frame, ready.source.width, ready.source.height)
        if ready.look.share <= 0:
            return small
        run = self._paint_foreign if ready.card.family == "fixed_style" else self._paint_own
        if self._device == "cpu":
            image, after, device, notes = run(ready, small, state, token)
        else:
            with self._one_at_a_time:
                image, after, device, notes = run(ready, small, state, token)
        with self._lock:
            self._device, self._notes = device, notes or self._notes
            if scene == self._scene:
                self._state = after if after.size and np.isfinite(after).all() else None
        return put_together(image, small, ready.look)

    def _look_in_force(self, token: CancelToken) -> _Ready | None:
        """The look for the next frame; a change of the network begins a new scene. One thread at a time."""
        with self._lock:
            look, self._next = self._next, None
        if look is not None:
            self._ready = self._prepare(look)
        ready = self._ready
        if ready is not None and ready.look.share > 0 and ready.card.id != self._card_id:
            self._card_id = ready.card.id
            self.reset()
            ensure_measured(self._engine, ready.card, self._wanted, Progress(token=token))
        return ready

    def _paint_own(self, ready: _Ready, frame: Image, state: State | None, token: CancelToken) -> _Done:
        h, w = frame.shape[:2]
        buffer: Tensor | None = getattr(self._own, "buffer", None)
        if buffer is None or buffer.shape[2:] != (h, w):
            self._own.buffer = buffer = np.empty((1, 3, h, w), np.float32)
        painted = paint(
            self._engine,
            ready.card,
            frame,
            ready.look.code,
            state=state,
            hold=ready.source.hold,
            device=self._wanted,
            token=token,
            buffer=buffer,
            options=self._options,
        )
        return painted.image, painted.state, painted.device, painted.notes

    def _paint_foreign(self, ready: _Ready, frame: Image, state: State | None, token: CancelToken) -> _Done:
        """A foreign network as the style: steadied by its own statistics where it was rewritten to take them."""
        painted = paint_fixed(
            self._engine,
            ready.card,
            frame,
            state=state,
            hold=ready.source.hold,
            device=self._wanted,
            token=token,
        )
        return painted.image, painted.state, painted.device, painted.notes

    def _prepare(self, look: LiveLook) -> _Ready | None:
        if not look.mix:
            return None
        library = self._engine.library
        model = model_of_mix(library, StylizeSettings(mix=look.mix))
        if model is not None:
            return _Ready(look, model, Look(np.zeros(0, np.float32), look.strength, look.keep_colors))
        code: NDArray[np.float32] = mix_codes(library, look.mix)
        blended, share = with_strength(library, code, look.strength)
        return _Ready(look, library.painter(look.painter), Look(blended, share, look.keep_colors))


def _at_size(frame: Image, width: int, height: int) -> Image:
    h, w = frame.shape[:2]
    if width <= 0 or height <= 0 or (w, h) == (width, height):
        return frame
    how = cv2.INTER_AREA if width < w else cv2.INTER_LINEAR
    return as_image(cv2.resize(frame, (width, height), interpolation=how))
