"""A desk for tests: settings in memory, and a scripted painter instead of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artdesk.core.errors import ArtDeskError, OutOfMemory
from artdesk.core.image import as_image
from artdesk.core.progress import Progress
from artdesk.core.receipt import Receipt
from artdesk.core.requests import EncodeStyleRequest, StylizeRequest
from artdesk.core.results import Note, PictureResult, StyleResult
from artdesk.core.settings import Settings
from artdesk.ui.i18n import set_language
from artdesk.ui.services import DeskServices, SettingsStore
from artdesk.workers.jobs import JobRunner


@dataclass(frozen=True)
class FakeStyle:
    """What the gallery shows of a style."""

    id: str
    title: dict[str, str]
    artist: dict[str, str] = field(default_factory=dict)
    year: str = ""
    technique: str = ""
    preview: Path = Path()
    kind: str = "bundled"
    model_id: str | None = None
    rights: str = ""


class FakeStudio:
    """Paints by turning the colours round; the red channel tells which style it was."""

    def __init__(self) -> None:
        self.styles: list[FakeStyle] = [
            FakeStyle("wave", {"en": "The Wave", "zh": "巨浪"}, {"en": "Hokusai", "zh": "北斋"}, "1831", "woodcut"),
            FakeStyle("night", {"en": "Starry Night", "zh": "星夜"}, {"en": "Van Gogh", "zh": "梵高"}, "1889", "oil"),
            FakeStyle("foreign", {"en": "Candy", "zh": "糖果"}, kind="model", model_id="candy"),
        ]
        self.asked: list[Any] = []
        self.failure: ArtDeskError | None = None
        self.notes: tuple[Note, ...] = ()

    def perform(self, request: Any, progress: Progress) -> Any:
        self.asked.append(request)
        progress.step(0.5)
        if isinstance(request, StylizeRequest):
            if self.failure is not None:
                raise self.failure
            painted = np.array(request.image[:, :, :3])
            painted = 255 - painted
            painted[:, :, 0] = [s.id for s in self.styles].index(request.mix[0][0]) * 40
            settings = {"mix": [list(part) for part in request.mix], "strength": request.strength}
            receipt = Receipt("stylize", "painter", "0" * 64, "cpu", settings, seconds=0.2)
            return PictureResult(receipt, self.notes, as_image(painted))
        if isinstance(request, EncodeStyleRequest):
            made = FakeStyle("own_1", {"en": request.name, "zh": request.name}, kind="own")
            self.styles.append(made)
            return StyleResult(Receipt("encode_style", "stylist", "0" * 64, "cpu"), (), "own_1")
        raise OutOfMemory("There is not enough memory for this picture.")

    def remove(self, style_id: str) -> None:
        self.styles = [style for style in self.styles if style.id != style_id]


@pytest.fixture
def studio() -> FakeStudio:
    return FakeStudio()


@pytest.fixture
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def services(qapp: Any, studio: FakeStudio, tmp_path: Path, english: None) -> Iterator[DeskServices]:
    jobs = JobRunner(lambda request, progress: studio.perform(request, progress))
    yield DeskServices(
        jobs=jobs,
        settings=SettingsStore(None, Settings(language="en")),
        data=tmp_path,
        styles=lambda: tuple(studio.styles),
        remove_style=studio.remove,
        seconds_for=lambda painter, pixels, device: pixels / 1e6,
    )
    assert jobs.shutdown(5.0)


@pytest.fixture
def window(qtbot: Any, services: DeskServices, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from artdesk.ui.desk.main_window import MainWindow

    made = MainWindow(services)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    monkeypatch.setattr(made.verbs, "may_leave", lambda: True)
    made.close()
    qtbot.wait(10)
    made.deleteLater()
    qtbot.wait(10)


@pytest.fixture
def until(qtbot: Any) -> Callable[[Callable[[], bool]], None]:
    return lambda true: qtbot.waitUntil(true, timeout=8000)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from artdesk.core.pictures import save_picture

    pixels = np.random.default_rng(4).integers(0, 256, (60, 90, 3), np.uint8)
    return save_picture(tmp_path / "photo.png", as_image(pixels))
