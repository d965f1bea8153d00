"""The live painter as the live runner sees it: the network's frame painter with the steady picture around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import cv2
import numpy as np

from artdesk.camera.steady import CUT_MEAN, Steady
from artdesk.core.image import Image, as_image, split_alpha
from artdesk.core.live import LiveSettings, working_size
from artdesk.core.progress import CancelToken


class FrameNetwork(Protocol):
    """What paints frames with a network and keeps its normalisation state; `lanes` threads may paint at once."""

    @property
    def device(self) -> str: ...
    @property
    def lanes(self) -> int: ...
    def set(self, look: Any) -> None: ...
    def paint(self, frame: Image, token: CancelToken) -> Image: ...
    def reset(self) -> None: ...


MakeLook = Callable[[LiveSettings, int, int], Any]
"""(settings, width, height) -> the look `FrameNetwork.set` takes."""


class Turnstile:
    """Lets threads leave in the order in which they came."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._next_ticket = 0
        self._turn = 0
        self._gone: set[int] = set()

    def enter(self) -> int:
        """A ticket; every ticket must `leave` or be handed to `pass_through`."""
        with self._condition:
            ticket = self._next_ticket
            self._next_ticket += 1
            return ticket

    def leave(self, ticket: int) -> None:
        """Done with `ticket`, in whatever order."""
        with self._condition:
            self._gone.add(ticket)
            while self._turn in self._gone:
                self._gone.discard(self._turn)
                self._turn += 1
            self._condition.notify_all()

    @contextmanager
    def pass_through(self, ticket: int, token: CancelToken) -> Iterator[None]:
        """Wait for the turn of `ticket`; it is the only one inside. Raises Cancelled."""
        with self._condition:
            while self._turn != ticket:
                token.check()
                self._condition.wait(0.05)
        yield


class SteadyPainter:
    """Paints frames at the working size and keeps them steady; the result has the size of the frame.

    All methods may be called from any thread; at most `lanes` of them paint at once.
    """

    def __init__(self, network: FrameNetwork, make_look: MakeLook) -> None:
        self._network = network
        self._make_look = make_look
        self._steady = Steady()
        self._turnstile = Turnstile()
        self._lock = threading.Lock()
        self._settings = LiveSettings()
        self._step = 1.0
        self._forget = False
        self._size = (0, 0)
        self._seen: Any = None

    @property
    def device(self) -> str:
        return self._network.device

    @property
    def lanes(self) -> int:
        return self._network.lanes

    @property
    def flicker_in(self) -> float:
        """Mean change of the input per frame where nothing moves, 0..255."""
        return self._steady.flicker_in

    @property
    def flicker_out(self) -> float:
        """The same of what is shown."""
        return self._steady.flicker_out

    def set(self, settings: LiveSettings) -> None:
        with self._lock:
            # A mix that comes in over time changes a little with every frame: no reason to let it flicker.
            small_step = settings.morph_seconds > 0 and replace(self._settings, mix=settings.mix) == settings
            self._step = max(self._step, 0.5 if small_step else 1.0)
            self._settings = settings

    def reset(self) -> None:
        with self._lock:
            self._forget = True

    def paint(self, frame: Image, token: CancelToken) -> Image:
        h, w = frame.shape[:2]
        rgb, _ = split_alpha(frame)
        with self._lock:
            ticket = self._turnstile.enter()
        try:
            with self._lock:
                settings, step, forget = self._settings, self._step, self._forget
                self._step, self._forget = 0.0, False
                if forget:
                    self._network.reset()
                if self._is_cut(rgb):
                    self._network.reset()
                if step > 0 or self._size != (w, h):
                    step = step or 1.0
                    self._size = (w, h)
                    self._network.set(self._make_look(settings, *working_size(w, h, settings.height)))
            painted = self._network.paint(rgb, token)
            with self._turnstile.pass_through(ticket, token):
                shown = self._steadied(rgb, painted, settings.steady, step, forget)
        finally:
            self._turnstile.leave(ticket)
        if shown.shape[:2] != (h, w):
            shown = as_image(cv2.resize(shown, (w, h), interpolation=cv2.INTER_LINEAR))
        return shown

    def _is_cut(self, frame: Image) -> bool:
        """Another scene begins with `frame`: told from a look at few pixels, before the network sees it."""
        h, w = frame.shape[:2]
        sample = np.ascontiguousarray(frame[4::8, 4::8])
        if min(h, w) < 64:
            return False
        look = cv2.resize(sample, (w // 32, h // 32), interpolation=cv2.INTER_AREA)
        before, self._seen = self._seen, look
        if before is None or before.shape != look.shape:
            return False
        return bool(cv2.norm(look, before, cv2.NORM_L1) > CUT_MEAN * look.size)

    def _steadied(self, frame: Image, painted: Image, strength: float, step: float, forget: bool) -> Image:
        steady = self._steady
        steady.strength = strength
        if forget:
            steady.reset()
        if step > 0:
            steady.refresh(step)
        motion = steady.observe(frame)
        shown = steady.blend(painted, motion)
        steady.measure(frame, shown, motion)
        return shown
