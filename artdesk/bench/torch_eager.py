"""The same network in PyTorch, operator by operator as PyTorch runs it eagerly.

What ArtDesk's speed is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray


class Unsupported(Exception):
    """An operator this small reader does not know."""


class EagerNetwork:
    """An ONNX graph run with PyTorch's own functions. Sizes and other small whole numbers stay in numpy.

    Raises ImportError without PyTorch, Unsupported for operators outside the picture networks' vocabulary.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        import torch

        self._torch = torch
        self._nodes = []
        self._known: dict[str, Any] = {t.name: self._weight(t) for t in model.graph.initializer}
        self._outputs = [o.name for o in model.graph.output]
        for node in model.graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if node.op_type == "Constant":
                self._known[node.output[0]] = self._weight(attributes["value"])
                continue
            run = _OPERATORS.get(node.op_type)
            if run is None:
                raise Unsupported(node.op_type)
            self._nodes.append((run, list(node.input), list(node.output), attributes))

    def _weight(self, tensor: onnx.TensorProto) -> Any:
        array = np.array(onnx.numpy_helper.to_array(tensor))
        return self._torch.from_numpy(array) if array.dtype.kind == "f" and array.ndim else array

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Outputs by name, as arrays."""
        torch = self._torch
        values = {**self._known, **{k: torch.from_numpy(np.array(v)) for k, v in inputs.items()}}
        with torch.inference_mode():
            for run, names, outputs, attributes in self._nodes:
                given = [values[name] if name else None for name in names]
                values[outputs[0]] = run(torch, given, attributes)
        return {name: np.asarray(values[name]) for name in self._outputs}


_Run = Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]


def _plain(value: Any) -> NDArray[Any]:
    return value if isinstance(value, np.ndarray) else np.asarray(value)


def _ints(value: Any) -> list[int]:
    return [int(v) for v in np.asarray(value).reshape(-1)]


def _both(torch: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of one kind: arrays of sizes stay arrays, everything else becomes tensors."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a, b
    return (torch.as_tensor(a), torch.as_tensor(b))


def _binary(name: str) -> _Run:
    numpy_names = {"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "pow": "power"}

    def run(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
        left, right = _both(torch, v[0], v[1])
        if isinstance(left, np.ndarray):
            made = np.asarray(getattr(np, numpy_names[name])(left, right))
            return made.astype(left.dtype) if left.dtype.kind in "iu" else made
        return getattr(torch, name)(left, right)

    return run


def _unary(name: str) -> _Run:
    def run(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
        return getattr(torch, name)(torch.as_tensor(v[0]))

    return run


def _conv(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    pads = list(a.get("pads", [0, 0, 0, 0]))
    x = v[0]
    if any(pads):
        x = torch.nn.functional.pad(x, (pads[1], pads[3], pads[0], pads[2]))
    bias = v[2] if len(v) > 2 else None
    return torch.nn.functional.conv2d(
        x, v[1], bias, a.get("strides", [1, 1]), 0, a.get("dilations", [1, 1]), a.get("group", 1)
    )


def _conv_transpose(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    pads = list(a.get("pads", [0, 0, 0, 0]))
    if pads[:2] != pads[2:]:
        raise Unsupported("ConvTranspose")
    return torch.nn.functional.conv_transpose2d(
        v[0],
        v[1],
        v[2] if len(v) > 2 else None,
        a.get("strides", [1, 1]),
        pads[:2],
        a.get("output_padding", [0, 0]),
        a.get("group", 1),
        a.get("dilations", [1, 1]),
    )


def _pad(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    pads = _ints(v[1] if len(v) > 1 else a["pads"])
    mode = a.get("mode", b"constant").decode()
    half = len(pads) // 2
    if any(pads[:2]) or any(pads[half : half + 2]) or half != 4:
        raise Unsupported("Pad")
    around = (pads[3], pads[7], pads[2], pads[6])
    if mode == "constant":
        return torch.nn.functional.pad(v[0], around)
    return torch.nn.functional.pad(v[0], around, mode={"reflect": "reflect", "edge": "replicate"}[mode])


def _slice(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    starts, ends = (_ints(v[1]), _ints(v[2])) if len(v) > 2 else (list(a["starts"]), list(a["ends"]))
    axes = _ints(v[3]) if len(v) > 3 and v[3] is not None else list(a.get("axes", range(len(starts))))
    steps = _ints(v[4]) if len(v) > 4 else [1] * len(starts)
    x = v[0]
    cut: list[slice] = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cut[axis] = slice(start, min(end, 1 << 40), step)
    if any(part.step is not None and part.step < 0 for part in cut):
        if not isinstance(x, np.ndarray):
            raise Unsupported("Slice")
        cut = [slice(c.start, None if (c.stop or 0) < -(1 << 30) else c.stop, c.step) for c in cut]
    return x[tuple(cut)]


def _resize(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    x = v[0]
    if len(v) > 3 and v[3] is not None:
        size = _ints(v[3])[2:]
    else:
        scales = np.asarray(v[2] if len(v) > 2 else v[1]).reshape(-1)[2:]
        size = [int(n * s) for n, s in zip(x.shape[2:], scales, strict=True)]
    mode = a.get("mode", b"nearest").decode()
    if mode == "nearest":
        return torch.nn.functional.interpolate(x, size=size, mode="nearest")
    corners = a.get("coordinate_transformation_mode", b"").decode() == "align_corners"
    return torch.nn.functional.interpolate(x, size=size, mode="bilinear", align_corners=corners)


def _depth_to_space(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    x, k = v[0], a["blocksize"]
    if a.get("mode", b"DCR") == b"CRD":
        return torch.nn.functional.pixel_shuffle(x, k)
    n, c, h, w = x.shape
    return x.reshape(n, k, k, c // k**2, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // k**2, h * k, w * k)


def _reduce(name: str) -> _Run:
    def run(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
        axes = _ints(v[1]) if len(v) > 1 and v[1] is not None else list(a.get("axes", range(v[0].ndim)))
        return getattr(torch, name)(v[0], axes, keepdim=bool(a.get("keepdims", 1)))

    return run


def _shape_change(torch: Any, v: Sequence[Any], a: Mapping[str, Any], kind: str) -> Any:
    x = v[0]
    if kind == "Reshape":
        wanted = [x.shape[i] if n == 0 else n for i, n in enumerate(_ints(v[1]))]
        return x.reshape(wanted)
    if kind == "Flatten":
        axis = a.get("axis", 1)
        return x.reshape(int(np.prod(x.shape[:axis])), -1)
    axes = sorted(_ints(v[1]) if len(v) > 1 else list(a.get("axes", [])))
    if kind == "Squeeze":
        for axis in reversed(axes):
            x = x.squeeze(axis)
        return x
    for axis in axes:
        x = x[None] if axis == 0 else np.expand_dims(x, axis) if isinstance(x, np.ndarray) else x.unsqueeze(axis)
    return x


def _shaping(kind: str) -> _Run:
    return lambda torch, v, a: _shape_change(torch, v, a, kind)


def _cast(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    dtype = onnx.helper.tensor_dtype_to_np_dtype(a["to"])
    if isinstance(v[0], np.ndarray):
        return v[0].astype(dtype)
    return v[0].to(torch.from_numpy(np.zeros(1, dtype)).dtype)


def _concat(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    if all(isinstance(x, np.ndarray) for x in v):
        return np.concatenate(list(v), axis=a["axis"])
    return torch.cat([torch.as_tensor(x) for x in v], dim=a["axis"])


def _clip(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    low = v[1] if len(v) > 1 else a.get("min")
    high = v[2] if len(v) > 2 else a.get("max")
    return torch.clamp(v[0], None if low is None else float(low), None if high is None else float(high))


def _instance_norm(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    return torch.nn.functional.instance_norm(v[0], weight=v[1], bias=v[2], eps=a.get("epsilon", 1e-5))


def _pool(kind: str) -> _Run:
    def run(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
        pads = list(a.get("pads", [0, 0, 0, 0]))
        if pads[:2] != pads[2:] or a.get("ceil_mode", 0):
            raise Unsupported(kind)
        function = getattr(torch.nn.functional, kind)
        return function(v[0], a["kernel_shape"], a.get("strides", [1, 1]), pads[:2])

    return run


def _gemm(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    left = v[0].T if a.get("transA") else v[0]
    right = v[1].T if a.get("transB") else v[1]
    return left @ right * a.get("alpha", 1.0) + (v[2] * a.get("beta", 1.0) if len(v) > 2 else 0)


def _filled(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    value = onnx.numpy_helper.to_array(a["value"]) if "value" in a else np.zeros(1, np.float32)
    made = np.full(_ints(v[0]), value[0], value.dtype)
    return torch.from_numpy(made) if made.dtype.kind == "f" else made


def _gather(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    if isinstance(v[0], np.ndarray):
        return np.asarray(np.take(v[0], _plain(v[1]), axis=a.get("axis", 0)))
    return torch.index_select(v[0], a.get("axis", 0), torch.as_tensor(v[1]).reshape(-1))


def _leaky(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    return torch.nn.functional.leaky_relu(v[0], a.get("alpha", 0.01))


def _transpose(torch: Any, v: Sequence[Any], a: Mapping[str, Any]) -> Any:
    order = list(a.get("perm", reversed(range(v[0].ndim))))
    return v[0].transpose(order) if isinstance(v[0], np.ndarray) else v[0].permute(order)


_OPERATORS: dict[str, _Run] = {
    "Add": _binary("add"),
    "Sub": _binary("sub"),
    "Mul": _binary("mul"),
    "Div": _binary("div"),
    "Pow": _binary("pow"),
    "Mod": lambda torch, v, a: np.mod(_plain(v[0]), _plain(v[1])),
    "Relu": _unary("relu"),
    "Sqrt": _unary("sqrt"),
    "Sigmoid": _unary("sigmoid"),
    "Tanh": _unary("tanh"),
    "Exp": _unary("exp"),
    "Reciprocal": _unary("reciprocal"),
    "Identity": lambda torch, v, a: v[0],
    "LeakyRelu": _leaky,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Pad": _pad,
    "Slice": _slice,
    "Resize": _resize,
    "Upsample": _resize,
    "DepthToSpace": _depth_to_space,
    "GlobalAveragePool": lambda torch, v, a: v[0].mean((2, 3), keepdim=True),
    "ReduceMean": _reduce("mean"),
    "ReduceSum": _reduce("sum"),
    "MaxPool": _pool("max_pool2d"),
    "AveragePool": _pool("avg_pool2d"),
    "InstanceNormalization": _instance_norm,
    "MatMul": lambda torch, v, a: torch.matmul(v[0], v[1]),
    "Gemm": _gemm,
    "Clip": _clip,
    "Cast": _cast,
    "Concat": _concat,
    "ConstantOfShape": _filled,
    "Gather": _gather,
    "Transpose": _transpose,
    "Reshape": _shaping("Reshape"),
    "Flatten": _shaping("Flatten"),
    "Squeeze": _shaping("Squeeze"),
    "Unsqueeze": _shaping("Unsqueeze"),
    "Shape": lambda torch, v, a: np.array(v[0].shape, np.int64),
    "Size": lambda torch, v, a: np.array(int(np.prod(v[0].shape)), np.int64),
}
