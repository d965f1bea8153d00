"""Sessions, kept under all that shaped them: the model's sha256, the device, the options."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from artdesk.engine.cards import ModelCard
from artdesk.engine.runners import Runner, SessionKey, make_runner

MakeRunner = Callable[[SessionKey, "bytes | Path", str], Runner]

__all__ = ["MakeRunner", "Runner", "SessionKey", "Sessions", "make_runner"]


class Sessions:
    """Makes runners and keeps the ones used last. Any thread may ask.

    Two threads that want the same runner wait for one making; a runner that is there is handed out at once, even
    while another one is being made (building for TensorRT takes minutes).
    """

    def __init__(self, make: MakeRunner = make_runner, limit: int = 6) -> None:
        self._make = make
        self._limit = max(1, limit)
        self._kept: OrderedDict[SessionKey, Runner] = OrderedDict()
        self._making: dict[SessionKey, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, card: ModelCard, device: str, options: str = "") -> Runner:
        """The runner of a card's model. The file is checked against its sha256 before it is loaded.

        Raises: ModelMissing, ModelDamaged, DeviceUnavailable, OutOfMemory.
        """

        def make(key: SessionKey) -> Runner:
            card.verify()
            return self._make(key, card.file, card.id)

        return self._obtain(SessionKey(card.sha256, device, options), make)

    def get_model(self, source: bytes | Path, sha256: str, name: str, device: str, options: str = "") -> Runner:
        """The runner of a model that has no card of its own (a rewritten one): `sha256` must tell it apart."""
        return self._obtain(SessionKey(sha256, device, options), lambda key: self._make(key, source, name))

    def release(self, sha256: str = "") -> None:
        """Let go of the sessions of one model, or of all."""
        with self._lock:
            gone = [key for key in self._kept if sha256 in ("", key.sha256)]
            runners = [self._kept.pop(key) for key in gone]
        del runners

    def _obtain(self, key: SessionKey, make: Callable[[SessionKey], Runner]) -> Runner:
        with self._lock:
            runner = self._touch(key)
            if runner is not None:
                return runner
            gate = self._making.setdefault(key, threading.Lock())
        with gate:
            with self._lock:
                runner = self._touch(key)
            if runner is None:
                try:
                    runner = make(key)
                    self._keep(key, runner)
                finally:
                    with self._lock:
                        self._making.pop(key, None)
        return runner

    def _touch(self, key: SessionKey) -> Runner | None:
        runner = self._kept.get(key)
        if runner is not None:
            self._kept.move_to_end(key)
        return runner

    def _keep(self, key: SessionKey, runner: Runner) -> None:
        gone = []
        with self._lock:
            self._kept[key] = runner
            while len(self._kept) > self._limit:
                gone.append(self._kept.popitem(last=False)[1])
        # Ended outside the lock: giving a session's memory back takes a moment.
        del gone
