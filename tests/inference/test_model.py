import hashlib
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import ModelError
from enhance.faces.crops import aligned_crop
from enhance.honesty import uncertainty
from enhance.inference.model import CALM, CALM_IF_MENDING, Model, models
from enhance.inference.shipped import names, weights_of

SHIPPED = names()


@pytest.fixture
def lr() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 0.8, (2, 3, 16, 16)).astype(np.float32)


def test_both_recipes_are_shipped_each_with_its_card() -> None:
    assert {"face_x4_pixel", "face_x4_gan"} <= set(SHIPPED)
    for name in SHIPPED:
        assert weights_of(name).with_suffix(".md").is_file()
        assert weights_of(name).stat().st_size < 10_000_000


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("face_")])
def test_what_is_told_of_a_model_was_measured_with_its_file(name: str) -> None:
    digest = hashlib.sha256(weights_of(name).read_bytes()).hexdigest()
    assert digest in weights_of(name).with_suffix(".md").read_text()
    assert uncertainty.calibration(weights_of(name)) is not None


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_knows_its_own_name(name: str) -> None:
    assert models()[name]["name"] == name
    assert Model.load(name).scale == 4


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 40)])
def test_any_height_and_width(name: str, size: tuple[int, int]) -> None:
    hr = Model.load(name)(np.full((1, 3, *size), 0.5, np.float32))
    assert hr.shape == (1, 3, 4 * size[0], 4 * size[1])
    assert hr.dtype == np.float32
    assert 0 <= hr.min() <= hr.max() <= 1


@pytest.mark.parametrize("name", SHIPPED)
def test_a_batch_is_its_pictures_one_by_one(name: str, lr: np.ndarray) -> None:
    model = Model.load(name)
    assert np.allclose(model(lr)[1:], model(lr[1:]), atol=1e-5)


def test_the_first_answer_is_the_nearest_to_the_middle_where_much_is_made_up() -> None:
    places = [aligned_crop(np.zeros((side, side, 3), np.float32)).coordinates for side in (8, 16, 24, 32, 64)]
    sharp, mended, around = (Model.load(name) for name in ("face_x4_gan", "face_x4_grainy", "photo_x4"))
    quiet = [sharp.loudness(0, place) for place in places]
    assert quiet[:2] == [CALM, CALM]
    assert CALM < quiet[2] < 1
    assert quiet[3:] == [1, 1]
    assert {mended.loudness(0, place) for place in places} == {CALM_IF_MENDING}
    assert {around.loudness(0, place) for place in places} == {1}
    assert {model.loudness(1, place) for place in places for model in (sharp, mended)} == {1}


@pytest.mark.parametrize(("name", "size"), [("face_x4_gan", 16), ("face_x4_grainy", 32)])
def test_no_other_answer_is_as_near_to_the_middle(name: str, size: int) -> None:
    lr = np.random.default_rng(5).random((1, 3, size, size), dtype=np.float32)
    seeds = np.stack([Model.load(name)(lr, seed=seed) for seed in range(8)])
    assert np.square(seeds - seeds.mean(0)).mean((1, 2, 3, 4)).argmin() == 0


@pytest.mark.parametrize("name", SHIPPED)
def test_a_seed_names_an_answer(name: str, lr: np.ndarray) -> None:
    model = Model.load(name)
    assert np.array_equal(model(lr, seed=3), model(lr, seed=3))
    takes_noise = model.facts["noise"] != "0"
    assert np.array_equal(model(lr, seed=3), model(lr, seed=4)) != takes_noise


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ModelError, match="no model is called nonsense; there are face_x4_gan"):
        Model.load("nonsense")


@pytest.mark.parametrize("content", [b"", b"text that is no graph"])
def test_a_file_that_is_no_model(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        Model.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_graph_of_somebody_else_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("lr", TensorProto.FLOAT, ["N", 3, "h", "w"])
    out = helper.make_tensor_value_info("hr", TensorProto.FLOAT, ["N", 3, "h", "w"])
    graph = helper.make_graph([helper.make_node("Identity", ["lr"], ["hr"])], "g", [value], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "foreign.onnx")
    with pytest.raises(ModelError, match="says nothing of its name"):
        Model.load(tmp_path / "foreign.onnx")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        Model.load(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 1, 16, 16), (1, 3, 0, 16)])
def test_a_wrong_shape_is_said(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="takes an array"):
        Model.load(SHIPPED[0])(np.zeros(shape, np.float32))


def test_what_is_no_picture_or_no_noise_is_said(lr: np.ndarray) -> None:
    model = Model.load("face_x4_gan")
    for wrong in (np.zeros((1, 3, 16, 16), np.uint8), np.full((1, 3, 16, 16), np.nan, np.float32)):
        with pytest.raises(ModelError, match="finite floats"):
            model(wrong)
    with pytest.raises(ModelError, match="takes noise"):
        model(lr, noise=np.zeros((1, 8, 4, 4), np.float32))
    with pytest.raises(ModelError, match="from 0 on"):
        model(lr, seed=-1)
    assert np.array_equal(model(lr.tolist()), model(lr.astype(np.float64)))
