import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import enhance
from enhance.errors import PhotoError
from enhance.honesty import credentials
from enhance.honesty.lineup import (
    Lineup,
    Sample,
    measured_spread,
    sheet,
    spread_path,
    structural_distance,
    write_lineup,
)
from enhance.inference.model import Model
from enhance.painting import consistency
from enhance.photos.photo import read
from enhance.pixels import area_mean
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import LINEUP_MODEL, UpscaleOptions

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "faces"


@pytest.fixture(scope="module")
def shown() -> Lineup:
    """Three answers for the sample's face made half as large, so that there is something to make up."""
    return enhance.lineup(small(), 3, seed=5)


def small() -> Image.Image:
    with Image.open(ROOT / "samples" / "astronaut.jpg") as image:
        return image.reduce(2)


def test_answers_differ_and_agree_with_the_same_pixels(shown: Lineup) -> None:
    assert shown.seeds == (5, 6, 7)
    assert shown.answers.shape == (3, *(4 * side for side in shown.lr.shape[:2]), 3)
    assert not np.array_equal(shown.answers[0], shown.answers[1])
    for answer, agreement in zip(shown.answers, shown.lr_psnr, strict=True):
        assert consistency.lr_psnr(answer, shown.lr) == pytest.approx(agreement)
        assert agreement >= 50
        assert answer * 255 == pytest.approx(np.round(answer * 255), abs=1e-3)


def test_grain_is_taken_out_before_answers_are_drawn(shown: Lineup) -> None:
    clean = np.asarray(small(), np.float32)
    grainy = np.clip(clean + np.random.default_rng(0).normal(0, 16, clean.shape), 0, 255).astype(np.uint8)
    lineup = enhance.lineup(grainy, 2)
    assert lineup.restored
    assert not shown.restored
    assert "agrees with the photo as it was restored" in lineup.sentence()
    assert lineup.spread is not None
    assert np.array_equal(np.unique(lineup.lr * 255 % 1), [0])  # what is shown as known is the photo, grain and all
    assert min(lineup.lr_psnr) >= 45
    first, second = (area_mean(answer, 4) for answer in lineup.answers)
    assert np.abs(first - second).mean() > 1 / 255  # not even the small picture of a bad photo is known
    seen = consistency.lr_psnr(lineup.answers[0], lineup.lr)
    assert seen < 28  # a line-up that agreed with the grain would show cracks for skin


def test_an_answer_can_be_had_again(shown: Lineup) -> None:
    again = enhance.lineup(small(), 2, seed=6)
    assert np.array_equal(again.answers[0], shown.answers[1])
    result = enhance_photo(read(small()), UpscaleOptions(seed=6, model=shown.model))
    (face,) = result.faces
    drawn = face.upright()
    assert drawn is not None
    assert face.crop is not None
    assert np.abs(face.crop.upright(shown.answers[1]) - drawn).mean() < 1 / 255


def test_what_is_written(shown: Lineup, tmp_path: Path) -> None:
    folder = write_lineup(shown, tmp_path / "new")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["answer_01.png", "answer_02.png", "answer_03.png", "lineup.json", "lineup.png"]
    said = json.loads((folder / "lineup.json").read_text())
    assert [answer["seed"] for answer in said["answers"]] == [5, 6, 7]
    assert 1 <= said["people"] <= 3
    assert said["says"] == shown.meaning()
    assert "not help to identify" in said["warning"]
    with Image.open(folder / "answer_02.png") as image:
        assert np.array_equal(np.asarray(image), np.round(shown.answers[1] * 255))
    stamp = credentials.inspect(folder / "answer_02.png")["stamp"]
    assert stamp["invention"].startswith("1 face redrawn")
    assert (stamp["model"], stamp["seed"]) == (shown.model, "6")
    assert stamp["redrawn_faces"] == [[0, 0, *image.size]]
    assert credentials.inspect(folder / "lineup.png")["stamp"]["sheet"] == "line-up"


def test_of_an_animation_the_first_picture_is_lined_up_and_the_notes_say_so(tmp_path: Path) -> None:
    one = small()
    one.save(tmp_path / "a.webp", save_all=True, append_images=[one.transpose(Image.Transpose.ROTATE_90)], quality=95)
    lineup = enhance.lineup(tmp_path / "a.webp", 2)
    assert lineup.notes == ("only the first of 2 pictures in the file",)
    assert lineup.facts()["notes"] == list(lineup.notes)


def test_what_it_says_follows_from_how_far_answers_are_apart(shown: Lineup) -> None:
    from dataclasses import replace

    several, alike, one = (
        replace(shown, people=people, identity=identity, spread=0.9).meaning()
        for people, identity in ((4, 0.3), (1, 0.9), (1, 0.6))
    )
    assert len({several, alike, one}) == 3
    assert "do not say who" in several
    assert "leave little open" in alike
    assert "2.0 times as much from such answers" in replace(shown, spread=0.5).meaning()
    assert "differs more from the answers" in replace(shown, spread=None).meaning()


def test_how_far_answers_are_apart_is_known_of_weights_that_were_measured(tmp_path: Path) -> None:
    model = Model.load(LINEUP_MODEL)
    known = json.loads(spread_path(model.path).read_text())["spread"]
    assert measured_spread(model, 16) == known["16"]
    assert measured_spread(model, 17) == known["16"]
    assert measured_spread(model, 500) == known["64"]
    other = tmp_path / model.path.name
    other.write_bytes(model.path.read_bytes())
    assert measured_spread(Model.load(other), 16) is None


@pytest.mark.parametrize("count", [2, 5, 13])
def test_the_sheet_has_room_for_all(shown: Lineup, count: int) -> None:
    from dataclasses import replace

    many = replace(shown, samples=tuple(Sample(shown.answers[0], seed, 60.0) for seed in range(count)))
    page = np.asarray(sheet(many)).astype(int)
    tiles = np.abs(page - (222, 218, 208)).sum(-1) > 90
    assert 256 * 256 * (count + 1) * 0.8 < tiles.sum() < 256 * 310 * (count + 1) + 60_000


def test_structural_distance_is_one_less_ssim() -> None:
    reference = pytest.importorskip("enhance.evaluate.ssim")
    random = np.random.default_rng(0)
    pictures = random.uniform(0, 1, (3, 40, 32, 3)).astype(np.float32)
    pictures[1] = 0.7 * pictures[0] + 0.3 * pictures[1]
    planes = pictures.transpose(0, 3, 1, 2)
    pairs = [1 - reference.ssim(planes[a], planes[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert structural_distance(pictures) == pytest.approx(np.mean(pairs), abs=1e-6)
    assert structural_distance(pictures[[0, 0]]) == pytest.approx(0, abs=1e-9)


def test_nobody_to_line_up() -> None:
    wall = np.full((40, 40, 3), 120, np.uint8)
    with pytest.raises(PhotoError, match="no faces found"):
        enhance.lineup(wall)
    with pytest.raises(PhotoError, match="--force"):
        enhance.lineup(wall, aligned=True)
    with pytest.raises(PhotoError, match="2 to 32"):
        enhance.lineup(wall, 1)
