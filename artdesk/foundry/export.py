"""Out of torch into ONNX: files with cards, checked against torch before anyone relies on them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from artdesk.foundry.nets import CODE_SIZE, STYLIST_SIDE, Features, Painter, Stylist

log = logging.getLogger(__name__)

OPSET = 17
TOLERANCE = 1e-3
"""Largest difference allowed between torch and ONNX Runtime."""


class ExportError(Exception):
    """The exported file does not compute what torch computes."""


def code_space_of(identity: NDArray[np.float32]) -> str:
    """The name of a code space: the hash of its identity code, so that mismatched sets are noticed."""
    return hashlib.sha256(np.ascontiguousarray(identity, np.float32).tobytes()).hexdigest()[:16]


def _write(
    net: nn.Module,
    path: Path,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    dynamic: Mapping[str, Mapping[int, str]],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".onnx")
    os.close(handle)
    try:
        with warnings.catch_warnings():
            # The tracer warns about sizes it takes as constants; the check at other sizes proves it right.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                net,
                tuple(inputs.values()),
                name,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={k: dict(v) for k, v in dynamic.items()},
                opset_version=OPSET,
                dynamo=False,
                # Folding would rename the weights, and training can go on from the file alone.
                do_constant_folding=False,
            )
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _check(path: Path, net: nn.Module, cases: Sequence[Mapping[str, Tensor]]) -> float:
    """Worst difference between ONNX Runtime and torch over some inputs. Raises ExportError."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    worst = 0.0
    for case in cases:
        with torch.no_grad():
            want = net(*case.values())
        got = session.run(None, {k: v.numpy() for k, v in case.items()})
        want = want if isinstance(want, tuple) else (want,)
        for a, b in zip(want, got, strict=True):
            if tuple(a.shape) != b.shape:
                raise ExportError(f"{path.name}: shape {b.shape} instead of {tuple(a.shape)}")
            worst = max(worst, float(np.abs(a.numpy() - b).max()))
    if not worst <= TOLERANCE:
        raise ExportError(f"{path.name} differs from torch by {worst:.2g}")
    return worst


def _plain(net: nn.Module) -> nn.Module:
    return net.eval().cpu().float().to(memory_format=torch.contiguous_format)


def painter_inputs(net: Painter, height: int, width: int, hold: float = 0.0) -> dict[str, Tensor]:
    """Random inputs of the right shapes, for tracing and checking."""
    image = torch.rand(1, 3, height, width)
    code = torch.randn(1, CODE_SIZE)
    with torch.no_grad():
        state = net(torch.rand(1, 3, 96, 96), code, torch.zeros(1, net.state_size), torch.zeros(()))[1]
    return {"image": image, "code": code, "state": state, "hold": torch.tensor(hold)}


def export_painter(net: Painter, path: Path) -> float:
    """Write a painter and check it at several sizes and holds; returns the worst difference from torch."""
    _plain(net)
    axes = {2: "height", 3: "width"}
    _write(
        net,
        path,
        painter_inputs(net, 72, 80),
        ("painted", "state_out"),
        {"image": axes, "painted": axes},
    )
    cases = [
        painter_inputs(net, h, w, hold) for h, w, hold in ((64, 64, 0.0), (97, 131, 0.0), (66, 103, 1.0), (80, 71, 0.6))
    ]
    return _check(path, net, cases)


def export_stylist(net: Stylist, path: Path) -> float:
    """Write a stylist; returns the worst difference from torch."""
    _plain(net)
    shape = (1, 3, STYLIST_SIDE, STYLIST_SIDE)
    _write(net, path, {"style": torch.rand(shape)}, ("code",), {})
    return _check(
        path,
        net,
        [{"style": torch.rand(shape)}, {"style": torch.linspace(0.1, 0.9, STYLIST_SIDE).expand(shape).contiguous()}],
    )


def export_features(net: Features, path: Path) -> float:
    """Write the perceptual network; returns the worst difference from torch."""
    _plain(net)
    names = ("relu1_1", "relu2_1", "relu3_1")
    dynamic = {"image": {2: "height", 3: "width"}}
    dynamic |= {n: {2: f"height{i}", 3: f"width{i}"} for i, n in enumerate(names)}
    _write(net, path, {"image": torch.rand(1, 3, 64, 80)}, names, dynamic)
    return _check(path, net, [{"image": torch.rand(1, 3, h, w)} for h, w in ((64, 64), (97, 130))])


def toml(table: Mapping[str, Any]) -> str:
    """A mapping as TOML: plain values first, then one level of tables (more are written inline)."""

    def value(v: Any) -> str:
        if isinstance(v, bool):
            return "true" if v else "false"
        if isinstance(v, int | float):
            return repr(v)
        if isinstance(v, str):
            return json.dumps(v, ensure_ascii=False)
        if isinstance(v, Mapping):
            return "{ " + ", ".join(f"{k} = {value(x)}" for k, x in v.items()) + " }"
        return "[" + ", ".join(value(x) for x in v) + "]"

    lines = [f"{k} = {value(v)}" for k, v in table.items() if not isinstance(v, Mapping)]
    for name, inner in table.items():
        if isinstance(inner, Mapping):
            lines += ["", f"[{name}]", *(f"{k} = {value(v)}" for k, v in inner.items())]
    return "\n".join(lines) + "\n"


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.toml`` beside ``model.onnx``, with the file's sha256 filled in."""
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    filled = {"id": folder.name, "file": "model.onnx", "sha256": digest, **card}
    temporary = folder / "card.toml.new"
    temporary.write_text(toml(filled), encoding="utf-8")
    temporary.replace(folder / "card.toml")
