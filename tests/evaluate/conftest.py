"""Made-up faces and a made-up model: nothing here needs data or trained weights of ours."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

SHARED = Path(__file__).parents[3] / "shared" / "faces"

NAMES = {
    "aaf_08_f_x_00001": 64,
    "aaf_61_m_x_00002": 128,
    "lfw_Ada_Lovelace_0001": 64,
    "utk_26_f_black_00003": 96,
}
"""Name -> width in pixels; the last shows a window of a frame of 128."""


def blobs(width: int, seed: int) -> np.ndarray:
    """A smooth random picture (width,width,3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, width), Image.Resampling.BICUBIC))


def waves(width: int) -> tuple[np.ndarray, np.ndarray]:
    """A ramp and a pattern of waves, (1,3,width,width) float32: the same on any machine, for values worked out once."""
    down, across = np.mgrid[0:width, 0:width].astype(np.float32) / np.float32(width)
    ramp = np.stack([down, across, (down + across) / 2])
    wave = np.stack([0.5 + 0.5 * np.sin(36 * down * across), 0.5 + 0.5 * np.cos(20 * across), down * across])
    return ramp[None].astype(np.float32), wave[None].astype(np.float32)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four made-up faces, named as in the data sets."""
    path = tmp_path_factory.mktemp("faces")
    for seed, (name, width) in enumerate(NAMES.items()):
        Image.fromarray(blobs(width, seed)).save(path / f"{name}.png")
    return path


@pytest.fixture(scope="session")
def nearest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that repeats pixels."""
    node = helper.make_node(
        "Resize",
        ["lr", "", "scales"],
        ["hr"],
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    shape = ["N", 3, "h", "w"]
    graph = helper.make_graph(
        [node],
        "nearest",
        [helper.make_tensor_value_info("lr", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("hr", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, 4, 4])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    said = {
        "name": "nearest",
        "task": "super_resolution",
        "scale": "4",
        "multiple": "1",
        "frame": "face",
        "value_range": "[0,1]",
        "degradation": "box",
        "recipe": '{"name": "nearest"}',
        "commit": "0123abc",
        "licence": "none",
        "data_sha256": "00",
        "noise": "0",
        "pictures": "1200",
        "minutes": "1.5",
    }
    helper.set_model_props(model, said)
    path = tmp_path_factory.mktemp("model") / "nearest.onnx"
    onnx.save(model, path)
    return path
