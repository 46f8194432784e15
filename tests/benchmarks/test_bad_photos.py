"""benchmarks/bad_photos.py: photos that are made bad alike each time, and ways that give pictures of the right size."""

from pathlib import Path

import numpy as np
import pytest

import bad_photos
from enhance.errors import EnhanceError
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
    with pytest.raises(EnhanceError, match="same photos"):
        bad_photos.with_others(found, ["Not measured."])
