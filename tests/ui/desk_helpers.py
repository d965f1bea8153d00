"""Small verbs the tests of the desk share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Until = Callable[[Callable[[], bool]], None]


def opened(window: Any, until: Until, path: Path) -> None:
    """Open a file and wait until it lies on the desk."""
    before = window.file
    window.verbs.open_path(path)
    until(lambda: window.file is not None and window.file is not before)


def painted(window: Any, until: Until, style: str) -> None:
    """Click a style and wait until its painting lies on the canvas."""
    before = window.document.history.state_id
    window.gallery.style_chosen.emit(style)
    until(lambda: window.document.history.state_id != before)
