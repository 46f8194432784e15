import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from enhance.faces import yunet
from enhance.inference import sessions


def test_mended_network_is_what_onnx_makes_of_the_shipped_one() -> None:
    onnx = pytest.importorskip("onnx")
    raw = sessions.find(yunet.FILE).read_bytes()
    shipped, ours = onnx.load_from_string(raw), onnx.load_from_string(sessions.mended(raw))
    packed = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in shipped.graph.initializer}
    plain = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in ours.graph.initializer}
    unpacking = [node for node in shipped.graph.node if node.op_type == "DequantizeLinear"]
    assert unpacking
    for node in unpacking:
        values, scales, zeros = (packed[name].astype(np.float32) for name in node.input)
        # Each block is a whole row of the weights, so rows broadcast.
        assert np.array_equal(plain[node.output[0]], (values - zeros) * scales)
    assert all(node.op_type != "DequantizeLinear" for node in ours.graph.node)
    onnx.checker.check_model(ours)


def test_protocol_buffers_survive_the_round_trip() -> None:
    raw = sessions.find(yunet.FILE).read_bytes()
    assert sessions.serialize(sessions.parse(raw)) == raw
    fields: sessions.Fields = [(1, 0), (2, 300), (19, 2**63), (4, b""), (4, b"x" * 200)]
    assert sessions.parse(sessions.serialize(fields)) == fields


def test_nothing_is_left_behind_or_sent(tmp_path: Path) -> None:
    """ONNX Runtime would report to its makers, and keep what is yet to be sent in the home of the user."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    kept = {name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "CI")}
    sample = Path(__file__).parents[2] / "samples" / "logo.png"
    code = f"import enhance; enhance.upscale({str(sample)!r}, aligned=True, force=True)"
    subprocess.run([sys.executable, "-c", code], env=kept | home, check=True)
    assert list(tmp_path.iterdir()) == []
