"""Latent models: cards that are checked, files that are verified, means and directions worked out once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.core.errors import BadCard, BadOutput, Cancelled, ModelDamaged, ModelMissing, WrongUse
from artdesk.core.image import as_image
from artdesk.core.progress import CancelToken, Progress
from artdesk.engine.cards import CardReader, read_card
from artdesk.engine.engine import Engine
from artdesk.engine.families import latent_space
from artdesk.engine.families.latent import (
    Point,
    encode_picture,
    make_picture,
    map_draws,
    model_sha256,
    one_hot,
    spec_of,
    square,
)
from artdesk.engine.families.latent_card import read_latent
from artdesk.engine.families.latent_space import directions, draws, mean_w
from artdesk.engine.runners import Runner, SessionKey, make_runner
from artdesk.engine.session import Sessions
from tests.engine import latent_makers as makers
from tests.engine.fakes import CPU, CUDA, FakeRunner
from tests.engine.scripted import PROCESSOR, write_library


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    latent_space.forget()
    made = makers.open_gardens(tmp_path)
    yield made
    made.close()


def test_draws_are_the_same_everywhere() -> None:
    """The numbers every saved garden rests on: they may never change."""
    assert [float(x).hex() for x in draws(5, 1, 4)[0]] == GOLDEN_NORMAL
    assert [float(x).hex() for x in draws(2**32 - 1, 1, 3, "uniform")[0]] == GOLDEN_UNIFORM
    many = draws(7, 1, 20_000)[0]
    assert abs(float(many.mean())) < 0.03
    assert abs(float(many.std()) - 1) < 0.03


GOLDEN_NORMAL = ["-0x1.826a0c0000000p-1", "-0x1.1ef7a80000000p+0", "0x1.4810de0000000p-2", "0x1.0c4cb40000000p+0"]
GOLDEN_UNIFORM = ["-0x1.65f4cc0000000p-1", "-0x1.123f300000000p-3", "-0x1.cf83000000000p-2"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("z_size = 12", "z_size = 1", "z_size"),
        ("z_size = 12", "z_size = 12\nz_shape = [5, 2]", "z_shape"),
        ("w_shape = [10]", "w_shape = []", "w_shape"),
        ("w_shape = [10]", "w_shape = [70000]", "w_shape"),
        ("w_shape = [10]", "w_shape = [10]\nprior = 'cauchy'", "prior"),
        ("w_shape = [10]", "w_shape = [10]\nclasses = [1]", "classes"),
        ("w_shape = [10]", "w_shape = [10]\nlabels = 3\nlabel_shape = [2]", "label_shape"),
        ("w_shape = [10]", "w_shape = [10]\nbatched = 1", "batched"),
        ('mapping = "mapping.onnx"', 'mapping = "../mapping.onnx"', "mapping"),
        ("mapping_sha256 = ", "mapping_sha256 = 'x' #", "mapping_sha256"),
        ("encoder_side = 32", "encoder_side = 5", "encoder_side"),
    ],
)
def test_a_latent_card_is_checked(tmp_path: Path, old: str, new: str, key: str) -> None:
    folder = makers.write_mapped(tmp_path / "mapped")
    card = folder / "card.toml"
    text = card.read_text(encoding="utf-8")
    assert old in text
    card.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadCard) as caught:
        read_card(folder)
    assert caught.value.values["key"] == key


_VALUES = st.none() | st.booleans() | st.integers(-5, 10**9) | st.floats() | st.text(max_size=6)
_KEYS = st.sampled_from(
    [
        "z_size",
        "z_shape",
        "w_shape",
        "prior",
        "interpolation",
        "truncation",
        "classes",
        "labels",
        "label_kind",
        "label_shape",
        "label_at",
        "label_input",
        "label_dtype",
        "psi_input",
        "psi_shape",
        "psi_at",
        "mapping",
        "mapping_sha256",
        "encoder",
        "encoder_sha256",
        "encoder_side",
        "dtype",
        "batched",
        "w_input",
        "w_output",
        "output",
    ]
)


@given(st.dictionaries(_KEYS, _VALUES | st.lists(_VALUES, max_size=5) | st.dictionaries(_KEYS, _VALUES, max_size=2)))
@settings(deadline=None, max_examples=200)
def test_any_latent_table_is_read_or_refused(table: dict[str, Any]) -> None:
    card = CardReader("odd", {"latent": {"z_size": 12, **table}})
    with contextlib.suppress(BadCard):
        spec = read_latent(card, Path("odd"))
        assert spec.z_size == int(np.prod(spec.z_shape))
        assert spec.mapping is not None or spec.w_size == spec.z_size


def test_without_a_mapping_w_is_z(tmp_path: Path) -> None:
    folder = makers.write_latent(tmp_path / "plain", main=makers.plain(), table="w_shape = [9]")
    with pytest.raises(BadCard, match="w_shape"):
        read_card(folder)


def test_damaged_parts(tmp_path: Path) -> None:
    """A mapping must be whole; without its encoder a model still makes pictures."""
    found = makers.write_gardens(tmp_path)
    folder = found.models / "mapped"
    (folder / "encoder.onnx").write_bytes(b"damaged")
    engine = Engine(found.open(), home=tmp_path / "home", devices=(PROCESSOR,))
    card = engine.library.model("mapped")
    picture = as_image(np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(ModelMissing, match="cannot start from one"):
        encode_picture(engine, card, picture, token=CancelToken())
    assert make_picture(engine, card, Point(np.ones(makers.W, np.float32), one_hot(card, 0)), token=CancelToken())
    (folder / "encoder.onnx").unlink()
    library = found.open()
    assert spec_of(library.model("mapped")).encoder is None
    assert "cannot start from one" in str(library.problems()[0])
    (folder / "mapping.onnx").write_bytes(b"damaged")
    broken = Engine(found.open(), home=tmp_path / "home", devices=(PROCESSOR,))
    with pytest.raises(ModelDamaged):
        map_draws(
            broken, broken.library.model("mapped"), draws(1, 1, makers.Z), np.zeros(0, np.float32), token=CancelToken()
        )
    (folder / "mapping.onnx").unlink()
    library = found.open()
    assert "mapped" not in [card.id for card in library.models()]
    assert "mapping.onnx" in str(library.problems()[0])


def test_half_precision_weights_make_nearly_the_same(tmp_path: Path) -> None:
    found = write_library(tmp_path)
    for name, half in (("whole", False), ("half", True)):
        makers.write_mapped(found.models / name, half=half)
    engine = Engine(found.open(), home=tmp_path / "home", devices=(PROCESSOR,))
    made = []
    for name in ("whole", "half"):
        card = engine.library.model(name)
        w = map_draws(engine, card, draws(3, 1, makers.Z), one_hot(card, 0), token=CancelToken())
        made.append(make_picture(engine, card, Point(w[0], one_hot(card, 0)), token=CancelToken()).image.astype(int))
    difference = np.abs(made[0] - made[1])
    assert 0 < difference.max() <= 4
    assert difference.mean() < 0.5


def test_the_mean_is_that_of_many_draws_and_is_kept(engine: Engine) -> None:
    card = engine.library.model("mapped")
    mean = mean_w(engine, card, 0, Progress())
    many = map_draws(engine, card, draws(99, 4096, makers.Z), one_hot(card, 0), token=CancelToken())
    assert np.abs(mean - many.mean(axis=0)).max() < 0.1
    kept = sorted((engine.home / "latent").iterdir())
    assert len(kept) == 1
    before = kept[0].read_bytes()
    latent_space.forget()
    engine.sessions.release()
    calls: list[int] = []
    engine.run = lambda *a, **k: calls.append(1)  # type: ignore[method-assign,assignment,return-value]
    assert np.array_equal(mean_w(engine, card, 0, Progress()), mean)
    assert not calls, "what was kept is read, not worked out again"
    del engine.run
    latent_space.forget()
    kept[0].write_bytes(before[:40] + b"\0" * 50)
    assert np.array_equal(mean_w(engine, card, 0, Progress()), mean), "a damaged file is worked out again"
    assert np.array_equal(mean_w(engine, engine.library.model("plain"), 0, Progress()), np.zeros(makers.Z))


def test_what_ships_beside_a_model_is_not_worked_out(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    card = engine.library.model("mapped")
    mean, found = mean_w(engine, card, 0, Progress()), directions(engine, card, Progress())
    file = latent_space.ship_space(engine, card)

    def never(*_: object) -> None:
        raise AssertionError("worked out although it ships")

    for kept in (engine.home / "latent").iterdir():
        kept.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(latent_space, "_mapped", never)
        assert np.array_equal(mean_w(engine, card, 0, Progress()), mean)
        assert np.array_equal(directions(engine, card, Progress()).vectors, found.vectors)
    # Damaged, or left over from other weights: as if it were not there.
    latent_space.forget()
    file.write_bytes(file.read_bytes()[:-40])
    assert np.array_equal(mean_w(engine, card, 0, Progress()), mean)
    latent_space.forget()
    other: dict[str, Any] = {"0" * 40 + "-mean": mean + 1}
    np.savez(file, **other)
    assert np.array_equal(mean_w(engine, card, 0, Progress()), mean)


def test_directions_of_a_mapped_model_are_its_principal_ones(engine: Engine) -> None:
    card = engine.library.model("mapped")
    found = directions(engine, card, Progress())
    assert found.count == makers.W
    assert np.allclose(found.vectors @ found.vectors.T, np.eye(found.count), atol=1e-4)
    assert (np.diff(found.shares) <= 0).all()
    assert abs(float(found.shares.sum()) - 1) < 1e-3
    w = map_draws(engine, card, draws(5, 3000, makers.Z), one_hot(card, 0), token=CancelToken())
    along = (w - w.mean(axis=0)) @ found.vectors.T
    assert np.allclose(along.std(axis=0), found.deviations, rtol=0.15)
    again = found.vectors.copy()
    latent_space.forget()
    assert np.array_equal(directions(engine, card, Progress()).vectors, again)


def test_directions_without_a_mapping_come_from_the_first_layer(engine: Engine, tmp_path: Path) -> None:
    card = engine.library.model("plain")
    found = directions(engine, card, Progress())
    weights = makers._weights(3, makers.Z, 48, gain=1.6).astype(np.float64)
    _, values, right = np.linalg.svd(weights.T)
    assert found.count == makers.Z
    assert np.allclose(np.abs(np.sum(found.vectors * right, axis=1)), 1, atol=1e-4)
    assert np.allclose(found.shares, values**2 / np.sum(values**2), atol=1e-4)
    assert np.array_equal(found.deviations, np.ones(makers.Z, np.float32))
    other = makers.write_latent(
        engine.library.own_models / "odd", main=makers.truncated(), table="psi_input = 'truncation_psi'"
    )
    engine.library.refresh()
    assert directions(engine, engine.library.model(other.name), Progress()).count == 0


def test_more_numbers_than_draws_take_the_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    w = (rng.standard_normal((40, 3)) * [5, 3, 1]) @ np.linalg.qr(rng.standard_normal((90, 3)))[0].T + 7
    wide = latent_space._of_draws(w.astype(np.float32))
    narrow = latent_space._of_draws(np.vstack([w, w, w]).astype(np.float32))
    assert wide is not None
    assert narrow is not None
    assert wide.count >= 3
    assert np.allclose(wide.vectors[:3] @ wide.vectors[:3].T, np.eye(3), atol=1e-4)
    assert np.allclose(np.abs(np.sum(wide.vectors[:3] * narrow.vectors[:3], axis=1)), 1, atol=1e-3)


def test_a_large_matrix_is_squeezed_to_the_same() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((400, 300)) * np.geomspace(9, 0.1, 300)
    matrix = x.T @ x
    values, vectors, total = latent_space._strongest(matrix)
    exact, right = np.linalg.eigh(matrix)
    assert np.allclose(np.sort(values)[-12:], exact[-12:], rtol=1e-6)
    assert np.allclose(np.abs(np.sum(vectors[:, np.argsort(values)[-12:]] * right[:, -12:], axis=0)), 1, atol=1e-4)
    assert abs(total - exact.sum()) < 1e-6 * total


def test_a_bad_picture_from_a_device_is_made_again(tmp_path: Path) -> None:
    def strike(run: int, inputs: Any) -> Any:
        return {name: np.full_like(value, np.nan) for name, value in inputs.items()}

    def make(key: SessionKey, source: bytes | Path, name: str) -> Runner:
        inner = make_runner(SessionKey(key.sha256, "cpu", key.options), source, name)
        return FakeRunner("cuda", inner, strike) if key.device == "cuda" else inner

    found = makers.write_gardens(tmp_path)
    engine = Engine(found.open(), Sessions(make), home=tmp_path / "home", devices=(CUDA, CPU))
    card = engine.library.model("plain")
    point = Point(draws(4, 1, makers.Z)[0], one_hot(card, 0))
    made = make_picture(engine, card, point, device="cuda", token=CancelToken())
    assert made.device == "cpu"
    assert "the processor did the work instead" in str(made.notes[-1])
    nan = Point(np.full(makers.Z, np.nan, np.float32), one_hot(card, 0))
    with pytest.raises(BadOutput, match="not numbers"):
        make_picture(engine, card, nan, device="cpu", token=CancelToken())


def test_flat_pictures_and_wrong_sizes_are_failures(tmp_path: Path) -> None:
    found = write_library(tmp_path)
    makers.write_latent(found.models / "plain", main=makers.plain())
    makers.write_latent(found.models / "odd", main=makers.generator(), mapping=makers.mapping(), table="w_shape = [11]")
    engine = Engine(found.open(), home=tmp_path / "home", devices=(PROCESSOR,))
    card = engine.library.model("plain")
    with pytest.raises(BadOutput, match="one flat colour"):
        make_picture(engine, card, Point(np.zeros(makers.Z, np.float32), one_hot(card, 0)), token=CancelToken())
    odd = engine.library.model("odd")
    with pytest.raises(BadOutput, match="another size"):
        map_draws(engine, odd, draws(1, 1, makers.Z), one_hot(odd, 0), token=CancelToken())
    with pytest.raises(WrongUse, match="no pictures of its own"):
        spec_of(engine.library.model("painter"))


def test_encoding_looks_at_the_middle_on_white(engine: Engine) -> None:
    card = engine.library.model("mapped")
    tall = np.zeros((96, 32, 4), np.uint8)
    tall[32:64] = (200, 40, 90, 255)
    cut = square(as_image(tall), 32)
    assert cut.shape == (32, 32, 3)
    assert (cut == (200, 40, 90)).all()
    clear = square(as_image(np.zeros((8, 9, 4), np.uint8)), 16)
    assert (clear == 255).all()
    one, _ = encode_picture(engine, card, as_image(tall), token=CancelToken())
    other, _ = encode_picture(engine, card, as_image(tall[32:64, :, :3]), token=CancelToken())
    assert one.shape == (makers.W,)
    assert np.array_equal(one, other)
    with pytest.raises(WrongUse, match="no encoder"):
        encode_picture(engine, engine.library.model("plain"), as_image(tall), token=CancelToken())


def test_what_tells_models_apart(engine: Engine) -> None:
    mapped, plain = engine.library.model("mapped"), engine.library.model("plain")
    assert model_sha256(plain) == plain.sha256
    assert model_sha256(mapped) != mapped.sha256
    assert len(model_sha256(mapped)) == 64


def test_working_out_can_be_stopped(engine: Engine) -> None:
    token = CancelToken()
    steps: list[float] = []

    def report(fraction: float, message: str) -> None:
        steps.append(fraction)
        token.cancel()

    with pytest.raises(Cancelled):
        directions(engine, engine.library.model("mapped"), Progress(report, token))
    assert steps
    assert not (engine.home / "latent").exists(), "nothing unfinished is kept"
