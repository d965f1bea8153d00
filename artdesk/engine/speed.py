"""How quick each model is on each device of this machine: measured once, refined by every run, remembered."""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Iterable
from pathlib import Path

from artdesk.core.files import atomic_write
from artdesk.engine.devices import machine_name

_log = logging.getLogger(__name__)
_MAX_BYTES = 1_000_000
_MAX_ENTRIES = 2000
_GUESS = 2.0
_GUESS_LIGHT = 0.5
_NEW_SHARE = 0.3


class SpeedBook:
    """Seconds per megapixel by (machine, model sha256, device), kept in a small JSON file.

    The file is a memory aid, never trusted: what does not parse is forgotten. Any thread may ask.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._all: dict[str, dict[str, float]] | None = None
        self._machine = ""
        self._dirty = False

    def quickest(self, sha256: str, devices: Iterable[str]) -> str | None:
        """The quickest of `devices` for a model, if at least one was measured deliberately."""
        wanted = tuple(devices)
        with self._lock:
            mine = self._mine()
            known = {d: mine[f"{sha256}/{d}/best"] for d in wanted if f"{sha256}/{d}/best" in mine}
        return min(known, key=lambda d: known[d]) if known else None

    def measured(self, sha256: str, device: str) -> float | None:
        """Seconds per megapixel as `remember` was told, None when never."""
        with self._lock:
            return self._mine().get(f"{sha256}/{device}/best")

    def remember(self, sha256: str, device: str, seconds_per_megapixel: float) -> None:
        """Keep a deliberate measurement: `auto` chooses by it."""
        if math.isfinite(seconds_per_megapixel) and seconds_per_megapixel > 0:
            with self._lock:
                mine = self._mine()
                mine[f"{sha256}/{device}/best"] = seconds_per_megapixel
                mine[f"{sha256}/{device}/seen"] = seconds_per_megapixel
                self._dirty = True

    def note(self, sha256: str, device: str, megapixels: float, seconds: float) -> None:
        """Learn from a run that was done anyway; tiny ones tell nothing and are passed over."""
        if megapixels < 0.2 or not math.isfinite(seconds) or seconds <= 0:
            return
        key, value = f"{sha256}/{device}/seen", seconds / megapixels
        with self._lock:
            mine = self._mine()
            old = mine.get(key)
            mine[key] = value if old is None else old * (1 - _NEW_SHARE) + value * _NEW_SHARE
            self._dirty = True

    def seconds_per_megapixel(self, sha256: str, device: str, *, light: bool = False) -> float:
        """What is known, else a guess for a network of that weight."""
        with self._lock:
            known = self._mine().get(f"{sha256}/{device}/seen")
        return known if known is not None else (_GUESS_LIGHT if light else _GUESS)

    def save(self) -> None:
        """Write what was learnt; a disk that refuses only costs a measurement."""
        with self._lock:
            if not self._dirty or self._all is None:
                return
            text = json.dumps(self._all, indent=0, sort_keys=True)
            self._dirty = False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self._path, overwrite=True) as stream:
                stream.write(text.encode())
        except Exception as error:
            _log.info("measurements were not kept: %s", error)

    def _mine(self) -> dict[str, float]:
        if self._all is None:
            self._all = self._load()
            self._machine = machine_name()
        return self._all.setdefault(self._machine, {})

    def _load(self) -> dict[str, dict[str, float]]:
        try:
            if self._path.stat().st_size > _MAX_BYTES:
                return {}
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(data, dict):
            return {}
        book: dict[str, dict[str, float]] = {}
        for machine, entries in list(data.items())[:20]:
            if isinstance(entries, dict):
                book[str(machine)] = {
                    key: float(value)
                    for key, value in list(entries.items())[:_MAX_ENTRIES]
                    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6
                }
        return book
