from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import DataError
from enhance.evaluate import protocol

from .conftest import NAMES


def test_a_face_counts_where_its_frame_has_the_pixels(folder: Path) -> None:
    everyone = protocol.faces([folder])
    assert [face.frame for face in everyone] == [64, 128, 64, 128]
    assert len(protocol.choose(everyone, 16)) == 4
    assert {face.path.stem for face in protocol.choose(everyone, 32)} == {"aaf_61_m_x_00002", "utk_26_f_black_00003"}
    assert protocol.choose(everyone, 64) == ()


def test_a_limit_chooses_the_same_faces_again(folder: Path) -> None:
    everyone = protocol.faces([folder])
    assert len(protocol.choose(everyone, 16, 2)) == 2
    assert protocol.choose(everyone, 16, 2) == protocol.choose(everyone, 16, 2)


@pytest.mark.parametrize("size", [-16, 0, 8, 24])
def test_a_size_that_cuts_through_pixels_says_so(folder: Path, size: int) -> None:
    with pytest.raises(DataError, match="multiples of 16"):
        protocol.choose(protocol.faces([folder]), size)


def test_pairs_are_box_averages_in_8_bit(folder: Path) -> None:
    (face,) = [face for face in protocol.faces([folder]) if face.path.stem == "aaf_61_m_x_00002"]
    (pairs,) = protocol.pairs([face], 16)
    pixels = np.asarray(Image.open(face.path), dtype=np.float64)
    hr = np.rint(pixels.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3)))
    lr = np.rint(hr.reshape(16, 4, 16, 4, 3).mean(axis=(1, 3)))
    assert pairs.hr[0].transpose(1, 2, 0) * 255 == pytest.approx(hr, abs=1e-3)
    assert pairs.lr[0].transpose(1, 2, 0) * 255 == pytest.approx(lr, abs=1e-3)


def test_a_window_lies_where_it_does_in_the_frame_and_its_edge_is_repeated(folder: Path) -> None:
    (face,) = [face for face in protocol.faces([folder]) if face.path.stem.startswith("utk")]
    (pairs,) = protocol.pairs([face], 16)
    assert pairs.lr.shape == (1, 3, 16, 16)
    assert pairs.hr.shape == (1, 3, 48, 48)
    window = pairs.crop(pairs.lr)
    assert window.shape == (1, 3, 12, 12)
    assert np.array_equal(window, pairs.lr[..., 3:15, 2:14])
    assert np.array_equal(pairs.lr[..., :3, 2:14], np.repeat(window[..., :1, :], 3, axis=-2))
    assert np.array_equal(pairs.lr[..., 14:], np.repeat(pairs.lr[..., 13:14], 2, axis=-1))
    averaged = pairs.hr.reshape(1, 3, 12, 4, 12, 4).mean(axis=(3, 5))
    assert window == pytest.approx(averaged, abs=0.51 / 255)


def test_batches_hold_every_face_once(folder: Path) -> None:
    batches = list(protocol.pairs(protocol.faces([folder]), 16, batch=2))
    assert [len(pairs.faces) for pairs in batches] == [2, 1, 1]
    assert {face.path.stem for pairs in batches for face in pairs.faces} == set(NAMES)


def test_8_bit_clips_and_rounds() -> None:
    assert protocol.eight_bit(np.array([-1, 0.4 / 255, 0.6 / 255, 2], np.float32)) == pytest.approx([0, 0, 1 / 255, 1])


def test_what_cannot_be_measured_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        protocol.faces([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="no pictures here"):
        protocol.faces([tmp_path])
    (tmp_path / "a.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"a\.png: cannot be read"):
        protocol.faces([tmp_path])
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: not square"):
        protocol.faces([tmp_path])


def test_a_truncated_picture_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"a\.jpg: cannot be read"):
        list(protocol.pairs(protocol.faces([tmp_path]), 16))


def test_grain_is_always_the_same_for_a_face_and_not_the_clean_picture(folder: Path) -> None:
    chosen = protocol.faces([folder])
    clean, first, again = (
        next(protocol.pairs(chosen, 16, degradation=how)) for how in (protocol.clean, protocol.grainy, protocol.grainy)
    )
    assert np.array_equal(first.lr, again.lr)
    assert np.array_equal(first.hr, clean.hr)
    assert 2 / 255 < np.abs(first.lr - clean.lr).mean() < 40 / 255
