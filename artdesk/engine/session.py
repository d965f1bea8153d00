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
    """Makes runners and keeps the ones used last. Any thread may ask; one maker works at a time."""

    def __init__(self, make: MakeRunner = make_runner, limit: int = 6) -> None:
        self._make = make
        self._limit = max(1, limit)
        self._kept: OrderedDict[SessionKey, Runner] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, card: ModelCard, device: str, options: str = "") -> Runner:
        """The runner of a card's model. The file is checked against its sha256 before it is loaded.

        Raises: ModelMissing, ModelDamaged, DeviceUnavailable, OutOfMemory.
        """
        key = SessionKey(card.sha256, device, options)
        with self._lock:
            runner = self._touch(key)
            if runner is None:
                card.verify()
                runner = self._keep(key, card.file, card.id)
            return runner

    def get_model(self, source: bytes | Path, sha256: str, name: str, device: str, options: str = "") -> Runner:
        """The runner of a model that has no card of its own (a rewritten one): `sha256` must tell it apart."""
        key = SessionKey(sha256, device, options)
        with self._lock:
            return self._touch(key) or self._keep(key, source, name)

    def release(self, sha256: str = "") -> None:
        """Let go of the sessions of one model, or of all."""
        with self._lock:
            gone = [key for key in self._kept if sha256 in ("", key.sha256)]
            runners = [self._kept.pop(key) for key in gone]
        del runners

    def _touch(self, key: SessionKey) -> Runner | None:
        runner = self._kept.get(key)
        if runner is not None:
            self._kept.move_to_end(key)
        return runner

    def _keep(self, key: SessionKey, source: bytes | Path, name: str) -> Runner:
        runner = self._make(key, source, name)
        self._kept[key] = runner
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return runner
