"""Static reading: honest models pass, every hostile one is refused with its own sentence, and nothing is unfolded."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

from artdesk.core.errors import ModelRefused
from artdesk.engine.foreign.reading import read_model
from artdesk.engine.foreign.wire import SkeletonLimits, read_skeleton
from tests.engine.foreign import hostile
from tests.engine.foreign.makers import FLOAT, Net, save, style_net


@pytest.mark.parametrize("name", list(hostile.REFUSED_UNREAD))
def test_hostile_files_are_refused_in_words_and_cost_nothing(name: str, tmp_path: Path) -> None:
    build, words = hostile.REFUSED_UNREAD[name]
    path = build(tmp_path)
    process = psutil.Process()
    before, begun = process.memory_info().rss, time.perf_counter()
    with pytest.raises(ModelRefused) as refused:
        read_model(path)
    assert words in str(refused.value)
    assert "{" not in str(refused.value)
    assert time.perf_counter() - begun < 10
    assert process.memory_info().rss - before < 300 << 20


def test_an_honest_model_is_read_and_stripped(tmp_path: Path) -> None:
    model = style_net(size=(224, 224))
    model.doc_string = "x" * 1000
    model.graph.node[0].doc_string = "a stack trace"
    model.metadata_props.add(key="secret", value="of somebody")
    read = read_model(save(model, tmp_path / "a model.onnx"))
    assert read.facts.inputs[0].dims == (1, 3, 224, 224)
    assert read.facts.operators["InstanceNormalization"] == 2
    assert read.facts.weights > 1000
    assert not read.model.doc_string
    assert not read.model.metadata_props
    assert not read.model.graph.node[0].doc_string


def test_weights_in_a_plain_file_beside_are_taken_in(tmp_path: Path) -> None:
    numbers = np.array([0.1, 0.2, 0.3], np.float32)
    (tmp_path / "weights.bin").write_bytes(b"junk" + numbers.tobytes())
    model = hostile._picture_graph([helper.make_node("Add", ["x", "w"], ["y"])], [])
    weight = model.graph.initializer.add(name="w", data_type=FLOAT, dims=[1, 3, 1, 1])
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", "4"), ("length", "12")):
        weight.external_data.add(key=key, value=value)
    read = read_model(save(model, tmp_path / "model.onnx"))
    taken = read.model.graph.initializer[0]
    assert not taken.external_data
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(taken).ravel(), numbers)


def test_weights_listed_among_the_inputs_are_no_inputs(tmp_path: Path) -> None:
    model = style_net(opset=9)
    for weight in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(weight.name, weight.data_type, list(weight.dims)))
    model.ir_version = 3
    read = read_model(save(model, tmp_path / "old.onnx"))
    assert [port.name for port in read.facts.inputs] == ["input"]
    assert [value.name for value in read.model.graph.input] == ["input"]


def test_local_functions_are_written_out(tmp_path: Path) -> None:
    inner = helper.make_function(
        "pkg",
        "leak",
        ["a"],
        ["b"],
        [helper.make_node("LeakyRelu", ["a"], ["t"]), helper.make_node("Identity", ["t"], ["b"])],
        [helper.make_opsetid("", 17)],
        ["alpha"],
    )
    reference = inner.node[0].attribute.add(name="alpha", type=onnx.AttributeProto.FLOAT)
    reference.ref_attr_name = "alpha"
    model = hostile._picture_graph(
        [
            helper.make_node("leak", ["x"], ["m"], domain="pkg", alpha=0.5),
            helper.make_node("leak", ["m"], ["y"], domain="pkg", alpha=0.25),
        ],
        [],
    )
    model.opset_import.add(domain="pkg", version=1)
    model.functions.append(inner)
    read = read_model(save(model, tmp_path / "model.onnx"))
    leaks = [node for node in read.model.graph.node if node.op_type == "LeakyRelu"]
    assert [node.attribute[0].f for node in leaks] == [0.5, 0.25]
    x = np.full((1, 3, 2, 2), -8, np.float32)
    from onnx.reference import ReferenceEvaluator

    np.testing.assert_allclose(ReferenceEvaluator(read.model).run(None, {"x": x})[0], -1.0)


def test_limits_hold_before_anything_is_parsed(tmp_path: Path) -> None:
    path = save(style_net(), tmp_path / "model.onnx")
    with pytest.raises(ModelRefused, match="MB large"):
        read_skeleton(path, SkeletonLimits(file_bytes=100))
    with pytest.raises(ModelRefused, match="more parts"):
        read_skeleton(path, SkeletonLimits(nodes=5))
    skeleton = read_skeleton(path)
    model = onnx.load(path)
    assert skeleton.counts["node"] == len(model.graph.node)
    assert skeleton.counts["tensor"] == len(model.graph.initializer)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_bytes_never_do_more_than_refuse(tmp_path: Path, data: st.DataObject) -> None:
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    g.output(g.norm(g.op("Relu", x), 3, "sum"))
    content = bytearray(g.model().SerializeToString())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "model.onnx"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read_model(path)
    except ModelRefused as refused:
        assert str(refused)
