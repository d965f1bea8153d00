"""Where the runtime's exceptions become sentences: nothing of ONNX Runtime's own leaves the engine."""

from __future__ import annotations

import logging
import re

from artdesk.core.errors import (
    ArtDeskError,
    Cancelled,
    DeviceLost,
    DeviceUnavailable,
    EngineError,
    ModelDamaged,
    OutOfMemory,
)
from artdesk.engine.devices import TITLES

_log = logging.getLogger(__name__)
_CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_SOURCE = re.compile(r"^(/|[A-Za-z]:\\).*\.(cc|cpp|h)\b")

_MEMORY_WORDS = (
    "failed to allocate",
    "out of memory",
    "out_of_memory",
    "bad_alloc",
    "bad allocation",
    "e_outofmemory",
    "8007000e",
    "not enough memory",
    "available memory of",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)
_LOST_WORDS = (
    "887a0005",
    "887a0006",
    "887a0007",
    "device_removed",
    "device removed",
    "device_hung",
    "device lost",
    "illegal memory access",
    "launch failure",
    "launch timed out",
    "cuda_error_",
    "cudaerror",
    "cuda failure",
    "cudnn failure",
    "cublas failure",
    "unspecified launch",
)
_DAMAGED_WORDS = ("invalid_protobuf", "protobuf parsing failed", "invalid_graph", "load model", "no_suchfile")


def short_reason(error: BaseException) -> str:
    """The telling part of a runtime's message, short enough for a status bar; source paths stay in the log."""
    text = str(error).strip() or type(error).__name__
    line = next((part.strip() for part in text.splitlines() if part.strip()), text)
    line = _CODE.sub("", line)
    if _SOURCE.match(line):
        return "the runtime gave an error"
    return line if len(line) <= 160 else line[:157] + "…"


def translate_start_error(error: Exception, *, device: str, model: str) -> ArtDeskError:
    """What it means for the person that a session could not be made."""
    if isinstance(error, ArtDeskError):
        return error
    _log.warning("session of %s on %s failed: %s", model, device, error)
    text = str(error).lower()
    if isinstance(error, MemoryError) or any(word in text for word in _MEMORY_WORDS):
        return OutOfMemory("There is not enough memory for this picture.")
    if device == "cpu" or any(word in text for word in _DAMAGED_WORDS):
        return ModelDamaged("The model “{model}” cannot be loaded: {reason}", model=model, reason=short_reason(error))
    return DeviceUnavailable(
        "{device} could not be started: {reason}", device=TITLES.get(device, device), reason=short_reason(error)
    )


def translate_run_error(error: Exception, *, device: str, model: str, cancelled: bool) -> Exception:
    """What it means that a run broke off: cancelled, out of memory, the device lost, or the model at fault."""
    if isinstance(error, ArtDeskError | Cancelled):
        return error
    text = str(error).lower()
    if cancelled:
        return Cancelled()
    _log.warning("run of %s on %s failed: %s", model, device, error)
    if isinstance(error, MemoryError) or any(word in text for word in _MEMORY_WORDS):
        return OutOfMemory("There is not enough memory for this picture.")
    if device != "cpu" and any(word in text for word in _LOST_WORDS):
        return DeviceLost(
            "{device} stopped answering: {reason}", device=TITLES.get(device, device), reason=short_reason(error)
        )
    return EngineError(
        "The model “{model}” failed on {device}: {reason}",
        model=model,
        device=TITLES.get(device, device),
        reason=short_reason(error),
    )
