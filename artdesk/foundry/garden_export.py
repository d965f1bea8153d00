# mypy: disable-error-code="misc,no-any-return"
# (torch is not needed to check the project, so its classes and decorators are untyped there)
"""The garden's networks as model folders of the family ``latent``: ONNX files, a card, a licence.

Weights are kept as float16 and turned into float32 when a file is opened, so files are half as large and
run as fast. Every file is checked against torch before the card names it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from artdesk.foundry import export
from artdesk.foundry.garden_data import CLASSES
from artdesk.foundry.garden_gan_nets import Generator, Synthesis
from artdesk.foundry.garden_nets import CELLS, LATENT, SIDE, AutoEncoder
from artdesk.foundry.package import TRAINED_ON

TRUNCATION = 1.0
"""How far from the mean the desk begins."""
FEW = 64
"""Smaller tensors keep float32: they are biases and sizes."""


class _Decode(nn.Module):
    """Latent -> picture, as the garden's ``generator``."""

    def __init__(self, ae: AutoEncoder) -> None:
        super().__init__()
        self.ae = ae

    def forward(self, w: Tensor) -> Tensor:
        return self.ae.decode(w)


class _Encode(nn.Module):
    """Picture -> latent."""

    def __init__(self, ae: AutoEncoder) -> None:
        super().__init__()
        self.ae = ae

    def forward(self, image: Tensor) -> Tensor:
        return self.ae.encode(image)


class _Paint(nn.Module):
    """Style vector -> picture."""

    def __init__(self, synthesis: Synthesis, ae: AutoEncoder) -> None:
        super().__init__()
        self.synthesis, self.ae = synthesis, ae

    def forward(self, w: Tensor) -> Tensor:
        return self.ae.decode(self.synthesis(w))


def rounded(net: nn.Module) -> nn.Module:
    """The same network with its large weights rounded to float16, ready to be exported."""
    net = net.eval().cpu().float().to(memory_format=torch.contiguous_format)
    with torch.no_grad():
        for t in (*net.parameters(), *net.buffers()):
            if t.numel() >= FEW:
                t.copy_(t.half().float())
    return net


def halve(path: Path) -> None:
    """Keep the large float32 weights of a file as float16 behind a cast. Their values must fit (see ``rounded``)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for t in model.graph.initializer:
        if t.data_type != TensorProto.FLOAT or int(np.prod(t.dims)) < FEW:
            continue
        name = t.name
        array = numpy_helper.to_array(t).astype(np.float16)
        t.CopyFrom(numpy_helper.from_array(array, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for i, node in enumerate(casts):
        model.graph.node.insert(i, node)
    onnx.checker.check_model(model)
    temporary = path.with_name(path.name + ".new")
    onnx.save(model, str(temporary))
    os.replace(temporary, path)


def _file(net: nn.Module, path: Path, shapes: Mapping[str, tuple[int, ...]], output: str) -> float:
    """Write one file with a free batch size and check it with batches of one and three."""
    net = rounded(net)

    def inputs(batch: int, seed: int) -> dict[str, Tensor]:
        g = torch.Generator().manual_seed(seed)
        made = {}
        for name, shape in shapes.items():
            if name == "label":
                made[name] = torch.eye(shape[0])[torch.arange(batch) % shape[0]]
            elif name == "image":
                made[name] = torch.rand(batch, *shape, generator=g)
            else:
                made[name] = torch.randn(batch, *shape, generator=g)
        return made

    names = (*shapes, output)
    # Traced with two: a batch of one would be taken for a constant here and there.
    export._write(net, path, inputs(2, 0), (output,), {n: {0: "batch"} for n in names})
    halve(path)
    return export._check(path, net, [inputs(1, 1), inputs(3, 2)])


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_card(folder: Path, title: tuple[str, str], latent: dict[str, Any], more: Mapping[str, Any]) -> None:
    for part in ("mapping", "encoder"):
        if (folder / f"{part}.onnx").exists():
            latent |= {part: f"{part}.onnx", f"{part}_sha256": _sha(folder / f"{part}.onnx")}
    card = {
        "family": "latent",
        "licence": "Apache-2.0",
        "trained_on": TRAINED_ON,
        "title": {"en": title[0], "zh": title[1]},
        "image": {"layout": "NCHW", "order": "RGB", "range": "0..1", "width": SIDE, "height": SIDE},
        "latent": latent,
        **more,
    }
    export.write_card(folder, card)
    licence = Path(__file__).parents[2] / "LICENSE"
    if licence.exists():
        shutil.copyfile(licence, folder / "LICENSE")


def class_names() -> list[dict[str, str]]:
    """The classes as a card names them."""
    return [{"en": en, "zh": zh} for _, en, zh in CLASSES]


def export_vae(ae: AutoEncoder, prior: Generator, folder: Path, more: Mapping[str, Any]) -> float:
    """Write decoder, encoder and prior; ``more`` are the card's [training] and [measured] tables.

    Returns the worst difference between torch and ONNX Runtime. Raises ExportError.
    """
    w = (LATENT, CELLS, CELLS)
    worst = [
        _file(_Decode(ae), folder / "model.onnx", {"w": w}, "image"),
        _file(_Encode(ae), folder / "encoder.onnx", {"image": (3, SIDE, SIDE)}, "w"),
        _file(prior, folder / "mapping.onnx", {"z": (prior.size,), "label": (len(CLASSES),)}, "w"),
    ]
    latent = _latent(prior.size, list(w)) | {"encoder_side": SIDE}
    _write_card(folder, ("Painting memory (VAE)", "绘画记忆（VAE）"), latent, more)
    return max(worst)


def export_gan(generator: Generator, ae: AutoEncoder, folder: Path, more: Mapping[str, Any]) -> float:
    """Write mapping and synthesis with decoder. Returns the worst difference. Raises ExportError."""
    size = generator.size
    worst = [
        _file(_Paint(generator.synthesis, ae), folder / "model.onnx", {"w": (size,)}, "image"),
        _file(generator.mapping, folder / "mapping.onnx", {"z": (size,), "label": (len(CLASSES),)}, "w"),
    ]
    _write_card(folder, ("Painting garden (GAN)", "绘画花园（GAN）"), _latent(size, [size]), more)
    return max(worst)


def _latent(z_size: int, w_shape: list[int]) -> dict[str, Any]:
    return {
        "z_size": z_size,
        "w_shape": w_shape,
        "classes": class_names(),
        "prior": "normal",
        "interpolation": "lerp",
        "truncation": TRUNCATION,
    }
