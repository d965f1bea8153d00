"""Rewriting a network so that the statistics of its normalisations can be fed in: tiles then share a thumbnail's.

An instance normalisation computes a mean and a deviation over the whole picture. Tiles computing their own differ in
colour, and no overlap hides that. Here every fused normalisation is written out as reductions, and every reduction
over the whole picture (those of the exporters' own decomposed forms too, whatever they look like) becomes

    used = own * (1 - hold) + given * hold

`given` comes from the new input `state` (1, K), `hold` is a new input (), what was used leaves as `state_out` (1,
K): the same three ports the painter has. hold = 0 is the network as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx

from artdesk.engine.foreign.facts import Recipe
from artdesk.engine.foreign.operators import REDUCTIONS
from artdesk.engine.foreign.surgery import Builder, copy_of, depends_on, opset_of, put_nodes

FUSED = frozenset({"InstanceNormalization", "GroupNormalization", "LayerNormalization", "MeanVarianceNormalization"})
_SUMS = frozenset({"ReduceSum", "ReduceSumSquare", "ReduceL1"})
_ELEMENT = {"float32": onnx.TensorProto.FLOAT, "float16": onnx.TensorProto.FLOAT16, "float64": onnx.TensorProto.DOUBLE}


def settle_batch_norms(model: onnx.ModelProto) -> onnx.ModelProto:
    """Batch normalisation over the running batch, with one picture in it, is instance normalisation: say so.

    Exporters write instance normalisation as Reshape + BatchNormalization in training mode, which inference runtimes
    refuse to run.
    """
    made = copy_of(model)
    used = {i for node in made.graph.node for i in node.input} | {o.name for o in made.graph.output}
    for node in made.graph.node:
        if node.op_type != "BatchNormalization":
            continue
        training = any(a.name == "training_mode" and a.i == 1 for a in node.attribute)
        old_style = opset_of(made) < 14 and len([o for o in node.output if o]) > 1
        if not (training or old_style) or any(o in used for o in node.output[1:] if o):
            continue
        epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5)
        settled = onnx.helper.make_node(
            "InstanceNormalization", list(node.input[:3]), [node.output[0]], name=node.name, epsilon=epsilon
        )
        node.CopyFrom(settled)
    return made


def fused_norms(model: onnx.ModelProto, content: str) -> dict[str, str]:
    """Fused normalisations of what is computed from `content`: their output and the value they normalise."""
    reached = depends_on(model, content)
    return {
        node.output[0]: node.input[0] for node in model.graph.node if node.op_type in FUSED and node.input[0] in reached
    }


def reductions(model: onnx.ModelProto, content: str) -> dict[str, str]:
    """Reductions of what is computed from `content`: their output and the value they reduce."""
    reached = depends_on(model, content)
    return {
        node.output[0]: node.input[0]
        for node in model.graph.node
        if node.op_type in REDUCTIONS and node.input[0] in reached
    }


def write_out(model: onnx.ModelProto, ranks: Mapping[str, int], dtype: str = "float32") -> onnx.ModelProto:
    """A copy in which the fused normalisations named in `ranks` are reductions, subtractions and products."""
    made = copy_of(model)
    builder = Builder(made, "norm_")
    nodes: list[onnx.NodeProto] = []
    for node in made.graph.node:
        rank = ranks.get(node.output[0]) if node.op_type in FUSED else None
        if rank is None:
            nodes.append(node)
            continue
        builder.nodes = []
        _Written(builder, node, rank, dtype).write()
        nodes.extend(builder.nodes)
    put_nodes(made, [_copy(n) for n in nodes], builder.constants)
    return made


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    made = onnx.NodeProto()
    made.CopyFrom(node)
    return made


class _Written:
    """One normalisation written out with `builder`."""

    def __init__(self, builder: Builder, node: onnx.NodeProto, rank: int, dtype: str) -> None:
        self.b, self.n, self.rank, self.dtype = builder, node, rank, dtype
        self.attributes = {a.name: a for a in node.attribute}

    def write(self) -> None:
        kind = self.n.op_type
        if kind == "InstanceNormalization":
            self.instance()
        elif kind == "GroupNormalization":
            self.group()
        elif kind == "LayerNormalization":
            self.layer()
        else:
            self.mean_variance()

    def epsilon(self) -> float:
        return self.attributes["epsilon"].f if "epsilon" in self.attributes else 1e-5

    def centred(self, value: str, axes: Sequence[int], epsilon: float) -> tuple[str, str]:
        """(value - mean, deviation) over `axes`."""
        b = self.b
        centred = b.node("Sub", [value, b.reduce_mean(value, axes)])
        variance = b.reduce_mean(b.node("Mul", [centred, centred]), axes)
        nudged = b.node("Add", [variance, b.constant(np.array(epsilon, self.dtype))])
        return centred, b.node("Sqrt", [nudged])

    def per_channel(self, value: str) -> str:
        return self.b.reshape(value, [1, -1, *[1] * (self.rank - 2)])

    def instance(self) -> None:
        value, scale, bias = self.n.input[:3]
        centred, deviation = self.centred(value, range(2, self.rank), self.epsilon())
        gain = self.b.node("Div", [self.per_channel(scale), deviation])
        scaled = self.b.node("Mul", [centred, gain])
        self.b.node("Add", [scaled, self.per_channel(bias)], self.n.output[0])

    def group(self) -> None:
        b, groups = self.b, int(self.attributes["num_groups"].i)
        value, scale, bias = self.n.input[:3]
        grouped = b.reshape(value, [0, groups, -1])
        centred, deviation = self.centred(grouped, [2], self.epsilon())
        normal = b.node("Div", [centred, deviation])
        if b.opset < 21:  # one scale a group
            normal = b.node("Mul", [normal, b.reshape(scale, [1, -1, 1])])
            normal = b.node("Add", [normal, b.reshape(bias, [1, -1, 1])])
            b.node("Reshape", [normal, b.node("Shape", [value])], self.n.output[0])
            return
        back = b.node("Reshape", [normal, b.node("Shape", [value])])
        scaled = b.node("Mul", [back, self.per_channel(scale)])
        b.node("Add", [scaled, self.per_channel(bias)], self.n.output[0])

    def layer(self) -> None:
        b = self.b
        axis = self.attributes["axis"].i if "axis" in self.attributes else -1
        axes = range(axis % self.rank, self.rank)
        centred, deviation = self.centred(self.n.input[0], axes, self.epsilon())
        normal = b.node("Div", [centred, deviation])
        with_bias = len(self.n.input) > 2 and bool(self.n.input[2])
        scaled = b.node("Mul", [normal, self.n.input[1]], "" if with_bias else self.n.output[0])
        if with_bias:
            b.node("Add", [scaled, self.n.input[2]], self.n.output[0])

    def mean_variance(self) -> None:
        axes = list(self.attributes["axes"].ints) if "axes" in self.attributes else [0, *range(2, self.rank)]
        centred, deviation = self.centred(self.n.input[0], [a % self.rank for a in axes], 0.0)
        tiny = self.b.constant(np.array(1e-9 if self.dtype != "float16" else 1e-4, self.dtype))
        self.b.node("Div", [centred, self.b.node("Add", [deviation, tiny])], self.n.output[0])


def rewrite(model: onnx.ModelProto, recipe: Recipe) -> onnx.ModelProto:
    """The network with the ports `state`, `hold` and `state_out` (float32); its other ports stay as they were.

    Raises ValueError where the recipe names what the model does not have, or the model uses those names itself.
    """
    made = write_out(model, dict(recipe.fused), recipe.dtype)
    shapes = dict(recipe.statistics)
    taken = {o for node in made.graph.node for o in node.output} | {i.name for i in made.graph.input}
    if not shapes or taken & {"state", "hold", "state_out"} or not set(shapes) <= taken:
        raise ValueError("the recipe does not fit the model")
    builder = Builder(made, "shared_")
    element = _ELEMENT[recipe.dtype]
    own_part = builder.node("Sub", [builder.constant(np.array(1, np.float32)), "hold"])
    state, hold = "state", "hold"
    if recipe.dtype != "float32":
        state, hold, own_part = (builder.node("Cast", [v], to=element) for v in ("state", "hold", own_part))
    nodes, builder.nodes = builder.nodes, []
    at = 0
    told: list[str] = []
    for node in made.graph.node:
        value = node.output[0] if node.output else ""
        if value not in shapes or node.op_type not in REDUCTIONS:
            nodes.append(node)
            continue
        shape = shapes[value]
        size = int(np.prod(shape))
        renamed = _copy(node)
        renamed.output[0] = own = builder.name()
        count = ""
        if node.op_type in _SUMS or node.op_type == "ReduceL2":
            count = _count(builder, node.input[0], own, element)
        own_mean = _as_mean(builder, node.op_type, own, count)
        given = builder.reshape(builder.slice_columns(state, at, at + size), shape)
        # Two products, not own + hold * (given - own): at hold 1 the given number comes out bit for bit.
        kept = builder.node("Mul", [own_mean, own_part])
        used = builder.node("Add", [kept, builder.node("Mul", [given, hold])], "" if count else value)
        _from_mean(builder, node.op_type, used, count, value)
        flat = builder.reshape(used, [1, size])
        told.append(flat if recipe.dtype == "float32" else builder.node("Cast", [flat], to=onnx.TensorProto.FLOAT))
        nodes.extend([renamed, *builder.nodes])
        builder.nodes = []
        at += size
    builder.node("Concat", told, "state_out", axis=1)
    put_nodes(made, [*[_copy(n) for n in nodes], *builder.nodes], builder.constants)
    made.graph.input.append(onnx.helper.make_tensor_value_info("state", onnx.TensorProto.FLOAT, [1, at]))
    made.graph.input.append(onnx.helper.make_tensor_value_info("hold", onnx.TensorProto.FLOAT, []))
    made.graph.output.append(onnx.helper.make_tensor_value_info("state_out", onnx.TensorProto.FLOAT, [1, at]))
    del made.graph.value_info[:]
    return made


def _count(builder: Builder, value: str, reduced: str, element: int) -> str:
    """How many numbers went into each of the reduced ones."""
    whole = builder.node("Cast", [builder.node("Size", [value])], to=element)
    return builder.node("Div", [whole, builder.node("Cast", [builder.node("Size", [reduced])], to=element)])


def _as_mean(builder: Builder, kind: str, own: str, count: str) -> str:
    """A sum grows with the picture: what is shared is its mean."""
    if kind == "ReduceL2":
        own = builder.node("Mul", [own, own])
    return builder.node("Div", [own, count]) if count else own


def _from_mean(builder: Builder, kind: str, used: str, count: str, value: str) -> None:
    if not count:
        return
    if kind == "ReduceL2":
        builder.node("Sqrt", [builder.node("Mul", [used, count])], value)
    else:
        builder.node("Mul", [used, count], value)
