"""Live painting beside the canvas: newest first, then fine where something changed, and off means off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artdesk.core.errors import OutOfMemory
from artdesk.core.image import as_image
from artdesk.core.requests import StylizeRequest
from artdesk.document.document import Document
from artdesk.document.rect import Rect
from artdesk.ui.paint.live_painter import LEAST_SIDE, LivePainter, region_around
from artdesk.ui.paint.session import StyleChoice
from artdesk.workers.jobs import Job
from tests.ui.paint.conftest import Desk
from tests.ui.paint.hands import drag, noise


@pytest.fixture
def live(desk: Desk) -> LivePainter:
    """The pane switched on over a 1200 x 900 picture, its first pictures painted."""
    desk.open(Document.of_image(noise(1200, 900)))
    desk.workspace.set_style(StyleChoice((("ember", 1.0),)))
    desk.workspace.live_painter.pause_ms = 30
    desk.workspace.set_live_shown(True)
    painter = desk.workspace.live_painter
    finish_all(desk)
    return painter


def painter_of(job: Job) -> str:
    assert isinstance(job.request, StylizeRequest)
    return job.request.painter


def next_job(desk: Desk) -> Job:
    """The job that is under way, once there is one (a large picture is gathered first)."""
    desk.qtbot.waitUntil(lambda: bool(desk.jobs.open), timeout=30000)
    return desk.jobs.open[0]


def finish_all(desk: Desk) -> None:
    """Until both the quick and the fine picture are there."""

    def step() -> bool:
        for job in list(desk.jobs.open):
            desk.jobs.finish(job)
        painter = desk.workspace.live_painter
        return not painter._errands and painter._coarse.empty and painter._waiting.empty

    desk.qtbot.waitUntil(step, timeout=30000)


def test_first_quick_and_small_then_fine_and_whole(desk: Desk) -> None:
    picture = noise(1200, 900)
    desk.open(Document.of_image(picture))
    desk.workspace.set_style(StyleChoice((("ember", 1.0),)))
    desk.workspace.live_painter.pause_ms = 30
    desk.workspace.set_live_shown(True)
    assert desk.workspace.live_pane.isVisible()
    first = next_job(desk)
    assert painter_of(first) == "live"
    assert max(first.request.image.shape) <= 512  # type: ignore[attr-defined]
    desk.jobs.finish()
    assert desk.workspace.live_painter.picture is not None
    desk.qtbot.waitUntil(lambda: len(desk.jobs.open) == 1, timeout=30000)
    fine = desk.jobs.open[0]
    assert painter_of(fine) == "quality"
    assert fine.request.image.shape == (900, 1200, 3)  # type: ignore[attr-defined]
    assert fine.priority < first.priority
    desk.jobs.finish()
    assert np.array_equal(desk.workspace.live_painter.picture, 255 - picture)


def test_a_stroke_repaints_only_its_region_finely(desk: Desk, live: LivePainter) -> None:
    before = np.array(live.picture)
    desk.session.set_color((255, 255, 255, 255))
    drag(desk.canvas, [(100, 100), (140, 110), (180, 100)])
    assert painter_of(next_job(desk)) == "live"
    assert len(desk.jobs.open) == 1  # one at a time, whatever the hand does
    desk.jobs.finish()
    desk.qtbot.waitUntil(
        lambda: any(painter_of(job) == "quality" for job in desk.jobs.open) or _drain(desk), timeout=30000
    )
    fine = next(job for job in desk.jobs.open if painter_of(job) == "quality")
    shape = fine.request.image.shape  # type: ignore[attr-defined]
    assert shape[0] < 900
    assert shape[1] < 1200
    finish_all(desk)
    after = live.picture
    assert after is not None
    truth = 255 - desk.document.composite(desk.document.rect)[..., :3]
    assert np.abs(after[90:110, 110:170].astype(int) - truth[90:110, 110:170]).max() <= 1
    assert np.array_equal(after[600:, 800:], before[600:, 800:])


def _drain(desk: Desk) -> bool:
    """End the quick jobs that wait, so that the fine one can come."""
    for job in list(desk.jobs.open):
        if painter_of(job) == "live":
            desk.jobs.finish(job)
    return False


def test_while_the_hand_moves_the_newest_state_is_next(desk: Desk, live: LivePainter) -> None:
    drag(desk.canvas, [(100, 100), (140, 110)])
    running = next_job(desk)
    drag(desk.canvas, [(300, 300), (340, 310)])
    drag(desk.canvas, [(500, 500), (540, 510)])
    assert desk.jobs.open == [running]
    desk.jobs.finish(running)
    newest = next_job(desk).request
    assert isinstance(newest, StylizeRequest)
    finish_all(desk)
    truth = 255 - desk.document.composite(desk.document.rect)[..., :3]
    assert live.picture is not None
    assert np.abs(live.picture.astype(int) - truth).mean() < 0.5


def test_switched_off_it_stops_at_once(desk: Desk, live: LivePainter) -> None:
    drag(desk.canvas, [(100, 100), (140, 110)])
    job = next_job(desk)
    desk.workspace.live_pane.close_button.click()
    assert job.state == "cancelled"
    assert not desk.jobs.open
    assert live.picture is None
    drag(desk.canvas, [(100, 200), (140, 210)])
    desk.qtbot.wait(60)
    assert not desk.jobs.open


def test_another_style_starts_anew(desk: Desk, live: LivePainter) -> None:
    desk.workspace.set_style(StyleChoice((("frost", 1.0),)))
    assert live.picture is None
    desk.qtbot.waitUntil(lambda: bool(desk.jobs.open), timeout=30000)
    assert desk.jobs.open[0].request.mix == (("frost", 1.0),)  # type: ignore[attr-defined]
    assert "Frost" in desk.workspace.live_pane.title.text()


def test_a_failure_is_words_in_the_pane(desk: Desk, live: LivePainter) -> None:
    drag(desk.canvas, [(100, 100), (140, 110)])
    next_job(desk)
    desk.jobs.fail(OutOfMemory("The device has too little memory."))
    assert "memory" in desk.workspace.live_pane.state.text()
    drag(desk.canvas, [(100, 200), (140, 210)])
    assert next_job(desk)  # the next stroke tries again


def test_without_a_style_it_asks_for_one(desk: Desk) -> None:
    desk.workspace.set_live_shown(True)
    assert not desk.jobs.open
    assert "style" in desk.workspace.live_pane.view.hint.lower()


def test_transparent_places_are_white_paper(desk: Desk) -> None:
    desk.open(Document(100, 80))
    desk.workspace.set_style(StyleChoice((("ember", 1.0),)))
    desk.workspace.set_live_shown(True)
    desk.qtbot.waitUntil(lambda: bool(desk.jobs.open), timeout=30000)
    request = desk.jobs.open[0].request
    assert isinstance(request, StylizeRequest)
    assert (request.image == 255).all()
    assert as_image(request.image).shape[2] == 3


@given(st.integers(1, 2048), st.integers(1, 2048), st.integers(0, 2047), st.integers(0, 2047), st.integers(1, 900))
def test_a_region_holds_what_changed_and_stays_inside(w: int, h: int, x: int, y: int, side: int) -> None:
    whole = Rect(0, 0, w, h)
    core = Rect(x % w, y % h, side, side).intersected(whole)
    region = region_around(core, whole)
    assert region.contains(core)
    assert whole.contains(region)
    assert region.w >= min(w, LEAST_SIDE)
    assert region.h >= min(h, LEAST_SIDE)
