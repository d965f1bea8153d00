"""A desk whose studio grows pictures without a network: each one is a flat colour that its recipe decides."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artdesk.core.errors import EngineError
from artdesk.core.garden import Garden, GardenModel
from artdesk.core.image import Image, as_image
from artdesk.core.progress import Progress
from artdesk.core.receipt import GENERATED, Receipt
from artdesk.core.requests import (
    DirectionsRequest,
    EncodePointRequest,
    FinishRequest,
    GenerateRequest,
    WalkRequest,
)
from artdesk.core.results import (
    DirectionsResult,
    EncodePointResult,
    GardenPicture,
    GenerateResult,
    Note,
    PictureResult,
    WalkResult,
)
from artdesk.core.settings import Settings
from artdesk.ui.garden.pictures import recipe_of
from artdesk.ui.services import DeskServices, SettingsStore
from artdesk.workers.jobs import JobRunner
from tests.ui.conftest import FakeStudio

POINT = "f2:AAAA:00000000"
MEADOW = GardenModel("meadow", "a" * 64, {"en": "Meadow", "zh": "草地"}, 32, 32, encodes=True, truncation=0.7)
GLASS = GardenModel(
    "glass",
    "b" * 64,
    {"en": "Glass", "zh": "玻璃"},
    32,
    32,
    classes=({"en": "Red", "zh": "红"}, {"en": "Blue", "zh": "蓝"}),
)


def picture_of(garden: Garden, node: int) -> Image:
    """What the fake studio makes of a node."""
    colour = [abs(hash((channel, repr(recipe_of(garden.nodes[node]))))) % 256 for channel in range(3)]
    return as_image(np.full((32, 32, 3), colour, np.uint8))


class GardenStudio(FakeStudio):
    """Answers the garden's requests; `gate` holds every picture back while it is not set."""

    def __init__(self) -> None:
        super().__init__()
        self.models: list[GardenModel] = [MEADOW, GLASS]
        self.gate = threading.Event()
        self.gate.set()
        self.grown: list[int] = []
        self.broken = False
        self.said: tuple[Note, ...] = ()

    def perform(self, request: Any, progress: Progress) -> Any:
        receipt = Receipt("generate", "meadow", "a" * 64, "cpu", source_type=GENERATED)
        if isinstance(request, GenerateRequest):
            self.asked.append(request)
            images = []
            for index, node in enumerate(request.nodes):
                while not self.gate.wait(0.01):
                    progress.step(0.0)
                if self.broken:
                    raise EngineError("The model “{model}” is not well.", model=request.model_id)
                images.append(picture_of(request.garden, node))
                self.grown.append(node)
                progress.hand(GardenPicture(index, node, images[-1], receipt))
                progress.step((index + 1) / len(request.nodes))
            return GenerateResult(receipt, self.said, tuple(images), (receipt,) * len(images), "cpu", 0.1)
        if isinstance(request, DirectionsRequest):
            self.asked.append(request)
            return DirectionsResult(receipt, (), 8, (0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05))
        if isinstance(request, EncodePointRequest):
            self.asked.append(request)
            return EncodePointResult(receipt, (), POINT, request.image)
        if isinstance(request, FinishRequest):
            self.asked.append(request)
            side = round(request.image.shape[0] * request.factor)
            return PictureResult(receipt, (Note("A note"),), as_image(np.full((side, side, 3), 9, np.uint8)))
        if isinstance(request, WalkRequest):
            self.asked.append(request)
            while not self.gate.wait(0.01):
                progress.step(0.1)
            request.target.write_bytes(b"film")
            return WalkResult(receipt, (), request.target, 32, 32, 10)
        return super().perform(request, progress)


@pytest.fixture
def studio() -> Iterator[GardenStudio]:
    made = GardenStudio()
    yield made
    made.gate.set()


@pytest.fixture
def services(qapp: Any, studio: GardenStudio, tmp_path: Path, english: None) -> Iterator[DeskServices]:
    jobs = JobRunner(lambda request, progress: studio.perform(request, progress))
    yield DeskServices(
        jobs=jobs,
        settings=SettingsStore(None, Settings(language="en")),
        data=tmp_path,
        styles=lambda: tuple(studio.styles),
        remove_style=studio.remove,
        garden_models=lambda: tuple(studio.models),
    )
    assert jobs.shutdown(5.0)


@pytest.fixture
def page(window: Any, until: Any) -> Any:
    """The garden in front, its first page grown."""
    window.garden.set_shown(True)
    until(lambda: window.garden.keeper.page is not None)
    made = window.garden.page
    until(lambda: all(made.pictures.made(node) for node in made.keeper.page.nodes))
    return made


@pytest.fixture
def window(window: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The desk, which asks nobody when it is closed at the end."""
    yield window
    monkeypatch.setattr(window.garden, "may_leave", lambda: True)
