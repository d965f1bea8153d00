"""Weights kept outside the model file: taken only from a plain file beside it, never from elsewhere."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import onnx

from artdesk.core.errors import ModelRefused

_MOST_BYTES = 1 << 30


def tensors_of(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every dense tensor anywhere in the model: weights, constants, in sub-graphs and local functions."""
    stack: list[onnx.GraphProto | onnx.FunctionProto] = [model.graph, *model.functions]
    while stack:
        part = stack.pop()
        if isinstance(part, onnx.GraphProto):
            yield from part.initializer
        for node in part.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
                if attribute.HasField("g"):
                    stack.append(attribute.g)
                stack.extend(attribute.graphs)


def absorb_external_data(model: onnx.ModelProto, path: Path) -> int:
    """Read weights that lie beside `path` into the model, in place; returns the bytes read.

    Raises ModelRefused for any location but the plain name of a regular file in the same folder (no link, no folder
    part, no drive), and for offsets and lengths outside that file.
    """
    total = 0
    for tensor in tensors_of(model):
        if tensor.data_location != onnx.TensorProto.EXTERNAL and not tensor.external_data:
            continue
        entry = {pair.key: pair.value for pair in tensor.external_data}
        beside = _plain_file_beside(path, entry.get("location", ""))
        try:
            offset, length = int(entry.get("offset", 0)), int(entry.get("length", -1))
        except ValueError:
            offset = -1
            length = -1
        size = beside.stat().st_size
        if length < 0:
            length = size - offset
        if offset < 0 or length < 0 or offset + length > size:
            raise ModelRefused(
                "“{name}” asks for weights beyond the end of “{file}”.", name=path.name, file=beside.name
            )
        total += length
        if total > _MOST_BYTES:
            raise ModelRefused("“{name}” has more weights than {limit} MB.", name=path.name, limit=_MOST_BYTES >> 20)
        with beside.open("rb") as file:
            file.seek(offset)
            tensor.raw_data = file.read(length)
        tensor.ClearField("external_data")
        tensor.data_location = onnx.TensorProto.DEFAULT
    return total


def _plain_file_beside(path: Path, location: str) -> Path:
    plain = location not in ("", ".", "..") and not any(c in location for c in "/\\:\0")
    if not plain:
        raise ModelRefused(
            "“{name}” wants to read “{location}”. Weights are taken only from a file right beside the model.",
            name=path.name,
            location=location[:120],
        )
    beside = path.parent / location
    try:
        mode = beside.lstat().st_mode
    except OSError as error:
        raise ModelRefused(
            "“{name}” keeps its weights in “{location}”, which is not beside it.",
            name=path.name,
            location=location[:120],
        ) from error
    if not stat.S_ISREG(mode):
        raise ModelRefused(
            "“{name}” keeps its weights in “{location}”, which is a link or no plain file.",
            name=path.name,
            location=location[:120],
        )
    return beside
