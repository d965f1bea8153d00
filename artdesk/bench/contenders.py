"""Who runs a network beside ArtDesk: bare ONNX Runtime, PyTorch eager, OpenCV DNN, OpenVINO, each where installed."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Inputs = Mapping[str, NDArray[Any]]
Run = Callable[[Inputs], NDArray[Any]]
"""Inputs by name in, the picture's tensor out."""

NAMES = ("ort", "torch", "opencv", "openvino")


def bare_ort(file: Path, output: str, device: str) -> Run:
    """ONNX Runtime as it comes: default options, the device's provider."""
    import onnxruntime

    from artdesk.engine.devices import PROVIDERS

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        str(file), options, providers=list(dict.fromkeys((PROVIDERS[device], "CPUExecutionProvider")))
    )
    return lambda inputs: np.asarray(session.run([output], dict(inputs))[0])


def torch_eager(file: Path, output: str) -> Run:
    """PyTorch, one operator after the other."""
    import onnx

    from artdesk.bench.torch_eager import EagerNetwork

    network = EagerNetwork(onnx.load(str(file)))
    return lambda inputs: network.run(inputs)[output]


def opencv_dnn(file: Path, output: str) -> Run:
    """OpenCV's own network runner."""
    import cv2
    import onnx

    model = onnx.load(str(file))
    for node in model.graph.node:
        if node.op_type == "Resize" and len(node.input) == 3:
            scales = node.input[2]  # the region of interest between is used by nobody, but OpenCV counts it
            del node.input[1:]
            node.input.append(scales)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))

    def run(inputs: Inputs) -> NDArray[Any]:
        for name, value in inputs.items():
            net.setInput(np.atleast_1d(value), name)
        return np.asarray(net.forward(output))

    return run


def openvino_cpu(file: Path, output: str) -> Run:
    """Intel's OpenVINO as it comes, on the processor."""
    import openvino

    compiled = openvino.Core().compile_model(str(file), "CPU")
    request = compiled.create_infer_request()
    return lambda inputs: np.asarray(request.infer(dict(inputs))[output])


def contenders(file: Path, output: str, device: str) -> dict[str, Run | None]:
    """Every contender by name; None where it is not installed or cannot load the network."""
    makers: dict[str, tuple[str, Callable[[], Run]]] = {
        "ort": ("onnxruntime", lambda: bare_ort(file, output, device if device != "openvino" else "cpu")),
        "torch": ("torch", lambda: torch_eager(file, output)),
        "opencv": ("cv2", lambda: opencv_dnn(file, output)),
        "openvino": ("openvino", lambda: openvino_cpu(file, output)),
    }
    found: dict[str, Run | None] = {}
    for name, (module, make) in makers.items():
        found[name] = None
        if importlib.util.find_spec(module) is None:
            continue
        try:
            found[name] = make()
        except Exception as error:
            log.info("%s cannot load %s: %s", name, file.parent.name, error)
    return found
