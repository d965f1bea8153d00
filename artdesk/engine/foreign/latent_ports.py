"""Telling latent models from all others by what goes in, and finding the mapping beside a generator."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

from artdesk.core.errors import ModelRefused
from artdesk.engine.foreign.facts import Port
from artdesk.engine.foreign.reading import ReadModel, read_model
from artdesk.engine.foreign.refusals import Refused
from artdesk.engine.foreign.weights import small_constant

_FLOATS = ("float32", "float16", "float64")
_INDEXES = ("int64", "int32")
_LABEL = re.compile(r"label|class|cond|one_?hot|categor|(^|[_./:])[cy]([_./:\d]|$)", re.IGNORECASE)
_LATENT = re.compile(r"(^|[_./:])[zw]s?([_./:\d]|$)|noise|latent|seed|style|code", re.IGNORECASE)
_PSI = re.compile(r"psi|trunc", re.IGNORECASE)
_MAKER = re.compile(r"generator|synthesis|decoder|gen(?=$|[^a-z])", re.IGNORECASE)
_LEAST_NUMBERS = 5
_MOST_NUMBERS = 65536
_MOST_LABELS = 10_000


@dataclass(frozen=True)
class LatentPorts:
    """The inputs of a latent model by what they are for; shapes without the batch."""

    z: Port
    z_shape: tuple[int, ...]
    label: Port | None = None
    psi: Port | None = None


def latent_ports(inputs: Sequence[Port]) -> LatentPorts | None:
    """The ports of a model into which no picture goes but a row of numbers; None for any other model.

    Raises: Refused for an input beside it that cannot be given, and for a fixed number of pictures at once.
    """
    rows = [port for port in inputs if _row(port) is not None]
    if not rows or any(_may_be_picture(port) for port in inputs if port not in rows):
        return None
    psi = next((p for p in inputs if _is_single(p) and _PSI.search(p.name)), None)
    label = next((p for p in inputs if p.dtype in _INDEXES and len(p.dims) <= 2), None)
    if label is None and len(rows) > 1:
        named = [p for p in rows if _LABEL.search(p.name) and not _LATENT.search(p.name)]
        label = named[0] if named else next((p for p in rows[1:] if len(p.dims) == 2), None)
    z = next((p for p in rows if p is not label and p is not psi), None)
    if z is None:
        return None
    for port in inputs:
        if port not in (z, label, psi):
            raise Refused("unknown_input", input=port.name)
    shape = _row(z)
    assert shape is not None
    if z.dims[0] not in (None, 1):
        raise Refused("at_once", count=int(z.dims[0] or 0))
    return LatentPorts(z, shape, label, psi)


def _row(port: Port) -> tuple[int, ...] | None:
    """The shape of a row of numbers without its batch: (Z), (Z, 1, 1) or (L, W); None for anything else."""
    dims = port.dims
    if port.dtype not in _FLOATS or not 2 <= len(dims) <= 4 or any(d is None for d in dims[1:]):
        return None
    shape = tuple(int(d or 0) for d in dims[1:])
    if len(shape) == 3 and shape[1:] != (1, 1):
        return None
    # Three sides are a picture without a batch, too: only a telling name makes a row of rows of them.
    if len(shape) == 2 and (min(shape) < 2 or dims[0] == 3 or not _LATENT.search(port.name)):
        return None
    return shape if _LEAST_NUMBERS <= math.prod(shape) <= _MOST_NUMBERS or _is_small_label(port) else None


def _is_small_label(port: Port) -> bool:
    """A row of two to four numbers is a label beside a longer one, never z by itself."""
    return len(port.dims) == 2 and 2 <= (port.dims[1] or 0) < _LEAST_NUMBERS and bool(_LABEL.search(port.name))


def _may_be_picture(port: Port) -> bool:
    return len(port.dims) in (3, 4) or (len(port.dims) == 0 and not _PSI.search(port.name))


def _is_single(port: Port) -> bool:
    return port.dtype in _FLOATS and len(port.dims) <= 2 and all(d in (None, 1) for d in port.dims)


def label_count(model: onnx.ModelProto, label: Port) -> int:
    """How many classes a label input chooses from: its width, or the rows of the table it looks up; 1 when that
    cannot be read.
    """
    if label.dtype in _FLOATS:
        return min(_MOST_LABELS, int(label.dims[1] or 1))
    tables = {t.name: tuple(t.dims) for t in model.graph.initializer}
    small = {t.name: t for t in model.graph.initializer}
    value = label.name
    for _ in range(8):
        users = [n for n in model.graph.node if value in n.input]
        if len(users) != 1:
            return 1
        node = users[0]
        if node.op_type == "Gather" and node.input[1] == value and tables.get(node.input[0]):
            return min(_MOST_LABELS, int(tables[node.input[0]][0]))
        if node.op_type == "OneHot" and node.input[0] == value and node.input[1] in small:
            depth = small_constant(small[node.input[1]])
            return min(_MOST_LABELS, int(depth.reshape(-1)[0])) if depth is not None and depth.size else 1
        if node.op_type not in ("Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten"):
            return 1
        value = node.output[0]
    return 1


def mapping_beside(path: Path, read: ReadModel) -> ReadModel | None:
    """The mapping network (z → w) that lies beside a generator and fits it; None where there is none.

    A file that is there but is refused is none, too: the generator is then taken as it is.
    """
    try:
        ports = latent_ports(read.facts.inputs)
    except Refused:
        return None
    if ports is None or "mapping" in path.stem.lower():
        return None
    names = {f"{path.stem}{mark}mapping.onnx" for mark in "_-."} | {"mapping.onnx", f"mapping_{path.stem}.onnx"}
    if _MAKER.search(path.stem):
        names.add(_MAKER.sub("mapping", path.stem, count=1) + ".onnx")
    for name in sorted(names):
        beside = path.with_name(name)
        if beside == path or not beside.is_file():
            continue
        try:
            found = read_model(beside)
            given = latent_ports(found.facts.inputs)
        except (ModelRefused, Refused):
            continue
        if given is not None and len(found.facts.outputs) >= 1 and _fits(found.facts.outputs[0], ports):
            return found
    return None


def _fits(output: Port, ports: LatentPorts) -> bool:
    """Whether a mapping's output may be the generator's input: what is declared of it must agree."""
    known = [d for d in output.dims[1:] if d is not None]
    return output.dtype in _FLOATS and (
        len(known) < len(output.dims) - 1 or math.prod(known) == math.prod(ports.z_shape)
    )
