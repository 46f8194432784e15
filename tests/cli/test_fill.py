from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from enhance.cli.fill import fill, targets_of
from enhance.errors import EnhanceError
from tests.tasks.fill.conftest import picture, shipped_weights, weights  # noqa: F401 - fixtures

pytestmark = pytest.mark.usefixtures("shipped_weights")


@pytest.fixture
def photo(tmp_path: Path, picture: Callable[..., np.ndarray]) -> Path:  # noqa: F811
    Image.fromarray(picture(90, 120)).save(tmp_path / "photo.png")
    marked = np.zeros((90, 120), np.uint8)
    marked[20:60, 30:100] = 255
    Image.fromarray(marked).save(tmp_path / "mask.png")
    return tmp_path / "photo.png"


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(fill, [str(word) for word in words], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


def test_a_mask_and_a_box_fill_the_same(photo: Path, tmp_path: Path) -> None:
    said = run(photo, "--mask", tmp_path / "mask.png")
    assert "2,800 pixels (25.9 %) are invented" in said
    run(photo, "--box", "30,20,70,40", "-o", tmp_path / "new" / "box.png")
    with Image.open(tmp_path / "photo_filled.png") as one, Image.open(tmp_path / "new" / "box.png") as other:
        assert (np.asarray(one) == np.asarray(other)).all()


def test_several_answers_are_numbered_by_their_seeds(photo: Path, tmp_path: Path) -> None:
    run(photo, "--box", "30,20,70,40", "-n", "3", "--seed", "4", "-o", tmp_path / "out")
    made = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in made] == [f"photo_filled_{n}.png" for n in (4, 5, 6)]
    assert len({path.read_bytes() for path in made}) == 3


def test_a_file_that_does_not_keep_pixels_says_so(photo: Path, tmp_path: Path) -> None:
    for ending, kind in (("jpg", "JPEG"), ("webp", "WEBP"), ("gif", "GIF")):
        assert f"{kind} rounds" in run(photo, "--box", "30,20,70,40", "-o", tmp_path / f"out.{ending}")
    assert "rounds" not in run(photo, "--box", "30,20,70,40", "-o", tmp_path / "out.png")


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--box", "1,2,3"], "not a box"),
        (["--box", "500,2,3,4"], "outside"),
        ([], "more than half transparent"),
        (["--mask", "photo.txt"], "photo.txt"),
        (["--box", "0,0,5,5", "-o", "photo.png"], "is an input"),
        (["--box", "0,0,5,5", "-o", "out.xyz"], "cannot write"),
    ],
)
def test_bad_input_is_told_in_one_line_and_nothing_is_written(
    words: list[str], match: str, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import click

    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    with pytest.raises((EnhanceError, click.ClickException), match=match) as caught:
        run(photo, *words)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before


def test_names_of_results() -> None:
    assert targets_of(Path("a/b.heic"), None, 1, 0) == [Path("a/b_filled.heic")]
    assert targets_of(Path("a/b.xyz"), None, 1, 0) == [Path("a/b_filled.png")]
    assert targets_of(Path("b.png"), "c.webp", 2, 7) == [Path("c_7.webp"), Path("c_8.webp")]
    assert targets_of(Path("b.png"), "out", 1, 7) == [Path("out/b_filled.png")]
