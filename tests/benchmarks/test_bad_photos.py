"""benchmarks/bad_photos.py: photos that are made bad alike each time, and ways that give pictures of the right size."""

from pathlib import Path

import numpy as np
import pytest

import bad_photos
from enhance.errors import EnhanceError
from enhance.evaluate.metrics import SetMetric
from enhance.photos.photo import read

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def good() -> np.ndarray:
    return bad_photos.middle(read(SAMPLE).rgb, 64)


def test_strengths_are_the_same_each_time_and_ever_worse(good: np.ndarray) -> None:
    errors = []
    for kind in bad_photos.SEVERITIES:
        bad = [bad_photos.made_bad(good, kind, n) for n in range(12)]
        assert np.array_equal(bad[3], bad_photos.made_bad(good, kind, 3))
        errors.append(np.mean([np.abs(one - good).mean() for one in bad]))
    assert errors == sorted(errors)


def test_every_way_enlarges(good: np.ndarray) -> None:
    for name, way in bad_photos.everyone(None).items():
        made = way(good[::2, ::2], 2, good)
        assert made.shape == good.shape, name
        assert bad_photos.psnr(made, good) > 20


def test_a_face_is_cut_out_at_the_size_that_is_asked_for() -> None:
    photo = read(SAMPLE).rgb
    found = bad_photos.framed(photo, 40)
    assert found is not None
    assert found[0].shape[:2] == (60, 60)
    assert bad_photos.framed(photo, 400) is None


def test_a_folder_without_photos_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(EnhanceError, match="no photos"):
        bad_photos.chosen(tmp_path, 3)


def test_others_rows_stay_where_the_photos_are_the_same() -> None:
    page = ["| | PSNR |", "|---|---|", "| 4 | bicubic | 20.1 |", "| 4 | enhance | 22.0 |", "| 4 | a peer | 21.0 |"]
    found = ["| | PSNR |", "|---|---|", "| 4 | bicubic | 20.1 |", "| 4 | enhance | 23.0 |"]
    assert bad_photos.with_others(found, page) == [*page[:3], found[3], page[4]]
    with pytest.raises(EnhanceError, match="same photos"):
        bad_photos.with_others(found, [line.replace("20.1", "20.2") for line in page])
    assert bad_photos.with_others(found, ["Not measured."]) == found


def test_rows_of_whoever_was_not_there_before_come_behind_those_of_their_size() -> None:
    page = ["| | PSNR |", "|---|---|", "| 4 | bicubic | 20 |", "| 4 | a peer | 21 |", "| 2 | bicubic | 25 |"]
    found = ["| | PSNR |", "|---|---|", "| 4 | bicubic | 20 |", "| 4 | another | 22 |"]
    assert bad_photos.with_others(found, page) == [*page[:4], found[3], page[4]]


def test_what_others_draw_is_kept_with_its_time(good: np.ndarray, tmp_path: Path) -> None:
    asked = []

    def peer(bad: np.ndarray, scale: int, good: np.ndarray) -> np.ndarray:  # noqa: ARG001
        asked.append(scale)
        return bad / 3

    ways = bad_photos.all_timed({"a peer": peer, bad_photos.OURS: peer}, tmp_path / "kept")
    once, again = (ways["a peer"](good, 1, good) for _ in range(2))
    assert len(asked) == 1
    assert np.array_equal(once[0], again[0])
    assert once[1] == again[1]
    ways["a peer"](good, 1, good / 2)
    ways[bad_photos.OURS](good, 1, good)
    ways[bad_photos.OURS](good, 1, good)
    assert len(asked) == 4
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a peer"]


def test_the_kernel_distance_is_of_many_crops(good: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(bad_photos, "CROP", 32)
    monkeypatch.setattr(bad_photos, "STEP", 16)
    whole = SetMetric(lambda pictures: seen.append(pictures.shape) or pictures.reshape(len(pictures), -1), None, "")
    monkeypatch.setattr(bad_photos, "KD_LITE0", whole)
    found = bad_photos.features([good, 1 - good])
    assert seen == [(18, 3, 32, 32)]
    assert np.array_equal(found[0].reshape(3, 32, 32), good[:32, :32].transpose(2, 0, 1))
