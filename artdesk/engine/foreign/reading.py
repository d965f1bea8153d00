"""Static reading of a foreign model: everything that can be known, and refused, before it is ever run."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from artdesk.core.errors import ModelRefused
from artdesk.engine.foreign.external import absorb_external_data, tensors_of
from artdesk.engine.foreign.facts import FileFacts, Port
from artdesk.engine.foreign.flow import check_sizes
from artdesk.engine.foreign.functions import inline_functions
from artdesk.engine.foreign.operators import ALLOWED, FREE_SIZE, LOOPS, ONNX_DOMAINS, RANDOM
from artdesk.engine.foreign.weights import check_tensor, dtype_name
from artdesk.engine.foreign.wire import read_skeleton

log = logging.getLogger(__name__)

_OLDEST_OPSET = 7
_MOST_INPUTS = 6


@dataclass(frozen=True)
class ReadModel:
    """A model that has been read: one self-contained graph without functions, external data or training parts."""

    model: onnx.ModelProto
    facts: FileFacts


def read_model(path: Path) -> ReadModel:
    """Read and check the ONNX file at `path` without running it.

    Raises ModelRefused with the reason in a sentence: not ONNX, cut short, too large, custom operators, loops,
    random numbers, sparse or missing or absurd weights, weights that are not numbers, external data anywhere but
    right beside, sizes that depend on what is in the picture.
    """
    name = path.name
    try:
        if not path.is_file():
            raise ModelRefused("“{name}” does not exist or is no file.", name=name)
        read_skeleton(path)
        content = path.read_bytes()
    except OSError as error:
        log.info("cannot read %s", path, exc_info=error)
        raise ModelRefused("“{name}” cannot be read.", name=name) from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except (DecodeError, RecursionError, ValueError) as error:
        raise ModelRefused("“{name}” is not an ONNX model.", name=name) from error
    digest, size = hashlib.sha256(content).hexdigest(), len(content)
    del content
    _check_parts(model, name)
    absorb_external_data(model, path)
    opset = _opset(model, name)
    model = inline_functions(model, name)
    operators = _check_operators(model, name)
    weights = sum(check_tensor(t, name) for t in tensors_of(model))
    _drop_what_is_not_needed(model)
    inputs, outputs = _ports(model, name)
    check_sizes(model, name)
    facts = FileFacts(
        name=name,
        sha256=digest,
        bytes=size,
        opset=opset,
        producer=" ".join(f"{model.producer_name} {model.producer_version}".split())[:80],
        nodes=len(model.graph.node),
        weights=weights,
        operators=dict(operators),
        inputs=inputs,
        outputs=outputs,
    )
    return ReadModel(model, facts)


def _check_parts(model: onnx.ModelProto, name: str) -> None:
    graph = model.graph
    sparse = bool(graph.sparse_initializer)
    for part in [graph, *model.functions]:
        for node in part.node:
            for attribute in node.attribute:
                sparse = sparse or attribute.HasField("sparse_tensor") or bool(attribute.sparse_tensors)
                if node.op_type in LOOPS or attribute.HasField("g") or attribute.graphs:
                    raise ModelRefused(
                        "“{name}” holds a loop or a branch ({operator}): how long it runs cannot be known.",
                        name=name,
                        operator=node.op_type[:60],
                    )
    if sparse:
        raise ModelRefused("“{name}” holds sparse weights, which may unfold to any size.", name=name)


def _opset(model: onnx.ModelProto, name: str) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in ONNX_DOMAINS]
    if not versions:
        raise ModelRefused("“{name}” does not say which ONNX version it speaks.", name=name)
    newest = onnx.defs.onnx_opset_version()
    if not _OLDEST_OPSET <= max(versions) <= newest:
        raise ModelRefused(
            "“{name}” speaks ONNX opset {version}; {oldest} to {newest} are understood.",
            name=name,
            version=max(versions),
            oldest=_OLDEST_OPSET,
            newest=newest,
        )
    return int(max(versions))


def _check_operators(model: onnx.ModelProto, name: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in model.graph.node:
        if node.domain not in ONNX_DOMAINS:
            raise ModelRefused(
                "“{name}” needs the operator {operator} of {domain}, which is no part of ONNX.",
                name=name,
                operator=node.op_type[:60],
                domain=node.domain[:60],
            )
        if node.op_type in RANDOM:
            raise ModelRefused("“{name}” draws random numbers: every tile would differ.", name=name)
        if node.op_type in FREE_SIZE:
            raise ModelRefused(
                "“{name}” uses {operator}: how much memory it takes depends on what is in the picture.",
                name=name,
                operator=node.op_type,
            )
        if node.op_type not in ALLOWED:
            raise ModelRefused(
                "“{name}” uses the operator {operator}, which picture models do not need.",
                name=name,
                operator=node.op_type[:60],
            )
        found[node.op_type] += 1
    return found


def _drop_what_is_not_needed(model: onnx.ModelProto) -> None:
    """Notes, training parts and stack traces: nothing of them is ever used here."""
    for field in ("training_info", "metadata_props", "functions", "configuration"):
        model.ClearField(field)
    del model.graph.quantization_annotation[:]
    del model.graph.metadata_props[:]
    model.ClearField("doc_string")
    model.graph.ClearField("doc_string")
    kept = [entry for entry in model.opset_import if entry.domain in ONNX_DOMAINS]
    version = max(entry.version for entry in kept)
    del model.opset_import[:]
    model.opset_import.add(domain="", version=version)
    for node in model.graph.node:
        for field in ("doc_string", "metadata_props", "device_configurations"):
            node.ClearField(field)
        if node.domain:
            node.domain = ""
    weights = {tensor.name for tensor in model.graph.initializer}
    real = [value for value in model.graph.input if value.name not in weights]
    if len(real) != len(model.graph.input):
        kept_inputs = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in real]
        del model.graph.input[:]
        model.graph.input.extend(kept_inputs)
        model.ir_version = max(model.ir_version, 4)


def _ports(model: onnx.ModelProto, name: str) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    inputs = tuple(_port(value, name) for value in model.graph.input)
    outputs = tuple(_port(value, name) for value in model.graph.output)
    if not inputs or not outputs:
        raise ModelRefused("“{name}” has no picture going in or none coming out.", name=name)
    if len(inputs) > _MOST_INPUTS:
        raise ModelRefused(
            "“{name}” wants {count} inputs; a picture model has one or two.", name=name, count=len(inputs)
        )
    return inputs, outputs


def _port(value: onnx.ValueInfoProto, name: str) -> Port:
    kind = value.type
    if kind.WhichOneof("value") != "tensor_type":
        raise ModelRefused("“{name}” takes or gives something that is no picture.", name=name)
    dtype = dtype_name(kind.tensor_type.elem_type)
    if dtype is None:
        raise ModelRefused("“{name}” uses a kind of number that is not supported.", name=name)
    dims = tuple(
        int(d.dim_value) if d.WhichOneof("value") == "dim_value" and 0 < d.dim_value < 1 << 20 else None
        for d in kind.tensor_type.shape.dim
    )
    return Port(value.name, dtype, dims)
