"""Intel's openvino package behind the same seam: several times quicker on processors with AMX or AVX-512."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import Cancelled
from artdesk.core.progress import CancelToken
from artdesk.engine.border import translate_run_error, translate_start_error
from artdesk.engine.devices import physical_cores
from artdesk.engine.runners import SessionKey, Tensors, parse_options

_POLL_MS = 50
_log = logging.getLogger(__name__)


def load() -> Any:
    """The `openvino` package. Takes some tenths of a second the first time.

    Without its model converter: that one reports every import to a server, from a copy of the whole process, while
    ArtDesk promises to work offline; and nothing here converts models. Raises: ImportError.
    """
    if "openvino" not in sys.modules:
        modules: dict[str, Any] = sys.modules
        modules.setdefault("openvino.tools.ovc", None)  # the package goes on without it
        modules.setdefault("openvino_telemetry", None)
        _load_libraries()
    import openvino

    return openvino


def _load_libraries() -> None:
    """Map the shared libraries while other threads run: Python's import would hold the interpreter for all of it."""
    spec = importlib.util.find_spec("openvino") if sys.platform.startswith("linux") else None
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent
    open_library = ctypes.CDLL(None).dlopen
    open_library.restype, open_library.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for path in (*folder.glob("libs/libopenvino.so*"), *folder.glob("_pyopenvino*.so")):
        if not open_library(os.fsencode(path), os.RTLD_NOW):  # the import will say why
            _log.info("%s could not be loaded beforehand", path.name)


class OpenVinoRunner:
    """One compiled OpenVINO model on the processor. One run at a time: a second caller waits."""

    def __init__(self, key: SessionKey, source: bytes | Path, name: str) -> None:
        self.device = key.device
        self._name = name
        self._lock = threading.Lock()
        wanted = parse_options(key.options)
        try:
            core = load().Core()
            model = core.read_model(source if isinstance(source, bytes) else str(source))
            config: dict[str, Any] = {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": int(wanted.get("threads") or physical_cores()),
            }
            compiled = core.compile_model(model, "CPU", config)
            self._request = compiled.create_infer_request()
            self._outputs = [port.get_any_name() for port in compiled.outputs]
        except Exception as error:
            raise translate_start_error(error, device=key.device, model=name) from error

    def run(self, inputs: Tensors, token: CancelToken, *, keep_memory: bool = True) -> dict[str, NDArray[Any]]:
        with self._lock:
            token.check()
            try:
                self._request.start_async(dict(inputs), share_inputs=True)
                while not self._request.wait_for(_POLL_MS):
                    if token.cancelled:
                        self._request.cancel()
                        self._request.wait()
                        raise Cancelled
                # The request's own buffers are overwritten by the next run: hand out copies.
                return {n: np.array(self._request.get_tensor(n).data) for n in self._outputs}
            except Exception as error:
                raise translate_run_error(
                    error, device=self.device, model=self._name, cancelled=token.cancelled
                ) from error
