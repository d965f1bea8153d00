"""The one seam behind which networks run, and ONNX Runtime behind it with options fit for each device."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import DeviceUnavailable
from artdesk.core.paths import cache_dir
from artdesk.core.progress import CancelToken
from artdesk.engine.border import short_reason, translate_run_error, translate_start_error
from artdesk.engine.devices import PROVIDERS, TITLES, cuda_memory_bytes, physical_cores

_log = logging.getLogger(__name__)

Tensors = Mapping[str, NDArray[Any]]
_NVIDIA = ("cuda", "tensorrt")
_NUMPY: dict[str, Any] = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


class Runner(Protocol):
    """A network ready to run on one device. Tests put fakes behind this seam."""

    device: str

    def run(self, inputs: Tensors, token: CancelToken, *, keep_memory: bool = True) -> dict[str, NDArray[Any]]:
        """Run once: tensors by input name in, by output name out.

        A cancelled token stops the run within 0.3 s and raises Cancelled. With `keep_memory` False the working
        memory goes back to the system at the end of the run, inside it, where no other thread has to wait.

        Raises: OutOfMemory, DeviceLost, EngineError, Cancelled.
        """
        ...


@dataclass(frozen=True)
class SessionKey:
    """All that shaped a session. `options` is a plain text such as "" or "threads=1"."""

    sha256: str
    device: str
    options: str = ""


def parse_options(options: str) -> dict[str, str]:
    """ "threads=1,spin=1" as a mapping; unknown words are the reader's business."""
    pairs = (part.partition("=") for part in options.split(",") if part)
    return {name.strip(): value.strip() for name, _, value in pairs}


@functools.cache
def _preload_cuda() -> None:
    """Let pip-installed CUDA and cuDNN libraries be found; missing ones are told by the session itself."""
    import onnxruntime

    if hasattr(onnxruntime, "preload_dlls"):
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):  # it prints what it does not find
                onnxruntime.preload_dlls()
        except Exception as error:
            _log.info("CUDA libraries were not preloaded: %s", error)
        if said.getvalue():
            _log.info("preloading CUDA: %s", said.getvalue())


def provider_options(device: str) -> list[tuple[str, dict[str, str]]]:
    """Execution providers for `device`, with options, in order of preference; the processor closes the list."""
    cpu: tuple[str, dict[str, str]] = (PROVIDERS["cpu"], {})
    if device == "cpu":
        return [cpu]
    chosen: list[tuple[str, dict[str, str]]] = []
    if device in _NVIDIA:
        total = cuda_memory_bytes()[0]
        cuda = {
            "device_id": "0",
            # Growing by powers of two takes up to twice what a picture needs.
            "arena_extend_strategy": "kSameAsRequested",
            # Exhaustive search would repeat for every new picture size.
            "cudnn_conv_algo_search": "HEURISTIC",
            "cudnn_conv_use_max_workspace": "1",
            "do_copy_in_default_stream": "1",
        }
        if total:
            cuda["gpu_mem_limit"] = str(int(total * 0.8))
        if device == "tensorrt":
            folder = cache_dir() / "tensorrt"
            folder.mkdir(parents=True, exist_ok=True)
            chosen.append(
                (
                    PROVIDERS["tensorrt"],
                    {
                        "device_id": "0",
                        "trt_engine_cache_enable": "1",
                        "trt_engine_cache_path": str(folder),
                        "trt_timing_cache_enable": "1",
                        "trt_timing_cache_path": str(folder),
                    },
                )
            )
        chosen.append((PROVIDERS["cuda"], cuda))
    elif device == "directml":
        chosen.append((PROVIDERS["directml"], {"device_id": "0"}))
    elif device == "coreml":
        chosen.append((PROVIDERS["coreml"], {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL"}))
    elif device == "openvino":
        chosen.append((PROVIDERS["openvino"], {"device_type": "CPU"}))
    else:
        raise DeviceUnavailable("There is no device “{device}”.", device=device)
    return [*chosen, cpu]


def session_options(device: str, options: str = "") -> Any:
    """onnxruntime.SessionOptions for `device`. Options: threads=N, spin=0|1."""
    import onnxruntime

    wanted = parse_options(options)
    so = onnxruntime.SessionOptions()
    so.log_severity_level = 3
    so.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    so.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    so.intra_op_num_threads = int(wanted.get("threads") or physical_cores())
    so.inter_op_num_threads = 1
    # Idle worker threads that spin take the interface's core away between two pictures.
    so.add_session_config_entry("session.intra_op.allow_spinning", wanted.get("spin", "0"))
    # A pattern is one more block as large as all the others together, for every picture size seen (measured:
    # twice the memory, nothing won). DirectML forbids it anyway.
    so.enable_mem_pattern = False
    return so


class OrtRunner:
    """One ONNX Runtime session on one device."""

    def __init__(self, key: SessionKey, source: bytes | Path, name: str) -> None:
        self.device = key.device
        self._name = name
        try:
            import onnxruntime

            if key.device in _NVIDIA:
                _preload_cuda()
            self._session = onnxruntime.InferenceSession(
                source if isinstance(source, bytes) else str(source),
                sess_options=session_options(key.device, key.options),
                providers=provider_options(key.device),
                # Left on, the runtime prints to the standard output and goes on without the device.
                enable_fallback=0,
            )
        except Exception as error:
            raise translate_start_error(error, device=key.device, model=name) from error
        running = self._session.get_providers()
        if PROVIDERS[key.device] not in running:
            raise DeviceUnavailable(
                "{device} could not be started: {reason}",
                device=TITLES[key.device],
                reason="its libraries could not be loaded",
            )
        self._run_options_type = onnxruntime.RunOptions
        self._outputs = [o.name for o in self._session.get_outputs()]
        self._input_shapes = {i.name: i.shape for i in self._session.get_inputs()}
        self._output_specs = {o.name: (o.shape, _NUMPY.get(o.type)) for o in self._session.get_outputs()}
        self._learnt: dict[str, int] = {}
        self._bind = key.device == "cpu"

    @property
    def input_names(self) -> frozenset[str]:
        return frozenset(self._input_shapes)

    def run(self, inputs: Tensors, token: CancelToken, *, keep_memory: bool = True) -> dict[str, NDArray[Any]]:
        token.check()
        options = self._run_options_type()
        options.log_severity_level = 4  # a cancelled run would be logged as an error
        if not keep_memory:
            where = "cpu:0" if self.device not in _NVIDIA else "cpu:0;gpu:0"
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", where)

        def stop() -> None:
            options.terminate = True

        remove = token.on_cancel(stop)
        try:
            if self.device in _NVIDIA:
                values = self._run_bound(inputs, options)
            else:
                values = self._run_plain(inputs, options)
        except Exception as error:
            raise translate_run_error(error, device=self.device, model=self._name, cancelled=token.cancelled) from error
        finally:
            remove()
        return dict(zip(self._outputs, values, strict=True))

    def _run_plain(self, inputs: Tensors, options: Any) -> list[NDArray[Any]]:
        """On the processor: outputs are written straight into arrays of ours where their size is known before.

        The runtime would copy them otherwise, holding the interpreter all the while: a tenth of a second for a tile.
        """
        room = self._room_for_outputs(inputs) if self._bind else None
        if room is None:
            values = list(self._session.run(self._outputs, dict(inputs), options))
            self._learn_sides(values)
            return values
        binding = self._session.io_binding()
        given = {name: np.ascontiguousarray(value) for name, value in inputs.items()}
        for name, value in given.items():
            binding.bind_input(name, "cpu", 0, value.dtype, value.shape, value.ctypes.data)
        for name, array in room.items():
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        try:
            self._session.run_with_iobinding(binding, options)
        except Exception as error:
            if "shape" not in str(error).lower():
                raise
            # A network whose output is not what its declaration says: let the runtime find the room.
            _log.info("%s does not keep to its declared sizes: %s", self._name, short_reason(error))
            self._bind = False
            return self._run_plain(inputs, options)
        return [room[name] for name in self._outputs]

    def _learn_sides(self, values: list[NDArray[Any]]) -> None:
        """Sides without a name among the inputs (a batch of one, a state's length) are what they were once."""
        named = {side for shape in self._input_shapes.values() for side in shape if isinstance(side, str)}
        for name, value in zip(self._outputs, values, strict=True):
            declared = self._output_specs[name][0]
            if len(declared) == value.ndim:
                pairs = zip(declared, value.shape, strict=True)
                self._learnt.update({s: n for s, n in pairs if isinstance(s, str) and s not in named})

    def _room_for_outputs(self, inputs: Tensors) -> dict[str, NDArray[Any]] | None:
        """Arrays for the outputs, their symbolic sides looked up among the inputs'; None where one is not known."""
        sides = dict(self._learnt)
        for name, value in inputs.items():
            declared = self._input_shapes.get(name)
            if declared is None or len(declared) != value.ndim:
                return None
            sides.update({s: n for s, n in zip(declared, value.shape, strict=True) if isinstance(s, str)})
        room: dict[str, NDArray[Any]] = {}
        for name, (declared, dtype) in self._output_specs.items():
            shape = [sides.get(s, 0) if isinstance(s, str) else int(s or 0) for s in declared]
            if dtype is None or min(shape, default=1) < 1:
                return None
            room[name] = np.empty(shape, dtype)
        return room

    def _run_bound(self, inputs: Tensors, options: Any) -> list[NDArray[Any]]:
        """With IO binding: one copy in, one copy out, no staging in between."""
        binding = self._session.io_binding()
        for name, value in inputs.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(value))
        for name in self._outputs:
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding, options)
        return list(binding.copy_outputs_to_cpu())


def make_runner(key: SessionKey, source: bytes | Path, name: str = "model") -> Runner:
    """A runner for `source` (a file or a model's bytes) on key.device.

    Raises: DeviceUnavailable when the device does not start, ModelDamaged when the model does not load.
    """
    if key.device == "openvino":
        import onnxruntime

        if PROVIDERS["openvino"] not in onnxruntime.get_available_providers():
            from artdesk.engine.openvino_runner import OpenVinoRunner

            return OpenVinoRunner(key, source, name)
    return OrtRunner(key, source, name)
