"""Where things lie: bundled files, and the person's own. ARTDESK_HOME puts all of the latter in one folder."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import platformdirs

_NAME = "ArtDesk"
_PACKAGE = Path(__file__).resolve().parent.parent


def bundled(*parts: str) -> Path:
    """A file or folder that ships with ArtDesk: bundled("models"), bundled("resources", "icons")."""
    return _root().joinpath(*parts)


@functools.cache
def _root() -> Path:
    inside = _PACKAGE / "_bundled"
    return inside if inside.is_dir() else _PACKAGE.parent


def _folder(kind: str) -> Path:
    home = os.environ.get("ARTDESK_HOME")
    if home:
        path = Path(home).expanduser() / kind
    elif kind == "data":
        path = Path(platformdirs.user_data_dir(_NAME, appauthor=False))
    elif kind == "config":
        path = Path(platformdirs.user_config_dir(_NAME, appauthor=False))
    elif kind == "cache":
        path = Path(platformdirs.user_cache_dir(_NAME, appauthor=False))
    else:
        path = Path(platformdirs.user_log_dir(_NAME, appauthor=False))
    path.mkdir(parents=True, exist_ok=True)
    return path


def data_dir() -> Path:
    """The person's models, styles, autosaves: never cleaned by anyone but the person."""
    return _folder("data")


def config_dir() -> Path:
    return _folder("config")


def cache_dir() -> Path:
    """What can be made again: thumbnails, measurements."""
    return _folder("cache")


def log_dir() -> Path:
    return _folder("log")
