"""Weights as they stand in the file: sizes that match their claims, numbers that are numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from artdesk.core.errors import ModelRefused

_T = onnx.TensorProto
_DTYPES: dict[int, str] = {
    _T.FLOAT: "float32",
    _T.DOUBLE: "float64",
    _T.FLOAT16: "float16",
    _T.UINT8: "uint8",
    _T.INT8: "int8",
    _T.UINT16: "uint16",
    _T.INT16: "int16",
    _T.INT32: "int32",
    _T.INT64: "int64",
    _T.UINT32: "uint32",
    _T.UINT64: "uint64",
    _T.BOOL: "bool",
}
_LOOSE_FIELDS = ("float_data", "double_data", "int32_data", "int64_data", "uint64_data")
_MOST_ELEMENTS = 1 << 28
_CHUNK = 1 << 22


def dtype_name(kind: int) -> str | None:
    """The numpy name of an ONNX element type, or None where it is not supported."""
    return _DTYPES.get(kind)


def check_tensor(tensor: onnx.TensorProto, name: str) -> int:
    """Check one tensor of the model called `name`; returns how many numbers it holds. Raises ModelRefused."""
    dtype = dtype_name(tensor.data_type)
    if dtype is None:
        raise ModelRefused("“{name}” uses a kind of number that is not supported.", name=name)
    count = 1
    for dim in tensor.dims:
        count *= dim
        if dim < 0 or count > _MOST_ELEMENTS:
            raise ModelRefused("“{name}” claims weights of an absurd size.", name=name)
    if tensor.HasField("raw_data"):
        held = len(tensor.raw_data) // np.dtype(dtype).itemsize
        exact = len(tensor.raw_data) == count * np.dtype(dtype).itemsize
    else:
        held = max(len(getattr(tensor, field)) for field in _LOOSE_FIELDS)
        exact = held == count
    if not exact:
        raise ModelRefused(
            "“{name}” claims {claimed} numbers for a weight and holds {held}: the file is damaged.",
            name=name,
            claimed=count,
            held=held,
        )
    if dtype.startswith("float") and not _finite(tensor, dtype):
        raise ModelRefused("“{name}” holds weights that are no numbers: the model is broken.", name=name)
    return count


def _finite(tensor: onnx.TensorProto, dtype: str) -> bool:
    """No NaN; infinities only in single constants (clipping bounds use them)."""
    numbers: NDArray[Any]
    if tensor.HasField("raw_data"):
        numbers = np.frombuffer(tensor.raw_data, np.dtype(dtype).newbyteorder("<"))
    elif dtype == "float16":
        numbers = np.asarray(tensor.int32_data, np.uint32).astype(np.uint16).view(np.float16)
    else:
        numbers = np.asarray(tensor.double_data if dtype == "float64" else tensor.float_data)
    if numbers.size <= 1:
        return not bool(np.isnan(numbers).any())
    return all(bool(np.isfinite(numbers[at : at + _CHUNK]).all()) for at in range(0, numbers.size, _CHUNK))


def small_constant(tensor: onnx.TensorProto, most: int = 4096) -> NDArray[Any] | None:
    """The numbers of a small tensor, or None for a large one."""
    count = 1
    for dim in tensor.dims:
        count *= dim
    if count > most:
        return None
    return np.asarray(onnx.numpy_helper.to_array(tensor))
