"""Local functions of a model, written out in place: what runs is then what was read."""

from __future__ import annotations

import onnx

from artdesk.core.errors import ModelRefused

_MOST_NODES = 60_000
_DEEPEST = 16
_Key = tuple[str, str, str]


def inline_functions(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """The model with every call of a local function replaced by its nodes.

    The size is computed before anything is written out: functions that call each other twice a level unfold
    exponentially. Raises ModelRefused for functions that call themselves, are nested deeper than 16, or unfold to
    more than 60 000 nodes.
    """
    if not model.functions:
        return model
    functions: dict[_Key, onnx.FunctionProto] = {}
    for function in model.functions:
        functions[(function.domain, function.name, function.overload)] = function
    sizes: dict[_Key, int] = {}
    total = sum(_size(_key(node), functions, sizes, 0, name) for node in model.graph.node)
    if total > _MOST_NODES:
        raise _too_many(name)
    writer = _Writer(functions)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        writer.write(node, {}, {}, "", nodes)
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    del plain.functions[:]
    del plain.graph.node[:]
    plain.graph.node.extend(nodes)
    return plain


def _too_many(name: str) -> ModelRefused:
    return ModelRefused("“{name}” unfolds to more parts than any picture model.", name=name)


def _key(node: onnx.NodeProto) -> _Key:
    return (node.domain, node.op_type, node.overload)


def _size(key: _Key, functions: dict[_Key, onnx.FunctionProto], sizes: dict[_Key, int], depth: int, name: str) -> int:
    """Nodes a call unfolds to; each function is counted once."""
    if key not in functions:
        return 1
    if key in sizes:
        if sizes[key] < 0:
            raise ModelRefused("“{name}” holds a function that calls itself.", name=name)
        return sizes[key]
    if depth >= _DEEPEST:
        raise ModelRefused("“{name}” is nested too deeply.", name=name)
    sizes[key] = -1
    total = 0
    for node in functions[key].node:
        total += _size(_key(node), functions, sizes, depth + 1, name)
        if total > _MOST_NODES:
            raise _too_many(name)
    sizes[key] = total
    return total


class _Writer:
    def __init__(self, functions: dict[_Key, onnx.FunctionProto]) -> None:
        self.functions = functions
        self.calls = 0

    def write(
        self,
        node: onnx.NodeProto,
        names: dict[str, str],
        given: dict[str, onnx.AttributeProto],
        prefix: str,
        into: list[onnx.NodeProto],
    ) -> None:
        """Append `node` with its names replaced and its attribute references filled from the call's attributes."""
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        del copy.attribute[:]
        for attribute in node.attribute:
            if attribute.ref_attr_name:
                source = given.get(attribute.ref_attr_name)
                if source is None:
                    continue
                filled = copy.attribute.add()
                filled.CopyFrom(source)
                filled.name = attribute.name
            else:
                copy.attribute.add().CopyFrom(attribute)
        for index, value in enumerate(node.input):
            copy.input[index] = names.get(value, prefix + value) if value else ""
        for index, value in enumerate(node.output):
            copy.output[index] = names.get(value, prefix + value) if value else ""
        if prefix:
            copy.name = prefix + node.name
        function = self.functions.get(_key(node))
        if function is None:
            into.append(copy)
            return
        self.calls += 1
        inner = f"f{self.calls}/"
        bound: dict[str, str] = {}
        for index, formal in enumerate(function.input):
            bound[formal] = copy.input[index] if index < len(copy.input) else ""
        for index, formal in enumerate(function.output):
            if index < len(copy.output) and copy.output[index]:
                bound[formal] = copy.output[index]
        attributes = {a.name: a for a in function.attribute_proto}
        attributes.update({a.name: a for a in copy.attribute})
        for child in function.node:
            self.write(child, bound, attributes, inner, into)
