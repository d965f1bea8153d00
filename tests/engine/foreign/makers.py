"""Small foreign models made by hand, each a picture network in miniature.

Blurs, sharpens and recolours what it gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
AFFINES = {
    "0..1": (1.0, 0.0),
    "0..255": (1 / 255, 0.0),
    "-1..1": (0.5, 0.5),
}
"""network space = number * gain + offset, where network space is 0..1"""


class Net:
    """A graph under construction. Values are names; every method appends nodes and returns the new value."""

    def __init__(self, opset: int = 17, seed: int = 0) -> None:
        self.opset = opset
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dims: Sequence[int | str | None], kind: int = FLOAT) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, list(dims)))
        return name

    def output(
        self, value: str, name: str = "output", dims: Sequence[int | str | None] = (), kind: int = FLOAT
    ) -> None:
        self.op("Identity", value, named=name)
        self.outputs.append(helper.make_tensor_value_info(name, kind, list(dims) or [None] * 4))

    def const(self, array: Any, dtype: Any = np.float32) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(np.asarray(array, dtype)), name))
        return name

    def op(self, kind: str, *inputs: str, named: str = "", outputs: int = 1, **attributes: Any) -> str:
        names = [named or f"v{len(self.nodes)}"] + [f"v{len(self.nodes)}_{i}" for i in range(1, outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0]

    def affine(self, x: str, gain: Any, offset: Any, layout: str = "nchw") -> str:
        shape = (1, -1, 1, 1) if layout == "nchw" else (1, 1, 1, -1)
        if np.any(np.asarray(gain) != 1):
            x = self.op("Mul", x, self.const(np.asarray(gain, np.float32).reshape(shape)))
        if np.any(np.asarray(offset) != 0):
            x = self.op("Add", x, self.const(np.asarray(offset, np.float32).reshape(shape)))
        return x

    def folded(self, x: str, gain: float, offset: float, channels: int = 3) -> str:
        """The same affine hidden in a 1×1 convolution, as trained networks hide it."""
        w = np.eye(channels, dtype=np.float32)[:, :, None, None] * gain
        return self.op("Conv", x, self.const(w), self.const(np.full(channels, offset)), kernel_shape=[1, 1])

    def pad(self, x: str, n: int) -> str:
        pads = [0, 0, n, n, 0, 0, n, n]
        if self.opset < 11:
            return self.op("Pad", x, mode="reflect", pads=pads)
        return self.op("Pad", x, self.const(pads, np.int64), mode="reflect")

    def conv(self, x: str, cin: int, cout: int, k: int = 3, stride: int = 1, padded: bool = True) -> str:
        """Mostly the identity (channel by channel, blurred), with a little noise: structure and colour survive."""
        w = self.rng.normal(0, 0.1 / k, (cout, cin, k, k)).astype(np.float32)
        for o in range(cout):
            w[o, o % cin] += 1.0 / (k * k)
        bias = self.rng.normal(0, 0.02, cout)
        if padded and k > 1:
            x = self.pad(x, k // 2)
        return self.op("Conv", x, self.const(w), self.const(bias), kernel_shape=[k, k], strides=[stride, stride])

    def up(self, x: str, factor: int = 2) -> str:
        scales = self.const([1, 1, factor, factor])
        if self.opset < 10:
            return self.op("Upsample", x, scales, mode="nearest")
        return self.op(
            "Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
        )

    def mean(self, x: str, axes: Sequence[int]) -> str:
        if self.opset < 18:
            return self.op("ReduceMean", x, axes=list(axes), keepdims=1)
        return self.op("ReduceMean", x, self.const(list(axes), np.int64), keepdims=1)

    def norm(self, x: str, c: int, form: str) -> str:
        """Instance normalisation of (1, c, h, w), written as exporters write it."""
        scale, bias = self.rng.uniform(0.15, 0.3, c), self.rng.uniform(0.4, 0.6, c)
        column = lambda a: self.const(np.asarray(a).reshape(1, -1, 1, 1))  # noqa: E731
        eps = self.const(1e-5)
        if form == "none":
            return x
        if form == "instance":
            return self.op("InstanceNormalization", x, self.const(scale), self.const(bias), epsilon=1e-5)
        if form == "reduce-mul":
            m = self.mean(x, [2, 3])
            d = self.op("Sub", x, m)
            v = self.mean(self.op("Mul", d, d), [2, 3])
            y = self.op("Div", d, self.op("Sqrt", self.op("Add", v, eps)))
        elif form == "reduce-pow":
            m = self.mean(x, [-2, -1])
            d = self.op("Sub", x, m)
            v = self.mean(self.op("Pow", d, self.const(2.0)), [-2, -1])
            y = self.op("Mul", d, self.op("Reciprocal", self.op("Sqrt", self.op("Add", v, eps))))
        elif form == "moments":  # TensorFlow: x * k + (bias - mean * k)
            m = self.mean(x, [2, 3])
            d = self.op("Sub", x, m)
            v = self.mean(self.op("Mul", d, d), [2, 3])
            k = self.op("Mul", self.op("Reciprocal", self.op("Sqrt", self.op("Add", v, eps))), column(scale))
            return self.op("Add", self.op("Mul", x, k), self.op("Sub", column(bias), self.op("Mul", m, k)))
        elif form == "global-pool":
            m = self.op("GlobalAveragePool", x)
            d = self.op("Sub", x, m)
            v = self.op("GlobalAveragePool", self.op("Mul", d, d))
            y = self.op("Div", d, self.op("Sqrt", self.op("Add", v, eps)))
        elif form == "sum":  # sums over height and width, divided by their product
            shape = self.op("Shape", x)
            sides = self.op("Slice", shape, self.const([2], np.int64), self.const([4], np.int64))
            area = self.op("Cast", self.op("ReduceProd", sides, keepdims=0), to=FLOAT)
            axes = self.const([2, 3], np.int64)
            m = self.op("Div", self.op("ReduceSum", x, axes, keepdims=1), area)
            d = self.op("Sub", x, m)
            v = self.op("Div", self.op("ReduceSum", self.op("Mul", d, d), axes, keepdims=1), area)
            y = self.op("Div", d, self.op("Sqrt", self.op("Add", v, eps)))
        elif form == "reshape-batch":  # Reshape + BatchNormalization in training mode
            shape = self.op("Shape", x)
            flat = self.op("Reshape", x, self.const([1, c, 0, 0], np.int64))
            y = self.op(
                "BatchNormalization", flat, self.const(np.ones(c)), self.const(np.zeros(c)), self.const(np.zeros(c)),
                self.const(np.ones(c)), outputs=3, training_mode=1, epsilon=1e-5,
            )  # fmt: skip
            y = self.op("Reshape", y, shape)
        elif form == "reshape-instance":  # (1, c, -1), as group normalisation with a group a channel is exported
            flat = self.op("Reshape", x, self.const([0, c, -1], np.int64))
            y = self.op("InstanceNormalization", flat, self.const(np.ones(c)), self.const(np.zeros(c)), epsilon=1e-5)
            y = self.op("Reshape", y, self.op("Shape", x))
        elif form == "groups":  # two groups in (1, 2, -1)
            flat = self.op("Reshape", x, self.const([0, 2, -1], np.int64))
            y = self.op("InstanceNormalization", flat, self.const(np.ones(2)), self.const(np.zeros(2)), epsilon=1e-5)
            y = self.op("Reshape", y, self.op("Shape", x))
        elif form == "group-op":
            return self.op("GroupNormalization", x, self.const(scale), self.const(bias), num_groups=2, epsilon=1e-5)
        elif form == "layer":  # one statistic for all channels: LayerNormalization over (1, -1)
            flat = self.op("Reshape", x, self.const([1, -1], np.int64))
            m = self.mean(flat, [1])
            d = self.op("Sub", flat, m)
            v = self.mean(self.op("Mul", d, d), [1])
            y = self.op("Reshape", self.op("Div", d, self.op("Sqrt", self.op("Add", v, eps))), self.op("Shape", x))
        elif form == "mean-variance":
            y = self.op("MeanVarianceNormalization", x, axes=[2, 3])
        else:
            raise ValueError(form)
        return self.op("Add", self.op("Mul", y, column(scale)), column(bias))

    def model(self, **changes: Any) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "net", self.inputs, self.outputs, self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], producer_name="tests")
        made.ir_version = changes.get("ir_version", 8)
        return made


def style_net(
    *,
    layout: str = "nchw",
    into: str = "0..1",
    out: str = "",
    form: str = "instance",
    fold: bool = False,
    end: str = "",
    size: tuple[int, int] | None = None,
    order: str = "rgb",
    opset: int = 17,
    channels: int = 3,
    out_channels: int = 3,
    depth: int = 1,
    dtype: int = FLOAT,
) -> onnx.ModelProto:
    """A fixed-style network: a mean/deviation for "mean_std", BGR by a caffe mean, `end` "tanh" or "clip"."""
    g = Net(opset)
    h, w = size or ("h", "w")
    dims = [1, channels, h, w] if layout == "nchw" else [1, h, w, channels]
    x = g.input("input", dims, dtype)
    if dtype != FLOAT:
        x = g.op("Cast", x, to=FLOAT)
    if layout == "nhwc":
        x = g.op("Transpose", x, perm=[0, 3, 1, 2])
    if order == "bgr":  # the caffe way: blue first, 0..255, the mean colour taken out
        mean = np.array([103.939, 116.779, 123.68])
        x = g.op("Sub", x, g.const(mean.reshape(1, 3, 1, 1)))
        unit = np.eye(3, dtype=np.float32)[:, :, None, None] / 255
        x = g.op("Conv", x, g.const(unit), g.const(mean / 255), kernel_shape=[1, 1])
    elif into == "mean_std":
        std, mean = np.array([0.229, 0.224, 0.225]), np.array([0.485, 0.456, 0.406])
        w3 = np.diag(std).astype(np.float32)[:, :, None, None]
        x = g.op("Conv", x, g.const(w3), g.const(mean), kernel_shape=[1, 1])
    elif fold:
        x = g.folded(x, *AFFINES[into], channels=channels)
    else:
        x = g.affine(x, *AFFINES[into])
    x = g.conv(x, channels, 8)
    x = g.norm(x, 8, form)
    for _ in range(depth):
        y = g.conv(x, 8, 16, stride=2)
        y = g.op("Relu", g.norm(y, 16, form))
        y = g.conv(g.up(y), 16, 8)
        x = g.op("Add", g.op("Mul", x, g.const(0.6)), g.op("Mul", y, g.const(0.4)))
    x = g.conv(x, 8, out_channels)
    out = out or ("0..255" if order == "bgr" else into if into != "mean_std" else "0..1")
    gain, offset = AFFINES[out]
    if end == "tanh":
        x = g.op("Tanh", g.affine(x, 2.0, -1.0))
        x = g.affine(
            x, {"0..1": 0.5, "0..255": 127.5, "-1..1": 1.0}[out], {"0..1": 0.5, "0..255": 127.5, "-1..1": 0.0}[out]
        )
    else:
        x = g.folded(x, 1 / gain, -offset / gain, out_channels)
        if end == "clip":
            low, high = {"0..1": (0, 1), "0..255": (0, 255), "-1..1": (-1, 1)}[out]
            x = g.op("Clip", x, g.const(low), g.const(high))
    if layout == "nhwc":
        x = g.op("Transpose", x, perm=[0, 2, 3, 1])
    g.output(x)
    return g.model()


def upscaler(factor: int, *, shuffle: bool = True, valid: bool = False, channels: int = 3) -> onnx.ModelProto:
    """An upscaler: pixel shuffle, or nearest and a convolution; `valid` without padding, as waifu2x is."""
    g = Net()
    x = g.input("lr", [1, channels, "h", "w"])
    y = g.conv(x, channels, 9, padded=not valid)
    y = g.op("Relu", y)
    y = g.conv(y, 9, channels * factor**2 if shuffle else channels, padded=not valid)
    if shuffle:
        w = np.zeros((channels * factor**2, channels, 1, 1), np.float32)
        for o in range(channels * factor**2):
            w[o, o // factor**2] = 1
        x = g.op("Conv", x, g.const(w), kernel_shape=[1, 1])
        if not valid:
            y = g.op("Add", x, g.op("Mul", y, g.const(0.05)))
        y = g.op("DepthToSpace", y, blocksize=factor, mode="CRD")
    else:
        y = g.up(y, factor)
    g.output(y, "sr")
    return g.model()


def mask_net() -> onnx.ModelProto:
    g = Net()
    x = g.input("image", [1, 3, "h", "w"])
    w = np.array([1.0, -0.5, -0.5], np.float32).reshape(1, 3, 1, 1) * 4
    y = g.op("Conv", x, g.const(w), kernel_shape=[1, 1])
    y = g.op("AveragePool", g.pad(y, 4), kernel_shape=[9, 9])
    g.output(g.op("Sigmoid", y), "mask")
    return g.model()


def grey_drawing() -> onnx.ModelProto:
    """Light made of red, green and blue as televisions do, sharpened: a grey picture."""
    g = Net()
    x = g.input("image", [1, 3, "h", "w"])
    w = np.array([0.299, 0.587, 0.114], np.float32).reshape(1, 3, 1, 1)
    y = g.op("Conv", x, g.const(w), kernel_shape=[1, 1])
    sharp = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32).reshape(1, 1, 3, 3)
    y = g.op("Conv", g.pad(y, 1), g.const(sharp), kernel_shape=[3, 3])
    g.output(y, "result")
    return g.model()


def size_bound(multiple: int) -> onnx.ModelProto:
    """Halves and doubles with a skip connection: sides must be multiples, or the skip does not fit."""
    g = Net()
    x = g.input("input", [1, 3, "h", "w"])
    y = g.conv(x, 3, 3)
    steps = multiple.bit_length() - 1
    for _ in range(steps):
        y = g.op("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
    for _ in range(steps):
        y = g.up(y)
    g.output(g.op("Add", g.op("Mul", x, g.const(0.7)), g.op("Mul", y, g.const(0.3))))
    return g.model()


def adain(*, with_alpha: bool = False, swapped: bool = False) -> onnx.ModelProto:
    """Content and style pictures: the content takes the style's mean and deviation."""
    g = Net()
    names = [("content", ["a", 3, "h", "w"]), ("style", ["b", 3, "hs", "ws"])]
    for name, dims in reversed(names) if swapped else names:
        g.input(name, [1, *dims[1:]])
    c, s = "content", "style"

    def statistics(x: str) -> tuple[str, str]:
        m = g.mean(x, [2, 3])
        d = g.op("Sub", x, m)
        return m, g.op("Sqrt", g.op("Add", g.mean(g.op("Mul", d, d), [2, 3]), g.const(1e-5)))

    cm, cd = statistics(c)
    sm, sd = statistics(s)
    y = g.op("Add", g.op("Mul", g.op("Div", g.op("Sub", c, cm), cd), sd), sm)
    if with_alpha:
        a = g.input("alpha", [1])
        y = g.op("Add", g.op("Mul", y, a), g.op("Mul", c, g.op("Sub", g.const(1.0), a)))
    g.output(g.conv(y, 3, 3))
    return g.model()


def coded(size: int = 12) -> onnx.ModelProto:
    """A picture and a style code (1, 1, 1, size): gains and offsets after a normalisation."""
    g = Net()
    x = g.input("content_image", [1, "h", "w", 3])
    code = g.input("style_bottleneck", [1, 1, 1, size])
    flat = g.op("Reshape", code, g.const([1, size], np.int64))
    gains = g.op(
        "Reshape", g.op("MatMul", flat, g.const(g.rng.normal(0, 0.3, (size, 3)))), g.const([1, 3, 1, 1], np.int64)
    )
    y = g.op("Transpose", x, perm=[0, 3, 1, 2])
    y = g.norm(g.conv(y, 3, 3), 3, "instance")
    y = g.op("Add", y, gains)
    g.output(g.op("Transpose", g.conv(y, 3, 3), perm=[0, 2, 3, 1]), "painted")
    return g.model()


def encoder(size: int = 12) -> onnx.ModelProto:
    """A picture to a style code (1, 1, 1, size)."""
    g = Net()
    x = g.input("style_image", [1, "h", "w", 3])
    y = g.op("Relu", g.conv(g.op("Transpose", x, perm=[0, 3, 1, 2]), 3, size))
    y = g.op("Transpose", g.op("GlobalAveragePool", y), perm=[0, 2, 3, 1])
    g.output(y, "bottleneck")
    return g.model()


def save(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path
