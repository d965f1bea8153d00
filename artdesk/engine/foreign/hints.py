"""What the first and last operators of a network tell of its value range and channel order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from artdesk.engine.foreign.weights import small_constant

_CARRY = frozenset({"Identity", "Cast", "Transpose", "Pad", "Squeeze", "Unsqueeze", "Dropout"})
_BOUNDS = {"Tanh": (-1.0, 1.0), "Softsign": (-1.0, 1.0), "Sigmoid": (0.0, 1.0), "HardSigmoid": (0.0, 1.0)}
_ROUNDING = frozenset({"Round", "Floor", "Ceil", "Slice", "Concat", "Split", "Reshape", "Resize", "DepthToSpace"})


@dataclass(frozen=True)
class InputHint:
    """What the network does to its input before anything else: gain and offset, one or three numbers each."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]

    @property
    def range(self) -> tuple[float, float] | None:
        """The range that normalisation was made for, or None where it tells nothing."""
        gain, offset = float(np.mean(self.gain)), float(np.mean(self.offset))
        if abs(gain - 1) < 1e-3 and abs(offset) < 1e-3:
            return None
        if 0.5 / 255 < gain < 6 / 255 or abs(offset) > 30:
            return (0.0, 255.0)
        if abs(gain - 0.5) < 0.02 and abs(offset - 0.5) < 0.02:
            return (-1.0, 1.0)
        if 0.5 < gain < 6 and -4 < offset < 0:
            return (0.0, 1.0)
        if 200 < gain < 300:
            return (0.0, 1.0)
        return None

    @property
    def order(self) -> str:
        """ "rgb" or "bgr" where the mean colour taken out tells (red is the brightest in every photo collection),
        else "".
        """
        if len(self.offset) != 3:
            return ""
        mean = -np.array(self.offset) / np.array(self.gain if len(self.gain) == 3 else self.gain * 3)
        if not (np.all(mean > 0) and np.ptp(mean) > 1e-3 * float(np.max(mean))):
            return ""
        return "rgb" if mean[0] > mean[2] else "bgr"


def constants_of(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    """Small constants by name."""
    known: dict[str, NDArray[Any]] = {}
    for tensor in model.graph.initializer:
        numbers = small_constant(tensor, 64)
        if numbers is not None:
            known[tensor.name] = numbers
    for node in model.graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.name == "value" and (numbers := small_constant(attribute.t, 64)) is not None:
                    known[node.output[0]] = numbers
                elif attribute.name == "value_float":
                    known[node.output[0]] = np.array(attribute.f)
    return known


def input_hint(model: onnx.ModelProto, name: str) -> InputHint:
    """Follow the input through additions and products with constants up to the first real operator."""
    known = constants_of(model)
    gain, offset = np.ones(1), np.zeros(1)
    value = name
    for _ in range(12):
        users = [n for n in model.graph.node if value in n.input and n.op_type not in ("Shape", "Size")]
        if len(users) != 1 or not users[0].output:
            break
        node = users[0]
        if node.op_type in _CARRY:
            value = node.output[0]
            continue
        number = _other(node, value, known)
        if number is None:
            break
        first = node.input[0] == value
        if node.op_type == "Add":
            offset = offset + number
        elif node.op_type == "Sub" and first:
            offset = offset - number
        elif node.op_type == "Mul":
            gain, offset = gain * number, offset * number
        elif node.op_type == "Div" and first and np.all(number != 0):
            gain, offset = gain / number, offset / number
        else:
            break
        value = node.output[0]
    return InputHint(tuple(map(float, gain)), tuple(map(float, offset)))


def _other(node: onnx.NodeProto, value: str, known: dict[str, NDArray[Any]]) -> NDArray[Any] | None:
    """The constant an elementwise node combines `value` with: one number or three."""
    if node.op_type not in ("Add", "Sub", "Mul", "Div") or len(node.input) != 2:
        return None
    number = known.get(node.input[1] if node.input[0] == value else node.input[0])
    if number is None or number.size not in (1, 3):
        return None
    return np.asarray(number, np.float64).reshape(-1)


def output_bounds(model: onnx.ModelProto, name: str) -> tuple[float, float] | None:
    """The interval the output cannot leave, read backwards from its last operators; None where it is not bounded."""
    known = constants_of(model)
    maker = {o: n for n in model.graph.node for o in n.output if o}
    gain, offset = 1.0, 0.0
    value = name
    for _ in range(16):
        node = maker.get(value)
        if node is None:
            return None
        bounds = _BOUNDS.get(node.op_type) or _clip_bounds(node, known)
        if bounds is not None:
            ends = sorted((bounds[0] * gain + offset, bounds[1] * gain + offset))
            return (ends[0], ends[1])
        if node.op_type in _CARRY or node.op_type in _ROUNDING:
            value = node.input[0]
            continue
        inner = next((i for i in node.input if i not in known), "")
        number = _other(node, inner, known) if inner else None
        if number is None:
            return None
        k = float(np.mean(number))
        # value = inner (op) k, and the output is gain * value + offset
        if node.op_type == "Add":
            offset += gain * k
        elif node.op_type == "Sub" and node.input[0] == inner:
            offset -= gain * k
        elif node.op_type == "Sub":
            offset += gain * k
            gain = -gain
        elif node.op_type == "Mul":
            gain *= k
        elif node.op_type == "Div" and node.input[0] == inner and k:
            gain /= k
        else:
            return None
        value = inner
    return None


def _clip_bounds(node: onnx.NodeProto, known: dict[str, NDArray[Any]]) -> tuple[float, float] | None:
    if node.op_type != "Clip":
        return None
    found: dict[str, float] = {a.name: a.f for a in node.attribute}
    for name, value in zip(("min", "max"), node.input[1:3], strict=False):
        if value in known and known[value].size == 1:
            found[name] = float(known[value].reshape(-1)[0])
    low, high = found.get("min"), found.get("max")
    if low is None or high is None or not -1e4 < low < high < 1e4:
        return None
    return (low, high)
