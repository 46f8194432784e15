import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from enhance.consistency import lr_psnr
from enhance.errors import InternalError
from enhance.model import Model
from enhance.train import export, recipes, run
from enhance.train.recipes import Recipe


@pytest.fixture
def trained(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> Path:
    run.train([faces], tiny(recipes.face_x4_pixel()), tmp_path / "run", images=40)
    return tmp_path / "run"


def test_the_file_describes_itself(trained: Path, tmp_path: Path) -> None:
    model = Model.load(export.export(trained, tmp_path / "made.onnx"))
    assert model.facts["name"] == "face_x4_pixel"
    assert json.loads(model.facts["frame"])["left_eye"] == [0.344, 0.398]
    assert json.loads(model.facts["recipe"])["width"] == 16
    assert json.loads(model.facts["cost"])[0]["pictures"] == 40
    assert len(model.facts["data_sha256"]) == 64
    assert "non-commercial" in model.facts["licence"]


def test_the_graph_takes_any_size_and_agrees_with_its_input(trained: Path, tmp_path: Path) -> None:
    model = Model.load(export.export(trained, tmp_path / "made.onnx"))
    lr = np.random.default_rng(0).uniform(0.3, 0.7, (2, 3, 17, 31)).astype(np.float32)
    hr = model(lr)
    assert hr.shape == (2, 3, 68, 124)
    assert lr_psnr(hr[0].transpose(1, 2, 0), lr[0].transpose(1, 2, 0)) > 50


def test_a_graph_that_differs_from_its_network_is_not_written(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = export.to_onnx

    def tampered(network: export.Shipped, planes: int) -> object:
        model = true(network, planes)
        with torch.no_grad():
            network.generator.paint.bias += 1.0
            network.generator.paint.bias[0] -= 1.5
        return model

    monkeypatch.setattr(export, "to_onnx", tampered)
    with pytest.raises(InternalError, match="differs"):
        export.export(trained, tmp_path / "made.onnx")
    assert not (tmp_path / "made.onnx").exists()
