"""What may be dropped on the desk or pasted into it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from artdesk.core.pictures import OPEN_SUFFIXES

PROJECT_SUFFIXES = (".ora", ".psd")
MODEL_SUFFIXES = (".onnx",)
GARDEN_SUFFIXES = (".artdesk-garden",)
_MOST = 200


def dropped_paths(mime: QMimeData) -> list[Path]:
    """The local files of a drop, at most 200; addresses of the network are left alone."""
    return [Path(url.toLocalFile()) for url in mime.urls()[:_MOST] if url.isLocalFile()]


def has_picture(mime: QMimeData) -> bool:
    """Whether something was brought that the desk may be able to take."""
    return mime.hasImage() or any(url.isLocalFile() for url in mime.urls()[:_MOST])


def is_model(path: Path) -> bool:
    """Whether the file calls itself a model."""
    return path.suffix.lower() in MODEL_SUFFIXES


def is_garden(path: Path) -> bool:
    """Whether the file calls itself a garden of generated pictures."""
    return path.suffix.lower() in GARDEN_SUFFIXES


def is_project(path: Path) -> bool:
    """Whether the file calls itself a project with layers."""
    return path.suffix.lower() in PROJECT_SUFFIXES


def is_picture(path: Path) -> bool:
    """Whether the file calls itself a flat picture; what it is shows when it is opened."""
    return path.suffix.lower() in OPEN_SUFFIXES
