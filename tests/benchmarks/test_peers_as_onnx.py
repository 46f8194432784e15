"""benchmarks/peers_as_onnx.py, on a made-up network stored as TensorFlow.js stores one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional

import peers

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "peers_as_onnx.py"


def layer(kind: str, name: str, given: list[str], **settings: Any) -> dict[str, Any]:
    """One layer as Keras writes it."""
    inbound = [[[one, 0, 0, {}] for one in given]] if given else []
    return {"class_name": kind, "name": name, "config": settings, "inbound_nodes": inbound}


def convolution(name: str, given: str) -> dict[str, Any]:
    return layer("Conv2D", name, [given], strides=[1, 1], activation="linear")


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, dict[str, torch.Tensor]]:
    """Two convolutions, a product, a sum and a shuffle of pixels, in the folder of peers; and its weights."""
    shapes = {"a/kernel": (3, 3, 3, 8), "a/bias": (8,), "b/kernel": (1, 1, 11, 48), "b/bias": (48,)}
    rng = np.random.default_rng(0)
    weights = {name: rng.standard_normal(shape).astype("<f4") for name, shape in shapes.items()}
    layers = [
        layer("InputLayer", "in", []),
        convolution("a", "in"),
        layer("Activation", "a+", ["a"], activation="relu"),
        layer("Concatenate", "both", ["in", "a+"], axis=3),
        convolution("b", "both"),
        layer("MultiplyBeta", "less", ["b"], beta=0.2),
        layer("Add", "sum", ["less", "b"]),
        layer("PixelShuffle4x", "out", ["sum"]),
    ]
    folder = tmp_path / "esrgan-thick" / "package" / "models" / "x4"
    folder.mkdir(parents=True)
    manifest = [{"paths": ["1", "2"], "weights": [{"name": n, "shape": s} for n, s in shapes.items()]}]
    content = b"".join(array.tobytes() for array in weights.values())
    (folder / "1").write_bytes(content[:1000])
    (folder / "2").write_bytes(content[1000:])
    topology = {"model_config": {"config": {"layers": layers}}}
    (folder / "model.json").write_text(json.dumps({"modelTopology": topology, "weightsManifest": manifest}))
    return tmp_path, {name: torch.from_numpy(array) for name, array in weights.items()}


def test_what_it_writes_computes_what_was_stored(stored: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, weights = stored
    done = subprocess.run([sys.executable, str(BENCHMARK), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "esrgan-slim" in done.stderr
    lr = torch.rand((2, 3, 5, 6), generator=torch.Generator().manual_seed(0))
    kernels = {name: weights[f"{name}/kernel"].permute(3, 2, 0, 1) for name in "ab"}
    inner = functional.conv2d(lr, kernels["a"], weights["a/bias"], padding=1).relu()
    wide = 1.2 * functional.conv2d(torch.cat([lr, inner], 1), kernels["b"], weights["b/bias"])
    # TensorFlow counts row, column, colour where torch counts colour, row, column.
    expected = functional.pixel_shuffle(wide.unflatten(1, (16, 3)).transpose(1, 2).flatten(1, 2), 4)
    found = peers.found_in(folder)["UpscalerJS ESRGAN thick"].load()(lr.numpy())
    assert np.abs(found - expected.numpy()).max() < 1e-5


def test_srez_is_as_large_as_its_description_says(stored: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, _ = stored
    subprocess.run([sys.executable, str(BENCHMARK), str(folder)], capture_output=True, check=True)
    model = onnx.load(folder / "srez.onnx")
    counts = [int(np.prod(tensor.dims)) for tensor in model.graph.initializer if len(tensor.dims) == 4]
    wide, narrow = 5 * 9 * 256**2 + 3 * 256, 5 * 9 * 128**2 + 256 * 128
    assert sum(counts) == wide + narrow + 9 * 128 * 96 + 96 * 96 + 96 * 3
    made = peers.found_in(folder)["srez's architecture"].load()(np.zeros((1, 3, 16, 16), np.float32))
    assert made.shape == (1, 3, 64, 64)
