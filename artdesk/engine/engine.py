"""The engine: chooses the device, runs networks there, and says aloud when it had to fall back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from artdesk.core.errors import DeviceLost, DeviceUnavailable, EngineError, OutOfMemory, WrongUse
from artdesk.core.progress import CancelToken
from artdesk.core.results import Note
from artdesk.engine.cards import ModelCard
from artdesk.engine.devices import DEVICE_IDS, TITLES, Device, find_devices
from artdesk.engine.library import Library
from artdesk.engine.runners import Runner, Tensors
from artdesk.engine.session import Sessions
from artdesk.engine.speed import SpeedBook

_log = logging.getLogger(__name__)
_UNMEASURED = ("cuda", "directml", "coreml", "cpu")
"""What "auto" takes before anything was measured: graphics cards that start at once, else the processor."""


@dataclass(frozen=True)
class Ran:
    """Outputs by name, the device that really ran, and what there is to say about it."""

    outputs: dict[str, NDArray[Any]]
    device: str
    notes: tuple[Note, ...] = ()


class Engine:
    """Everything a picture needs to be painted: library, sessions, devices, measurements.

    `home` keeps measurements. A device that failed is not tried again until `forgive()`.
    """

    def __init__(
        self,
        library: Library,
        sessions: Sessions | None = None,
        *,
        home: Path,
        devices: Sequence[Device] | None = None,
    ) -> None:
        self.library = library
        self.sessions = sessions if sessions is not None else Sessions()
        self.home = home
        self.speeds = SpeedBook(home / "speeds.json")
        self._devices = tuple(devices) if devices is not None else None
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()

    def devices(self) -> tuple[Device, ...]:
        """The devices of this machine; those that failed in this run carry the reason."""
        with self._lock:
            if self._devices is None:
                self._devices = find_devices()
            return tuple(
                Device(d.id, d.title, d.provider, False, self._failed[d.id]) if d.id in self._failed else d
                for d in self._devices
            )

    def usable(self) -> tuple[str, ...]:
        """Ids of the devices worth trying, the processor last."""
        return tuple(d.id for d in self.devices() if d.available)

    def forgive(self, device: str = "") -> None:
        """Try failed devices again: one, or all."""
        with self._lock:
            if device:
                self._failed.pop(device, None)
            else:
                self._failed.clear()

    def fail(self, device: str, reason: str) -> Note:
        """Do not try `device` again in this run; returns what to tell the person."""
        _log.warning("device %s is out: %s", device, reason)
        with self._lock:
            self._failed[device] = reason
        return _fallen_back(device, reason)

    def choose(self, card: ModelCard, device: str = "auto") -> str:
        """The id of the device that `card` would run on. Never slow: "auto" uses what was measured before.

        Raises: WrongUse for an unknown device.
        """
        return self._choose(card, device)[0]

    def _choose(self, card: ModelCard, device: str) -> tuple[str, tuple[Note, ...]]:
        if device == "auto":
            usable = self.usable()
            quickest = self.speeds.quickest(card.sha256, usable)
            return quickest or next((d for d in _UNMEASURED if d in usable), "cpu"), ()
        if device not in DEVICE_IDS:
            raise WrongUse(
                "There is no device “{device}”; there are {devices}.",
                device=device,
                devices=", ".join(("auto", *DEVICE_IDS)),
            )
        found = next((d for d in self.devices() if d.id == device), None)
        if found is None or not found.available:
            reason = found.reason if found is not None else "it is not there"
            return "cpu", (_fallen_back(device, reason),)
        return device, ()

    def run(
        self,
        card: ModelCard,
        inputs: Tensors,
        *,
        device: str = "auto",
        token: CancelToken,
        keep_memory: bool = True,
        smaller_helps: bool = False,
        options: str = "",
    ) -> Ran:
        """Run a model's network once, on `device` or, if that fails, on the processor.

        `options` are those of the session on the processor. With `smaller_helps` OutOfMemory is raised to the
        caller, who tries smaller tiles first.
        Raises: OutOfMemory, EngineError, ModelMissing, ModelDamaged, Cancelled.
        """

        def get(where: str) -> Runner:
            return self.sessions.get(card, where, options if where == "cpu" else "")

        return self.run_with(card, get, inputs, device, token, keep_memory=keep_memory, smaller_helps=smaller_helps)

    def run_with(
        self,
        card: ModelCard,
        get: Callable[[str], Runner],
        inputs: Tensors,
        device: str,
        token: CancelToken,
        *,
        keep_memory: bool = True,
        smaller_helps: bool = False,
    ) -> Ran:
        """As `run`, with `get(device)` handing out the runner: for models rewritten before they run."""
        chosen, notes = self._choose(card, device)
        if chosen != "cpu":
            try:
                outputs = get(chosen).run(inputs, token, keep_memory=keep_memory)
                return Ran(outputs, chosen, notes)
            except OutOfMemory as error:
                if smaller_helps:
                    raise
                notes = (*notes, self.fail(chosen, "its memory is too small"))
                _log.info("%s", error)
            except (DeviceUnavailable, DeviceLost, EngineError) as error:
                notes = (*notes, self.fail(chosen, _reason(error)))
        token.check()
        outputs = get("cpu").run(inputs, token, keep_memory=keep_memory)
        return Ran(outputs, "cpu", notes)

    def close(self) -> None:
        """Let go of all sessions and write what was measured."""
        self.speeds.save()
        self.sessions.release()


def _reason(error: EngineError) -> str:
    return str(error.values.get("reason") or error)


def _fallen_back(device: str, reason: str) -> Note:
    return Note(
        "{device} could not be used ({reason}): the processor did the work instead.",
        {"device": TITLES.get(device, device), "reason": reason.rstrip(".")},
    )


def about_seconds(engine: Engine, card: ModelCard, megapixels: float, device: str = "auto") -> float:
    """How long `megapixels` will take on this machine, in seconds: from earlier runs, else a careful guess."""
    chosen = engine.choose(card, device)
    return engine.speeds.seconds_per_megapixel(card.sha256, chosen, light=card.role == "live") * megapixels
