"""The devices of this machine: what ONNX Runtime lists, checked against what can really be reached.

A provider in ONNX Runtime's list only says that it was compiled in. Whether a driver answers is asked of the
driver itself, so that nobody is offered CUDA and silently given the processor.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import importlib.util
import logging
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Device:
    """One place where networks may run. `reason` says why it is not available."""

    id: str
    title: str
    provider: str
    available: bool
    reason: str = ""


PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
TITLES = {
    "tensorrt": "NVIDIA TensorRT",
    "cuda": "NVIDIA CUDA",
    "directml": "DirectML",
    "coreml": "Apple CoreML",
    "openvino": "Intel OpenVINO",
    "cpu": "Processor",
}
DEVICE_IDS = tuple(PROVIDERS)
OPENVINO_PACKAGE = "openvino package"
"""Stands as the provider where Intel's own package runs the networks instead of ONNX Runtime's provider."""


def physical_cores() -> int:
    """Cores this process may use, without counting hardware threads twice; at least 1."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))


def machine_name() -> str:
    """A short fingerprint of this machine's hardware and runtime: measurements are kept under it."""
    import psutil

    runtime = next(
        (
            f"{name} {importlib.metadata.version(name)}"
            for name in ("onnxruntime-gpu", "onnxruntime-directml", "onnxruntime")
            if _installed(name)
        ),
        "onnxruntime ?",
    )
    gigabytes = round(psutil.virtual_memory().total / 2**30)
    return f"{platform.system()} {platform.machine()} {physical_cores()} cores {gigabytes} GB, {runtime}"


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@functools.cache
def cuda_memory_bytes() -> tuple[int, str]:
    """(memory of the first NVIDIA card in bytes, "") as its driver says, or (0, why there is none)."""
    names = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libcuda.so")
    for name in names:
        try:
            driver = ctypes.CDLL(name)
            break
        except OSError:
            continue
    else:
        return 0, "no NVIDIA driver is installed"
    count, card, size = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_size_t(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value < 1:
        return 0, "the NVIDIA driver finds no card"
    total = getattr(driver, "cuDeviceTotalMem_v2", driver.cuDeviceTotalMem)
    if driver.cuDeviceGet(ctypes.byref(card), 0) != 0 or total(ctypes.byref(size), card) != 0:
        return 0, "the NVIDIA driver does not answer"
    return int(size.value), ""


def _tensorrt_missing() -> str:
    if importlib.util.find_spec("tensorrt_libs") is not None:
        return ""
    stem = "nvinfer_{}.dll" if sys.platform == "win32" else "libnvinfer.so.{}"
    for version in (10, 11, 9):
        try:
            ctypes.CDLL(stem.format(version))
        except OSError:
            continue
        return ""
    return "TensorRT is not installed"


def _why_not(device: str, listed: frozenset[str]) -> tuple[str, str]:
    """(provider, "" when it may be used, else the reason)."""
    provider = PROVIDERS[device]
    if device == "openvino" and provider not in listed:
        if importlib.util.find_spec("openvino") is not None:
            return OPENVINO_PACKAGE, ""
        return OPENVINO_PACKAGE, "the openvino package is not installed"
    if provider not in listed:
        return provider, "this build of ONNX Runtime does not have it"
    if device in ("cuda", "tensorrt"):
        reason = cuda_memory_bytes()[1]
        if not reason and device == "tensorrt":
            reason = _tensorrt_missing()
        return provider, reason
    return provider, ""


def find_devices(listed: Callable[[], list[str]] | None = None) -> tuple[Device, ...]:
    """Every device ArtDesk knows, the reachable ones marked; the processor is always there and last.

    `listed` names the runtime's providers (tests hand in their own); None asks ONNX Runtime.
    """
    if listed is None:
        import onnxruntime

        listed = onnxruntime.get_available_providers
    names = frozenset(listed())
    devices = []
    for identity in DEVICE_IDS:
        if identity == "cpu":
            provider, reason = PROVIDERS["cpu"], ""
        else:
            provider, reason = _why_not(identity, names)
        devices.append(Device(identity, TITLES[identity], provider, not reason, reason))
    return tuple(devices)
