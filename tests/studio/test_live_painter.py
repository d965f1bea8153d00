"""Frames: the last frame's statistics hold, looks change at once, and falling back is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from artdesk.core.errors import DeviceLost, UnknownStyle
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken
from artdesk.engine.engine import Engine
from artdesk.engine.families.painter import paint
from artdesk.studio.live import FramePainter, LiveLook
from tests.engine.fakes import faked_engine
from tests.engine.scripted import photograph

FRAME = as_image(photograph(160, 120))
DARK = as_image(FRAME // 3)
TOKEN = CancelToken()


def test_without_a_style_the_frame_goes_through(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    assert painter.paint(FRAME, TOKEN) is FRAME
    painter.set(LiveLook(mix=(("ember", 1.0),), strength=0.0))
    assert np.array_equal(painter.paint(FRAME, TOKEN), FRAME)


def test_the_first_frame_has_its_own_statistics_and_the_next_holds_them(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    painter.set(LiveLook(mix=(("ember", 1.0),), hold=1.0))
    card, code = shared_engine.library.painter("live"), shared_engine.library.code("ember")
    first = paint(shared_engine, card, FRAME, code, token=TOKEN)
    assert np.array_equal(painter.paint(FRAME, TOKEN), first.image)
    held = paint(shared_engine, card, DARK, code, state=first.state, hold=1.0, token=TOKEN).image
    assert np.array_equal(painter.paint(DARK, TOKEN), held)
    painter.reset()
    own = paint(shared_engine, card, DARK, code, token=TOKEN).image
    assert np.array_equal(painter.paint(DARK, TOKEN), own)
    assert not np.array_equal(own, held)


def test_a_new_look_is_in_force_with_the_next_frame(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    painter.set(LiveLook(mix=(("ember", 1.0),), hold=0.0))
    ember = painter.paint(FRAME, TOKEN)
    painter.set(LiveLook(mix=(("frost", 1.0),), hold=0.0, width=80, height=60))
    frost = painter.paint(FRAME, TOKEN)
    assert frost.shape == (60, 80, 3)
    painter.set(LiveLook(mix=(("ember", 1.0),), hold=0.0))
    assert np.array_equal(painter.paint(FRAME, TOKEN), ember)
    painter.set(LiveLook(mix=(("ember", 1.0),), hold=0.0, painter="quality", keep_colors=True))
    assert not np.array_equal(painter.paint(FRAME, TOKEN), ember)


def test_frames_that_were_handed_out_are_not_painted_over(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    painter.set(LiveLook(mix=(("ember", 1.0),)))
    first = painter.paint(FRAME, TOKEN)
    kept = first.copy()
    painter.paint(DARK, TOKEN)
    assert np.array_equal(first, kept)


def test_an_unknown_style_is_told_and_the_next_look_works(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    painter.set(LiveLook(mix=(("nobody", 1.0),)))
    with pytest.raises(UnknownStyle):
        painter.paint(FRAME, TOKEN)
    painter.set(LiveLook(mix=(("ember", 1.0),)))
    assert painter.paint(FRAME, TOKEN).shape == FRAME.shape


def test_a_device_lost_between_frames_is_replaced_and_named(tmp_path: Path) -> None:
    def strike(run: int, inputs: object) -> None:
        if run == 3:
            raise DeviceLost("{device} stopped answering: {reason}", device="cuda", reason="device removed")

    engine, _ = faked_engine(tmp_path, strike)
    painter = FramePainter(engine, device="cuda")
    painter.set(LiveLook(mix=(("ember", 1.0),)))
    devices = []
    for _ in range(4):
        painter.paint(FRAME, TOKEN)
        devices.append(painter.device)
    assert devices == ["cuda", "cuda", "cpu", "cpu"]
    assert "device removed" in str(painter.notes[0])


def test_two_frames_at_once_are_painted_as_one_after_the_other(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    painter.set(LiveLook(mix=(("ember", 1.0),), hold=0.0))
    alone = [painter.paint(frame, TOKEN) for frame in (FRAME, DARK)]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda frame: painter.paint(frame, TOKEN), [FRAME, DARK] * 8))
    assert all(np.abs(image.astype(int) - alone[n % 2]).max() <= 1 for n, image in enumerate(both))


def test_frames_in_flight_when_a_scene_ends_leave_no_statistics(shared_engine: Engine) -> None:
    painter = FramePainter(shared_engine)
    painter.set(LiveLook(mix=(("ember", 1.0),), hold=1.0))
    own = painter.paint(DARK, TOKEN)
    painter.reset()

    class Resets(CancelToken):
        """A new scene begins while this frame is on its way."""

        def check(self) -> None:
            painter.reset()

    painter.paint(FRAME, Resets())
    assert np.array_equal(painter.paint(DARK, TOKEN), own)
