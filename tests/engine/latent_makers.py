"""Tiny ONNX latent models: z → picture, mapping + generator + encoder, labels, z of four sides, half-precision
weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from artdesk.engine.engine import Engine
from tests.engine.scripted import PROCESSOR, LibraryFolders, write_library

Z, W, SIDE = 12, 10, 16
_FLOAT = TensorProto.FLOAT


def _weights(seed: int, *shape: int, gain: float = 1.0) -> NDArray[np.float32]:
    fan_in = shape[0]
    return np.asarray(np.random.default_rng(seed).standard_normal(shape) * gain / np.sqrt(fan_in), np.float32)


class Net:
    """A graph being built; `add` gives the name of a node's output."""

    def __init__(self, name: str, half: bool = False) -> None:
        self.name, self.half = name, half
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def weight(self, array: Any) -> str:
        """A constant's name; float weights are kept in half precision and widened where that is wished."""
        name = f"c{len(self.constants)}"
        a = np.asarray(array)
        if self.half and a.dtype == np.float32:
            self.constants.append(numpy_helper.from_array(a.astype(np.float16), name))
            return self.add("Cast", name, to=_FLOAT)
        self.constants.append(numpy_helper.from_array(a, name))
        return name

    def add(self, op: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def model(self, inputs: dict[str, Any], outputs: dict[str, Any], kinds: dict[str, int] | None = None) -> Any:
        """The checked model; shapes by name, float32 unless `kinds` says otherwise."""
        kinds = kinds or {}
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info(n, kinds.get(n, _FLOAT), s) for n, s in inputs.items()],
            [helper.make_tensor_value_info(n, kinds.get(n, _FLOAT), s) for n, s in outputs.items()],
            self.constants,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="scripted")
        made.ir_version = 9
        onnx.checker.check_model(made)
        return made

    def picture(self, value: str, wide: int, *, seed: int = 3, bounds: str = "Sigmoid", out: str = "image") -> str:
        """Numbers (b, wide) → a picture (b, 3, SIDE, SIDE) with soft structure."""
        h = self.add("Gemm", value, self.weight(_weights(seed, wide, 48, gain=1.6)))
        h = self.add("LeakyRelu", h, alpha=0.2)
        h = self.add("Gemm", h, self.weight(_weights(seed + 1, 48, 8 * 16, gain=1.6)))
        h = self.add("Reshape", h, self.weight(np.array([0, 8, 4, 4], np.int64)))
        scales = self.weight_plain(np.array([1, 1, SIDE // 4, SIDE // 4], np.float32))
        h = self.add("Resize", h, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")
        h = self.add("Conv", h, self.weight(_weights(seed + 2, 3, 8, 3, 3)), pads=[1, 1, 1, 1])
        return self.add(bounds, h, out=out)

    def weight_plain(self, array: Any) -> str:
        half, self.half = self.half, False
        name = self.weight(array)
        self.half = half
        return name


def plain(*, four: bool = False, half: bool = False, bounds: str = "Sigmoid", batch: int | str = "b") -> Any:
    """z (b, 12) or (b, 12, 1, 1) → picture: as a DCGAN."""
    net = Net("plain", half)
    z = "z"
    if four:
        z = net.add("Flatten", "z", axis=1)
    net.picture(z, Z, bounds=bounds)
    return net.model({"z": [batch, Z, 1, 1] if four else [batch, Z]}, {"image": [batch, 3, SIDE, SIDE]})


def labelled(*, index: bool = False) -> Any:
    """z and a label (one-hot of three, or a number) → picture."""
    net = Net("labelled")
    label = "label"
    if index:
        table = net.weight(_weights(9, 3, 4, gain=2.0))
        label = net.add("Gather", table, "label", axis=0)
        wide = 4
    else:
        wide = 3
    net.picture(net.add("Concat", "z", label, axis=1), Z + wide)
    kinds = {"label": TensorProto.INT64} if index else {}
    return net.model({"z": ["b", Z], "label": ["b"] if index else ["b", 3]}, {"image": ["b", 3, SIDE, SIDE]}, kinds)


def truncated() -> Any:
    """z and psi () → picture: truncation inside."""
    net = Net("truncated")
    mean = net.weight(_weights(5, 1, Z))
    away = net.add("Mul", net.add("Sub", "z", mean), "truncation_psi")
    net.picture(net.add("Add", mean, away), Z)
    return net.model({"z": ["b", Z], "truncation_psi": []}, {"image": ["b", 3, SIDE, SIDE]})


def mapping(*, half: bool = False, labels: int = 0, batch: int | str = "b") -> Any:
    """z (b, 12) [, label] → w (b, 10)."""
    net = Net("mapping", half)
    value, wide = "z", Z
    if labels:
        value, wide = net.add("Concat", "z", "label", axis=1), Z + labels
    h = net.add("LeakyRelu", net.add("Gemm", value, net.weight(_weights(11, wide, 20, gain=1.5))), alpha=0.2)
    h = net.add("Gemm", h, net.weight(_weights(12, 20, W, gain=1.5)))
    net.add("Add", h, net.weight(np.linspace(-0.5, 0.5, W).astype(np.float32)), out="w")
    inputs: dict[str, Any] = {"z": [batch, Z]}
    if labels:
        inputs["label"] = [batch, labels]
    return net.model(inputs, {"w": [batch, W]})


def generator(*, half: bool = False, name: str = "w") -> Any:
    """w (b, 10) → picture."""
    net = Net("generator", half)
    net.picture(name, W)
    return net.model({name: ["b", W]}, {"image": ["b", 3, SIDE, SIDE]})


def encoder() -> Any:
    """picture (1, 3, 32, 32) → w (1, 10): pooled colours spread over w."""
    net = Net("encoder")
    h = net.add("AveragePool", "image", kernel_shape=[16, 16], strides=[16, 16])
    h = net.add("Flatten", h, axis=1)
    net.add("Gemm", h, net.weight(_weights(21, 12, W, gain=2.0)), out="w")
    return net.model({"image": [1, 3, 32, 32]}, {"w": [1, W]})


def save(model: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def write_latent(folder: Path, *, main: Any, side: int = SIDE, extra: str = "", table: str = "", **parts: Any) -> Path:
    """Write a latent model's folder: model.onnx, the other `parts` by name, and the card."""
    sha = hashlib.sha256(save(main, folder / "model.onnx").read_bytes()).hexdigest()
    lines = [
        f'id = "{folder.name}"',
        'family = "latent"',
        'file = "model.onnx"',
        f'sha256 = "{sha}"',
        "[title]",
        'en = "Scripted garden"',
        'zh = "测试"',
        "[image]",
        f"width = {side}",
        f"height = {side}",
        extra,
        "[latent]",
        f"z_size = {Z}",
        table,
    ]
    for name, model in parts.items():
        content = save(model, folder / f"{name}.onnx").read_bytes()
        lines += [f'{name} = "{name}.onnx"', f'{name}_sha256 = "{hashlib.sha256(content).hexdigest()}"']
    (folder / "card.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_mapped(folder: Path, *, half: bool = False) -> Path:
    """A whole model: mapping, generator, encoder."""
    table = f"w_shape = [{W}]\nencoder_side = 32"
    return write_latent(folder, main=generator(half=half), table=table, mapping=mapping(half=half), encoder=encoder())


def write_gardens(folder: Path) -> LibraryFolders:
    """A scripted library with two latent models: “mapped” and “plain”."""
    found = write_library(folder)
    write_mapped(found.models / "mapped")
    write_latent(found.models / "plain", main=plain())
    return found


def open_gardens(folder: Path) -> Engine:
    """An engine on `write_gardens`, on the processor alone."""
    return Engine(write_gardens(folder).open(), home=folder / "home", devices=(PROCESSOR,))
