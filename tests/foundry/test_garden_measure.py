"""Figures on made-up sets whose answer is known; no torch, no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from artdesk.foundry import garden_measure as measure
from artdesk.foundry import garden_report as report
from artdesk.foundry.garden_measure import Floats


def cloud(seed: int, count: int, shift: float = 0.0, scale: float = 1.0, size: int = 24) -> Floats:
    rng = np.random.default_rng(seed)
    return ((rng.standard_normal((count, size)) * scale + shift) / np.sqrt(size)).astype(np.float32)


def test_the_same_distribution_is_at_no_distance_whatever_the_numbers() -> None:
    near = [measure.kernel_distance(cloud(i, 60), cloud(100 + i, 400)) for i in range(12)]
    assert abs(np.mean(near)) < 0.02
    assert measure.kernel_distance(cloud(0, 60, shift=0.7), cloud(1, 400)) > 0.15


def test_distance_grows_with_the_shift_and_needs_two() -> None:
    grown = [measure.kernel_distance(cloud(0, 300, s), cloud(1, 300)) for s in (0.0, 0.3, 0.6, 1.2)]
    assert grown == sorted(grown)
    with pytest.raises(ValueError, match="two"):
        measure.kernel_distance(cloud(0, 1), cloud(1, 5))


def test_spread_is_the_mean_distance_of_pairs() -> None:
    corners = np.array([[0, 0], [3, 0], [0, 4]], np.float32)
    assert measure.spread(corners) == pytest.approx((3 + 4 + 5) / 3)
    assert measure.spread(np.ones((5, 7), np.float32)) == 0


def test_nearest_finds_the_copy_first() -> None:
    many = cloud(2, 50)
    order, away = measure.nearest(many[[7, 3]] + np.float32(1e-4), many, 3)
    assert order[:, 0].tolist() == [7, 3]
    assert (away[:, 0] < 0.01).all()
    assert (np.diff(away, axis=1) >= 0).all()


def test_figures_tell_copies_from_new_ones_and_collapse_from_variety() -> None:
    training, held, photos = cloud(0, 200), cloud(1, 60), cloud(2, 80, shift=1.0)
    good = report.figures(cloud(3, 100), training, held, photos)
    assert good.samples_to_held_out < good.photographs_to_held_out / 4
    assert 0.9 < good.diversity < 1.1
    assert 0.9 < good.nearest_ratio < 1.1
    copied = report.figures(training[:100], training, held, photos)
    assert copied.nearest_ratio < 0.01
    collapsed = report.figures(cloud(3, 100, scale=0.3), training, held, photos)
    assert collapsed.diversity < 0.4


def fake_network(image: Floats) -> list[Floats]:
    """Three layers of what the colours are and how they change."""
    half = image[:, :, ::2, ::2]
    return [image, np.concatenate([half, half**2], 1), image[:, :, ::4, ::4]]


def test_descriptions_see_strokes_and_places() -> None:
    rng = np.random.default_rng(4)
    picture = rng.random((3, 256, 256), np.float32)
    texture, places = measure.describe(picture, fake_network)
    turned_texture, turned_places = measure.describe(np.ascontiguousarray(picture[:, ::-1]), fake_network)
    assert np.allclose(texture, turned_texture, atol=0.05)
    lit = picture * np.linspace(0.1, 1, 256, dtype=np.float32)[:, None]
    upside_down = np.ascontiguousarray(lit[:, ::-1])
    assert np.abs(measure.describe(lit, fake_network)[1] - measure.describe(upside_down, fake_network)[1]).max() > 0.2
    assert places.shape == turned_places.shape
    describer = measure.Describer(fake_network, [rng.random((3, 256, 256), np.float32) ** k for k in (1, 2, 3)])
    assert np.abs(describer.training.mean(0)).max() < 1e-3
    assert describer([picture]).shape == (1, len(texture) + len(places))


def tiny_model(folder: Path) -> Path:
    """w = z + 2 * label; picture = sigmoid of the first three numbers of w."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    f = TensorProto.FLOAT
    folder.mkdir()
    one = helper.make_graph(
        [
            helper.make_node("MatMul", ["label", "m"], ["s"]),
            helper.make_node("Add", ["z", "s"], ["w"]),
        ],
        "mapping",
        [helper.make_tensor_value_info("z", f, ["b", 4]), helper.make_tensor_value_info("label", f, ["b", 2])],
        [helper.make_tensor_value_info("w", f, ["b", 4])],
        [numpy_helper.from_array(np.full((2, 4), 2, np.float32) * np.array([[0], [1]], np.float32), "m")],
    )
    two = helper.make_graph(
        [
            helper.make_node("Slice", ["w", "from", "to", "axis"], ["three"]),
            helper.make_node("Sigmoid", ["three"], ["c"]),
            helper.make_node("Reshape", ["c", "shape"], ["p"]),
            helper.make_node("Expand", ["p", "size"], ["image"]),
        ],
        "generator",
        [helper.make_tensor_value_info("w", f, ["b", 4])],
        [helper.make_tensor_value_info("image", f, ["b", 3, 256, 256])],
        [
            numpy_helper.from_array(np.array(v, np.int64), name)
            for name, v in (
                ("from", [0]),
                ("to", [3]),
                ("axis", [1]),
                ("shape", [-1, 3, 1, 1]),
                ("size", [1, 3, 256, 256]),
            )
        ],
    )
    for graph, name in ((one, "mapping.onnx"), (two, "model.onnx")):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, str(folder / name))
    (folder / "card.toml").write_text(
        'id = "tiny"\nfile = "model.onnx"\n[latent]\nz_size = 4\nmapping = "mapping.onnx"\n'
        'classes = [{ en = "One" }, { en = "Two" }]\n',
        encoding="utf-8",
    )
    return folder


def test_a_report_draws_measures_and_shows(tmp_path: Path) -> None:
    model = report.Model(tiny_model(tmp_path / "tiny"))
    assert np.array_equal(model.draw(5, 0, 1.0), model.draw(5, 0, 1.0))
    assert np.allclose(model.draw(5, 1, 0.0), model.picture(model.mean(1)), atol=1e-6)
    assert model.mean(1).mean() == pytest.approx(2, abs=0.1)
    ends = report.walk(model, (1, 2), (0, 0), 3, 1.0)
    assert np.allclose(ends[0], model.draw(1, 0, 1.0), atol=1e-5)
    assert np.allclose(ends[2], model.draw(2, 0, 1.0), atol=1e-5)
    rng = np.random.default_rng(0)
    pictures = [np.tile(rng.random((3, 1, 1), np.float32), (1, 256, 256)) for _ in range(20)]
    sources = report.Sources(pictures[:8], pictures[8:14], pictures[14:], np.array([1.0, 0.0]))
    assert set(report.labels_of(sources.shares, 50)) == {0}
    describer = measure.Describer(fake_network, sources.training)
    found = report.write_report(model, sources, describer, tmp_path / "out", samples=64)
    assert np.isfinite(found.samples_to_held_out)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "report.md",
        "report.json",
        "samples.jpg",
        "neighbours.jpg",
        "walks.jpg",
    }
    assert "at least 0.70" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
