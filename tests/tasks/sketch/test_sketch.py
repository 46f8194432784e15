import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import enhance
from enhance.cli.sketch import sketch as command
from enhance.errors import PhotoError
from enhance.honesty.credentials import inspect
from enhance.inference import shipped
from enhance.photos.writing import write
from enhance.tasks.sketch import look, recipes
from enhance.tasks.sketch import sketch as story
from enhance.tasks.sketch.options import FUR_COLOURS, SketchOptions
from enhance.train import export
from tests.tasks.sketch.test_paper import INK, white


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped network, or a tiny one that has learnt nothing where there is none yet."""
    if shipped.weights_of("sketch_cat").is_file():
        return shipped.weights_of("sketch_cat")
    torch.manual_seed(0)
    task = recipes.Recipe("sketch_cat", shape=recipes.Shape((8,) * 4, (8,) * 4)).task(torch.device("cpu"))
    for module in task.generator.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, 0.2)
    task.generator.looks.uniform_(-1, 1)
    exported = task.export()["sketch_cat"]
    model = export.to_onnx(exported)
    for key, value in {"name": "sketch_cat", **exported.facts}.items():
        model.metadata_props.add(key=key, value=value)
    path = tmp_path_factory.mktemp("weights") / "sketch_cat.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(autouse=True)
def _use(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "CAT_MODEL", str(weights))


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "tom.png"
    Image.fromarray(white(INK)).save(path)
    return path


def test_a_drawing_becomes_a_picture_that_says_what_it_is(drawing: Path, tmp_path: Path) -> None:
    picture = enhance.sketch(drawing, size=256)
    assert picture.size == (256, 256)
    write(picture, tmp_path / "cat.png")
    said = inspect(tmp_path / "cat.png")["stamp"]
    assert said["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert said["model"] == "sketch_cat"
    assert said["seed"] == "0"


def test_the_same_seed_gives_the_same_cat_and_others_give_others(drawing: Path) -> None:
    first, again, other = (np.asarray(enhance.sketch(drawing, seed=seed, size=128), float) for seed in (1, 1, 2))
    assert (first == again).all()
    assert np.abs(first - other).mean() > 1


def test_a_cat_does_not_depend_on_those_beside_it(drawing: Path) -> None:
    several = story.sketch_all(drawing, [SketchOptions(seed=seed, size=128) for seed in range(3)])
    alone = story.sketch_all(drawing, [SketchOptions(seed=2, size=128)])[0]
    assert several[2].painted == pytest.approx(alone.painted, abs=1e-5)


@pytest.mark.parametrize(("looseness", "laid"), [(0.0, story.SHADE), (0.25, story.SHADE / 2), (0.5, 0.0), (1.0, 0.0)])
def test_the_tighter_the_darker_lines_are_laid_over_the_picture(
    drawing: Path, looseness: float, laid: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [SketchOptions(looseness, size=128)]
    shaded = story.sketch_all(drawing, options)[0]
    monkeypatch.setattr(story, "SHADE", 0.0)
    plain = story.sketch_all(drawing, options)[0]
    assert shaded.painted == pytest.approx(plain.painted * (1 - laid * shaded.drawing.ink[..., None]), abs=1e-5)


@pytest.mark.parametrize("name", FUR_COLOURS)
def test_a_colour_is_the_mean_of_the_fur(name: str) -> None:
    looks = np.random.default_rng(0).uniform(-0.6, 0.6, (64, look.LOOK)).astype(np.float32)
    wanted = SketchOptions(colour=name).rgb()
    found = look.chosen(looks, wanted, np.random.default_rng(1))
    assert look.fur(found) == pytest.approx(np.array(wanted) * 2 - 1, abs=0.3)


def test_looks_survive_being_packed() -> None:
    looks = np.random.default_rng(0).uniform(-1.5, 1.5, (5, look.LOOK)).astype(np.float32)
    assert look.unpacked_looks(look.packed_looks(looks)) == pytest.approx(looks, abs=0.01)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"looseness": 1.5}, "looseness is 1.5, but must be a number from 0 to 1"),
        ({"colour": "octarine"}, "octarine.*#c8843c"),
        ({"seed": -1}, "seed is -1"),
        ({"size": 5000}, "size is 5000"),
    ],
)
def test_an_option_that_cannot_be_is_said_in_one_line(drawing: Path, how: dict[str, object], said: str) -> None:
    with pytest.raises(PhotoError, match=said) as caught:
        enhance.sketch(drawing, **how)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_the_command_writes_a_cat_beside_the_drawing_or_several_into_a_folder(drawing: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(drawing), "--size", "128"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "never was" in result.output
    with Image.open(tmp_path / "tom_cat.png") as cat:
        assert cat.size == (128, 128)
    arguments = [str(drawing), "-n", "3", "--colour", "black", "--size", "128", "-o", str(tmp_path / "cats")]
    assert CliRunner().invoke(command, arguments, catch_exceptions=False).exit_code == 0
    assert [path.name for path in sorted((tmp_path / "cats").iterdir())] == [f"tom_cat_{n}.png" for n in range(3)]


def test_one_bad_drawing_does_not_stop_the_rest(drawing: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    words = [str(tmp_path / "bad.png"), str(drawing), "--size", "128", "--json", "-o", str(tmp_path / "cats")]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 3
    wrong, right = (json.loads(line) for line in result.output.splitlines())
    assert "not a picture" in wrong["error"]
    assert wrong["target"] == str(tmp_path / "cats" / "bad_cat.png")
    assert right["error"] is None
    assert [path.name for path in (tmp_path / "cats").iterdir()] == ["tom_cat.png"]


def test_of_an_animation_the_first_picture_is_read_and_the_command_says_so(drawing: Path, tmp_path: Path) -> None:
    with Image.open(drawing) as one:
        one.convert("L").save(tmp_path / "a.gif", save_all=True, append_images=[Image.new("L", one.size, "white")])
    result = CliRunner().invoke(command, [str(tmp_path / "a.gif"), "--size", "128"], catch_exceptions=False)
    assert "only the first of 2 pictures in the file" in result.output


def test_the_command_writes_over_nothing_that_it_did_not_make(drawing: Path, tmp_path: Path) -> None:
    (tmp_path / "tom_cat.png").write_text("mine")
    with pytest.raises(PhotoError, match="is there, and is not what enhance made"):
        CliRunner().invoke(command, [str(drawing)], catch_exceptions=False)
    assert (tmp_path / "tom_cat.png").read_text() == "mine"


def test_bad_input_is_one_line_and_exit_code_2_and_nothing_written(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "white").save(tmp_path / "blank.png")
    done = subprocess.run(
        [sys.executable, "-m", "enhance.cli", "sketch", str(tmp_path / "blank.png")], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "blank.png" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["blank.png"]
