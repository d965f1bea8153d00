"""The first layer of a generator without a mapping, read from its file: what it makes of z tells what z's directions
do.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from artdesk.core.errors import ArtDeskError
from artdesk.engine.cards import ModelCard

_log = logging.getLogger(__name__)
_CARRY = frozenset({"Identity", "Cast", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Transpose", "Dropout"})
_LAYERS = frozenset({"Gemm", "MatMul", "Conv", "ConvTranspose"})
_MOST_STEPS = 16


def first_layer(card: ModelCard, z_size: int) -> NDArray[np.float64] | None:
    """Its weights (out, Z), or None where z does not go straight into a linear layer or a convolution."""
    import onnx
    from onnx import numpy_helper

    try:
        card.verify()
        graph = onnx.load(str(card.file), load_external_data=False).graph
    except (ArtDeskError, OSError, ValueError) as error:
        _log.warning("the first layer of %s cannot be read: %s", card.id, error)
        return None
    except Exception as error:  # protobuf has its own exceptions
        _log.warning("the first layer of %s cannot be read: %s", card.id, error)
        return None
    weights = {tensor.name: tensor for tensor in graph.initializer}
    weights |= {
        n.output[0]: a.t for n in graph.node if n.op_type == "Constant" for a in n.attribute if a.name == "value"
    }
    # Half-precision weights are widened by a Cast before they are used.
    widened = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Cast" and n.input[0] in weights}
    sides = card.latent.sides if card.latent is not None else {}
    value = sides.get("w", "z")
    for _ in range(_MOST_STEPS):
        users = [n for n in graph.node if value in n.input and n.op_type not in ("Shape", "Size")]
        if len(users) != 1:
            return None
        node = users[0]
        if node.op_type in _CARRY or (node.op_type == "Concat" and node.input[0] == value):
            value = node.output[0]
            continue
        if node.op_type not in _LAYERS or node.input[0] != value:
            return None
        tensor = weights.get(widened.get(node.input[1], node.input[1]))
        if tensor is None:
            return None
        attributes = {a.name: a.i for a in node.attribute}
        try:
            matrix = _matrix(node.op_type, numpy_helper.to_array(tensor).astype(np.float64), attributes)
        except (ValueError, TypeError):
            return None
        # A label laid beside z takes the columns behind it.
        if matrix is None or matrix.shape[1] < z_size or not np.isfinite(matrix).all():
            return None
        return np.ascontiguousarray(matrix[:, :z_size])
    return None


def _matrix(kind: str, weight: NDArray[np.float64], attributes: dict[str, int]) -> NDArray[np.float64] | None:
    """A layer's weights as (out, in)."""
    if kind == "Gemm":
        if weight.ndim != 2 or attributes.get("transA"):
            return None
        return weight if attributes.get("transB") else weight.T
    if kind == "MatMul":
        return weight.T if weight.ndim == 2 else None
    if weight.ndim != 4 or attributes.get("group", 1) != 1:
        return None
    if kind == "ConvTranspose":  # (in, out, kh, kw)
        return weight.reshape(weight.shape[0], -1).T
    return np.moveaxis(weight, 1, 3).reshape(-1, weight.shape[1])
