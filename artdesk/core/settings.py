"""The person's settings: one frozen dataclass, kept as JSON; a bad value falls back alone."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artdesk.core.errors import ArtDeskError
from artdesk.core.files import read_text, write_text

_log = logging.getLogger(__name__)
_CHOICES = {"language": ("auto", "en", "zh"), "theme": ("dark", "light")}
_RANGES = {
    "memory_mb": (0, 1_000_000),
    "undo_mb": (64, 64_000),
    "autosave_seconds": (5, 3600),
    "live_fps": (5, 120),
    "quality": (1, 100),
    "limit_mp": (1, 2000),
}
_LISTS = {"favourites": 200, "recent": 20}


@dataclass(frozen=True)
class Settings:
    """All settings, with their defaults."""

    language: str = "auto"
    theme: str = "dark"
    device: str = "auto"
    memory_mb: int = 0
    undo_mb: int = 512
    autosave_seconds: int = 30
    write_receipts: bool = True
    favourites: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    live_fps: int = 24
    quality: int = 92
    limit_mp: int = 120
    window: str = ""
    """The window's geometry and docks, as base64; empty for the default."""


def _good(name: str, value: Any, default: Any) -> bool:
    if name in _LISTS:
        return (
            isinstance(value, list)
            and len(value) <= _LISTS[name]
            and all(isinstance(v, str) and len(v) < 5000 for v in value)
        )
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int):
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        low, high = _RANGES.get(name, (-math.inf, math.inf))
        return bool(low <= value <= high)
    return isinstance(value, str) and len(value) < 200_000 and value in _CHOICES.get(name, (value,))


def load_settings(path: Path) -> Settings:
    """The settings in `path`; what is missing or bad there is the default, with a line in the log."""
    if not path.exists():
        return Settings()
    try:
        data = json.loads(read_text(path))
    except (ArtDeskError, ValueError, RecursionError) as error:
        _log.warning("settings could not be read, defaults are used: %s", error)
        return Settings()
    if not isinstance(data, dict):
        _log.warning("settings are not a table, defaults are used")
        return Settings()
    found: dict[str, Any] = {}
    for entry in dataclasses.fields(Settings):
        if entry.name not in data:
            continue
        value = data[entry.name]
        if _good(entry.name, value, entry.default):
            found[entry.name] = tuple(value) if entry.name in _LISTS else value
        else:
            _log.warning("the setting %s is bad and falls back to %r", entry.name, entry.default)
    return Settings(**found)


def save_settings(path: Path, settings: Settings) -> None:
    """Write atomically. Raises SaveError."""
    write_text(path, json.dumps(dataclasses.asdict(settings), ensure_ascii=False, indent=1) + "\n")
