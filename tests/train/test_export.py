import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from enhance import tasks
from enhance.errors import InternalError, TrainingError
from enhance.inference.model import Model
from enhance.painting.consistency import lr_psnr
from enhance.tasks.upscale import recipes
from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import frame_coordinates
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, export, run
from enhance.train.task import Exported


@pytest.fixture(scope="module")
def trained(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run by the per-pixel loss."""
    out = tmp_path_factory.mktemp("pixel") / "run"
    run.start([faces], tiny(recipes.face_x4_pixel()), out, images=40)
    return out


@pytest.fixture(scope="module")
def gan(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run against a discriminator."""
    out = tmp_path_factory.mktemp("gan") / "run"
    run.start([faces], tiny(recipes.face_x4_gan()), out, images=64)
    return out


def test_the_file_describes_itself(trained: Path, tmp_path: Path) -> None:
    model = Model.load(export.export(trained, tmp_path / "made.onnx", tasks.recipe_of))
    assert model.facts.name == "made"
    assert json.loads(model.facts.extra["recipe"])["name"] == "face_x4_pixel"
    assert json.loads(model.facts.extra["frame"])["left_eye"] == [0.344, 0.398]
    assert json.loads(model.facts.extra["recipe"])["shape"]["width"] == 16
    assert json.loads(model.facts.extra["cost"])[0]["pictures"] == 40
    assert len(model.facts.extra["data_sha256"]) == 64
    assert "non-commercial" in model.facts.extra["licence"]


def test_the_graph_takes_any_size_and_agrees_with_its_input(trained: Path, tmp_path: Path) -> None:
    model = Model.load(export.export(trained, tmp_path / "made.onnx", tasks.recipe_of))
    lr = np.random.default_rng(0).uniform(0.3, 0.7, (2, 3, 17, 31)).astype(np.float32)
    hr = model(lr)
    assert hr.shape == (2, 3, 68, 124)
    assert lr_psnr(hr[0].transpose(1, 2, 0), lr[0].transpose(1, 2, 0)) > 50


def test_a_graph_that_differs_from_its_network_is_not_written(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = export.to_onnx

    def tampered(exported: Exported) -> object:
        model = true(exported)
        with torch.no_grad():
            exported.module.generator.paint.bias += 1.0
            exported.module.generator.paint.bias[0] -= 1.5
        return model

    monkeypatch.setattr(export, "to_onnx", tampered)
    with pytest.raises(InternalError, match="differs"):
        export.export(trained, tmp_path / "made.onnx", tasks.recipe_of)
    assert not (tmp_path / "made.onnx").exists()


def test_eight_bits_draw_nearly_the_same_and_agree_with_the_input(gan: Path, faces: Path, tmp_path: Path) -> None:
    exact, small = tmp_path / "exact.onnx", tmp_path / "small.onnx"
    export.export(gan, exact, tasks.recipe_of)
    export.export(gan, small, tasks.recipe_of, folders=[faces])
    lr = np.random.default_rng(0).uniform(0.3, 0.7, (2, 3, 16, 20)).astype(np.float32)
    floats, rounded = (Model.load(path)(lr, seed=1) for path in (exact, small))
    assert 0 < np.abs(floats - rounded).mean() * 255 < 1
    assert lr_psnr(rounded[0].transpose(1, 2, 0), lr[0].transpose(1, 2, 0)) > 50
    assert Model.load(small).facts.extra == {**Model.load(exact).facts.extra, "name": "small"}
    operators = {node.op_type for node in onnx.load(small).graph.node}
    assert "DequantizeLinear" in operators


@pytest.mark.parametrize("recipe", [recipes.face_x4_pixel, recipes.face_x4_grainy_pixel])
def test_only_the_ends_of_a_network_stay_in_floats(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path, recipe: Callable[[], Recipe]
) -> None:
    run.start([faces], tiny(recipe()), tmp_path / "run", images=4)
    model = onnx.load(export.export(tmp_path / "run", tmp_path / "small.onnx", tasks.recipe_of, folders=[faces]))
    rounded = {value.name for value in model.graph.initializer if value.name.endswith("weight_quantized")}
    assert all(any(part in name for name in rounded) for part in (".trunk.", ".after."))
    assert not any(part in name for name in rounded for part in (".head.", ".mend.", ".paint."))


def test_the_mean_of_runs_lies_between_them(
    trained: Path, faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    run.start([faces], tiny(recipes.face_x4_pixel()), tmp_path / "more", images=40, init=trained)
    model = export.export(tmp_path / "more", tmp_path / "more.onnx", tasks.recipe_of)
    export.export(trained, tmp_path / "mean.onnx", tasks.recipe_of, others=[model])
    one, other, mean = (
        checkpoint.initial_weights(path).networks["generator"]
        for path in (trained, tmp_path / "more", tmp_path / "mean.onnx")
    )
    assert any(not torch.equal(one[name], other[name]) for name in mean)
    assert all(torch.allclose(mean[name], (one[name] + other[name]) / 2, atol=1e-6) for name in mean)
    assert Model.load(tmp_path / "mean.onnx").facts.extra["mean_of"] == "2"

    run.start([faces], tiny(recipes.face_x4_gan()), tmp_path / "deeper", images=4)
    with pytest.raises(TrainingError, match=r"deeper: .*another shape"):
        export.export(trained, tmp_path / "none.onnx", tasks.recipe_of, others=[tmp_path / "deeper"])


def test_what_a_run_began_from_may_lack_parts_in_a_mean(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    shallow = replace(tiny(recipes.face_x4_gan()), shape=replace(tiny(recipes.face_x4_gan()).shape, deep=0))
    run.start([faces], shallow, tmp_path / "shallow", images=4)
    deep = tiny(recipes.face_x4_gan())
    run.start([faces], deep, tmp_path / "deep", images=4, init=tmp_path / "shallow")
    export.export(tmp_path / "deep", tmp_path / "mean.onnx", tasks.recipe_of, others=[tmp_path / "shallow"])
    one, mean = (checkpoint.initial_weights(tmp_path / name).networks["generator"] for name in ("deep", "mean.onnx"))
    assert mean.keys() == one.keys()
    assert all(torch.allclose(mean[name], one[name]) for name in one if name.startswith("deep."))
    assert not all(torch.allclose(mean[name], one[name], atol=0) for name in one)


def test_the_file_says_whether_it_restores(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> None:
    for recipe in (recipes.face_x4_pixel(), recipes.face_x4_grainy()):
        run.start([faces], tiny(recipe), tmp_path / recipe.name, images=4)
        out = tmp_path / f"{recipe.name}.onnx"
        model = Model.load(export.export(tmp_path / recipe.name, out, tasks.recipe_of, folders=[faces]))
        assert model.facts.restores == recipe.degraded
        assert ("JPEG" in model.facts.extra["degradation"]) == recipe.degraded


def test_a_run_begins_from_eight_bits_near_where_they_came_from(gan: Path, faces: Path, tmp_path: Path) -> None:
    export.export(gan, tmp_path / "small.onnx", tasks.recipe_of, folders=[faces])
    exact = checkpoint.initial_weights(gan).networks["generator"]
    rounded = checkpoint.initial_weights(tmp_path / "small.onnx").networks["generator"]
    assert rounded.keys() == exact.keys()
    for name, weights in exact.items():
        assert rounded[name].shape == weights.shape
        step = float(weights.abs().max()) / 63
        assert float((rounded[name] - weights).abs().max()) <= step


def test_the_discriminator_is_exported_as_it_judges(gan: Path, faces: Path, tmp_path: Path) -> None:
    file = export.export(gan, tmp_path / "judge.onnx", tasks.recipe_of, network="discriminator", folders=[faces])
    state = checkpoint.load(gan / checkpoint.LAST)["networks"]["discriminator"]
    judge = Discriminator()
    judge.load_state_dict({name.removeprefix("discriminator."): value for name, value in state.items()})
    random = np.random.default_rng(0)
    hr, lr = (random.random((1, 3, side, side), dtype=np.float32) for side in (64, 16))
    with torch.no_grad():
        expected = judge(*map(torch.from_numpy, (hr, lr)), frame_coordinates(torch.from_numpy(lr))).numpy()
    (found,) = onnxruntime.InferenceSession(str(file)).run(["verdicts"], {"hr": hr, "lr": lr})
    assert found.shape == expected.shape == (1, 1, 4, 4)
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected).max() + 0.01


def test_a_model_that_cannot_be_written_is_named(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(TrainingError, match="is a folder; name the file to write"):
        export.export(trained, tmp_path, tasks.recipe_of)
    with pytest.raises(TrainingError, match=r"name it mine\.onnx"):
        export.export(trained, tmp_path / "mine", tasks.recipe_of)
    assert not (tmp_path / "mine").exists()
    with pytest.raises(TrainingError, match=r"taken.*cannot be written"):
        export.export(trained, tmp_path / "taken" / "model.onnx", tasks.recipe_of)


def test_a_run_without_a_discriminator_has_none_to_export(trained: Path, faces: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no discriminator"):
        export.export(trained, tmp_path / "judge.onnx", tasks.recipe_of, network="discriminator", folders=[faces])
