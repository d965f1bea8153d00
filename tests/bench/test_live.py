"""The live bench over tiny scripted networks: that it measures what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from artdesk.bench import live
from artdesk.core.live import LiveSettings
from artdesk.studio.perform import Studio
from tests.engine import scripted


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(scripted.open_engine(tmp_path))


def test_a_still_scene_differs_by_its_noise_only() -> None:
    still = live.scene(160, 120)
    frames = [live.noisy(still, n) for n in range(6)]
    # the mean difference of two noises of deviation 4 is 4 · 2 / √π
    assert live._change(frames) == pytest.approx(4.5, abs=0.6)
    assert np.abs(np.mean(frames, axis=0) - still).mean() < 2.5


def test_a_pan_moves_by_its_step() -> None:
    first, second = live.panning(2, step=4, sigma=0.0)
    assert first.shape == (live.HEIGHT, live.WIDTH, 3)
    assert np.array_equal(first[:, :-4], second[:, 4:])


def test_flicker_and_lag_are_measured(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WIDTH", 160)
    monkeypatch.setattr(live, "HEIGHT", 120)
    settings = LiveSettings(mix=((scripted.STYLES[0], 1.0),), auto=False)
    figures = live._flicker(studio, settings, 8)
    assert figures["flicker_in"] == pytest.approx(4.5, abs=0.6)
    assert figures["flicker_ratio"] < 1 / 3
    assert live._edge_lag(studio, settings, 6) <= 1
