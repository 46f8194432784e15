"""Which share of the machine's arithmetic a network gets: its convolutions beside the fastest 3x3 one in the same run.

A GFLOP is a thousand million multiplications or additions; seconds are those of `speed.cpu_seconds`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from enhance.evaluate.tables import table
from enhance.inference import sessions
from enhance.train.quantization import quantized
from timing import cpu_seconds, use_allowed_cores

LARGE = ((64, 128), (128, 96), (256, 64), (512, 32))
"""Channels and sides of 3x3 convolutions large enough to show what the machine can do."""
SIZE = 64


@dataclass(frozen=True)
class Convolution:
    """One layer: channels in and out, side of its kernel, height and width of what it is given and gives, and whether
    it multiplies in 8 bits."""

    name: str
    inputs: int
    outputs: int
    kernel: int
    given: tuple[int, int]
    made: tuple[int, int]
    groups: int = 1
    int8: bool = False

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * self.outputs * self.inputs // self.groups * self.kernel**2 * self.made[0] * self.made[1]


@dataclass(frozen=True)
class Throughput:
    """GFLOP/s of one thread: of the machine at its best, of the heaviest layer by itself, and of the whole network."""

    peak: float
    heaviest: Convolution
    alone: float
    whole: float
    flops: int


def throughput(
    models: Mapping[str, Path], size: int = SIZE, repeats: int = 15, large: Sequence[tuple[int, int]] = LARGE
) -> dict[str, Throughput]:
    """Measure weights files on a face of `size` pixels, taking turns with large convolutions.

    Args:
        models: name -> weights file.
        large: channels and sides of the convolutions of which the fastest is the machine's peak.
    """
    use_allowed_cores()
    layers = {name: convolutions(model, size) for name, model in models.items()}
    heaviest = {name: max(found, key=lambda layer: layer.flops) for name, found in layers.items()}
    peaks = {f"{width}x{side}": Convolution("", width, width, 3, (side, side), (side, side)) for width, side in large}
    work = {f"peak {name}": _alone(layer) for name, layer in peaks.items()}
    work |= {f"alone {name}": _alone(layer) for name, layer in heaviest.items()}
    work |= {f"whole {name}": _whole(model, size) for name, model in models.items()}
    seconds = cpu_seconds(work, repeats)
    peak = max(layer.flops / seconds[f"peak {name}"] / 1e9 for name, layer in peaks.items())
    found = {}
    for name, layer in heaviest.items():
        flops = sum(layer.flops for layer in layers[name])
        alone, whole = layer.flops / seconds[f"alone {name}"] / 1e9, flops / seconds[f"whole {name}"] / 1e9
        found[name] = Throughput(peak, layer, alone, whole, flops)
    return found


def convolutions(model: Path, size: int) -> list[Convolution]:
    """The convolutions of a weights file and their sizes for a face of `size` pixels, by running it once."""
    network = onnx.load(model)
    weights = {tensor.name: tuple(tensor.dims) for tensor in network.graph.initializer}
    for node in network.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            weights[node.output[0]] = tuple(node.attribute[0].t.dims)
    rounded = {node.output[0]: node.input[0] for node in network.graph.node if node.op_type == "DequantizeLinear"}
    weights |= {name: weights[of] for name, of in rounded.items() if of in weights}
    nodes = [node for node in network.graph.node if node.op_type == "Conv" and node.input[1] in weights]
    names = list(dict.fromkeys(name for node in nodes for name in (node.input[0], node.output[0])))
    network.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = _session(network.SerializeToString())
    shapes = dict(zip(names, (array.shape for array in session.run(names, _zeros(session, size))), strict=True))
    found = []
    for node in nodes:
        outputs, inner, kernel = weights[node.input[1]][:3]
        given, made = shapes[node.input[0]], shapes[node.output[0]]
        name = node.name.strip("/").removeprefix("generator/")
        sides, int8 = (given[2:], made[2:]), node.input[1] in rounded
        found.append(Convolution(name, given[1], outputs, kernel, *sides, given[1] // inner, int8))
    return found


def text(found: dict[str, Throughput]) -> str:
    """A plain-text table of shares."""
    (peak,) = {one.peak for one in found.values()}
    lines = [["share of the peak", f"whole network at {SIZE}", "heaviest layer alone", "its work", "which is"]]
    for name, one in found.items():
        layer = one.heaviest
        bits = ", 8 bits" if layer.int8 else ""
        what = f"{layer.name}: {layer.inputs} to {layer.outputs} channels, {layer.made[1]}x{layer.made[0]}{bits}"
        cells = [f"{value:.1f} GFLOP/s, {100 * value / peak:.0f} %" for value in (one.whole, one.alone)]
        lines.append([name, *cells, f"{layer.flops / one.flops:.0%} of {one.flops / 1e9:.2f} GFLOP", what])
    return "\n".join([f"large 3x3 convolutions reach {peak:.1f} GFLOP/s a thread", *table(lines, names=1)]) + "\n"


def _whole(model: Path, size: int) -> Callable[[], object]:
    session = _session(model.read_bytes())
    return partial(session.run, None, _zeros(session, size))


def _alone(layer: Convolution) -> Callable[[], object]:
    """The layer as a network of its own."""
    shape = (layer.outputs, layer.inputs // layer.groups, layer.kernel, layer.kernel)
    weights = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    tensors = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(weights[:, 0, 0, 0], "b")]
    stride, side = layer.given[0] // layer.made[0], layer.kernel // 2
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"], pads=[side] * 4, strides=[stride] * 2, group=layer.groups)
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, *sides])
        for name, channels, sides in (("x", layer.inputs, layer.given), ("y", layer.outputs, layer.made))
    ]
    graph = helper.make_graph([node], "layer", values[:1], values[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    given = {"x": np.random.default_rng(1).random((1, layer.inputs, *layer.given), dtype=np.float32)}
    if layer.int8:
        model = quantized(model, iter([given]), ())
    session = _session(model.SerializeToString())
    return partial(session.run, None, given)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = sessions.default_threads()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _zeros(session: onnxruntime.InferenceSession, size: int) -> dict[str, np.ndarray]:
    return {one.name: np.zeros((1, one.shape[1], size, size), np.float32) for one in session.get_inputs()}
