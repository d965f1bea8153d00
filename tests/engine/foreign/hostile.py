"""Files made to harm: each builder writes one and returns its path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.engine.foreign.makers import FLOAT, Net, save, style_net

Builder = Callable[[Path], Path]


def _picture_graph(
    nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], opset: int = 17, **more: object
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", FLOAT, [1, 3, "h", "w"])],
        [helper.make_tensor_value_info("y", FLOAT, [None] * 4)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **more)
    model.ir_version = 8
    return model


def _with_external(folder: Path, location: str, length: int = 12) -> Path:
    weight = TensorProto(name="w", data_type=FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        weight.external_data.add(key=key, value=value)
    add = helper.make_node("Add", ["x", "w"], ["y"])
    return save(_picture_graph([add], [weight]), folder / "model.onnx")


def external_above(folder: Path) -> Path:
    (folder / "secret.bin").write_bytes(b"\0" * 64)
    inside = folder / "inside"
    inside.mkdir()
    return _with_external(inside, "../secret.bin")


def external_absolute(folder: Path) -> Path:
    secret = folder / "secret.bin"
    secret.write_bytes(b"\0" * 64)
    return _with_external(folder, str(secret.resolve()))


def external_link(folder: Path) -> Path:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.bin").write_bytes(b"\0" * 64)
    os.symlink(elsewhere / "secret.bin", folder / "weights.bin")
    return _with_external(folder, "weights.bin")


def external_too_long(folder: Path) -> Path:
    (folder / "weights.bin").write_bytes(b"\0" * 8)
    return _with_external(folder, "weights.bin", 1 << 31)


def external_missing(folder: Path) -> Path:
    return _with_external(folder, "nowhere.bin")


def external_drive(folder: Path) -> Path:
    return _with_external(folder, "C:weights.bin")


def huge_constant(folder: Path) -> Path:
    """A few bytes that ask for 256 GB."""
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    big = g.op("ConstantOfShape", g.const([4096, 4096, 4096], np.int64))
    g.output(g.op("Add", x, g.op("ReduceMean", big)))
    return save(g.model(), folder / "model.onnx")


def huge_computed_constant(folder: Path) -> Path:
    """The same, with the size computed on the way."""
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    side = g.op("Mul", g.const([65536], np.int64), g.const([65536], np.int64))
    g.output(g.op("Add", x, g.op("ReduceMean", g.op("ConstantOfShape", side))))
    return save(g.model(), folder / "model.onnx")


def huge_expand(folder: Path) -> Path:
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    g.output(g.op("Add", x, g.op("ReduceMax", g.op("Expand", g.const([1.0]), g.const([1 << 34], np.int64)))))
    return save(g.model(), folder / "model.onnx")


def huge_tile(folder: Path) -> Path:
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    g.output(g.op("Tile", x, g.const([1, 1, 4096, 4096], np.int64)))
    return save(g.model(), folder / "model.onnx")


def huge_range(folder: Path) -> Path:
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    r = g.op("Range", g.const(0.0), g.const(1e12), g.const(1.0))
    g.output(g.op("Add", x, g.op("ReduceMean", r)))
    return save(g.model(), folder / "model.onnx")


def sparse_bomb(folder: Path) -> Path:
    values = numpy_helper.from_array(np.ones(1, np.float32), "w")
    indices = numpy_helper.from_array(np.zeros(1, np.int64), "i")
    model = _picture_graph([helper.make_node("Add", ["x", "w"], ["y"])], [])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [1 << 40]))
    return save(model, folder / "model.onnx")


def sparse_constant(folder: Path) -> Path:
    values = numpy_helper.from_array(np.ones(1, np.float32), "v")
    indices = numpy_helper.from_array(np.zeros(1, np.int64), "i")
    constant = helper.make_node(
        "Constant", [], ["w"], sparse_value=helper.make_sparse_tensor(values, indices, [1 << 33])
    )
    return save(_picture_graph([constant, helper.make_node("Add", ["x", "w"], ["y"])], []), folder / "model.onnx")


def nan_weights(folder: Path) -> Path:
    weight = numpy_helper.from_array(np.array([1, np.nan, 2], np.float32).reshape(1, 3, 1, 1), "w")
    return save(_picture_graph([helper.make_node("Mul", ["x", "w"], ["y"])], [weight]), folder / "model.onnx")


def infinite_weights(folder: Path) -> Path:
    weight = numpy_helper.from_array(np.array([1, np.inf, 2], np.float16).reshape(1, 3, 1, 1), "w")
    nodes = [helper.make_node("Cast", ["w"], ["v"], to=FLOAT), helper.make_node("Mul", ["x", "v"], ["y"])]
    return save(_picture_graph(nodes, [weight]), folder / "model.onnx")


def loop_model() -> onnx.ModelProto:
    """A loop that never ends: what `ask_child` must contain even if static reading let it through."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["c_in"], ["c_out"]),
            helper.make_node("Add", ["v_in", "one"], ["v_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v_in", FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("c_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v_out", FLOAT, []),
        ],
        [numpy_helper.from_array(np.array(1, np.float32), "one")],
    )
    nodes = [
        helper.make_node("Loop", ["", "true", "zero"], ["v"], body=body),
        helper.make_node("Add", ["x", "v"], ["y"]),
    ]
    constants = [
        numpy_helper.from_array(np.array(True), "true"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
    ]
    return _picture_graph(nodes, constants)


def endless_loop(folder: Path) -> Path:
    return save(loop_model(), folder / "model.onnx")


def greedy_model() -> onnx.ModelProto:
    """Takes 64 000 times the memory of the picture; nothing in it is constant."""
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    doubled = x
    for _ in range(16):
        doubled = g.op("Concat", doubled, doubled, axis=1)
    g.output(g.op("ReduceMean", g.op("Exp", doubled), axes=[1], keepdims=1))
    return g.model()


def two_gigabyte_claim(folder: Path) -> Path:
    weight = TensorProto(name="w", data_type=FLOAT, dims=[1 << 29], raw_data=b"\0" * 16)
    return save(_picture_graph([helper.make_node("Add", ["x", "w"], ["y"])], [weight]), folder / "model.onnx")


def length_beyond_end(folder: Path) -> Path:
    """A field that claims two gigabytes in a file of a hundred bytes."""
    path = folder / "model.onnx"
    path.write_bytes(b"\x08\x08" + b"\x3a" + b"\xff\xff\xff\xff\x07" + b"\0" * 90)
    return path


def truncated(folder: Path) -> Path:
    path = save(style_net(), folder / "model.onnx")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    return path


def million_nodes(folder: Path) -> Path:
    """Two bytes each in the file, hundreds in memory."""
    path = folder / "model.onnx"
    graph = b"\x0a\x00" * 1_500_000
    size, header = len(graph), bytearray()
    while size > 0x7F:
        header.append(size & 0x7F | 0x80)
        size >>= 7
    header.append(size)
    path.write_bytes(b"\x08\x08\x3a" + bytes(header) + graph)
    return path


def deep_graphs(folder: Path) -> Path:
    """Graphs within graphs within graphs."""
    inner = b""
    for _ in range(400):
        attribute = b"\x32" + _sized(inner)
        node = b"\x2a" + _sized(attribute)
        inner = b"\x0a" + _sized(node)
    path = folder / "model.onnx"
    path.write_bytes(b"\x08\x08\x3a" + _sized(inner))
    return path


def _sized(content: bytes) -> bytes:
    size, header = len(content), bytearray()
    while size > 0x7F:
        header.append(size & 0x7F | 0x80)
        size >>= 7
    header.append(size)
    return bytes(header) + content


def _with_functions(folder: Path, functions: list[onnx.FunctionProto]) -> Path:
    model = _picture_graph([helper.make_node("f0", ["x"], ["y"], domain="evil")], [])
    model.opset_import.add(domain="evil", version=1)
    model.functions.extend(functions)
    return save(model, folder / "model.onnx")


def _function(name: str, calls: list[str]) -> onnx.FunctionProto:
    nodes, value = [], "a"
    for i, call in enumerate(calls):
        nodes.append(helper.make_node(call, [value], [f"b{i}"], domain="evil" if call.startswith("f") else ""))
        value = f"b{i}"
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("evil", 1)]
    return helper.make_function("evil", name, ["a"], [value], nodes, imports)


def laughing_functions(folder: Path) -> Path:
    """Fifteen functions that call the next one ten times each."""
    functions = [_function(f"f{i}", [f"f{i + 1}"] * 10) for i in range(14)]
    return _with_functions(folder, [*functions, _function("f14", ["Relu"])])


def deep_functions(folder: Path) -> Path:
    functions = [_function(f"f{i}", [f"f{i + 1}"]) for i in range(300)]
    return _with_functions(folder, [*functions, _function("f300", ["Relu"])])


def self_calling_function(folder: Path) -> Path:
    return _with_functions(folder, [_function("f0", ["f1"]), _function("f1", ["f0"])])


def custom_domain(folder: Path) -> Path:
    model = _picture_graph([helper.make_node("Paint", ["x"], ["y"], domain="com.example")], [])
    model.opset_import.add(domain="com.example", version=1)
    return save(model, folder / "model.onnx")


def size_from_values(folder: Path) -> Path:
    """How much memory it takes depends on what is in the picture."""
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    bright = g.op("Cast", g.op("Mul", g.op("ReduceMax", x, keepdims=0), g.const(1e9)), to=TensorProto.INT64)
    big = g.op("ConstantOfShape", g.op("Unsqueeze", bright, g.const([0], np.int64)))
    g.output(g.op("Add", x, g.op("ReduceMean", big)))
    return save(g.model(), folder / "model.onnx")


def random_numbers(folder: Path) -> Path:
    g = Net()
    x = g.input("x", [1, 3, "h", "w"])
    g.output(g.op("Add", x, g.op("RandomNormalLike", x)))
    return save(g.model(), folder / "model.onnx")


def text_file(folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_text("hello, this is no model at all\n" * 20)
    return path


def checkpoint(folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(b"PK\x03\x04" + b"archive/data.pkl" * 10)
    return path


def empty_file(folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(b"")
    return path


def graph_without_nodes(folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(onnx.ModelProto(ir_version=8).SerializeToString())
    return path


def missing_link(folder: Path) -> Path:
    """A node reads what nobody writes."""
    return save(_picture_graph([helper.make_node("Add", ["x", "ghost"], ["y"])], []), folder / "model.onnx")


REFUSED_UNREAD: dict[str, tuple[Builder, str]] = {
    "external ..": (external_above, "right beside"),
    "external absolute": (external_absolute, "right beside"),
    "external link": (external_link, "link"),
    "external drive": (external_drive, "right beside"),
    "external beyond the end": (external_too_long, "beyond the end"),
    "external missing": (external_missing, "not beside it"),
    "huge constant": (huge_constant, "absurd amount of memory"),
    "huge computed constant": (huge_computed_constant, "absurd amount of memory"),
    "huge expand": (huge_expand, "absurd amount of memory"),
    "huge tile": (huge_tile, "absurd amount of memory"),
    "huge range": (huge_range, "absurd amount of memory"),
    "sparse initializer": (sparse_bomb, "sparse"),
    "sparse constant": (sparse_constant, "sparse"),
    "NaN weights": (nan_weights, "no numbers"),
    "infinite weights": (infinite_weights, "no numbers"),
    "endless loop": (endless_loop, "loop"),
    "2 GB claim": (two_gigabyte_claim, "absurd size"),
    "length beyond the end": (length_beyond_end, "cut short"),
    "truncated": (truncated, "cut short"),
    "a million nodes": (million_nodes, "more parts"),
    "deep graphs": (deep_graphs, "nested too deeply"),
    "laughing functions": (laughing_functions, "unfolds"),
    "deep functions": (deep_functions, "nested too deeply"),
    "function calls itself": (self_calling_function, "calls itself"),
    "custom domain": (custom_domain, "no part of ONNX"),
    "size from values": (size_from_values, "what is in the picture"),
    "random numbers": (random_numbers, "random"),
    "text": (text_file, "not an ONNX model"),
    "checkpoint": (checkpoint, "PyTorch checkpoint"),
    "empty": (empty_file, "empty"),
    "no graph": (graph_without_nodes, "not an ONNX model"),
    "missing link": (missing_link, "no other part writes"),
}
