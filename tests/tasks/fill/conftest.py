import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from enhance.inference import shipped
from enhance.tasks.fill import networks
from enhance.tasks.fill.networks import Completion


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny networks, untrained but for a little, by the names of those that ship."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("photo_fill", "face_fill", "photo_mend"):
        torch.manual_seed(0)
        mends = name == "photo_mend"
        network = Completion((8, 8, 8, 8), (1, 2), noise=8, framed=name == "face_fill", mends=mends).eval()
        torch.nn.init.normal_(network.last.weight, std=0.002 if mends else 0.02)
        (folder / name).mkdir()
        to_onnx(network, folder / name / f"{name}.onnx", name)
    return folder


def to_onnx(network: Completion, path: Path, name: str) -> None:
    mask = (torch.rand(1, 1, 64, 96) < 0.3).float()
    given = {"image": torch.rand(1, 3, 64, 96), "mask": mask}
    given["noise"] = networks.draw_noise(mask, network.noise, torch.Generator().manual_seed(0))
    if network.framed:
        given["place"] = networks.frame_coordinates(mask)
    full, small = {0: "N", 2: "H", 3: "W"}, {0: "N", 2: "h", 3: "w"}
    axes = {key: full if key in ("image", "mask") else small for key in given} | {"filled": full}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(given.values()),
            path,
            dynamo=False,
            opset_version=17,
            input_names=list(given),
            output_names=["filled"],
            dynamic_axes=axes,
        )
    model = onnx.load(path)
    for key, value in {
        "name": name,
        "task": "mending" if network.mends else "completion",
        "noise": str(network.noise),
        "recipe": json.dumps({}),
    }.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, path)


@pytest.fixture
def shipped_weights(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shipped, "WEIGHTS", weights)
    return weights


@pytest.fixture
def picture() -> Callable[..., np.ndarray]:
    """A smooth picture (H,W,3) uint8 with a little noise."""

    def made(height: int, width: int, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:height, :width]
        waves = [120 + 80 * np.sin(x / rng.uniform(5, 20) + y / rng.uniform(5, 20)) for _ in range(3)]
        return np.clip(np.stack(waves, -1) + rng.normal(0, 5, (height, width, 3)), 0, 255).astype(np.uint8)

    return made


@pytest.fixture
def folder(tmp_path: Path, picture: Callable[..., np.ndarray]) -> Path:
    """A folder of 12 square pictures of 128 pixels, of which none is held out, and one which is."""
    from enhance.datasets.folders import is_held_out

    out = next(name for n in range(1000) if is_held_out(name := f"face_{n}.png"))
    names = [name for n in range(40) if not is_held_out(name := f"face_{n}.png")][:12]
    (tmp_path / "faces").mkdir()
    for n, name in enumerate([*names, out]):
        Image.fromarray(picture(128, 128, n)).save(tmp_path / "faces" / name)
    return tmp_path / "faces"
