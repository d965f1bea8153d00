"""Brushes: what a stroke leaves behind, whatever the pen reports and however often."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.document.brush import PRESETS, BrushSettings, Grain, Response, StrokeMode, Tip, preset
from artdesk.document.brush.path import Sample, StrokePath
from artdesk.document.brush.presets import render_preview
from artdesk.document.brush.tips import grain, tip_mask

# settings


def test_settings_survive_json() -> None:
    brush = BrushSettings(
        tip=Tip.CHALK, size=33.5, texture=Grain.PAPER, flow_pressure=Response(0.2, 2.0), follow_direction=True
    )
    assert BrushSettings.from_dict(json.loads(json.dumps(brush.to_dict()))) == brush


@given(
    st.dictionaries(
        st.sampled_from(sorted(BrushSettings().to_dict())),
        st.one_of(
            st.none(),
            st.text(),
            st.floats(),
            st.booleans(),
            st.lists(st.integers()),
            st.dictionaries(st.text(), st.text()),
        ),
    )
)
def test_settings_from_anywhere_are_usable(values: dict[str, object]) -> None:
    brush = BrushSettings.from_dict(values)
    assert 1.0 <= brush.size <= 2000.0
    assert all(0.0 <= part <= 1.0 for part in (brush.hardness, brush.opacity, brush.flow, brush.stabiliser))
    assert 0.02 <= brush.spacing <= 3.0


def test_one_bad_value_spoils_no_other() -> None:
    brush = BrushSettings.from_dict({"tip": "hammer", "size": 77, "flow": "much", "size_pressure": 3})
    assert (brush.tip, brush.size, brush.flow, brush.size_pressure) == (Tip.ROUND, 77.0, 1.0, None)


# tips


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(list(Tip)),
    st.floats(1, 300),
    st.floats(0, 1),
    st.floats(0, 360),
    st.floats(0.05, 1),
    st.floats(-500, 500),
    st.floats(-500, 500),
)
def test_tips_stay_within_their_circle(
    tip: Tip, size: float, hardness: float, angle: float, ratio: float, x: float, y: float
) -> None:
    mask, left, top = tip_mask(tip, x, y, size, hardness=hardness, angle=angle, ratio=ratio)
    assert mask.dtype == np.float32
    assert float(mask.min()) >= 0.0
    assert float(mask.max()) <= 1.0
    rows, columns = np.nonzero(mask > 0.004)
    reach = size / 2 * (math.sqrt(2) if tip is Tip.FLAT else 1.0) * 1.03 + 2.0
    distance = np.hypot(columns + left + 0.5 - x, rows + top + 0.5 - y)
    assert distance.size == 0 or float(distance.max()) <= reach


def test_a_hard_round_tip_covers_its_area() -> None:
    mask = tip_mask(Tip.ROUND, 50.5, 50.5, 40.0, hardness=1.0).mask
    assert float(mask.sum()) == pytest.approx(math.pi * 20**2, rel=0.01)


def test_tips_are_centred_between_pixels_too() -> None:
    for x, y in ((10.0, 10.0), (10.25, 10.5), (10.5, 10.75)):
        mask, left, top = tip_mask(Tip.ROUND, x, y, 30.0, hardness=0.5)
        columns = np.arange(mask.shape[1]) + left + 0.5
        rows = np.arange(mask.shape[0]) + top + 0.5
        assert float((mask.sum(axis=0) * columns).sum() / mask.sum()) == pytest.approx(x, abs=0.02)
        assert float((mask.sum(axis=1) * rows).sum() / mask.sum()) == pytest.approx(y, abs=0.02)


@pytest.mark.parametrize("kind", [Grain.PAPER, Grain.CANVAS, Grain.ROUGH])
def test_grain_repeats_without_a_seam(kind: Grain) -> None:
    surface = grain(kind)
    inner = float(np.abs(np.diff(surface, axis=0)).mean())
    seam = float(np.abs(surface[0] - surface[-1]).mean())
    assert seam < inner * 1.6
    assert float(surface.std()) > 0.15


# path


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.floats(0.05, 1.0), st.floats(4, 80))
def test_dabs_lie_evenly_whatever_the_rate_of_events(events: int, spacing: float, size: float) -> None:
    path = StrokePath(BrushSettings(size=size, spacing=spacing))
    dabs = path.start(Sample(0, 0))
    for event in range(1, events + 1):
        dabs += path.move(Sample(400 * event / events, 0))
    dabs += path.finish()
    steps = np.diff([dab.x for dab in dabs])
    assert np.allclose(steps, max(0.75, size * spacing), rtol=0.02, atol=0.01)
    assert abs(len(dabs) - 1 - 400 / max(0.75, size * spacing)) <= 1


def test_curves_are_smooth() -> None:
    path = StrokePath(BrushSettings(size=10, spacing=0.1))
    dabs = path.start(Sample(0, 0)) + path.move(Sample(100, 0)) + path.move(Sample(100, 100)) + path.finish()
    turns = np.unwrap(np.arctan2(np.diff([d.y for d in dabs]), np.diff([d.x for d in dabs])))
    assert float(np.abs(np.diff(turns)).max()) < 0.2
    assert (dabs[-1].x, dabs[-1].y) == pytest.approx((100, 100), abs=1.0)


def test_the_stabiliser_calms_a_trembling_hand_and_still_arrives() -> None:
    def drawn(stabiliser: float) -> list[float]:
        path = StrokePath(BrushSettings(size=8, spacing=0.2, stabiliser=stabiliser))
        dabs = path.start(Sample(0, 0))
        for x in range(5, 400, 5):
            dabs += path.move(Sample(x, 6.0 * (-1) ** x))
        dabs += path.finish()
        assert dabs[-1].x == pytest.approx(395, abs=2.0)
        return [dab.y for dab in dabs[: len(dabs) * 3 // 4]]

    assert np.std(drawn(0.8)) < 0.3 * np.std(drawn(0.0))


def test_pressure_and_tilt_shape_the_dabs() -> None:
    brush = BrushSettings(
        size=100,
        size_pressure=Response(0.1, 1.0),
        opacity_pressure=Response(0.0, 2.0),
        tilt_turns=True,
        tilt_flattens=1.0,
    )
    light = StrokePath(brush).start(Sample(0, 0, 0.5, 0.0, 0.0))[0]
    firm = StrokePath(brush).start(Sample(0, 0, 1.0, 0.0, -60.0))[0]
    assert [light.size, light.ceiling, light.ratio] == pytest.approx([55, 0.25, 1.0])
    assert (firm.size, firm.ceiling) == (100, 1.0)
    assert firm.ratio < 0.15
    assert firm.angle == pytest.approx(90)


# presets


def test_every_preset_leaves_its_own_picture() -> None:
    pictures = {one.id: render_preview(one.settings, one.mode) for one in PRESETS}
    assert len(pictures) == len(PRESETS)
    assert len({picture.tobytes() for picture in pictures.values()}) == len(PRESETS)
    for picture in pictures.values():
        assert picture.shape == (64, 240, 4)
        assert int(np.ptp(picture, axis=(0, 1)).max()) > 60
    modes = {one.mode for one in PRESETS}
    assert modes == set(StrokeMode)
    assert {one.settings.tip for one in PRESETS} == set(Tip)
    assert preset("ink_pen") is PRESETS[0]
    assert preset("nothing") is None
