"""benchmarks/pasted_animals.py: real animals in the places of others."""

from pathlib import Path

import numpy as np
import pytest

import pasted_animals
from enhance.errors import DataError
from enhance.files import write_atomically
from enhance.pixels import png_bytes


@pytest.fixture
def horse() -> np.ndarray:
    """A photo with a dark block in its middle, where the finder is told that a horse is."""
    photo = np.full((64, 96, 3), 200, np.uint8)
    photo[16:48, 32:80] = 40
    return photo


def test_pasting_puts_an_animal_into_the_place_of_another(horse: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    likely = np.zeros((2, 32, 48), np.float32)
    likely[0, 8:24, 16:40] = 1
    monkeypatch.setattr(pasted_animals, "probabilities", lambda _: likely)
    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 0] = 255
    tall = pasted_animals.CutOut(np.zeros((40, 10, 3), np.uint8), np.ones((40, 10), np.float32))
    fits = pasted_animals.CutOut(red, np.ones((20, 30), np.float32))

    made = pasted_animals.pasting([tall, *[fits] * pasted_animals.ALIKE], "horse", seed=0)(horse, 0)

    assert (made[32, 56] == (255, 0, 0)).all()
    assert (made[0, 0] == 200).all()
    assert (made[32, 20] == 200).all()


def test_cut_outs_are_the_large_parts_of_masks(tmp_path: Path, horse: np.ndarray) -> None:
    mask = np.zeros((32, 48, 3), np.float32)
    mask[4:28, 4:44] = 1
    mask[0, 0] = 1
    for folder, picture in (("train", horse / np.float32(255)), ("masks", mask)):
        (tmp_path / folder).mkdir()
        write_atomically(tmp_path / folder / "one.png", png_bytes(picture))

    (found,) = pasted_animals.cut_outs(tmp_path / "train", tmp_path / "masks")

    assert 44 <= found.where.shape[0] <= 52
    assert 76 <= found.where.shape[1] <= 84


def test_masks_without_animals_are_refused(tmp_path: Path) -> None:
    for folder in ("train", "masks"):
        (tmp_path / folder).mkdir()
        write_atomically(tmp_path / folder / "one.png", png_bytes(np.zeros((8, 8, 3), np.float32)))

    with pytest.raises(DataError, match="no animal is large enough"):
        pasted_animals.cut_outs(tmp_path / "train", tmp_path / "masks")
