"""Other people's latent models come through the same door: read, measured, taken in, and then they make pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from artdesk.core.errors import ModelRefused, WrongUse
from artdesk.core.garden import Garden, descend, new_garden, sow
from artdesk.core.progress import Progress
from artdesk.core.requests import (
    DirectionsRequest,
    GenerateRequest,
    ImportModelRequest,
    ProbeModelRequest,
    RemoveModelRequest,
)
from artdesk.engine.families.latent import spec_of
from artdesk.engine.foreign.probe import probe_model
from artdesk.studio import import_model as importing
from artdesk.studio.garden_models import garden_models
from artdesk.studio.perform import Studio
from tests.engine import latent_makers as makers
from tests.engine.scripted import open_engine
from tests.studio.foreign_studio import probe_here, take_in


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(open_engine(tmp_path / "library"))
    yield made
    made.close()


def pictures(studio: Studio, garden: Garden, nodes: tuple[int, ...]) -> list[Any]:
    result: Any = studio.perform(GenerateRequest(garden.model_id, garden, nodes), Progress())
    return list(result.images)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (makers.plain(), "rows"),
        (makers.plain(four=True, half=True, bounds="Tanh"), "four sides"),
        (makers.plain(batch=1), "one at a time"),
        (makers.labelled(), "onehot"),
        (makers.labelled(index=True), "index"),
        (makers.truncated(), "psi"),
    ],
)
def test_latent_models_of_every_kind_make_pictures(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any, kind: str
) -> None:
    result = take_in(studio, model, tmp_path, "garden", monkeypatch)
    assert result.family == "latent"
    card = studio.engine.library.model("garden")
    spec = spec_of(card)
    assert card.image.range == ("-1..1" if kind == "four sides" else "0..1")
    assert spec.z_size == makers.Z
    assert spec.labels == (3 if kind in ("onehot", "index") else 0)
    info = garden_models(studio.engine)[0]
    assert (info.width, info.height, len(info.classes)) == (makers.SIDE, makers.SIDE, spec.labels)
    garden = sow(new_garden(info.id, info.sha256), 3, 5, 0.7)
    garden = descend(garden, 0, 2, 0.4, 8)
    made = pictures(studio, garden, (0, 1, 3))
    assert made[0].shape == (makers.SIDE, makers.SIDE, 3)
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    if spec.labels:
        other = sow(new_garden(info.id, info.sha256), 1, 5, 0.7, label=2)
        assert not np.array_equal(pictures(studio, other, (0,))[0], made[0])
        with pytest.raises(WrongUse, match="has 3 classes"):
            pictures(studio, sow(new_garden(info.id, info.sha256), 1, 5, 0.7, label=3), (0,))
    if kind == "psi":
        near = sow(new_garden(info.id, info.sha256), 2, 5, 0.0)
        assert np.array_equal(*pictures(studio, near, (0, 1))), "with a truncation of 0 all seeds are the mean"
    found: Any = studio.perform(DirectionsRequest("garden"), Progress())
    assert found.count > 0 or (kind == "psi" and found.notes)


def test_a_generator_brings_the_mapping_beside_it(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers.save(makers.mapping(batch=1), tmp_path / "cats_mapping.onnx")
    monkeypatch.setattr(importing, "probe_model", probe_here)
    path = makers.save(makers.generator(name="ws"), tmp_path / "cats_synthesis.onnx")
    looked: Any = studio.perform(ProbeModelRequest(path), Progress())
    lines = {what: str(how) for what, how in looked.lines}
    assert lines["Mapping"] == "cats_mapping.onnx, beside it"
    assert lines["Seed"] == "12 numbers"
    result: Any = studio.perform(ImportModelRequest(path, id="cats"), Progress())
    card = studio.engine.library.model(result.model_id)
    spec = spec_of(card)
    assert spec.mapping is not None
    assert (spec.mapping.file.name, spec.w_size, spec.batched) == ("mapping.onnx", makers.W, False)
    garden = sow(new_garden("cats", ""), 2, 1, 0.0)
    assert np.array_equal(*pictures(studio, garden, (0, 1)))
    assert not np.array_equal(*pictures(studio, sow(new_garden("cats", ""), 2, 1, 1.0), (0, 1)))
    studio.perform(RemoveModelRequest("cats"), Progress())
    assert not card.folder.exists()


def test_a_mapping_that_does_not_fit_is_passed_over(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers.save(makers.encoder(), tmp_path / "mapping.onnx")
    (tmp_path / "garden_mapping.onnx").write_bytes(b"nothing")
    take_in(studio, makers.plain(), tmp_path, "garden", monkeypatch)
    assert spec_of(studio.engine.library.model("garden")).mapping is None


def test_corrections_are_the_last_word(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(studio, makers.plain(), tmp_path, "right", monkeypatch)
    wishes = (("order", "bgr"), ("range", "-1..1"))
    take_in(studio, makers.plain(), tmp_path, "wrong", monkeypatch, corrections=wishes)
    right, wrong = (pictures(studio, sow(new_garden(n, ""), 1, 4), (0,))[0].astype(int) for n in ("right", "wrong"))
    assert np.abs((right + 255) / 2 - wrong[:, :, ::-1]).max() <= 1
    with pytest.raises(WrongUse):
        take_in(studio, makers.plain(), tmp_path, "odd", monkeypatch, corrections=(("family", "mask"),))


def _changed(change: str) -> Any:
    net = makers.Net("odd")
    if change == "flat":
        net.add("Mul", net.add("Relu", "z"), net.weight(np.zeros((1, makers.Z), np.float32)), out="zero")
        net.picture("zero", makers.Z)
        return net.model({"z": ["b", makers.Z]}, {"image": ["b", 3, makers.SIDE, makers.SIDE]})
    if change == "vector":
        net.add("Relu", "z", out="w")
        return net.model({"z": ["b", makers.Z]}, {"w": ["b", makers.Z]})
    if change == "random":
        noise = net.add("RandomNormalLike", "z")
        net.picture(net.add("Add", "z", noise), makers.Z)
        return net.model({"z": ["b", makers.Z]}, {"image": ["b", 3, makers.SIDE, makers.SIDE]})
    if change == "extra":
        net.picture(net.add("Mul", "z", "loudness"), makers.Z)
        return net.model({"z": ["b", makers.Z], "loudness": [1, 1]}, {"image": ["b", 3, makers.SIDE, makers.SIDE]})
    if change == "nan":
        net.picture(net.add("Log", net.add("Neg", net.add("Abs", "z"))), makers.Z)
        return net.model({"z": ["b", makers.Z]}, {"image": ["b", 3, makers.SIDE, makers.SIDE]})
    return makers.plain(batch=4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("flat", "the same picture from every seed"),
        ("vector", "makes none from numbers"),
        ("random", "random numbers"),
        ("extra", "wants an input called “loudness”"),
        ("nan", "no numbers"),
        ("batch", "4 pictures at once"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path: Path, change: str, words: str) -> None:
    path = makers.save(_changed(change), tmp_path / "odd.onnx")
    with pytest.raises(ModelRefused, match=words):
        if change == "vector":  # once through the real child, whose answer is a key only
            probe_model(path)
        else:
            _measured(path)


def _measured(path: Path) -> None:
    from artdesk.engine.foreign.refusals import Refused, refusal

    try:
        probe_here(path)
    except Refused as error:
        raise refusal(error.key, path.name, error.values) from error


def test_the_real_door_measures_in_a_child(tmp_path: Path) -> None:
    makers.save(makers.mapping(), tmp_path / "mapping.onnx")
    probe = probe_model(makers.save(makers.generator(), tmp_path / "generator.onnx"))
    latent = probe.measured.latent
    assert latent is not None
    assert (latent.mapped, latent.z_size, latent.w_shape, latent.batched) == (True, makers.Z, (makers.W,), True)
    assert probe.after is not None
    assert probe.after.shape == (3 * makers.SIDE, 3 * makers.SIDE, 3)
    assert isinstance(probe.read.model, onnx.ModelProto)
