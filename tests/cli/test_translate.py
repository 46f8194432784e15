from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from enhance.cli.translate import targets_of, translate
from enhance.errors import EnhanceError
from enhance.honesty import credentials
from tests.tasks.translate.conftest import networks  # noqa: F401 - a fixture
from tests.tasks.translate.test_translate import photo_of

pytestmark = pytest.mark.usefixtures("networks")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(photo_of((60, 40, 180, 120))).save(tmp_path / "photo.png")
    Image.fromarray(photo_of()).save(tmp_path / "meadow.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return tmp_path / "photo.png"


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(translate, [str(word) for word in words], standalone_mode=False)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_photo_and_its_mask_are_written(photo: Path) -> None:
    said = run(photo, "--mask")
    made, mask = photo.with_name("photo_zebra.png"), photo.with_name("photo_zebra_mask.png")
    assert said.startswith(f"{made}: horses in 1 place redrawn as zebras")
    with Image.open(photo) as before, Image.open(made) as after, Image.open(mask) as shown:
        amount = np.asarray(shown)
        changed = (np.asarray(before) != np.asarray(after)).any(2)
    assert amount.shape == (200, 300)
    assert not changed[amount == 0].any()
    assert changed[amount == 255].all()


def test_a_photo_without_a_horse_is_not_written(photo: Path) -> None:
    meadow = photo.with_name("meadow.png")
    said = run(meadow)
    assert said == f"{meadow}: no horse found, nothing drawn (--force takes the whole photo for one)\n"
    assert sorted(path.name for path in photo.parent.glob("*.png")) == ["broken.png", "meadow.png", "photo.png"]
    assert "the whole photo redrawn" in run(meadow, "--force")


def test_of_several_photos_a_bad_one_stops_no_other(photo: Path, tmp_path: Path) -> None:
    said = run(photo.with_name("broken.png"), photo, "-o", tmp_path / "out")
    assert "broken.png" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["photo_zebra.png"]


def test_an_animation_stays_one(tmp_path: Path) -> None:
    frames = [Image.fromarray(photo_of((20 + 20 * n, 40, 140 + 20 * n, 120))) for n in range(3)]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:], duration=100)
    said = run(tmp_path / "moving.png", "-o", tmp_path / "out.png")
    assert "3 frames, each drawn by itself" in said
    with Image.open(tmp_path / "out.png") as made:
        assert made.n_frames == 3


def test_a_file_that_does_not_keep_pixels_says_so(photo: Path, tmp_path: Path) -> None:
    for ending, kind in (("jpg", "JPEG"), ("webp", "WEBP"), ("gif", "GIF")):
        assert f"{kind} rounds" in run(photo, "-o", tmp_path / f"out.{ending}")
    assert "rounds" not in run(photo, "-o", tmp_path / "out.png")


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["-o", "{photo}"], "is an input"),
        (["-o", "{folder}/out.xyz"], "cannot write"),
        (["--coat", "bay"], "only a horse has a coat"),
        (
            ["{folder}/other.png", "-o", "{folder}/out.png"],
            "cannot hold what is made of 2 files; name a folder, as in -o",
        ),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(photo: Path, words: list[str], match: str) -> None:
    before = sorted(photo.parent.iterdir())
    with pytest.raises(EnhanceError, match=match) as error:
        run(photo, *(word.format(photo=photo, folder=photo.parent) for word in words))
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)
    assert sorted(photo.parent.iterdir()) == before


def test_no_two_photos_go_to_one_file(tmp_path: Path) -> None:
    photos = tmp_path / "a" / "one.jpg", tmp_path / "b" / "one.jpg"
    assert targets_of(photos, None, "zebra") == [path.with_name("one_zebra.jpg") for path in photos]
    with pytest.raises(EnhanceError, match="written twice"):
        targets_of(photos, str(tmp_path / "out"), "zebra")


def test_an_animation_is_translated_that_shows_its_first_horse_later(tmp_path: Path) -> None:
    frames = [Image.fromarray(photo_of(*boxes)) for boxes in ((), ((60, 40, 180, 120),))]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:], duration=100)
    said = run(tmp_path / "moving.png", "-o", tmp_path / "out.png")
    assert "horses in 1 place redrawn as zebras" in said
    stamp = credentials.inspect(tmp_path / "out.png")["stamp"]
    assert "the stripes are invented" in stamp["invention"]
    assert len(stamp["redrawn_faces"]) == 1
