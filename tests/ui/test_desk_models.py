"""Imported models beside the styles: enlarging opens a picture of its own, finding makes an undoable selection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artdesk.core.image import as_image
from artdesk.core.receipt import Receipt
from artdesk.core.requests import MaskRequest, UpscaleRequest
from artdesk.core.results import MaskResult, PictureResult
from artdesk.ui.services import DeskServices
from tests.ui.desk_helpers import Until, opened


@dataclass(frozen=True)
class FakeModel:
    """What the desk knows of an imported model."""

    id: str
    family: str
    title: dict[str, str] = field(default_factory=dict)
    licence: str = ""
    trained_on: str = ""


@pytest.fixture
def services(services: DeskServices, studio: Any) -> DeskServices:
    models = (FakeModel("x2", "upscaler"), FakeModel("sky", "mask"))
    plain = studio.perform

    def perform(request: Any, progress: Any) -> Any:
        receipt = Receipt("x", "", "0" * 64, "cpu")
        if isinstance(request, UpscaleRequest):
            return PictureResult(receipt, (), as_image(request.image.repeat(2, axis=0).repeat(2, axis=1)))
        if isinstance(request, MaskRequest):
            mask = np.zeros(request.image.shape[:2], np.uint8)
            mask[:30] = 255
            return MaskResult(receipt, (), mask)
        return plain(request, progress)

    studio.perform = perform
    return replace(services, models=lambda: models)


def test_enlarging_opens_a_picture_of_its_own(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    window.models.enlarge()
    until(lambda: window.document.width == 180)
    assert window.file.title == "photo.png, enlarged"


def test_finding_selects_and_can_be_undone(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    window.models.select_with_model()
    until(lambda: window.document.selection is not None)
    assert window.document.selection.bounds() == (0, 0, 90, 30)
    window.verbs.undo()
    assert window.document.selection is None


def test_without_a_model_it_says_what_to_do(window: Any, photo: Path, until: Until) -> None:
    opened(window, until, photo)
    window.services = replace(window.services, models=lambda: ())
    window.models.enlarge()
    assert "Import an enlarging model first" in window.messages.texts()[0]


def test_a_photoshop_copy_leaves_the_project_unsaved(window: Any, photo: Path, until: Until, tmp_path: Path) -> None:
    opened(window, until, photo)
    window.document.add_layer(name="mine")
    window.files.save_psd(window.document, tmp_path / "copy.psd")
    until(lambda: any("Exported" in text for text in window.messages.texts()))
    assert window.document.dirty
    window.verbs.may_leave = lambda: True
    opened(window, until, tmp_path / "copy.psd")
    assert next(layer.name for layer in window.document.layers()) == "Background"
