"""Generating: the same recipe gives the same bits, whatever else is made; each picture comes as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core import garden as gardens
from artdesk.core.errors import Cancelled, ProjectError, UnknownModel, WrongUse
from artdesk.core.garden import Garden, new_garden
from artdesk.core.garden_file import garden_in, load_garden, save_garden
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.core.receipt import COMPOSITE, GENERATED
from artdesk.core.requests import (
    DirectionsRequest,
    EncodePointRequest,
    FinishRequest,
    GenerateRequest,
    ImportModelRequest,
)
from artdesk.core.results import GardenPicture
from artdesk.engine.engine import Engine
from artdesk.engine.families import latent_space
from artdesk.engine.families.latent import Point, map_draws, one_hot
from artdesk.engine.families.latent_space import directions, draws, mean_w
from artdesk.studio import import_model
from artdesk.studio.finish import best_upscaler
from artdesk.studio.garden_models import default_model, garden_models
from artdesk.studio.garden_points import Points, between, pack_point, unpack_point
from artdesk.studio.perform import Studio
from tests.engine.foreign import makers as foreign
from tests.engine.latent_makers import SIDE, W, Z, open_gardens
from tests.engine.scripted import PROCESSOR, photograph, write_library
from tests.studio.foreign_studio import probe_here


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    made = Studio(open_gardens(tmp_path_factory.mktemp("gardens")))
    yield made
    made.close()


def full(model: str, sha: str = "") -> Garden:
    """A garden with every kind of node."""
    garden = gardens.sow(new_garden(model, sha), 4, 77, 0.8)
    garden = gardens.descend(garden, 1, 3, 0.4, 500)
    garden = gardens.cross(garden, [(0, 1.0), (4, 2.5), (2, 0.5)], 3, 0.2, 9)
    garden = gardens.steer(garden, 7, [(0, 1.5), (2, -2.0)])
    point = pack_point(np.linspace(-1, 1, W if model == "mapped" else Z).astype(np.float32))
    garden = gardens.plant_picture(garden, point, "mine", 3, 0.5, 40)
    return gardens.descend(garden, 10, 2, 1.3, 1)


def pictures(studio: Studio, garden: Garden, nodes: Any) -> list[Any]:
    result: Any = studio.perform(GenerateRequest(garden.model_id, garden, tuple(nodes)), Progress())
    return list(result.images)


@pytest.mark.parametrize("model", ["mapped", "plain"])
def test_order_company_and_restarts_change_no_bit(studio: Studio, tmp_path: Path, model: str) -> None:
    garden = full(model)
    every = range(len(garden.nodes))
    one = pictures(studio, garden, every)
    other = pictures(studio, garden, reversed(every))
    assert all(np.array_equal(a, b) for a, b in zip(one, reversed(other), strict=True))
    alone = [pictures(studio, gardens.cutting(garden, n), [len(gardens.ancestors(garden, n)) - 1])[0] for n in every]
    assert all(np.array_equal(a, b) for a, b in zip(one, alone, strict=True))
    save_garden(tmp_path / "a.artdesk-garden", garden)
    latent_space.forget()
    fresh = Studio(open_gardens(tmp_path / "fresh"))
    again = pictures(fresh, load_garden(tmp_path / "a.artdesk-garden"), every)
    fresh.close()
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    different = {image.tobytes() for image in one}
    assert len(different) == len(one)


def test_the_bar_moves_with_the_pictures(tmp_path: Path) -> None:
    """Working out the mean, which comes first, does not fill it."""
    latent_space.forget()
    fresh = Studio(open_gardens(tmp_path))
    seen: list[tuple[int, float]] = []
    taken: list[object] = []
    progress = Progress(lambda fraction, message: seen.append((len(taken), fraction)), take=taken.append)
    fresh.perform(GenerateRequest("mapped", full("mapped"), (0, 1, 2, 3)), progress)
    fresh.close()
    assert all(fraction <= (count + 1) / 4 for count, fraction in seen)
    assert seen[-1] == (4, 1.0)


def test_pictures_are_handed_over_one_by_one(studio: Studio) -> None:
    garden = full("mapped")
    token, taken = CancelToken(), []

    def take(part: object) -> None:
        assert isinstance(part, GardenPicture)
        taken.append(part)
        if len(taken) == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        studio.perform(GenerateRequest("mapped", garden, (5, 2, 8, 1)), Progress(token=token, take=take))
    assert [(p.index, p.node) for p in taken] == [(0, 5), (1, 2), (2, 8)]
    assert np.array_equal(taken[1].image, pictures(studio, garden, [2])[0])
    kept = garden_in(taken[2].receipt)
    assert kept is not None
    assert np.array_equal(pictures(studio, kept, [n.id for n in kept.page()])[0], taken[2].image)
    assert taken[0].receipt.source_type == GENERATED
    assert taken[1].receipt.seed == 79


def test_the_arithmetic(studio: Studio) -> None:
    """Written out a second time, from the formulas."""
    card = studio.engine.library.model("mapped")
    garden = full("mapped")
    points = Points(studio.engine, card, garden, CancelToken())

    def mapped(seed: int) -> Any:
        return map_draws(studio.engine, card, draws(seed, 1, Z), one_hot(card, 0), token=CancelToken())[0]

    mean = mean_w(studio.engine, card, 0, Progress())
    seeds = {n: mean + np.float32(0.8) * (mapped(77 + n) - mean) for n in range(4)}
    assert np.allclose(points.of(2).w, seeds[2], atol=1e-6)
    child = seeds[1] + 0.4 * 0.8 * (mapped(500) - mean)
    assert np.allclose(points.of(4).w, child, atol=1e-5)
    crossed = (seeds[0] * 1.0 + child * 2.5 + seeds[2] * 0.5) / 4.0
    assert np.allclose(points.of(7).w, crossed, atol=1e-5)
    found = directions(studio.engine, card, Progress())
    steered = crossed + 1.5 * found.deviations[0] * found.vectors[0] - 2.0 * found.deviations[2] * found.vectors[2]
    assert np.allclose(points.of(10).w, steered, atol=1e-5)
    assert np.allclose(points.of(11).w, np.linspace(-1, 1, W), atol=1e-6)


def test_without_a_mapping_points_stay_on_the_shell(studio: Studio) -> None:
    card = studio.engine.library.model("plain")
    points = Points(studio.engine, card, full("plain"), CancelToken())
    assert np.allclose(points.of(2).w, 0.8 * draws(79, 1, Z)[0])
    s = 0.4
    child = np.sqrt(1 - s * s) * 0.8 * draws(78, 1, Z)[0] + s * 0.8 * draws(500, 1, Z)[0]
    assert np.allclose(points.of(4).w, child, atol=1e-5)
    lengths = [float(np.linalg.norm(points.of(n).w)) for n in (0, 4, 2)]
    wanted = (lengths[0] * 1 + lengths[1] * 2.5 + lengths[2] * 0.5) / 4
    assert abs(float(np.linalg.norm(points.of(7).w)) - wanted) < 1e-3
    far = points.of(len(full("plain").nodes) - 1)  # a strength above 1 is all new
    assert np.isfinite(far.w).all()


def test_truncation_leads_to_the_mean(studio: Studio) -> None:
    near, far = (gardens.sow(new_garden("mapped", ""), 6, 5, t) for t in (0.0, 1.0))
    same = pictures(studio, near, range(6))
    assert all(np.array_equal(same[0], image) for image in same)
    spread = [
        np.stack(pictures(studio, gardens.sow(new_garden("mapped", ""), 6, 5, t), range(6))).astype(float).std(0).mean()
        for t in (0.3, 1.0)
    ]
    assert spread[0] < spread[1]
    assert not np.array_equal(pictures(studio, far, [0])[0], same[0])


def test_a_picture_is_planted_and_wandered_from(studio: Studio) -> None:
    picture = as_image(photograph(60, 40))
    found: Any = studio.perform(EncodePointRequest("mapped", picture), Progress())
    garden = gardens.plant_picture(new_garden("mapped", ""), found.point, "mine", 4, 0.3, 5)
    made = pictures(studio, garden, range(4))
    assert np.array_equal(made[0], found.preview)
    assert len({image.tobytes() for image in made}) == 4
    with pytest.raises(WrongUse, match="no encoder"):
        studio.perform(EncodePointRequest("plain", picture), Progress())


def test_damaged_points_are_told(studio: Studio) -> None:
    point = pack_point(np.ones(W, np.float32))
    garden = gardens.plant_picture(new_garden("mapped", ""), point[:-8] + "00000000", "x", 1, 0, 0)
    with pytest.raises(ProjectError, match="is damaged"):
        pictures(studio, garden, [0])
    other = gardens.plant_picture(new_garden("mapped", ""), pack_point(np.ones(W + 1, np.float32)), "x", 1, 0, 0)
    with pytest.raises(ProjectError, match="another model"):
        pictures(studio, other, [0])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=40))
@settings(deadline=None)
def test_points_come_back_the_same(numbers: list[float]) -> None:
    w = np.array(numbers, np.float32)
    assert np.array_equal(unpack_point(pack_point(w), w.size), w)


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_no_point(text: str) -> None:
    with pytest.raises(ProjectError):
        unpack_point(text, 4)


@given(st.floats(0, 1), st.integers(0, 1000), st.booleans())
@settings(deadline=None)
def test_between_two_points(t: float, seed: int, around: bool) -> None:
    rng = np.random.default_rng(seed)
    label = np.zeros(0, np.float32)
    start, end = (Point(rng.standard_normal(8).astype(np.float32), label, psi) for psi in (0.0, 1.0))
    found = between(start, end, t, around=around)
    assert np.isfinite(found.w).all()
    assert abs(found.psi - t) < 1e-6
    a, b, c = (float(np.linalg.norm(p.w)) for p in (start, end, found))
    if around:
        assert abs(c - ((1 - t) * a + t * b)) < 1e-3 or float(start.w @ end.w) / (a * b) < -0.999
    else:
        assert c <= max(a, b) + 1e-4
    assert between(start, end, 0, around=around) is start
    assert between(start, end, 1, around=around) is end
    back = between(end, start, 1 - t, around=around)
    assert np.allclose(back.w, found.w, atol=1e-3)


def test_models_are_listed_and_missing_ones_told(studio: Studio, tmp_path: Path) -> None:
    found = {m.id: m for m in garden_models(studio.engine)}
    assert set(found) == {"mapped", "plain"}
    assert (found["mapped"].encodes, found["plain"].encodes) == (True, False)
    assert (found["mapped"].width, found["mapped"].truncation) == (SIDE, 0.8)
    assert default_model(studio.engine).family == "latent"
    result: Any = studio.perform(
        GenerateRequest("mapped", gardens.sow(new_garden("mapped", "ab" * 32), 1, 1), (0,)), Progress()
    )
    assert "another version" in str(result.notes[0])
    right = gardens.sow(new_garden("mapped", found["mapped"].sha256), 1, 1)
    result = studio.perform(GenerateRequest("mapped", right, (0,)), Progress())
    assert result.notes == ()
    result = studio.perform(GenerateRequest("plain", right, (0,)), Progress())
    assert "another model" in str(result.notes[0])
    with pytest.raises(UnknownModel):
        studio.perform(GenerateRequest("nowhere", right, (0,)), Progress())
    with pytest.raises(WrongUse, match="no pictures of its own"):
        studio.perform(GenerateRequest("painter", right, (0,)), Progress())
    with pytest.raises(WrongUse, match="no picture 7"):
        studio.perform(GenerateRequest("mapped", right, (7,)), Progress())
    lost = gardens.steer(right, 0, [(31, 1.0)])
    with pytest.raises(WrongUse, match="has 10 directions"):
        studio.perform(GenerateRequest("mapped", lost, (1,)), Progress())
    empty = Engine(write_library(tmp_path).open(), home=tmp_path, devices=(PROCESSOR,))
    assert garden_models(empty) == ()
    with pytest.raises(WrongUse, match="No model that makes pictures"):
        default_model(empty)


def test_a_damaged_encoder_is_said_in_the_list(tmp_path: Path) -> None:
    engine = open_gardens(tmp_path)
    (engine.library.model("mapped").folder / "encoder.onnx").write_bytes(b"damaged")
    found = {m.id: m for m in garden_models(engine)}
    assert not found["mapped"].encodes
    assert "cannot start from one" in str(found["mapped"].notes[0])


def test_directions_and_their_shares(studio: Studio) -> None:
    result: Any = studio.perform(DirectionsRequest("mapped"), Progress())
    assert result.count == len(result.shares) == W
    assert result.notes == ()


def test_finishing(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    garden = full("mapped")
    made: Any = studio.perform(GenerateRequest("mapped", garden, (2,)), Progress())
    origin = made.receipts[0]
    request = FinishRequest(image=made.images[0], factor=3.0, mix=(("ember", 1.0),), origin=origin)
    result: Any = studio.perform(request, Progress())
    assert result.image.shape == (3 * SIDE, 3 * SIDE, 3)
    assert result.receipt.source_type == GENERATED
    assert result.receipt.settings["origin"]["settings"]["node"]["seed"] == 79
    assert (result.receipt.settings["mix"], result.receipt.seed) == ([["ember", 1.0]], 79)
    plain: Any = studio.perform(FinishRequest(image=made.images[0], factor=2.0), Progress())
    assert plain.image.shape == (2 * SIDE, 2 * SIDE, 3)
    assert plain.receipt.source_type == COMPOSITE, "of a picture whose origin is not told nothing is claimed"
    monkeypatch.setattr(import_model, "probe_model", probe_here)
    for factor in (2, 4):
        path = foreign.save(foreign.upscaler(factor), tmp_path / f"larger{factor}.onnx")
        studio.perform(ImportModelRequest(path), Progress())
    chosen = [best_upscaler(studio.engine, f) for f in (1.5, 3.0, 8.0)]
    assert [card.id for card in chosen if card is not None] == ["larger2", "larger4", "larger4"]
    better: Any = studio.perform(FinishRequest(image=made.images[0], factor=3.0), Progress())
    assert (better.image.shape[:2], better.receipt.settings["upscaler"]) == ((3 * SIDE, 3 * SIDE), "larger4")
    with pytest.raises(WrongUse):
        studio.perform(FinishRequest(image=made.images[0], factor=9.0), Progress())
