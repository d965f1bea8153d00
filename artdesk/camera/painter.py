"""The live painter as the live runner sees it: the network's frame painter with the steady picture around it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import cv2

from artdesk.camera.steady import Steady
from artdesk.core.image import Image, as_image, split_alpha
from artdesk.core.live import LiveSettings, working_size
from artdesk.core.progress import CancelToken


class FrameNetwork(Protocol):
    """What paints one frame with a network and keeps its normalisation state."""

    @property
    def device(self) -> str: ...
    def set(self, look: Any) -> None: ...
    def paint(self, frame: Image, token: CancelToken) -> Image: ...
    def reset(self) -> None: ...


MakeLook = Callable[[LiveSettings, int, int], Any]
"""(settings, width, height) -> the look `FrameNetwork.set` takes."""


class SteadyPainter:
    """Paints frames at the working size and keeps them steady; the result has the size of the frame.

    `set` and `reset` may be called from any thread, `paint` belongs to one.
    """

    def __init__(self, network: FrameNetwork, make_look: MakeLook) -> None:
        self._network = network
        self._make_look = make_look
        self._steady = Steady()
        self._lock = threading.Lock()
        self._settings = LiveSettings()
        self._step = 1.0
        self._forget = False
        self._size = (0, 0)

    @property
    def device(self) -> str:
        return self._network.device

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
        with self._lock:
            settings, step, forget = self._settings, self._step, self._forget
            self._step, self._forget = 0.0, False
        if forget:
            self._steady.reset()
            self._network.reset()
        if step > 0 or self._size != (w, h):
            self._size = (w, h)
            self._steady.strength = settings.steady
            self._network.set(self._make_look(settings, *working_size(w, h, settings.height)))
            self._steady.refresh(step or 1.0)
        rgb, _ = split_alpha(frame)
        motion = self._steady.observe(rgb)
        if motion.cut:
            self._network.reset()
        painted = self._network.paint(rgb, token)
        shown = self._steady.blend(painted, motion)
        self._steady.measure(rgb, shown, motion)
        if shown.shape[:2] != (h, w):
            shown = as_image(cv2.resize(shown, (w, h), interpolation=cv2.INTER_LINEAR))
        return shown
