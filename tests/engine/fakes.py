"""Runners that behave as devices do on a bad day."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import Cancelled, DeviceUnavailable
from artdesk.core.progress import CancelToken
from artdesk.engine.devices import PROVIDERS, Device
from artdesk.engine.engine import Engine
from artdesk.engine.runners import Runner, SessionKey, make_runner
from artdesk.engine.session import Sessions
from tests.engine.scripted import write_library

Before = Callable[[int, Mapping[str, Any]], "Mapping[str, Any] | None"]
"""Gets the run's number and inputs; may raise, or hand back other inputs."""

CUDA = Device("cuda", "NVIDIA CUDA", PROVIDERS["cuda"], True)
CPU = Device("cpu", "Processor", PROVIDERS["cpu"], True)


class FakeRunner:
    """The real network on the processor under another device's name; `before` strikes first."""

    def __init__(self, device: str, inner: Runner, before: Before) -> None:
        self.device = device
        self.runs = 0
        self._inner, self._before = inner, before

    def run(
        self, inputs: Mapping[str, NDArray[Any]], token: CancelToken, *, keep_memory: bool = True
    ) -> dict[str, NDArray[Any]]:
        self.runs += 1
        return self._inner.run(self._before(self.runs, inputs) or inputs, token, keep_memory=keep_memory)


class SlowRunner:
    """Takes `seconds`, and heeds the token as a real run does."""

    def __init__(self, device: str, seconds: float) -> None:
        self.device, self.seconds = device, seconds
        self.started = 0

    def run(
        self, inputs: Mapping[str, NDArray[Any]], token: CancelToken, *, keep_memory: bool = True
    ) -> dict[str, NDArray[Any]]:
        self.started += 1
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            if token.cancelled:
                raise Cancelled
            time.sleep(0.005)
        image = inputs["image"]
        return {"painted": np.asarray(image), "state_out": np.asarray(inputs["state"])}


def faked_engine(
    folder: Path,
    before: Before = lambda n, inputs: None,
    *,
    starts: bool = True,
    on: tuple[str, ...] = ("cuda",),
) -> tuple[Engine, list[FakeRunner]]:
    """An engine with a faked CUDA beside the real processor, and the fake runners it made.

    `before` strikes on the devices in `on`; with `starts` False CUDA is listed but cannot be loaded.
    """
    made: list[FakeRunner] = []

    def make(key: SessionKey, source: bytes | Path, name: str) -> Runner:
        if key.device == "cuda" and not starts:
            raise DeviceUnavailable(
                "{device} could not be started: {reason}", device="NVIDIA CUDA", reason="libcudnn is missing"
            )
        inner = make_runner(SessionKey(key.sha256, "cpu"), source, name)
        runner = FakeRunner(key.device, inner, before if key.device in on else lambda n, inputs: None)
        made.append(runner)
        return runner

    library = write_library(folder).open()
    return Engine(library, Sessions(make), home=folder / "home", devices=(CUDA, CPU)), made
