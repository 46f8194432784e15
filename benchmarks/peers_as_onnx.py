"""Writes as ONNX files the peers that come in another shape, so that one runtime runs them: UpscalerJS's and srez's.

    python benchmarks/peers_as_onnx.py PEERS

PEERS is the folder of benchmarks/race.py. UpscalerJS's networks are stored for TensorFlow.js, which runs them several
times slower on a CPU than ONNX Runtime does: this flatters them. srez published no weights, so that its generator is
only rebuilt, with random ones, to be timed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from enhance.files import write_atomically

Weights = NDArray[np.float32]

BYTES = {"rdn": 255.0, "rrdn": 1.0}
"""UpscalerJS's two architectures, and what white is to them."""


def main() -> int:
    """Convert what lies there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", type=Path)
    folder = parser.parse_args().peers
    write_atomically(folder / "srez.onnx", srez(np.random.default_rng(0)).SerializeToString())
    for name, architecture in (("slim", "rdn"), ("medium", "rdn"), ("thick", "rrdn")):
        source = folder / f"esrgan-{name}" / "package" / "models" / "x4" / "model.json"
        if source.is_file():
            model = layers_model(source, BYTES[architecture])
            write_atomically(folder / f"esrgan-{name}.onnx", model.SerializeToString())
        else:
            print(f"{source}: not there, left out", file=sys.stderr)
    return 0


class Graph:
    """An ONNX graph from `lr` that grows node by node; each method gives the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def constant(self, array: NDArray[Any]) -> str:
        """A tensor of numbers."""
        name = f"constant{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """An operator with one output."""
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def conv(self, given: str, weight: Weights, bias: Weights) -> str:
        """A convolution (out,in,k,k) that keeps the size."""
        side = weight.shape[-1] // 2
        return self.node("Conv", given, self.constant(weight), self.constant(bias), pads=[side] * 4)

    def scaled(self, given: str, factor: float) -> str:
        """A product with a number."""
        return self.node("Mul", given, self.constant(np.array(factor, np.float32)))

    def model(self, result: str) -> onnx.ModelProto:
        """The whole, from `lr` (N,3,h,w) to `result`."""
        given = helper.make_tensor_value_info("lr", TensorProto.FLOAT, ["N", 3, "h", "w"])
        made = helper.make_tensor_value_info(result, TensorProto.FLOAT, ["N", 3, "H", "W"])
        graph = helper.make_graph(self.nodes, "peer", [given], [made], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def layers_model(source: Path, white: float) -> onnx.ModelProto:
    """A TensorFlow.js "layers model" of the few layers that UpscalerJS uses.

    Args:
        source: its model.json, beside which its weights lie.
        white: the value of white in its input and output.

    Raises:
        ValueError: a layer that is none of those.
    """
    stored = json.loads(source.read_text(encoding="utf-8"))
    weights = dict(_weights(source.parent, stored["weightsManifest"]))
    graph, values = Graph(), dict[str, str]()
    for layer in stored["modelTopology"]["model_config"]["config"]["layers"]:
        kind, name, settings = layer["class_name"], layer["name"], layer["config"]
        given = [values[inbound[0]] for inbound in (layer["inbound_nodes"] or [[]])[0]]
        if kind == "InputLayer":
            values[name] = graph.scaled("lr", white)
        elif kind == "Conv2D" and settings["strides"] == [1, 1] and settings["activation"] == "linear":
            kernel = weights[f"{name}/kernel"].transpose(3, 2, 0, 1)
            values[name] = graph.conv(given[0], np.ascontiguousarray(kernel), weights[f"{name}/bias"])
        elif kind == "Activation" and settings["activation"] == "relu":
            values[name] = graph.node("Relu", given[0])
        elif kind == "Concatenate":
            values[name] = graph.node("Concat", *given, axis=1)
        elif kind == "Add":
            values[name] = graph.node("Add", *given)
        elif kind == "MultiplyBeta":
            values[name] = graph.scaled(given[0], settings["beta"])
        elif kind == "PixelShuffle4x":
            values[name] = graph.node("DepthToSpace", given[0], blocksize=4)
        elif kind == "UpSampling2D" and settings["interpolation"] == "nearest":
            scales = graph.constant(np.array([1, 1, *settings["size"]], np.float32))
            how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
            values[name] = graph.node("Resize", given[0], "", scales, **how)
        else:
            raise ValueError(f"{source}: {name} is a {kind}, which is not known here")
    return graph.model(graph.scaled(values[name], 1 / white))


def _weights(folder: Path, manifest: list[dict[str, Any]]) -> Iterator[tuple[str, Weights]]:
    for group in manifest:
        content, at = b"".join((folder / path).read_bytes() for path in group["paths"]), 0
        for weight in group["weights"]:
            count = int(np.prod(weight["shape"]))
            yield weight["name"], np.frombuffer(content, "<f4", count, at).reshape(weight["shape"])
            at += 4 * count


def srez(rng: np.random.Generator) -> onnx.ModelProto:
    """The architecture of srez's generator (github.com/david-gpu/srez, 2016), 16 to 64, with random weights.

    Two stages, 256 and 128 channels wide, of two residual blocks with batch normalisation before each of their two
    convolutions, and a transposed convolution of stride 2; then convolutions of 96, 96 and 3 channels and a sigmoid.
    The normalisation's statistics are constants, which the runtime folds into convolutions where it can: as fast as
    srez could be.
    """
    graph = Graph()

    def bias(count: int) -> Weights:
        return np.zeros(count, np.float32)

    def kernel(*shape: int) -> Weights:
        return (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    def normalised(given: str, width: int) -> str:
        ones, zeros = np.ones(width, np.float32), bias(width)
        tensors = [graph.constant(array) for array in (ones, zeros, zeros, ones)]
        return graph.node("Relu", graph.node("BatchNormalization", given, *tensors))

    value, channels = "lr", 3
    for width in (256, 128):
        value = graph.conv(value, kernel(width, channels, 1, 1), bias(width))
        for _ in range(2):
            inner = value
            for _ in range(2):
                inner = graph.conv(normalised(inner, width), kernel(width, width, 3, 3), bias(width))
            value = graph.node("Add", value, inner)
        up = [graph.constant(kernel(width, width, 3, 3)), graph.constant(bias(width))]
        value = graph.node("ConvTranspose", normalised(value, width), *up, strides=[2, 2], pads=[0, 0, 1, 1])
        channels = width
    value = graph.node("Relu", graph.conv(value, kernel(96, channels, 3, 3), bias(96)))
    value = graph.node("Relu", graph.conv(value, kernel(96, 96, 1, 1), bias(96)))
    return graph.model(graph.node("Sigmoid", graph.conv(value, kernel(3, 96, 1, 1), bias(3))))


if __name__ == "__main__":
    sys.exit(main())
