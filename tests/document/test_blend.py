from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from artdesk.document.blend import BlendMode, blend, faded, premultiplied, straightened
from artdesk.document.document import Document
from artdesk.document.layers import PixelLayer
from artdesk.document.render import QT_MODES
from artdesk.document.tiles import Tiles
from tests.document.w3c import compose

MODES = list(BlendMode)
EDGES = np.array([0, 1, 127, 128, 254, 255], np.uint8)
byte = st.one_of(st.sampled_from([0, 1, 127, 128, 254, 255]), st.integers(0, 255))
Sample: TypeAlias = list[tuple[tuple[int, ...], tuple[int, ...]]]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Up to 40 pairs of pixels, half of their bytes pulled to where formulas break."""
    raw = np.frombuffer(draw(st.binary(min_size=16, max_size=640)), np.uint8)
    raw = raw[: len(raw) // 16 * 16].reshape(-1, 2, 8)
    values, pull = raw[:, 0], raw[:, 1]
    both = np.where(pull < 128, EDGES[pull % 6], values).tolist()
    return [(tuple(v[:4]), tuple(v[4:])) for v in both]


pairs = samples()


def arrays(sample: Sample) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    both = np.array(sample, np.uint8)
    return both[None, :, 0], both[None, :, 1]


def expected(
    mode: BlendMode, sample: list[tuple[tuple[int, ...], tuple[int, ...]]], opacity: float = 1.0
) -> np.ndarray:
    return np.array([compose(mode.value, b, s, opacity) for b, s in sample])


@pytest.mark.parametrize("mode", MODES, ids=lambda m: m.name)
@settings(max_examples=50, deadline=None)
@given(sample=pairs)
def test_blend_follows_the_w3c_formulas(mode: BlendMode, sample: Sample) -> None:
    backdrop, source = arrays(sample)
    got = blend(mode, backdrop, source)[0].astype(float)
    want = expected(mode, sample)
    assert np.abs(got[:, 3] - want[:, 3]).max() <= 1
    weight = got[:, 3:] / 255
    assert np.abs(got[:, :3] * weight - want[:, :3]).max() <= 2


@pytest.mark.parametrize("mode", MODES, ids=lambda m: m.name)
@settings(max_examples=50, deadline=None)
@given(sample=pairs, opacity=st.sampled_from([1.0, 1.0, 0.5, 0.25]))
def test_the_compositor_stays_within_two_steps_of_the_formulas(mode: BlendMode, sample: Sample, opacity: float) -> None:
    backdrop, source = arrays(sample)
    document = Document(len(sample), 1)
    document.root.children = (
        PixelLayer(pixels=Tiles.of_array(backdrop)),
        PixelLayer(pixels=Tiles.of_array(source), mode=mode, opacity=opacity),
    )
    got = document.composite(document.rect, premultiplied=True)[0].astype(float)
    if mode not in QT_MODES:
        # Saturation of a nearly grey backdrop (and the like) magnifies the rounding of the bytes below it: the
        # formula is asked about the backdrop as it is held.
        held = straightened(premultiplied(backdrop))[0].tolist()
        sample = [(tuple(b), s) for b, (_, s) in zip(held, sample, strict=True)]
    # Below full opacity Qt rounds once more.
    assert np.abs(got - expected(mode, sample, opacity)).max() <= (2 if opacity == 1 else 3)


def test_a_source_that_is_not_there_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    backdrop = rng.integers(0, 256, (8, 8, 4), dtype=np.uint8)
    backdrop[..., 3] |= 1
    ghost = rng.integers(0, 256, (8, 8, 4), dtype=np.uint8)
    ghost[..., 3] = 0
    for mode in MODES:
        assert np.array_equal(blend(mode, backdrop, ghost), backdrop), mode
        assert np.array_equal(blend(mode, backdrop, backdrop, opacity=0.0), backdrop), mode


def test_premultiplying_and_back_loses_nothing_where_opaque() -> None:
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (16, 16, 4), dtype=np.uint8)
    exact = np.round(pixels[..., :3].astype(float) * pixels[..., 3:] / 255)
    assert np.abs(premultiplied(pixels)[..., :3] - exact).max() <= 1
    pixels[..., 3] = 255
    assert np.array_equal(straightened(premultiplied(pixels)), pixels)
    assert not straightened(np.zeros((2, 2, 4), np.uint8)).any()


@settings(max_examples=50, deadline=None)
@given(sample=pairs, amount=byte)
def test_fading_goes_from_one_side_to_the_other(sample: Sample, amount: int) -> None:
    before, after = arrays(sample)
    got = faded(before, after, np.full(before.shape[:2], amount, np.uint8)).astype(float)
    t = amount / 255
    alpha = before[..., 3] * (1 - t) + after[..., 3] * t
    assert np.abs(got[..., 3] - alpha).max() <= 1
    if amount == 0:
        assert np.array_equal(got, before)
    if amount == 255:
        assert np.array_equal(got, after)


def test_names_are_the_ones_openraster_knows() -> None:
    assert len(MODES) == 16
    assert all(mode.value.startswith("svg:") for mode in MODES)
    assert BlendMode("svg:src-over") is BlendMode.NORMAL


@pytest.mark.parametrize("mode", MODES, ids=lambda m: m.name)
def test_two_thousand_random_pixels_on_an_opaque_picture(mode: BlendMode) -> None:
    raw = np.random.default_rng(7).integers(0, 256, (2000, 8), dtype=np.uint8)
    raw[:, 3] = 255
    sample: Sample = [(tuple(v[:4]), tuple(v[4:])) for v in raw.tolist()]
    backdrop, source = arrays(sample)
    document = Document(len(sample), 1)
    document.root.children = (
        PixelLayer(pixels=Tiles.of_array(backdrop)),
        PixelLayer(pixels=Tiles.of_array(source), mode=mode),
    )
    error = np.abs(document.composite(document.rect)[0].astype(float) - expected(mode, sample))
    assert error.max() <= 2
    assert error.mean() < 0.5
