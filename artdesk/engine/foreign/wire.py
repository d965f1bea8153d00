"""The skeleton of an ONNX file, walked field by field without building a single object.

A protobuf of a few bytes can unfold into gigabytes of Python and C++ objects (millions of empty nodes, packed
integers, deep nesting). This walk counts what would be built, so that the real parser only ever sees files of sane
shape.

Source: the protobuf wire format, and field numbers from onnx.proto.
"""

from __future__ import annotations

import mmap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from artdesk.core.errors import ModelRefused

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIELDS_THAT_NEST: dict[str, dict[int, str]] = {
    "model": {8: "leaf", 7: "graph", 14: "leaf", 20: "training", 25: "function", 26: "leaf"},
    "graph": {
        1: "node",
        5: "tensor",
        11: "value",
        12: "value",
        13: "value",
        14: "leaf",
        15: "sparse",
        16: "leaf",
    },
    "function": {7: "node", 9: "leaf", 11: "attribute", 12: "value", 14: "leaf"},
    "node": {5: "attribute", 9: "leaf", 10: "leaf"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        14: "type",
        15: "type",
        22: "sparse",
        23: "sparse",
    },
    "tensor": {13: "leaf", 16: "leaf"},
    "sparse": {1: "tensor", 2: "tensor"},
    "value": {2: "type"},
    "type": {1: "tensortype", 4: "container", 5: "container", 9: "container", 8: "tensortype"},
    "container": {1: "type", 2: "type"},
    "tensortype": {2: "shape"},
    "shape": {1: "leaf"},
}
_VERSION_KEY = 0x08
_PACKED_NUMBERS = {("tensor", n) for n in (1, 5, 7, 11)} | {("attribute", 8), ("sparse", 3)}
"""Packed variable-length integers: a byte in the file becomes eight in memory."""


@dataclass
class Skeleton:
    """What a file would unfold into: how many of each message, packed bytes, fields in all, deepest nesting."""

    counts: Counter[str] = field(default_factory=Counter)
    fields: int = 0
    packed_bytes: int = 0
    depth: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class SkeletonLimits:
    """Larger than any honest picture model by far, small enough that parsing stays under a gigabyte."""

    file_bytes: int = 512 << 20
    fields: int = 800_000
    depth: int = 40
    packed_bytes: int = 32 << 20
    nodes: int = 60_000
    tensors: int = 60_000


LIMITS = SkeletonLimits()


def read_skeleton(path: Path, limits: SkeletonLimits = LIMITS) -> Skeleton:
    """Walk the file and count. Raises ModelRefused where it is not ONNX, is cut short, or would unfold beyond
    `limits`.
    """
    size = path.stat().st_size
    if size == 0:
        raise ModelRefused("“{name}” is empty.", name=path.name)
    if size > limits.file_bytes:
        raise ModelRefused(
            "“{name}” is {size} MB large; models up to {limit} MB are taken in.",
            name=path.name,
            size=size >> 20,
            limit=limits.file_bytes >> 20,
        )
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _refuse_known_strangers(path.name, bytes(data[:16]))
        walk = _Walk(data, path.name, limits)
        walk.message("model", 0, len(data), 0)
        found = walk.found
    if not found.counts["graph"] or not found.counts["node"]:
        raise ModelRefused("“{name}” is not an ONNX model.", name=path.name)
    found.bytes = size
    return found


def _refuse_known_strangers(name: str, head: bytes) -> None:
    """Files people mistake for ONNX get a sentence that helps."""
    if head.startswith(b"PK\x03\x04") or (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05"):
        raise ModelRefused(
            "“{name}” is a PyTorch checkpoint, not an ONNX model. Export it to ONNX where it was trained.", name=name
        )
    if head[4:8] == b"TFL3":
        raise ModelRefused("“{name}” is a TensorFlow Lite model, not an ONNX model.", name=name)
    if head.startswith(b"\x89HDF"):
        raise ModelRefused("“{name}” is a Keras file, not an ONNX model.", name=name)
    if head[8:10] == b'{"':
        raise ModelRefused("“{name}” holds bare weights (safetensors), not an ONNX model.", name=name)


class _Walk:
    def __init__(self, data: mmap.mmap, name: str, limits: SkeletonLimits) -> None:
        self.data, self.name, self.limits = data, name, limits
        self.found = Skeleton()

    def message(self, kind: str, at: int, end: int, depth: int) -> None:
        found, limits = self.found, self.limits
        found.counts[kind] += 1
        found.depth = max(found.depth, depth)
        if depth > limits.depth:
            raise self.refusal("“{name}” is nested too deeply.")
        if found.counts["node"] > limits.nodes or found.counts["tensor"] > limits.tensors:
            raise self.refusal("“{name}” has more parts than any picture model.")
        nests = _FIELDS_THAT_NEST.get(kind, {})
        while at < end:
            found.fields += 1
            if found.fields > limits.fields:
                raise self.refusal("“{name}” has more parts than any picture model.")
            key, at = self.varint(at, end)
            number, wire = key >> 3, key & 7
            if number == 0:
                raise self.stranger()
            if wire == _BYTES:
                length, at = self.varint(at, end)
                stop = at + length
                if stop > end:
                    raise self.cut_short()
                if number in nests:
                    self.message(nests[number], at, stop, depth + 1)
                elif (kind, number) in _PACKED_NUMBERS:
                    found.packed_bytes += length
                    if found.packed_bytes > limits.packed_bytes:
                        raise self.refusal("“{name}” has more parts than any picture model.")
                at = stop
            elif wire == _VARINT:
                _, at = self.varint(at, end)
            elif wire == _FIXED64:
                at += 8
            elif wire == _FIXED32:
                at += 4
            else:
                raise self.stranger()
            if at > end:
                raise self.cut_short()

    def varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        data = self.data
        while at < end:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
            if shift > 63:
                raise self.stranger()
        raise self.cut_short()

    def stranger(self) -> ModelRefused:
        return ModelRefused("“{name}” is not an ONNX model.", name=self.name)

    def cut_short(self) -> ModelRefused:
        # Exporters write the version of the format first: a file that begins so was ONNX once.
        if self.data[0] != _VERSION_KEY:
            return self.stranger()
        return ModelRefused("“{name}” is cut short: the file ends in the middle.", name=self.name)

    def refusal(self, sentence: str) -> ModelRefused:
        return ModelRefused(sentence, name=self.name)
