"""A foreign network under measurement: ONNX Runtime on the processor, inside the child process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray


class RunFailed(Exception):
    """The network could not be loaded or run this way."""


class Network:
    """One model loaded for measuring. `seconds` is what the last run took."""

    def __init__(self, model: onnx.ModelProto, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Sizes change from run to run here: planned memory would be kept for each of them.
        options.enable_mem_pattern = False
        # Without the arena memory goes back after each run, so that what a run takes can be measured.
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except MemoryError:
            raise
        except Exception as error:
            raise RunFailed(str(error)) from error
        self.outputs = [o.name for o in self._session.get_outputs()]
        self.seconds = 0.0

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Outputs by name. Raises RunFailed with the runtime's own words."""
        started = time.perf_counter()
        try:
            values = self._session.run(self.outputs, dict(feeds))
        except MemoryError:
            raise
        except Exception as error:
            raise RunFailed(str(error)) from error
        self.seconds = time.perf_counter() - started
        return {name: np.asarray(value) for name, value in zip(self.outputs, values, strict=True)}
