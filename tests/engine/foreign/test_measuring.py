"""What the probe finds out: every layout, range, order, size rule and family, each from the outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from artdesk.engine.foreign.facts import BadFacts, Measured, measured_from_plain, to_plain
from artdesk.engine.foreign.measuring import Measurement, measure
from artdesk.engine.foreign.reading import read_model
from artdesk.engine.foreign.refusals import SENTENCES, Refused
from tests.engine.foreign import makers
from tests.engine.foreign.makers import Net, save

SIDE = 64


def found(model: onnx.ModelProto, tmp_path: Path) -> Measurement:
    read = read_model(save(model, tmp_path / "model.onnx"))
    return measure(read.model, read.facts.inputs, 1, SIDE)


def scale_of(port: object) -> tuple[float, float]:
    scale = port.scale  # type: ignore[attr-defined]
    return (scale.low, scale.high)


RANGES = {"0..1": (0, 1), "0..255": (0, 255), "-1..1": (-1, 1)}


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("into", list(RANGES))
@pytest.mark.parametrize("hidden", [False, True])
def test_layout_and_range(layout: str, into: str, hidden: bool, tmp_path: Path) -> None:
    measured = found(makers.style_net(layout=layout, into=into, fold=hidden), tmp_path).measured
    assert measured.family == "fixed_style"
    assert measured.image.layout == layout
    assert measured.output is not None
    assert measured.output.layout == layout
    assert scale_of(measured.image) == RANGES[into]
    assert scale_of(measured.output) == RANGES[into]
    assert measured.seamless == "state"
    assert measured.multiple_of == 2


@pytest.mark.parametrize("into", list(RANGES))
def test_ranges_of_networks_without_any_normalisation_are_told_by_what_comes_out(into: str, tmp_path: Path) -> None:
    measured = found(makers.style_net(into=into, fold=True, form="none", end="tanh"), tmp_path).measured
    assert scale_of(measured.image) == RANGES[into]
    assert measured.output is not None
    assert scale_of(measured.output) == RANGES[into]
    assert "range" in measured.output.sure
    assert measured.seamless == "local"


def test_range_in_and_out_may_differ(tmp_path: Path) -> None:
    measured = found(makers.style_net(into="0..255", out="-1..1", end="tanh"), tmp_path).measured
    assert scale_of(measured.image) == (0, 255)
    assert measured.output is not None
    assert scale_of(measured.output) == (-1, 1)


def test_mean_and_deviation(tmp_path: Path) -> None:
    measured = found(makers.style_net(into="mean_std", form="none"), tmp_path).measured
    assert measured.image.scale.mean == (0.485, 0.456, 0.406)
    assert measured.output is not None
    assert scale_of(measured.output) == (0, 1)


def test_bytes_in(tmp_path: Path) -> None:
    measured = found(makers.style_net(into="0..255", dtype=onnx.TensorProto.UINT8), tmp_path).measured
    assert measured.image.dtype == "uint8"
    assert scale_of(measured.image) == (0, 255)
    assert "range" in measured.image.sure


def test_blue_first_is_seen_by_the_mean_colour(tmp_path: Path) -> None:
    measured = found(makers.style_net(order="bgr"), tmp_path).measured
    assert measured.image.order == "bgr"
    assert "order" in measured.image.sure
    assert measured.output is not None
    assert measured.output.order == "bgr"


def test_channels_swapped_on_the_way_are_seen(tmp_path: Path) -> None:
    g = Net()
    x = g.input("input", [1, 3, "h", "w"])
    g.output(g.conv(g.op("Gather", x, g.const([2, 1, 0], np.int64), axis=1), 3, 3))
    measured = found(g.model(), tmp_path).measured
    assert measured.output is not None
    assert (measured.image.order, measured.output.order) == ("rgb", "bgr")


def test_blue_first_is_seen_by_the_weights_of_light(tmp_path: Path) -> None:
    model = makers.grey_drawing()
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0])[:, ::-1].copy()
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weights, model.graph.initializer[0].name))
    assert found(model, tmp_path).measured.image.order == "bgr"


def test_a_declared_size_that_binds_nothing_is_freed(tmp_path: Path) -> None:
    measured = found(makers.style_net(size=(96, 128)), tmp_path).measured
    assert measured.freed
    assert measured.image.fixed is None
    assert measured.seamless == "state"


def test_a_size_that_binds_stays(tmp_path: Path) -> None:
    g = Net()
    x = g.input("input", [1, 3, 64, 96])
    y = g.op("Mul", g.conv(x, 3, 3), g.const(g.rng.uniform(0.9, 1.1, (1, 1, 64, 96))))
    g.output(y)
    measured = found(g.model(), tmp_path).measured
    assert measured.image.fixed == (64, 96)
    assert not measured.freed


@pytest.mark.parametrize("multiple", [2, 4, 8, 16, 32])
def test_multiples(multiple: int, tmp_path: Path) -> None:
    measured = found(makers.size_bound(multiple), tmp_path).measured
    assert measured.multiple_of == multiple
    assert measured.minimum >= multiple


@pytest.mark.parametrize(("factor", "shuffle"), [(2, True), (3, True), (4, True), (2, False)])
def test_upscalers(factor: int, shuffle: bool, tmp_path: Path) -> None:
    measured = found(makers.upscaler(factor, shuffle=shuffle), tmp_path).measured
    assert measured.family == "upscaler"
    assert measured.factor == factor
    assert measured.seamless == "local"


def test_an_upscaler_without_padding_loses_its_border(tmp_path: Path) -> None:
    measured = found(makers.upscaler(2, shuffle=False, valid=True), tmp_path).measured
    assert (measured.family, measured.factor, measured.shrink) == ("upscaler", 2, 4)


def test_grey_upscaler(tmp_path: Path) -> None:
    measured = found(makers.upscaler(3, channels=1), tmp_path).measured
    assert (measured.family, measured.factor, measured.image.channels) == ("upscaler", 3, 1)


def test_masks_and_drawings_are_told_apart(tmp_path: Path) -> None:
    assert found(makers.mask_net(), tmp_path).measured.family == "mask"
    drawing = found(makers.grey_drawing(), tmp_path).measured
    assert drawing.family == "fixed_style"
    assert drawing.output is not None
    assert drawing.output.channels == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_content_and_style(swapped: bool, tmp_path: Path) -> None:
    measured = found(makers.adain(with_alpha=swapped, swapped=swapped), tmp_path).measured
    assert measured.family == "arbitrary_style"
    assert measured.image.name == "content"
    assert measured.style is not None
    assert measured.style.name == "style"
    assert [scalar.name for scalar in measured.scalars] == (["alpha"] if swapped else [])
    assert measured.seamless == "state"


def test_content_and_code_and_its_encoder(tmp_path: Path) -> None:
    coded = found(makers.coded(), tmp_path).measured
    assert coded.family == "arbitrary_style"
    assert coded.code is not None
    assert coded.code.shape == (1, 1, 1, 12)
    encoder = found(makers.encoder(), tmp_path)
    assert encoder.measured.family == "style_encoder"
    assert encoder.after is None


def test_what_does_not_fit_is_refused_in_words(tmp_path: Path) -> None:
    def refused(build: object) -> str:
        g = Net()
        build(g)  # type: ignore[operator]
        with pytest.raises(Refused) as caught:
            found(g.model(), tmp_path)
        return caught.value.key

    def text(g: Net) -> None:
        g.output(g.op("Relu", g.input("tokens", [1, 77])))

    def four_channels(g: Net) -> None:
        g.output(g.op("Relu", g.input("x", [1, 4, "h", "w"])))

    def three_pictures(g: Net) -> None:
        a, b, c = (g.input(n, [1, 3, "h", "w"]) for n in "abc")
        g.output(g.op("Add", g.op("Add", a, b), c))

    def numb(g: Net) -> None:
        x = g.input("x", [1, 3, "h", "w"])
        g.output(g.op("Mul", x, g.const(0.0)))

    def smaller(g: Net) -> None:
        g.output(g.op("MaxPool", g.input("x", [1, 3, "h", "w"]), kernel_shape=[2, 2], strides=[2, 2]))

    def nonsense(g: Net) -> None:
        x = g.input("x", [1, 3, "h", "w"])
        g.output(g.op("Log", g.op("Sub", x, g.op("ReduceMax", x))))

    assert refused(text) == "no_seed_picture"
    assert refused(four_channels) == "channels"
    assert refused(three_pictures) == "many_pictures"
    assert refused(numb) == "numb"
    assert refused(smaller) == "smaller"
    assert refused(nonsense) == "not_numbers"
    assert all(sentence.startswith("“{name}”") for sentence in SENTENCES.values())


def test_findings_survive_the_pipe_and_lies_do_not(tmp_path: Path) -> None:
    measured = found(makers.adain(with_alpha=True), tmp_path).measured
    plain = to_plain(measured)
    assert measured_from_plain(plain) == measured
    lies: list[dict[str, object]] = [
        {"family": "virus"},
        {"radius": 10**9},
        {"multiple_of": 0},
        {"multiple_of": True},
        {"seamless": None},
        {"image": {**plain["image"], "name": "x" * 5000}},
        {"image": {**plain["image"], "fixed": [1]}},
        {"image": {**plain["image"], "scale": {"low": 1, "high": 1}}},
        {"recipe": {"statistics": [["a", [65536, 65536]]]}},
        {"scalars": "all of them"},
        {"code": {"name": "c", "shape": [65536, 65536]}},
    ]
    for lie in lies:
        with pytest.raises(BadFacts):
            measured_from_plain({**plain, **lie})
    with pytest.raises(BadFacts):
        measured_from_plain(None)
    assert isinstance(measured, Measured)
