from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import throughput
from enhance.inference.model import Model
from throughput import Convolution, Throughput


@pytest.fixture
def strided(tmp_path: Path) -> Path:
    """From 3 channels to 8 at half the size, then 8 to 16 in two groups."""
    weights = {"a": np.ones((8, 3, 3, 3), np.float32), "b": np.ones((16, 4, 1, 1), np.float32)}
    nodes = [
        helper.make_node("Conv", ["lr", "a"], ["inner"], "first", strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["inner", "b"], ["hr"], "second", group=2),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n, "h", "w"]) for name, n in
              (("lr", 3), ("hr", 16))]  # fmt: skip
    tensors = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "strided", values[:1], values[1:], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), tmp_path / "m.onnx")
    return tmp_path / "m.onnx"


def test_convolutions_are_found_with_the_sizes_that_they_have(strided: Path) -> None:
    first, second = throughput.convolutions(strided, 16)
    assert first == Convolution("first", 3, 8, 3, (16, 16), (8, 8))
    assert second == Convolution("second", 8, 16, 1, (8, 8), (8, 8), groups=2)
    assert first.flops == 2 * 8 * 3 * 9 * 64
    assert second.flops == 2 * 16 * 4 * 64


def test_a_network_is_measured_by_its_heaviest_layer(strided: Path) -> None:
    found = throughput.throughput({"m": strided}, size=16, repeats=1)["m"]
    assert found.heaviest.name == "first"
    assert found.flops == 2 * 64 * (8 * 3 * 9 + 16 * 4)
    assert found.alone > 0
    assert found.whole > 0


def test_layers_in_8_bits_are_counted_and_measured_as_such() -> None:
    shipped = Model.load("face_x4_gan").path
    found = throughput.convolutions(shipped, 16)
    assert {layer.int8 for layer in found} == {True, False}
    assert len(found) == sum(node.op_type == "Conv" for node in onnx.load(shipped).graph.node)
    measured = throughput.throughput({"m": shipped}, 16, 1, [(64, 64)])["m"]
    assert measured.heaviest.int8
    assert measured.alone > 0


def test_the_peak_is_what_the_machine_does_best(strided: Path) -> None:
    """A few channels cannot fill the machine's registers, and cannot lower the peak either."""
    large, small, both = (
        throughput.throughput({"m": strided}, 16, 3, sizes)["m"].peak
        for sizes in ([(64, 64)], [(1, 64)], [(1, 64), (64, 64)])
    )
    assert large > 2 * small
    assert both > 2 * small


def test_the_table_gives_shares() -> None:
    layer = Convolution("merge", 96, 48, 3, (64, 64), (64, 64))
    said = throughput.text({"m": Throughput(200.0, layer, 100.0, 50.0, 2 * layer.flops)})
    assert "200.0 GFLOP/s" in said
    assert "50.0 GFLOP/s, 25 %" in said
    assert "100.0 GFLOP/s, 50 %" in said
    assert "50% of 0.68 GFLOP" in said
