"""What a person asks of a painting holds: strength, colours, masks, alpha, sizes, strokes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from artdesk.core.errors import BadOutput, UnknownStyle, WrongUse
from artdesk.core.image import Image, as_image
from artdesk.core.progress import Progress
from artdesk.core.receipt import COMPOSITE
from artdesk.core.requests import StylizeRequest
from artdesk.engine.engine import Engine
from artdesk.studio import painting
from artdesk.studio.painting import FlatWatch
from artdesk.studio.stylize import stylize
from tests.engine.scripted import photograph

PICTURE = as_image(photograph(230, 170))
MIX = (("ember", 1.0),)


def ask(engine: Engine, image: Image = PICTURE, **more: Any) -> Image:
    return stylize(engine, StylizeRequest(**{"mix": MIX, "image": image, **more}), Progress()).image


def distance(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


def test_strength_zero_is_the_picture_itself(shared_engine: Engine) -> None:
    assert np.array_equal(ask(shared_engine, strength=0.0), PICTURE)


def test_strength_moves_steadily_from_picture_to_style(shared_engine: Engine) -> None:
    steps = [ask(shared_engine, strength=s) for s in (0.0, 0.02, 0.1, 0.2, 0.4, 0.7, 1.0)]
    away = [distance(step, PICTURE) for step in steps]
    assert away == sorted(away)
    assert away[1] < 3
    assert max(abs(b - a) for a, b in itertools.pairwise(away)) < 0.6 * away[-1]


def test_keeping_colours_keeps_them(shared_engine: Engine) -> None:
    painted, kept = ask(shared_engine), ask(shared_engine, keep_colors=True)
    own, plain, colours = (cv2.cvtColor(x, cv2.COLOR_RGB2YCrCb).astype(int) for x in (PICTURE, painted, kept))
    inside = (kept > 2).all(axis=2) & (kept < 253).all(axis=2)  # colours cut off at the gamut's edge change
    assert inside.any()
    assert np.abs(colours[inside][:, 1:] - own[inside][:, 1:]).max() <= 3
    assert np.abs(colours[inside][:, 0] - plain[inside][:, 0]).max() <= 3


def test_a_mask_limits_the_painting(shared_engine: Engine) -> None:
    mask = np.zeros(PICTURE.shape[:2], np.uint8)
    mask[:, 100:] = 255
    mask[:, 90:100] = 128
    result, painted = ask(shared_engine, mask=mask), ask(shared_engine)
    assert np.array_equal(result[:, :90], PICTURE[:, :90])
    assert np.array_equal(result[:, 100:], painted[:, 100:])
    half = (painted[:, 90:100].astype(int) + PICTURE[:, 90:100]) / 2
    assert np.abs(result[:, 90:100] - half).max() <= 2


def test_a_mask_of_another_size_is_wrong_use(shared_engine: Engine) -> None:
    with pytest.raises(WrongUse, match="mask"):
        ask(shared_engine, mask=np.zeros((5, 5), np.uint8))


def test_alpha_is_kept_and_what_nobody_sees_leaves_no_trace(shared_engine: Engine) -> None:
    alpha = np.full((*PICTURE.shape[:2], 1), 255, np.uint8)
    alpha[:60, :80] = 0
    alpha[60:70] = 90
    dark, bright = PICTURE.copy(), PICTURE.copy()
    dark[:60, :80], bright[:60, :80] = 0, 255
    one = ask(shared_engine, as_image(np.dstack([dark, alpha])))
    two = ask(shared_engine, as_image(np.dstack([bright, alpha])))
    assert np.array_equal(one[:, :, 3:], alpha)
    seen = alpha[:, :, 0] > 0
    assert np.array_equal(one[seen], two[seen])


@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 90), stroke=st.sampled_from([0.5, 1.0, 1.7, 3.0]))
def test_any_size_comes_back_in_its_size(shared_engine: Engine, width: int, height: int, stroke: float) -> None:
    image = as_image(photograph(width, height))
    assert ask(shared_engine, image, stroke_size=stroke).shape == image.shape


def test_the_working_size_does_not_change_the_result_s_size(shared_engine: Engine) -> None:
    coarse = ask(shared_engine, size=64)
    assert coarse.shape == PICTURE.shape
    assert distance(coarse, ask(shared_engine)) > 1


@pytest.mark.parametrize("stroke", [0.6, 1.0, 2.0])
def test_tiles_of_any_size_agree(shared_engine: Engine, monkeypatch: pytest.MonkeyPatch, stroke: float) -> None:
    """Small and large tiles with the same statistics give the same painting, strokes of any size included."""
    plain = painting.shared_state

    def one_size(job: Any, source: Any, code: Any, side: int, progress: Progress) -> Any:
        return plain(job, source, code, 160, progress)[0], side

    monkeypatch.setattr(painting, "shared_state", one_size)
    image = as_image(photograph(620, 540))
    small = ask(shared_engine, image, stroke_size=stroke, memory_mb=9)
    large = ask(shared_engine, image, stroke_size=stroke, memory_mb=17)
    # Two passes, one on top of the other, may round twice.
    assert np.abs(small.astype(int) - large).max() <= (2 if stroke == 1 else 6)
    assert np.abs(small.astype(float) - large).mean() < 0.1


def test_tiles_know_the_texture_a_thumbnail_loses(shared_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the picture's own statistics, parts at true size bring tiles nearer than the thumbnail alone."""
    grain = np.random.default_rng(3).normal(0, 30, (900, 1000, 3))
    image = as_image(np.clip(photograph(1000, 900) + grain, 0, 255).astype(np.uint8))
    whole = ask(shared_engine, image)
    monkeypatch.setattr(painting, "tile_side", lambda *_: 400)
    both = distance(ask(shared_engine, image), whole)
    monkeypatch.setattr(painting, "patchwork_rows", lambda *_: None)
    assert both < 0.8 * distance(ask(shared_engine, image), whole)


def test_mixes_lie_between_their_styles(shared_engine: Engine) -> None:
    ember, frost = ask(shared_engine), ask(shared_engine, mix=(("frost", 1.0),))
    mixed = ask(shared_engine, mix=(("ember", 2.0), ("frost", 2.0)))
    assert distance(mixed, ember) < distance(ember, frost)
    assert distance(mixed, frost) < distance(ember, frost)
    assert np.array_equal(ask(shared_engine, mix=(("ember", 5.0),)), ember)


def test_a_style_being_tried_needs_no_id(shared_engine: Engine) -> None:
    code = shared_engine.library.code("frost")
    assert np.array_equal(ask(shared_engine, mix=(), seed_code=code), ask(shared_engine, mix=(("frost", 1.0),)))


def test_quality_and_live_painters_both_take_every_style(shared_engine: Engine) -> None:
    for style in ("ember", "frost", "moss"):
        quality = ask(shared_engine, mix=((style, 1.0),))
        live = ask(shared_engine, mix=((style, 1.0),), painter="live")
        assert not np.array_equal(quality, live)


@pytest.mark.parametrize(
    "wrong", [{"strength": 1.5}, {"strength": float("nan")}, {"stroke_size": 0.1}, {"size": -5}, {"painter": "best"}]
)
def test_values_out_of_range_are_wrong_use(shared_engine: Engine, wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongUse):
        ask(shared_engine, **wrong)


def test_unknown_styles_and_empty_mixes_are_wrong_use(shared_engine: Engine) -> None:
    with pytest.raises(UnknownStyle):
        ask(shared_engine, mix=(("nobody", 1.0),))
    with pytest.raises(WrongUse):
        ask(shared_engine, mix=())


def test_the_receipt_tells_how_to_do_it_again(shared_engine: Engine) -> None:
    request = StylizeRequest(mix=(("ember", 2.0), ("moss", 1.0)), image=PICTURE, strength=0.8, stroke_size=1.5)
    result = stylize(shared_engine, request, Progress())
    receipt = result.receipt
    card = shared_engine.library.painter()
    assert (receipt.model_id, receipt.model_sha256, receipt.device) == (card.id, card.sha256, "cpu")
    assert receipt.source_type == COMPOSITE
    kept = dict(receipt.settings)
    again = replace(request, mix=tuple((s, w) for s, w in kept["mix"]), strength=kept["strength"])
    assert np.array_equal(stylize(shared_engine, again, Progress()).image, result.image)


def test_progress_goes_from_nothing_to_everything(shared_engine: Engine) -> None:
    seen: list[float] = []
    request = StylizeRequest(mix=MIX, image=as_image(photograph(500, 400)), memory_mb=15)
    stylize(shared_engine, request, Progress(lambda fraction, message: seen.append(fraction)))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize(
    ("source", "painted", "fails"),
    [
        (PICTURE, np.zeros_like(PICTURE), "black"),
        (PICTURE, np.full_like(PICTURE, 90), "flat"),
        (PICTURE, np.full_like(PICTURE, 1) * np.array([200, 30, 30], np.uint8), "flat"),
        (np.full_like(PICTURE, 77), np.full_like(PICTURE, 90), ""),
        (np.full_like(PICTURE, 1) * np.array([200, 30, 30], np.uint8), np.full_like(PICTURE, 90), ""),
        (np.zeros_like(PICTURE), np.zeros_like(PICTURE), ""),
        (PICTURE, PICTURE, ""),
    ],
)
def test_flat_and_black_paintings_are_failures_unless_the_picture_was(source: Any, painted: Any, fails: str) -> None:
    watch = FlatWatch()
    for half in (slice(0, 80), slice(80, None)):  # as tiles would come
        watch.see(as_image(source[half]), as_image(painted[half]))
    if fails:
        with pytest.raises(BadOutput, match=fails):
            watch.check()
    else:
        watch.check()


def test_flat_tiles_of_different_colours_are_no_failure() -> None:
    watch = FlatWatch()
    for value in (20, 200):
        tile = as_image(np.full((50, 50, 3), value, np.uint8))
        watch.see(PICTURE, tile)
    watch.check()


def test_a_flat_picture_is_painted(shared_engine: Engine) -> None:
    flat = as_image(np.full((90, 120, 3), 128, np.uint8))
    assert ask(shared_engine, flat).shape == flat.shape
