"""What the desk is handed: everything that lies outside `ui`, as one small frozen bundle made by `app.py`.

The interface knows neither the engine nor the studio nor the camera; it sees the shapes below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal

from artdesk.core.garden import GardenModel
from artdesk.core.requests import StylizeSettings
from artdesk.core.settings import Settings, load_settings, save_settings

if TYPE_CHECKING:
    from artdesk.workers.jobs import JobRunner


class StyleLike(Protocol):
    """A style as the gallery shows it (engine.library.StyleInfo has this shape)."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> Mapping[str, str]: ...
    @property
    def artist(self) -> Mapping[str, str]: ...
    @property
    def year(self) -> str: ...
    @property
    def technique(self) -> str: ...
    @property
    def preview(self) -> Path: ...
    @property
    def kind(self) -> str:
        """ "bundled", "own", or "model" (an imported network standing as a style)."""

    @property
    def model_id(self) -> str | None: ...
    @property
    def rights(self) -> str: ...


class ModelLike(Protocol):
    """A model as the preferences and the about box show it (engine.cards.ModelCard has this shape)."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> Mapping[str, str]: ...
    @property
    def family(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def trained_on(self) -> str: ...


class DeviceLike(Protocol):
    """A place networks can run on (engine.devices.Device has this shape)."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def available(self) -> bool: ...
    @property
    def reason(self) -> str: ...


class BatchQueue(Protocol):
    """A journal of pictures to paint that survives a restart (studio.batch_queue.BatchQueue has this shape)."""

    def entries(self) -> Sequence[Any]: ...
    def add(self, places: Sequence[Path], output: Path, settings: StylizeSettings, **how: Any) -> Sequence[Any]: ...
    def take(self) -> Any: ...
    def mark(self, identity: str, state: Any, error: str = "") -> Any: ...
    def retry(self, identities: Iterable[str] = ()) -> None: ...
    def remove(self, identities: Iterable[str]) -> None: ...
    def clear_ended(self) -> None: ...


class SettingsStore(QObject):
    """The person's settings: one frozen value, changed in one place, written at once, said to everybody who listens."""

    changed = Signal(object, object)  # (before: Settings, now: Settings)

    def __init__(self, path: Path | None = None, value: Settings | None = None, parent: QObject | None = None) -> None:
        """`path` None keeps the settings in memory alone (tests)."""
        super().__init__(parent)
        self._path = path
        self._value = value if value is not None else (load_settings(path) if path is not None else Settings())

    @property
    def value(self) -> Settings:
        """The settings in force."""
        return self._value

    def change(self, **values: Any) -> None:
        """Change some settings by name.

        Raises TypeError for an unknown name and SaveError when they cannot be written.
        """
        before, now = self._value, replace(self._value, **values)
        if now == before:
            return
        self._value = now
        self.changed.emit(before, now)
        if self._path is not None:
            save_settings(self._path, now)


class LibraryNews(QObject):
    """Says that the library was read anew: styles, models or devices may be others now."""

    changed = Signal()


def _no_styles() -> Sequence[StyleLike]:
    return ()


def _no_devices() -> Sequence[DeviceLike]:
    return ()


def _no_models() -> Sequence[ModelLike]:
    return ()


def _no_gardens() -> Sequence[GardenModel]:
    return ()


def _no_problems() -> Sequence[object]:
    return ()


def _nothing_to_remove(style_id: str) -> None:
    raise LookupError(style_id)


@dataclass(frozen=True)
class DeskServices:
    """Handed to every window.

    `jobs` runs requests on the inference thread. `styles`, `models`, `garden_models`, `devices`, `problems` answer
    from memory (cheap, any thread); before the library has been read they give nothing, and `news.changed` says when
    they have others. `remove_style` takes away one of the person's own (slow: call it in the background).
    `seconds_for(painter, pixels, device)` estimates a painting. `data` is the folder for autosaves and the queue,
    `batch` reads the queue. `live` makes what the live window needs (ui/live/services; slow: call it in the
    background); None where no camera part was handed in.
    """

    jobs: JobRunner
    settings: SettingsStore
    data: Path
    styles: Callable[[], Sequence[StyleLike]] = _no_styles
    models: Callable[[], Sequence[ModelLike]] = _no_models
    devices: Callable[[], Sequence[DeviceLike]] = _no_devices
    garden_models: Callable[[], Sequence[GardenModel]] = _no_gardens
    problems: Callable[[], Sequence[object]] = _no_problems
    remove_style: Callable[[str], None] = _nothing_to_remove
    seconds_for: Callable[[str, int, str], float | None] = field(default=lambda painter, pixels, device: None)
    news: LibraryNews = field(default_factory=LibraryNews)
    batch: Callable[[], BatchQueue] | None = None
    live: Callable[[], Any] | None = None

    def style(self, style_id: str) -> StyleLike | None:
        """The style of that id, or None."""
        return next((style for style in self.styles() if style.id == style_id), None)

    def __iter__(self) -> Iterator[object]:  # a bundle is no sequence: unpacking one is a mistake
        raise TypeError("DeskServices cannot be unpacked")
