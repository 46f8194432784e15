import hashlib
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import ModelError
from enhance.faces.crops import aligned_crop
from enhance.honesty import uncertainty
from enhance.inference.facts import Facts
from enhance.inference.model import Model, enlarging_models, face_models, full_frame, models
from enhance.inference.noise import truncation
from enhance.inference.shipped import names, weights_of

SHIPPED = names()
ENLARGING = enlarging_models()


@pytest.fixture
def lr() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.2, 0.8, (2, 3, 16, 16)).astype(np.float32)


def test_both_recipes_are_shipped_each_with_its_card() -> None:
    assert {"face_x4_pixel", "face_x4_gan"} <= set(SHIPPED)
    for name in SHIPPED:
        assert weights_of(name).with_suffix(".md").is_file()
        assert weights_of(name).stat().st_size < 10_000_000


@pytest.mark.parametrize("name", [name for name in ENLARGING if name.startswith("face_")])
def test_what_is_told_of_a_model_was_measured_with_its_file(name: str) -> None:
    digest = hashlib.sha256(weights_of(name).read_bytes()).hexdigest()
    assert digest in weights_of(name).with_suffix(".md").read_text()
    assert uncertainty.calibration(weights_of(name)) is not None


@pytest.mark.parametrize("name", ENLARGING)
def test_a_model_knows_its_own_name(name: str) -> None:
    assert models()[name]["name"] == name
    assert Model.load(name).facts.scale == (2 if "x2" in name else 4)


@pytest.mark.parametrize("name", ENLARGING)
def test_only_what_a_network_takes_is_padded(name: str, lr: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    model, padded, pad = Model.load(name), [], np.pad
    monkeypatch.setattr(np, "pad", lambda array, *words, **how: padded.append(array) or pad(array, *words, **how))
    model(lr, bad=lr)
    assert len(padded) == len(model.facts.inputs)


@pytest.mark.parametrize("name", ENLARGING)
@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 40)])
def test_any_height_and_width(name: str, size: tuple[int, int]) -> None:
    model = Model.load(name)
    hr = model(np.full((1, 3, *size), 0.5, np.float32))
    assert hr.shape == (1, 3, *(model.facts.scale * side for side in size))
    assert hr.dtype == np.float32
    assert 0 <= hr.min() <= hr.max() <= 1


@pytest.mark.parametrize("name", ENLARGING)
def test_a_batch_is_its_pictures_one_by_one(name: str, lr: np.ndarray) -> None:
    model = Model.load(name)
    assert np.allclose(model(lr)[1:], model(lr[1:]), atol=1e-5)


def test_the_first_result_is_nearest_to_the_middle_where_much_is_made_up() -> None:
    sharp, restored, around = (Model.load(name).facts for name in ("face_x4_gan", "face_x4_grainy", "photo_x4"))
    assert [truncation(sharp, 0, np.log2(side / 32)) for side in (8, 16, 32, 64)] == [0.5, 0.5, 1, 1]
    assert 0.5 < truncation(sharp, 0, np.log2(24 / 32)) < 1
    assert {truncation(restored, 0, np.log2(side / 32)) for side in (8, 32, 64)} == {0.6}
    assert truncation(around, 0, -1) == 1


@pytest.mark.parametrize("size", [(16, 16), (1, 7), (40, 23), (96, 64)])
def test_a_picture_without_coordinates_is_taken_for_a_full_frame(size: tuple[int, int]) -> None:
    expected = aligned_crop(np.empty((*size, 3), np.float32)).coordinates
    assert np.allclose(full_frame(*size), expected, atol=1e-7)


@pytest.mark.parametrize(("name", "size"), [("face_x4_gan", 16), ("face_x4_grainy", 32)])
def test_no_other_answer_is_as_near_to_the_middle(name: str, size: int) -> None:
    lr = np.random.default_rng(5).random((1, 3, size, size), dtype=np.float32)
    seeds = np.stack([Model.load(name)(lr, seed=seed) for seed in range(8)])
    assert np.square(seeds - seeds.mean(0)).mean((1, 2, 3, 4)).argmin() == 0


@pytest.mark.parametrize("name", ENLARGING)
def test_a_seed_names_an_answer(name: str, lr: np.ndarray) -> None:
    model = Model.load(name)
    assert np.array_equal(model(lr, seed=3), model(lr, seed=3))
    takes_noise = model.facts.invents
    assert np.array_equal(model(lr, seed=3), model(lr, seed=4)) != takes_noise


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"no model is called nonsense; there are .*face_x4_gan"):
        Model.load("nonsense")
    with pytest.raises(ModelError, match=r"no model is called \.\./photo\.png; there are"):
        Model.load("../photo.png")


@pytest.mark.parametrize("content", [b"", b"text that is no graph"])
def test_a_file_that_is_no_model(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        Model.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        Model.load(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 1, 16, 16), (1, 3, 0, 16)])
def test_a_wrong_shape_is_said(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="takes an array"):
        Model.load(ENLARGING[0])(np.zeros(shape, np.float32))


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


def test_the_models_for_faces_are_those_that_know_the_frame() -> None:
    assert face_models() == tuple(name for name in SHIPPED if name.startswith("face_x4"))


def test_run_gives_the_network_what_it_asks_for_and_nothing_else(lr: np.ndarray) -> None:
    model = Model.load("face_x4_gan")
    noise, place = np.zeros((2, 8, 16, 16)), np.broadcast_to(full_frame(16, 16), lr.shape)
    made = model.run(lr=lr, noise=noise, place=place)
    assert list(made) == ["hr"]
    assert np.array_equal(np.clip(made["hr"], 0, 1), model(lr, noise=noise))
    with pytest.raises(ModelError, match="takes lr, noise, place, not lr, mask"):
        model.run(lr=lr, mask=noise)
    with pytest.raises(ModelError, match="noise has the shape Nx8xlr_hxlr_w"):
        model.run(lr=lr, noise=noise[:, :4], place=place)
    with pytest.raises(ModelError, match="lr is of float, not uint8"):
        model.run(lr=np.zeros((2, 3, 16, 16), np.uint8), noise=noise, place=place)


def exported(path: Path, nodes: list, inputs: list, outputs: list, **facts: str) -> Path:
    onnx = pytest.importorskip("onnx")
    from onnx import helper

    graph = helper.make_graph(nodes, "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, path)
    return path


def identity(path: Path, **facts: str) -> Path:
    helper = pytest.importorskip("onnx").helper
    given = helper.make_tensor_value_info("image", 1, ["N", 3, "h", "w"])
    made = helper.make_tensor_value_info("restored", 1, ["N", 3, "h", "w"])
    return exported(path, [helper.make_node("Identity", ["image"], ["restored"])], [given], [made], **facts)


def test_a_graph_of_somebody_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"foreign.onnx: says nothing of its name, task"):
        Model.load(identity(tmp_path / "foreign.onnx"))


def test_a_file_that_says_nonsense_of_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"odd.onnx: its metadata are damaged"):
        Model.load(identity(tmp_path / "odd.onnx", name="odd", task="restoration", scale="four"))


def test_a_model_need_not_enlarge_nor_draw_faces(tmp_path: Path, lr: np.ndarray) -> None:
    model = Model.load(identity(tmp_path / "clean.onnx", name="clean", task="restoration", multiple="8"))
    assert model.facts == Facts(
        "clean", "restoration", ("image",), ("restored",), multiple=8, extra=dict(model.facts.extra)
    )
    assert not model.facts.invents
    assert np.array_equal(model(lr[:, :, :13, :11]), lr[:, :, :13, :11])


def test_a_model_may_make_pictures_twice_as_large(tmp_path: Path, lr: np.ndarray) -> None:
    helper = pytest.importorskip("onnx").helper
    given, noise = (helper.make_tensor_value_info(name, 1, ["N", 3, "h", "w"]) for name in ("image", "noise"))
    made = helper.make_tensor_value_info("larger", 1, ["N", 3, "H", "W"])
    scales = helper.make_node("Constant", [], ["scales"], value_floats=[1.0, 1.0, 2.0, 2.0])
    nodes = [
        helper.make_node("Add", ["image", "noise"], ["noisy"]),
        scales,
        helper.make_node("Resize", ["noisy", "", "scales"], ["larger"], mode="nearest"),
    ]
    path = exported(tmp_path / "twice.onnx", nodes, [given, noise], [made], name="twice", task="any", scale="2")
    model = Model.load(path)
    assert model.facts.noise_channels == 3
    assert model.facts.truncation == (1.0,)
    assert model(lr, noise=np.zeros_like(lr)).shape == (2, 3, 32, 32)
    assert not np.array_equal(model(lr, seed=0), model(lr, seed=1))


def test_a_model_may_take_integers_and_make_several_outputs(tmp_path: Path) -> None:
    helper = pytest.importorskip("onnx").helper
    tokens = helper.make_tensor_value_info("tokens", 7, ["N", "T"])
    noise = helper.make_tensor_value_info("noise", 1, ["N", 5])
    outputs = [
        helper.make_tensor_value_info("doubled", 7, ["N", "T"]),
        helper.make_tensor_value_info("louder", 1, ["N", 5]),
    ]
    nodes = [
        helper.make_node("Add", ["tokens", "tokens"], ["doubled"]),
        helper.make_node("Add", ["noise", "noise"], ["louder"]),
    ]
    path = exported(tmp_path / "words.onnx", nodes, [tokens, noise], outputs, name="words", task="any")
    model = Model.load(path)
    assert model.facts.outputs == ("doubled", "louder")
    made = model.run(tokens=np.array([[1, 2, 3]], np.int32), noise=np.ones((1, 5)))
    assert made["doubled"].tolist() == [[2, 4, 6]]
    assert made["louder"].dtype == np.float32
    with pytest.raises(ModelError, match="tokens is of int64, not float32"):
        model.run(tokens=np.ones((1, 3), np.float32), noise=np.ones((1, 5)))


def test_pictures_alone_are_not_enough_for_a_model_that_takes_more(tmp_path: Path, lr: np.ndarray) -> None:
    helper = pytest.importorskip("onnx").helper
    given = [helper.make_tensor_value_info(name, 1, ["N", 3, "h", "w"]) for name in ("image", "mask")]
    made = helper.make_tensor_value_info("filled", 1, ["N", 3, "h", "w"])
    node = helper.make_node("Mul", ["image", "mask"], ["filled"])
    path = exported(tmp_path / "holes.onnx", [node], given, [made], name="holes", task="completion", tiling="never")
    model = Model.load(path)
    assert model.facts.tiling == "never"
    with pytest.raises(ModelError, match="is for completion; name another model, or give it image, mask"):
        model(lr)


@pytest.mark.parametrize(
    "name", [name for name in SHIPPED if Model.load(name).facts.task in ("finding", "translation")]
)
def test_a_model_that_makes_no_pictures_of_pictures_says_so(name: str, lr: np.ndarray) -> None:
    with pytest.raises(ModelError, match=r"is for \w+.*name another model"):
        Model.load(name)(lr)
