from pathlib import Path

import numpy as np
import pytest

import enhance
from enhance.errors import ModelError, PhotoError
from enhance.honesty import credentials
from enhance.inference.model import Model
from enhance.photos.writing import write
from enhance.tasks.imagine.bank import Bank
from enhance.tasks.imagine.imagine import draw_birds, imagine_all
from enhance.tasks.imagine.options import ImagineOptions
from enhance.tasks.imagine.words import read_sentence

pytestmark = pytest.mark.usefixtures("untrained")
SENTENCE = "a blue bird with a red head"


def test_the_same_seed_is_the_same_bird() -> None:
    first, again, other = (np.asarray(enhance.imagine(SENTENCE, seed=seed)) for seed in (3, 3, 4))
    assert (first == again).all()
    assert first.shape != other.shape or not (first == other).all()


def test_a_bird_of_many_is_the_bird_alone() -> None:
    many = imagine_all(SENTENCE, [ImagineOptions(seed) for seed in range(3)])
    alone = imagine_all(SENTENCE, [ImagineOptions(2)])[0]
    assert np.abs(many[2].drawn - alone.drawn).max() < 1e-5


def test_size_and_proportions() -> None:
    picture = enhance.imagine(SENTENCE, size=128)
    assert max(picture.size) == 128
    assert picture.width / picture.height == pytest.approx(1.1, abs=0.01)


def test_facing_left_is_facing_right_in_a_mirror() -> None:
    right, left, said = (
        imagine_all(sentence, [ImagineOptions(1, facing=side)])[0].canvas.rgb
        for sentence, side in ((SENTENCE, "right"), (SENTENCE, "left"), (f"{SENTENCE}, facing left", None))
    )
    assert np.abs(right[:, ::-1] - left).max() < 0.01
    assert (said == left).all()


def test_a_layout_can_be_kept_while_words_change() -> None:
    first = imagine_all(SENTENCE, [ImagineOptions(2)])[0]
    again = imagine_all(SENTENCE, [ImagineOptions(2, layout=first.layout)])[0]
    other = imagine_all("a black bird with a long bill", [ImagineOptions(2, layout=first.layout)])[0]
    assert (again.drawn == first.drawn).all()
    assert other.layout == first.layout
    with pytest.raises(PhotoError, match="layout 1000000"):
        imagine_all(SENTENCE, [ImagineOptions(layout=1_000_000)])


def test_the_words_matter() -> None:
    model, bank = Model.load("bird"), Bank.load()
    one, other = read_sentence("a red head and a blue belly"), read_sentence("a blue head and a red belly")
    drawn, _ = draw_birds(model, bank, [one, other], [0, 0])
    assert np.abs(drawn[0] - drawn[1]).max() > 0


def test_a_layout_is_varied_a_little() -> None:
    bank = Bank.load()
    own = bank.layouts[np.array([3])]
    found = bank.varied(3, np.random.default_rng(0))
    both = (own.points >= 0) & (found.points >= 0)
    assert both.sum() >= 14
    assert 0 < np.abs(found.points - own.points)[both].max() < 0.08


def test_the_file_says_that_all_of_it_was_invented_and_from_what(tmp_path: Path) -> None:
    bird = imagine_all(SENTENCE, [ImagineOptions()])[0]
    write(bird.canvas, tmp_path / "bird.png")
    said = credentials.inspect(tmp_path / "bird.png")["stamp"]
    assert said["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert said["words"] == SENTENCE
    assert (said["model"], said["seed"]) == ("bird", "0")
    assert "lr_psnr" not in said
    assert SENTENCE in credentials.describe(credentials.inspect(tmp_path / "bird.png"))
    assert "never was" in bird.sentence()


@pytest.mark.parametrize("options", [{"seed": -1}, {"size": 10}, {"size": 5000}, {"facing": "up"}])
def test_what_cannot_be_is_said_in_one_line(options: dict[str, object]) -> None:
    with pytest.raises(PhotoError, match=str(next(iter(options.values())))):
        enhance.imagine(SENTENCE, **options)


def test_without_layouts_there_is_no_bird(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bird").mkdir()
    (tmp_path / "bird" / "bird.onnx").write_bytes((weights / "bird" / "bird.onnx").read_bytes())
    monkeypatch.setattr("enhance.inference.shipped.WEIGHTS", tmp_path)
    with pytest.raises(ModelError, match=r"layouts\.npz"):
        enhance.imagine(SENTENCE)
