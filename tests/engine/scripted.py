"""Tiny ONNX networks that keep the painter contract: every room's tests paint with them in milliseconds.

`write_library(folder)` lays out models and styles as they ship; `open_engine(folder)` is an engine on top.
The painter is real: two convolutions at half resolution with normalisation by state and hold, a code that
scales, shifts and gates, and a receptive radius that tiles must respect.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Pillow

from artdesk.engine.devices import PROVIDERS, TITLES, Device
from artdesk.engine.engine import Engine
from artdesk.engine.library import Library

CODE_SIZE = 8
CHANNELS = 6
STATE_SIZE = 4 * CHANNELS
RADIUS = 8
ALIGN = 2
CODE_SPACE = "scripted"
STYLES = ("ember", "frost", "moss")
_OPSET = 17
PROCESSOR = Device("cpu", TITLES["cpu"], PROVIDERS["cpu"], True)


def _tensor(name: str, array: object) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(array), name)


def _save(graph: onnx.GraphProto, path: Path) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="scripted")
    model.ir_version = 9
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def build_painter(path: Path, *, seed: int = 0) -> Path:
    """Write a painter: image (1,3,H,W), code (1,8), state (1,24), hold () -> painted, state_out.

    A code of zeros gives the picture back; code[0] = 1 paints fully; the other numbers change the painting.
    """
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> NDArray[np.float32]:
        fan_in = int(np.prod(shape[1:]))
        return np.asarray(rng.standard_normal(shape) * np.sqrt(2 / fan_in), np.float32)

    c = CHANNELS
    constants = [
        _tensor("pads", np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64)),
        _tensor("w1", weights(c, 3, 3, 3)),
        _tensor("w2", weights(c, c, 3, 3)),
        _tensor("w3", weights(3, c, 3, 3)),
        _tensor("wide_code", weights(c, CODE_SIZE) * 0.8),
        _tensor("code_shift", weights(c, CODE_SIZE) * 0.8),
        _tensor("eps", np.array(1e-4, np.float32)),
        _tensor("one", np.array(1, np.float32)),
        _tensor("zero", np.array(0, np.float32)),
        _tensor("scales", np.array([1, 1, 2, 2], np.float32)),
        _tensor("from2", np.array([2], np.int64)),
        _tensor("to4", np.array([4], np.int64)),
        _tensor("origin", np.array([0, 0], np.int64)),
        _tensor("axes", np.array([2, 3], np.int64)),
        _tensor("spread", np.array([2, 3], np.int64)),
        _tensor("first", np.array([0], np.int64)),
        _tensor("second", np.array([1], np.int64)),
        _tensor("along", np.array([1], np.int64)),
    ]
    nodes: list[onnx.NodeProto] = []
    counter = iter(range(10_000))

    def add(op: str, *inputs: str, out: str = "", **attributes: object) -> str:
        out = out or f"v{next(counter)}"
        nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def padded(x: str) -> str:
        return add("Pad", x, "pads", mode="reflect")

    used: list[str] = []

    def normalised(x: str, offset: int) -> str:
        mean = add("ReduceMean", x, axes=[2, 3], keepdims=1)
        centred = add("Sub", x, mean)
        variance = add("ReduceMean", add("Mul", centred, centred), axes=[2, 3], keepdims=1)
        deviation = add("Sqrt", add("Add", variance, "eps"))
        picked = []
        for k, own in enumerate((mean, deviation)):
            low, high = f"from_{offset}_{k}", f"to_{offset}_{k}"
            constants.append(_tensor(low, np.array([offset + k * c], np.int64)))
            constants.append(_tensor(high, np.array([offset + (k + 1) * c], np.int64)))
            given = add("Unsqueeze", add("Slice", "state", low, high, "along"), "spread")
            mixed = add("Add", add("Mul", given, "hold"), add("Mul", own, add("Sub", "one", "hold")))
            used.append(add("Squeeze", mixed, "spread"))
            picked.append(mixed)
        return add("Div", add("Sub", x, picked[0]), picked[1])

    h = add("Conv", padded("image"), "w1", strides=[2, 2], kernel_shape=[3, 3])
    h = normalised(h, 0)
    scale = add("Unsqueeze", add("Gemm", "code", "wide_code", transB=1), "spread")
    shift = add("Unsqueeze", add("Gemm", "code", "code_shift", transB=1), "spread")
    h = add("Add", add("Mul", h, add("Add", scale, "one")), shift)
    h = add("Conv", padded(add("Relu", h)), "w2", kernel_shape=[3, 3])
    h = add("Relu", normalised(h, 2 * c))
    h = add(
        "Resize", h, "", "scales", mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric"
    )
    h = add("Sigmoid", add("Conv", padded(h), "w3", kernel_shape=[3, 3]))
    sides = add("Slice", add("Shape", "image"), "from2", "to4")
    h = add("Slice", h, "origin", sides, "axes")
    gate = add("Clip", add("Slice", "code", "first", "second", "along"), "zero", "one")
    gate = add("Unsqueeze", gate, "spread")
    add("Add", "image", add("Mul", gate, add("Sub", h, "image")), out="painted")
    add("Concat", *used, out="state_out", axis=1)
    graph = helper.make_graph(
        nodes,
        "painter",
        [
            helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"]),
            helper.make_tensor_value_info("code", TensorProto.FLOAT, [1, CODE_SIZE]),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [1, STATE_SIZE]),
            helper.make_tensor_value_info("hold", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("painted", TensorProto.FLOAT, [1, 3, "h", "w"]),
            helper.make_tensor_value_info("state_out", TensorProto.FLOAT, [1, STATE_SIZE]),
        ],
        constants,
    )
    return _save(graph, path)


def build_stylist(path: Path) -> Path:
    """Write a stylist: style (1,3,256,256) -> code (1,8): the mean colour spread over a code that paints."""
    rng = np.random.default_rng(5)
    weight = rng.standard_normal((3, CODE_SIZE)).astype(np.float32)
    weight[:, 0] = 0
    bias = np.zeros(CODE_SIZE, np.float32)
    bias[0] = 1
    nodes = [
        helper.make_node("GlobalAveragePool", ["style"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["code"]),
    ]
    graph = helper.make_graph(
        nodes,
        "stylist",
        [helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 3, 256, 256])],
        [helper.make_tensor_value_info("code", TensorProto.FLOAT, [1, CODE_SIZE])],
        [_tensor("weight", weight), _tensor("bias", bias)],
    )
    return _save(graph, path)


def write_card(folder: Path, *, family: str, role: str = "", extra: str = "") -> Path:
    """Write folder/card.toml for folder/model.onnx, sha256 and all."""
    sha = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    lines = [f'id = "{folder.name}"', f'family = "{family}"']
    if role:
        lines.append(f'role = "{role}"')
    lines += [
        'file = "model.onnx"',
        f'sha256 = "{sha}"',
        'licence = "Apache-2.0"',
        'trained_on = "nothing: scripted"',
        f'code_space = "{CODE_SPACE}"',
        "[title]",
        f'en = "Scripted {family}"',
        'zh = "测试"',
        "[image]",
        'layout = "NCHW"',
        'order = "RGB"',
        'range = "0..1"',
        "minimum = 16",
        "multiple_of = 1",
    ]
    if family == "painter":
        lines += [
            "[painter]",
            f"code_size = {CODE_SIZE}",
            f"state_size = {STATE_SIZE}",
            f"receptive_radius = {RADIUS}",
            f"align = {ALIGN}",
        ]
    (folder / "card.toml").write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")
    return folder / "card.toml"


def scripted_code(number: int) -> NDArray[np.float32]:
    """The code of the scripted style `number`: it paints, and differs from its neighbours."""
    code = np.random.default_rng(100 + number).standard_normal(CODE_SIZE).astype(np.float32)
    code[0] = 1
    return code


def write_style(folder: Path, number: int, *, title: str = "") -> Path:
    """Write one bundled style: style.toml, code.npy, preview.webp."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "code.npy", scripted_code(number))
    pixels = np.full((48, 64, 3), (40 + 60 * number) % 256, np.uint8)
    pixels[::7] = 200
    Pillow.fromarray(pixels).save(folder / "preview.webp")
    name = title or folder.name.replace("_", " ").title()
    (folder / "style.toml").write_text(
        f'id = "{folder.name}"\nyear = "1900"\ntechnique = "oil"\nsource = "scripted"\nrights = "public domain"\n'
        f'preview = "preview.webp"\ncode = "code.npy"\ncode_space = "{CODE_SPACE}"\n'
        f'[title]\nen = "{name}"\nzh = "样式{number}"\n[artist]\nen = "Nobody"\nzh = "无名"\n',
        encoding="utf-8",
    )
    return folder


@dataclass(frozen=True)
class LibraryFolders:
    """What `write_library` wrote: bundled models and styles, and the person's own, still empty."""

    models: Path
    styles: Path
    own_models: Path
    own_styles: Path

    def open(self) -> Library:
        return Library((self.models, self.own_models), (self.styles, self.own_styles))


def write_library(folder: Path) -> LibraryFolders:
    """Lay out a whole library under `folder`: two painters, a stylist, three styles, an identity code."""
    found = LibraryFolders(folder / "models", folder / "styles", folder / "own" / "models", folder / "own" / "styles")
    for place in (found.models, found.styles, found.own_models, found.own_styles):
        place.mkdir(parents=True, exist_ok=True)
    for name, family, role in (
        ("painter", "painter", "quality"),
        ("live", "painter", "live"),
        ("stylist", "stylist", ""),
    ):
        path = found.models / name / "model.onnx"
        if family == "painter":
            build_painter(path, seed=0 if role == "quality" else 1)
        else:
            build_stylist(path)
        write_card(path.parent, family=family, role=role)
    for number, name in enumerate(STYLES):
        write_style(found.styles / name, number)
    np.save(found.styles / "identity.npy", np.zeros(CODE_SIZE, np.float32))
    return found


def open_engine(folder: Path) -> Engine:
    """An engine on a freshly written scripted library in `folder`, on the processor alone: the same everywhere."""
    return Engine(write_library(folder).open(), home=folder / "home", devices=(PROCESSOR,))


def photograph(width: int, height: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """A picture with structure at all scales, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / p + rng.uniform(0, 6)) + np.cos(y / (p * 1.3) + rng.uniform(0, 6)) for p in (5, 23, 71)]
    base = sum(waves) / 6 + 0.5
    shifted = np.stack([base, np.roll(base, 3, 0), np.roll(base, 7, 1)], axis=2)
    noise = rng.uniform(-0.06, 0.06, shifted.shape)
    return np.clip((shifted + noise) * 255, 0, 255).astype(np.uint8)
