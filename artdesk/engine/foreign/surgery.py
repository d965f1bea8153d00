"""Small tools for changing a graph: nodes in the words of the model's own opset, constants, exposed shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray


def copy_of(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that can be changed freely."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    return made


def opset_of(model: onnx.ModelProto) -> int:
    """The version of the ONNX operators the model uses."""
    return int(max(entry.version for entry in model.opset_import))


class Builder:
    """Collects nodes and constants for one model under names nobody else uses."""

    def __init__(self, model: onnx.ModelProto, prefix: str) -> None:
        self.opset = opset_of(model)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        taken = {o for node in model.graph.node for o in node.output}
        taken |= {tensor.name for tensor in model.graph.initializer}
        while any(name.startswith(prefix) for name in taken):
            prefix += "_"
        self.prefix = prefix
        self._count = 0

    def name(self) -> str:
        self._count += 1
        return f"{self.prefix}{self._count}"

    def constant(self, array: NDArray[Any]) -> str:
        name = self.name()
        self.constants.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Append a node with one output and return the output's name."""
        output = output or self.name()
        self.nodes.append(
            onnx.helper.make_node(kind, list(inputs), [output], name=f"{self.prefix}n_{output}", **attributes)
        )
        return output

    def reduce_mean(self, value: str, axes: Sequence[int], output: str = "") -> str:
        if self.opset < 18:
            return self.node("ReduceMean", [value], output, axes=list(axes), keepdims=1)
        return self.node("ReduceMean", [value, self.constant(np.array(axes, np.int64))], output, keepdims=1)

    def slice_columns(self, value: str, start: int, end: int) -> str:
        if self.opset < 10:
            return self.node("Slice", [value], starts=[start], ends=[end], axes=[1])
        bounds = [self.constant(np.array([n], np.int64)) for n in (start, end, 1)]
        return self.node("Slice", [value, *bounds])

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        return self.node("Reshape", [value, self.constant(np.array(shape, np.int64))])


def put_nodes(model: onnx.ModelProto, nodes: Sequence[onnx.NodeProto], constants: Sequence[onnx.TensorProto]) -> None:
    """Replace the graph's nodes and add constants, in place."""
    kept = list(nodes)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(constants)


def expose_shapes(model: onnx.ModelProto, values: Sequence[str]) -> tuple[onnx.ModelProto, dict[str, str]]:
    """A copy whose outputs also tell the shapes of `values`; returns it and value -> output name."""
    made = copy_of(model)
    builder = Builder(made, "shape_of_")
    told = {value: builder.node("Shape", [value]) for value in dict.fromkeys(values)}
    made.graph.node.extend(builder.nodes)
    for output in told.values():
        made.graph.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.INT64, [None]))
    return made, told


def free_sizes(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that declares no height or width: what a network takes is then found by trying."""
    made = copy_of(model)
    del made.graph.value_info[:]
    for value in made.graph.input:
        dims = value.type.tensor_type.shape.dim
        if len(dims) in (3, 4):
            for dim in dims:
                if dim.dim_value > 4:
                    dim.Clear()
    for value in made.graph.output:
        value.type.tensor_type.ClearField("shape")
    return made


def depends_on(model: onnx.ModelProto, source: str) -> set[str]:
    """All values computed from the input `source`."""
    reached = {source}
    for node in model.graph.node:
        if any(i in reached for i in node.input):
            reached.update(o for o in node.output if o)
    return reached
