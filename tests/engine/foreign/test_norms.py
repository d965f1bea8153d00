"""Rewriting.

The network stays what it was, and its tiles match the whole, however exporters wrote the normalisation.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from artdesk.engine.foreign.facts import Measured, measured_from_plain, to_plain
from artdesk.engine.foreign.measuring import measure
from artdesk.engine.foreign.network import Network
from artdesk.engine.foreign.norms import rewrite, settle_batch_norms
from artdesk.engine.foreign.reading import read_model
from artdesk.engine.foreign.testcard import card_picture
from tests.engine.foreign.makers import Net, save, style_net

FORMS = (
    ("instance", 17),
    ("instance", 9),
    ("reduce-mul", 13),
    ("reduce-pow", 18),
    ("moments", 17),
    ("global-pool", 17),
    ("sum", 17),
    ("reshape-batch", 17),
    ("reshape-instance", 17),
    ("groups", 17),
    ("group-op", 21),
    ("layer", 17),
    ("mean-variance", 17),
)


def measured_of(model: onnx.ModelProto, tmp_path: Path) -> tuple[onnx.ModelProto, Measured]:
    read = read_model(save(model, tmp_path / "model.onnx"))
    return settle_batch_norms(read.model), measure(read.model, read.facts.inputs, 1, 64).measured


def tensor(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    return card_picture(height, width, seed).transpose(2, 0, 1)[None].astype(np.float32) / 255


@pytest.mark.parametrize(("form", "opset"), FORMS)
def test_every_form_is_opened_and_tiles_match_the_whole(form: str, opset: int, tmp_path: Path) -> None:
    settled, measured = measured_of(style_net(form=form, opset=opset), tmp_path)
    assert measured.seamless == "state", form
    assert measured.recipe is not None
    opened = Network(rewrite(settled, measured.recipe), 1)
    picture = tensor(160, 256)
    state = np.zeros((1, measured.recipe.state_size), np.float32)
    hold = {weight: np.array(weight, np.float32) for weight in (0.0, 0.5, 1.0)}

    def paint(x: NDArray[np.float32], s: NDArray[np.float32], h: float) -> dict[str, NDArray[np.float32]]:
        return opened.run({"input": x, "state": s, "hold": hold[h]})

    own = paint(picture, state, 0.0)
    before = Network(settled, 1).run({"input": picture})["output"]
    assert np.abs(own["output"] - before).max() < 0.5 / 255, "hold 0 is the network as it was"
    thumbnail = paint(tensor(80, 128), state, 0.0)["state_out"]
    whole = paint(picture, thumbnail, 1.0)
    np.testing.assert_array_equal(whole["state_out"], thumbnail)
    overlap = -(-measured.radius // 32) * 32
    for first, last in ((0, 128), (128, 256)):
        start, stop = max(0, first - overlap), min(256, last + overlap)
        tile = paint(np.ascontiguousarray(picture[..., start:stop]), thumbnail, 1.0)["output"]
        part = tile[..., first - start : last - start]
        assert np.abs(part - whole["output"][..., first:last]).max() <= 2 / 255
    half = paint(picture, thumbnail, 0.5)["state_out"]
    assert half.shape == thumbnail.shape
    assert np.isfinite(half).all()


def test_statistics_differ_between_tiles_when_nothing_is_shared(tmp_path: Path) -> None:
    """The very thing that shows in other tools; without it the test above would prove nothing."""
    settled, _ = measured_of(style_net(form="instance"), tmp_path)
    network = Network(settled, 1)
    picture = tensor(160, 256)
    whole = network.run({"input": picture})["output"]
    tile = network.run({"input": np.ascontiguousarray(picture[..., :128])})["output"]
    assert np.abs(tile[..., :64] - whole[..., :64]).max() > 8 / 255


def test_local_networks_need_no_state(tmp_path: Path) -> None:
    _, measured = measured_of(style_net(form="none"), tmp_path)
    assert (measured.seamless, measured.recipe) == ("local", None)
    assert 2 <= measured.radius <= 16


def test_a_network_that_looks_at_everything_can_only_be_blended(tmp_path: Path) -> None:
    """Softmax over all pixels is no mean: it cannot be fed in."""
    g = Net()
    x = g.input("input", [1, 3, "h", "w"])
    flat = g.op("Reshape", x, g.const([1, 3, -1], np.int64))
    shares = g.op("Softmax", g.op("Mul", flat, g.const(30.0)), axis=2)
    mixed = g.op("MatMul", shares, g.op("Transpose", flat, perm=[0, 2, 1]))
    shift = g.op("Reshape", g.op("ReduceMean", mixed, axes=[2], keepdims=1), g.const([1, 3, 1, 1], np.int64))
    position = g.op("Mul", g.op("CumSum", x, g.const(3, np.int64)), g.const(0.004))
    g.output(
        g.op("Add", g.op("Mul", g.conv(x, 3, 3), g.const(0.5)), g.op("Add", g.op("Mul", shift, g.const(0.2)), position))
    )
    _, measured = measured_of(g.model(), tmp_path)
    assert measured.seamless == "blend"
    assert measured.recipe is None


def test_layer_normalisation_over_channels_is_left_alone(tmp_path: Path) -> None:
    g = Net()
    x = g.input("input", [1, "h", "w", 3])
    y = g.op("LayerNormalization", x, g.const([0.2, 0.2, 0.2]), g.const([0.5, 0.5, 0.5]), axis=-1)
    y = g.op("Add", g.op("Mul", y, g.const(0.3)), g.op("Mul", x, g.const(0.7)))
    g.output(y)
    _, measured = measured_of(g.model(), tmp_path)
    assert (measured.seamless, measured.recipe) == ("local", None)


def test_a_recipe_for_another_model_is_turned_down(tmp_path: Path) -> None:
    settled, measured = measured_of(style_net(form="reduce-mul"), tmp_path)
    assert measured.recipe is not None
    other = read_model(save(style_net(form="none"), tmp_path / "other.onnx")).model
    with pytest.raises(ValueError, match="recipe"):
        rewrite(other, measured.recipe)
    with pytest.raises(ValueError, match="recipe"):
        rewrite(rewrite(settled, measured.recipe), measured.recipe)


def test_a_view_wider_than_the_test_pictures_is_not_guessed(tmp_path: Path) -> None:
    """Felt up to the edge.

    How much farther cannot be told, so nothing is promised, and the finding survives the pipe.
    """
    g = Net()
    x = g.input("input", [1, 3, "h", "w"])
    y = x
    for _ in range(2):
        kernel = g.const(np.full((3, 1, 3, 3), 1 / 9))
        y = g.op("Conv", y, kernel, kernel_shape=[3, 3], dilations=[40, 40], pads=[40] * 4, group=3)
    g.output(g.op("Add", g.op("Mul", x, g.const(0.5)), g.op("Mul", y, g.const(0.5))))
    _, measured = measured_of(g.model(), tmp_path)
    assert measured.seamless == "blend"
    assert measured_from_plain(json.loads(json.dumps(to_plain(measured)))) == measured
