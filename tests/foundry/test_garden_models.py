"""The generating models that ship: whole, as their cards say, and of some use; without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artdesk.core.paths import bundled
from artdesk.engine.cards import CardReader, read_card, verify_file
from artdesk.engine.families.latent_card import LatentSpec, read_latent
from artdesk.foundry.garden_measure import Floats
from artdesk.foundry.garden_report import Model

NAMES = ("painting_vae", "painting_gan")


def folder_of(name: str) -> Path:
    folder = bundled("models") / name
    if not (folder / "model.onnx").exists():
        pytest.skip("the models are not here")
    return folder


def spec_of(folder: Path) -> LatentSpec:
    return read_latent(CardReader(folder.name, read_card(folder).extra), folder)


@pytest.fixture(scope="module", params=NAMES)
def model(request: pytest.FixtureRequest) -> Model:
    return Model(folder_of(request.param))


@pytest.mark.parametrize("name", NAMES)
def test_cards_and_files_belong_together(name: str) -> None:
    folder = folder_of(name)
    card, spec = read_card(folder), spec_of(folder)
    card.verify()
    assert card.family == "latent"
    assert card.licence
    assert (folder / "LICENSE").exists()
    assert spec.mapping is not None
    for part in (spec.mapping, *([spec.encoder] if spec.encoder else [])):
        verify_file(part.file, part.sha256, name)
    assert (spec.encoder is not None) == (name == "painting_vae")
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 25 * 2**20
    assert len(spec.classes) == spec.labels >= 4


def test_seeds_give_the_same_picture_again_and_others_another(model: Model) -> None:
    first = model.draw(11, 1, 1.0)
    assert first.shape == (3, 256, 256)
    assert np.isfinite(first).all()
    assert 0 <= first.min() <= first.max() <= 1
    assert first.std() > 0.03
    assert np.array_equal(first, model.draw(11, 1, 1.0))
    assert np.abs(first - model.draw(12, 1, 1.0)).mean() > 0.02
    assert np.abs(first - model.draw(11, 4, 1.0)).mean() > 0.01


def test_truncation_goes_to_the_mean_of_the_class(model: Model) -> None:
    whole, half, none = (model.draw(7, 0, t) for t in (1.0, 0.5, 0.0))
    assert np.allclose(none, model.picture(model.mean(0)), atol=1e-5)
    assert np.abs(half - none).mean() < np.abs(whole - none).mean()


def test_neighbours_in_w_are_neighbours_in_pictures(model: Model) -> None:
    a, b = model.point(1, 1), model.point(2, 1)
    start, near, far = (model.picture(np.asarray(a + t * (b - a), np.float32)) for t in (0.0, 0.05, 1.0))
    assert 0 < np.abs(near - start).mean() < 0.5 * np.abs(far - start).mean()


def test_a_picture_survives_the_auto_encoder() -> None:
    model = Model(folder_of("painting_vae"))
    with Image.open(bundled("resources", "samples", "lake.webp")) as opened:
        square = opened.convert("RGB").resize((256, 256), Image.Resampling.LANCZOS)
    picture: Floats = np.asarray(square, np.float32).transpose(2, 0, 1) / 255
    w = model.encode(np.ascontiguousarray(picture))
    assert w.shape == (1, 16, 16, 16)
    back = model.picture(w)
    assert np.abs(back - picture).mean() < 0.5 * np.abs(picture - picture.mean((1, 2), keepdims=True)).mean()
