"""Style layers are painted when the hand rests, in order, and never in the way."""

from __future__ import annotations

import numpy as np
import pytest

from artdesk.core.errors import OutOfMemory
from artdesk.core.requests import StylizeRequest
from artdesk.document.document import Document
from artdesk.document.layers import StyleLayer
from artdesk.document.rect import Rect
from artdesk.ui.paint import style_layers
from artdesk.ui.paint.session import StyleChoice
from tests.ui.paint.conftest import Desk
from tests.ui.paint.hands import drag, noise


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_layers, "PAUSE_MS", 20)


def add(desk: Desk, style: str = "ember") -> StyleLayer:
    desk.workspace.set_style(StyleChoice(((style, 1.0),), strength=0.5, stroke_size=2.0))
    desk.workspace.add_style_layer()
    layer = desk.document.active_layer
    assert isinstance(layer, StyleLayer)
    return layer


def job_comes(desk: Desk, count: int = 1) -> None:
    desk.qtbot.waitUntil(lambda: len(desk.jobs.open) == count, timeout=30000)


def test_a_new_style_layer_is_painted_from_what_lies_below(desk: Desk) -> None:
    source = desk.document.composite(desk.document.rect)
    layer = add(desk)
    job_comes(desk)
    assert desk.workspace.style_layers.painting(layer.id)
    request = desk.jobs.open[0].request
    assert isinstance(request, StylizeRequest)
    assert np.array_equal(request.image, source)
    assert (request.mix, request.strength, request.stroke_size) == ((("ember", 1.0),), 0.5, 2.0)
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not layer.stale, timeout=30000)
    shown = desk.document.composite(desk.document.rect)
    assert np.array_equal(shown[..., :3], 255 - source[..., :3])
    assert not desk.workspace.style_layers.painting(layer.id)


def test_a_stroke_below_paints_it_anew_and_one_undo_takes_both_back(desk: Desk) -> None:
    document = desk.document
    ground = document.active_layer
    assert ground is not None
    layer = add(desk)
    job_comes(desk)
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not layer.stale, timeout=30000)
    before = document.composite(document.rect)
    document.set_active(ground)
    desk.session.set_color((255, 0, 0, 255))
    drag(desk.canvas, [(50, 50), (100, 60), (150, 50)])
    assert layer.stale
    job_comes(desk)
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not layer.stale, timeout=30000)
    assert tuple(document.composite(Rect(100, 56, 1, 1))[0, 0][:3]) == (0, 255, 255)
    document.undo()
    assert np.array_equal(document.composite(document.rect), before)
    assert not layer.stale


def test_a_change_while_it_is_painted_supersedes_the_old_job(desk: Desk) -> None:
    layer = add(desk)
    job_comes(desk)
    first = desk.jobs.open[0]
    desk.document.set_layer(layer, strength=0.9)
    desk.qtbot.waitUntil(lambda: first.state in ("superseded", "cancelled") and bool(desk.jobs.open), timeout=30000)
    request = desk.jobs.open[0].request
    assert isinstance(request, StylizeRequest)
    assert request.strength == 0.9


def test_two_layers_are_painted_from_the_lower_one_up(desk: Desk) -> None:
    lower, upper = add(desk, "ember"), add(desk, "frost")
    job_comes(desk)
    assert desk.jobs.open[0].request.mix == (("ember", 1.0),)  # type: ignore[attr-defined]
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not lower.stale and len(desk.jobs.open) == 1, timeout=30000)
    request = desk.jobs.open[0].request
    assert isinstance(request, StylizeRequest)
    assert request.mix == (("frost", 1.0),)
    assert np.array_equal(request.image, desk.document.below(upper, desk.document.rect))
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not upper.stale, timeout=30000)


def test_a_failure_is_told_once_and_tried_again_when_something_changes(desk: Desk) -> None:
    layer = add(desk)
    job_comes(desk)
    desk.jobs.fail(OutOfMemory("The device has too little memory."))
    assert "memory" in str(desk.errors[-1])
    assert desk.workspace.style_layers.could_not(layer)
    desk.qtbot.wait(80)
    assert not desk.jobs.open
    desk.document.set_layer(layer, strength=0.2)
    job_comes(desk)


def test_painting_again_on_demand(desk: Desk) -> None:
    layer = add(desk)
    job_comes(desk)
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not layer.stale, timeout=30000)
    desk.workspace.repaint_style()
    job_comes(desk)
    desk.jobs.finish()


def test_a_selection_becomes_the_mask_and_limits_the_style(desk: Desk) -> None:
    desk.take("rect_select")
    drag(desk.canvas, [(100, 100), (150, 120), (200, 180)])
    before = desk.document.composite(desk.document.rect)
    layer = add(desk)
    job_comes(desk)
    desk.jobs.finish()
    desk.qtbot.waitUntil(lambda: not layer.stale, timeout=30000)
    changed = (desk.document.composite(desk.document.rect) != before).any(-1)
    rows, columns = np.nonzero(changed)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (100, 199, 100, 179)


def test_a_large_result_is_taken_in_by_bands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_layers, "BAND_PIXELS", 400 * 256)
    desk.open(Document.of_image(noise(400, 900)))
    layer = add(desk)
    job_comes(desk)
    source = desk.document.below(layer, desk.document.rect)
    desk.jobs.finish()
    assert layer.stale  # the rest follows with the next turns of the event loop
    desk.qtbot.waitUntil(lambda: not layer.stale, timeout=30000)
    assert np.array_equal(desk.document.composite(desk.document.rect)[..., :3], 255 - source[..., :3])


def test_another_document_gives_up_the_painting_under_way(desk: Desk) -> None:
    add(desk)
    job_comes(desk)
    job = desk.jobs.open[0]
    desk.open()
    assert job.state == "cancelled"
