"""Networks of 8 bits as networks of floats, for processors that are no faster with 8 bits, such as GPUs.

A file of 8 bits holds float operations, and around them pairs that round to 8 bits and back (ONNX's QuantizeLinear and
DequantizeLinear). Without the pairs, and with unpacked weights, it computes the same but for the rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.inference.protobuf import Fields, as_bytes, as_text, one, parse, serialize, varints

MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_VALUE_INFO = 1, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INT = 1, 3
TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_INTS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 5, 8, 9
FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7
"""Numbers given by onnx.proto to fields and types."""
DTYPES = {FLOAT: "<f4", UINT8: "<u1", INT8: "<i1", INT32: "<i4", INT64: "<i8"}
ROUND, BACK = b"QuantizeLinear", b"DequantizeLinear"


def has_8_bits(model: bytes) -> bool:
    """Whether a network has numbers of 8 bits in it, and rounds what passes through it."""
    graph = parse(one(parse(model), MODEL_GRAPH))
    return any(one(parse(node), NODE_OPERATOR) in (ROUND, BACK) for number, node in graph if number == GRAPH_NODE)


def floats(model: bytes) -> bytes:
    """The same network with float weights, that rounds nothing."""
    fields = parse(model)
    return serialize([(n, _float_graph(as_bytes(value)) if n == MODEL_GRAPH else value) for n, value in fields])


def _float_graph(message: bytes) -> bytes:
    graph = parse(message)
    tensors = {as_text(one(t, TENSOR_NAME)): t for n, value in graph if n == GRAPH_INITIALIZER for t in [parse(value)]}
    made_by = {
        as_text(one(node, NODE_OUTPUT)): node for n, value in graph if n == GRAPH_NODE for node in [parse(value)]
    }
    same: dict[str, str] = {}
    """Name of what was rounded and put back -> name of what it was before."""
    kept: Fields = []
    for number, value in graph:
        if number == GRAPH_VALUE_INFO:
            continue
        if number != GRAPH_NODE or one(node := parse(value), NODE_OPERATOR) != BACK:
            kept.append((number, value))
        elif (source := _inputs(node)[0]) in tensors:
            kept.append((GRAPH_INITIALIZER, unpacked(node, tensors)))
        elif (pair := made_by.get(source)) is not None and one(pair, NODE_OPERATOR) == ROUND:
            same[as_text(one(node, NODE_OUTPUT))] = _inputs(pair)[0]
        else:
            kept.append((number, value))

    def before(name: str) -> str:
        while name in same:
            name = same[name]
        return name

    # What the graph answers keeps its name.
    outputs = {as_text(one(parse(value), 1)) for n, value in graph if n == GRAPH_OUTPUT} & same.keys()
    nodes = [
        [(n, before(as_text(v)).encode()) if n == NODE_INPUT else (n, v) for n, v in parse(value)]
        for number, value in kept
        if number == GRAPH_NODE
    ]
    nodes += [
        [(NODE_INPUT, before(name).encode()), (NODE_OUTPUT, name.encode()), (NODE_OPERATOR, b"Identity")]
        for name in sorted(outputs)
    ]
    used = {as_text(v) for node in nodes for n, v in node if n == NODE_INPUT}
    used |= {as_text(one(parse(value), 1)) for n, value in graph if n == GRAPH_OUTPUT}
    nodes = [node for node in nodes if any(as_text(v) in used for n, v in node if n == NODE_OUTPUT)]
    used = {as_text(v) for node in nodes for n, v in node if n == NODE_INPUT}
    rest = [
        (number, value)
        for number, value in kept
        if number != GRAPH_NODE and (number != GRAPH_INITIALIZER or as_text(one(parse(value), TENSOR_NAME)) in used)
    ]
    return serialize([*((GRAPH_NODE, serialize(node)) for node in nodes), *rest])


def unpacked(node: Fields, tensors: dict[str, Fields]) -> bytes:
    """The float tensor that a DequantizeLinear node would make of tensors that are stored."""
    values, scales, *rest = (_array(tensors[name]) for name in _inputs(node))
    zeros = rest[0] if rest else np.zeros_like(scales)
    attributes = [parse(value) for number, value in node if number == NODE_ATTRIBUTE]
    settings = {as_text(one(a, ATTRIBUTE_NAME)): next((v for n, v in a if n == ATTRIBUTE_INT), 0) for a in attributes}
    axis, block = int(settings.get("axis", 1)), int(settings.get("block_size", 0))
    if scales.size > 1 and block:
        inside = range(values.shape[axis])
        scales, zeros = (np.repeat(part, block, axis).take(inside, axis) for part in (scales, zeros))
    elif scales.size > 1:
        scales, zeros = (part.reshape([-1 if n == axis else 1 for n in range(values.ndim)]) for part in (scales, zeros))
    plain = ((values.astype(np.float32) - zeros.astype(np.float32)) * scales).astype("<f4")
    tensor: Fields = [(TENSOR_DIMS, side) for side in values.shape]
    tensor += [(TENSOR_TYPE, FLOAT), (TENSOR_NAME, one(node, NODE_OUTPUT)), (TENSOR_RAW, plain.tobytes())]
    return serialize(tensor)


def _inputs(node: Fields) -> list[str]:
    return [as_text(value) for number, value in node if number == NODE_INPUT]


def _array(tensor: Fields) -> NDArray[Any]:
    dims: list[int] = []
    for number, value in tensor:
        if number == TENSOR_DIMS:
            dims += [value] if isinstance(value, int) else varints(value)
    dtype = DTYPES[int(one(tensor, TENSOR_TYPE))]
    for number, value in tensor:
        if number in (TENSOR_RAW, TENSOR_FLOATS):
            return np.frombuffer(as_bytes(value), dtype).reshape(dims)
    # Several numbers may come in one field or in one each.
    numbers = [n for number, v in tensor if number == TENSOR_INTS for n in ([v] if isinstance(v, int) else varints(v))]
    if not numbers:
        raise ValueError("a tensor without numbers")
    return np.array(numbers, np.uint64).astype(np.int64).astype(dtype).reshape(dims)
