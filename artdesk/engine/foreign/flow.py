"""What decides sizes inside a model: never the picture's values, and never absurd constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from artdesk.core.errors import ModelRefused
from artdesk.engine.foreign.operators import SIZE_INPUTS
from artdesk.engine.foreign.weights import small_constant

_MOST_ELEMENTS = 1 << 26
_MOST_REPEATS = 1 << 16
_MOST_ENLARGED = 1 << 10
_FROM_SIZE_ONLY = frozenset({"Shape", "Size"})
_Known = dict[str, NDArray[Any]]


def check_sizes(model: onnx.ModelProto, name: str) -> None:
    """Follow the graph once, in its order.

    Raises ModelRefused where a node reads what nobody wrote, where a result's size depends on the picture's values
    (then the memory needed could not be known from the picture's size), and where constants ask for an absurd size.
    """
    graph = model.graph
    from_values = {value.name for value in graph.input}
    written = from_values | {tensor.name for tensor in graph.initializer}
    known: _Known = {}
    for tensor in graph.initializer:
        numbers = small_constant(tensor)
        if numbers is not None:
            known[tensor.name] = numbers
    for node in graph.node:
        inputs = [i for i in node.input if i]
        if any(i not in written for i in inputs):
            raise ModelRefused("“{name}” is damaged: a part of it reads what no other part writes.", name=name)
        if any(o in written for o in node.output if o):
            raise ModelRefused("“{name}” is damaged: two parts of it write the same result.", name=name)
        for index in SIZE_INPUTS.get(node.op_type, ()):
            if index < len(node.input) and node.input[index] in from_values:
                raise ModelRefused(
                    "“{name}” uses {operator} so that how much memory it takes depends on what is in the picture.",
                    name=name,
                    operator=node.op_type,
                )
        _check_constants(node, known, name)
        result = _fold(node, known)
        if result is not None:
            known[node.output[0]] = result
        written.update(o for o in node.output if o)
        if node.op_type not in _FROM_SIZE_ONLY and any(i in from_values for i in inputs):
            from_values.update(o for o in node.output if o)
    for value in graph.output:
        if value.name not in written:
            raise ModelRefused("“{name}” is damaged: nothing writes its result.", name=name)


def _product(numbers: NDArray[Any]) -> float:
    return float(np.prod(np.maximum(np.abs(numbers.astype(np.float64)), 1)))


def _check_constants(node: onnx.NodeProto, known: _Known, name: str) -> None:
    def constant(index: int) -> NDArray[Any] | None:
        return known.get(node.input[index]) if index < len(node.input) and node.input[index] else None

    kind = node.op_type
    asked, most = 1.0, float(_MOST_ELEMENTS)
    shape_at = {"ConstantOfShape": 0, "Expand": 1}.get(kind, -1)
    if shape_at >= 0 and (shape := constant(shape_at)) is not None:
        asked = _product(shape)
    elif kind == "Tile" and (repeats := constant(1)) is not None:
        asked, most = _product(repeats), float(_MOST_REPEATS)
    elif kind == "OneHot" and (depth := constant(1)) is not None:
        asked, most = _product(depth), float(_MOST_REPEATS)
    elif kind == "Pad":
        pads = constant(1)
        if pads is None:
            pads = np.array(next((list(a.ints) for a in node.attribute if a.name in ("pads", "paddings")), []))
        asked, most = float(np.abs(pads.astype(np.float64)).sum()), 4096.0
    elif kind in ("Resize", "Upsample"):
        scales = next((known[i] for i in node.input[1:3] if i in known and known[i].dtype.kind == "f"), None)
        asked = _product(scales) if scales is not None and scales.size else 1.0
        asked = max(
            asked, _product(np.array(next((list(a.floats) for a in node.attribute if a.name == "scales"), [1.0])))
        )
        most = float(_MOST_ENLARGED)
        sizes = constant(3)
        if sizes is not None and sizes.size and _product(sizes) > _MOST_ELEMENTS:
            asked = most + 1
    elif kind == "Range":
        ends = [constant(i) for i in range(3)]
        if all(e is not None and e.size == 1 for e in ends):
            start, stop, step = (float(e.reshape(-1)[0]) for e in ends if e is not None)
            asked = abs((stop - start) / step) if step else most + 1
    if not asked <= most:
        raise ModelRefused("“{name}” asks for an absurd amount of memory with {operator}.", name=name, operator=kind)


def _fold(node: onnx.NodeProto, known: _Known) -> NDArray[Any] | None:
    """Small constants carried through the few operators exporters build sizes with."""
    if len(node.output) != 1:
        return None
    if node.op_type == "Constant":
        for attribute in node.attribute:
            if attribute.name == "value" and attribute.HasField("t"):
                return small_constant(attribute.t)
            if attribute.name in ("value_int", "value_float"):
                return np.array([attribute.i if attribute.name == "value_int" else attribute.f])
            if attribute.name in ("value_ints", "value_floats") and len(attribute.ints) + len(attribute.floats) <= 4096:
                return np.array(list(attribute.ints) or list(attribute.floats))
        return None
    values = [known.get(i) for i in node.input if i]
    if not values or any(v is None for v in values):
        return None
    numbers = [v for v in values if v is not None]
    if sum(v.size for v in numbers) > 4096:
        return None
    try:
        with np.errstate(all="ignore"):
            return _compute(node.op_type, numbers)
    except (ValueError, TypeError, OverflowError):
        return None


def _compute(kind: str, v: list[NDArray[Any]]) -> NDArray[Any] | None:
    if kind in ("Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape", "Flatten"):
        return v[0].reshape(-1)
    if kind == "Concat":
        return np.concatenate([a.reshape(-1) for a in v])
    wide = [a.astype(np.float64) for a in v]
    if kind == "Mul" and len(v) == 2:
        return np.asarray(wide[0] * wide[1])
    if kind == "Add" and len(v) == 2:
        return np.asarray(wide[0] + wide[1])
    if kind == "Sub" and len(v) == 2:
        return np.asarray(wide[0] - wide[1])
    if kind == "Pow" and len(v) == 2:
        return np.asarray(wide[0] ** wide[1])
    return None
