from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import DataError
from enhance.tasks.upscale import pairs
from tests.evaluate.conftest import NAMES, blobs


def test_a_face_counts_where_its_frame_has_the_pixels(folder: Path) -> None:
    everyone = pairs.face_files([folder])
    assert [face.frame for face in everyone] == [64, 128, 64, 128]
    assert len(pairs.choose_files(everyone, 16)) == 4
    assert {face.path.stem for face in pairs.choose_files(everyone, 32)} == {"aaf_61_m_x_00002", "utk_26_f_black_00003"}
    assert pairs.choose_files(everyone, 64) == ()


def test_a_limit_chooses_the_same_faces_again(folder: Path) -> None:
    everyone = pairs.face_files([folder])
    assert len(pairs.choose_files(everyone, 16, 2)) == 2
    assert pairs.choose_files(everyone, 16, 2) == pairs.choose_files(everyone, 16, 2)


@pytest.mark.parametrize("size", [-16, 0, 8, 24])
def test_a_size_that_cuts_through_pixels_says_so(folder: Path, size: int) -> None:
    with pytest.raises(DataError, match="multiples of 16"):
        pairs.choose_files(pairs.face_files([folder]), size)


def test_pairs_are_box_averages_in_8_bit(folder: Path) -> None:
    (face,) = [face for face in pairs.face_files([folder]) if face.path.stem == "aaf_61_m_x_00002"]
    (batch,) = pairs.pairs([face], 16)
    pixels = np.asarray(Image.open(face.path), dtype=np.float64)
    hr = np.rint(pixels.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3)))
    lr = np.rint(hr.reshape(16, 4, 16, 4, 3).mean(axis=(1, 3)))
    assert batch.hr[0].transpose(1, 2, 0) * 255 == pytest.approx(hr, abs=1e-3)
    assert batch.lr[0].transpose(1, 2, 0) * 255 == pytest.approx(lr, abs=1e-3)


def test_a_window_lies_where_it_does_in_the_frame_and_its_edge_is_repeated(folder: Path) -> None:
    (face,) = [face for face in pairs.face_files([folder]) if face.path.stem.startswith("utk")]
    (batch,) = pairs.pairs([face], 16)
    assert batch.lr.shape == (1, 3, 16, 16)
    assert batch.hr.shape == (1, 3, 48, 48)
    window = batch.compared(batch.lr)
    assert window.shape == (1, 3, 12, 12)
    assert np.array_equal(window, batch.lr[..., 3:15, 2:14])
    assert np.array_equal(batch.lr[..., :3, 2:14], np.repeat(window[..., :1, :], 3, axis=-2))
    assert np.array_equal(batch.lr[..., 14:], np.repeat(batch.lr[..., 13:14], 2, axis=-1))
    averaged = batch.hr.reshape(1, 3, 12, 4, 12, 4).mean(axis=(3, 5))
    assert window == pytest.approx(averaged, abs=0.51 / 255)


def test_batches_hold_every_face_once(folder: Path) -> None:
    batches = list(pairs.pairs(pairs.face_files([folder]), 16, batch=2))
    assert [len(batch.examples) for batch in batches] == [2, 1, 1]
    assert {face.path.stem for batch in batches for face in batch.examples} == set(NAMES)


def test_what_cannot_be_measured_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        pairs.face_files([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="no pictures here"):
        pairs.face_files([tmp_path])
    (tmp_path / "a.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"a\.png: cannot be read"):
        pairs.face_files([tmp_path])
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: not square"):
        pairs.face_files([tmp_path])


def test_a_truncated_picture_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"a\.jpg: cannot be read"):
        list(pairs.pairs(pairs.face_files([tmp_path]), 16))


def test_grain_is_always_the_same_for_a_face_and_not_the_clean_picture(folder: Path) -> None:
    chosen = pairs.face_files([folder])
    clean, first, again = (
        next(pairs.pairs(chosen, 16, degradation=how)) for how in (pairs.clean, pairs.degraded, pairs.degraded)
    )
    assert np.array_equal(first.lr, again.lr)
    assert np.array_equal(first.hr, clean.hr)
    assert 2 / 255 < np.abs(first.lr - clean.lr).mean() < 40 / 255


def test_a_photo_is_a_corner_of_whole_blocks(tmp_path: Path) -> None:
    wide = np.concatenate([blobs(90, 1), blobs(90, 2)], axis=1)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(blobs(40, 3)).save(tmp_path / "small.png")
    everything = pairs.whole_photos([tmp_path, tmp_path / "wide.png"])
    assert [photo.side for photo in everything] == [40, 90, 90]
    assert [photo.path.stem for photo in pairs.choose_photos(everything, 48)] == ["wide", "wide"]
    assert len(pairs.choose_photos(everything, 16, limit=2)) == 2
    (batch,) = pairs.photo_pairs(everything[1:2], 32)
    assert batch.hr.shape == (1, 3, 80, 128)
    assert batch.lr.shape == (1, 3, 20, 32)
    assert batch.hr[0].transpose(1, 2, 0) * 255 == pytest.approx(wide[:80, :128], abs=1e-3)
    averaged = batch.hr.reshape(1, 3, 20, 4, 32, 4).mean(axis=(3, 5))
    assert batch.lr == pytest.approx(averaged, abs=0.51 / 255)
    (twice,) = pairs.photo_pairs(everything[1:2], 32, scale=2)
    assert (twice.hr.shape, twice.lr.shape) == ((1, 3, 64, 64), (1, 3, 32, 32))
    assert twice.hr == pytest.approx(batch.hr[..., :64, :64])
    with pytest.raises(DataError, match="multiples of 16"):
        pairs.choose_photos(everything, 20)


def test_photos_that_cannot_be_measured_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"a\.png: cannot be read"):
        pairs.whole_photos([tmp_path / "a.png"])
    assert pairs.whole_photos([tmp_path]) == ()
    assert "a.png: cannot be read" in capsys.readouterr().err
    with pytest.raises(DataError, match="no such folder"):
        pairs.whole_photos([tmp_path / "nowhere"])
    Image.fromarray(blobs(64, 0)).save(tmp_path / "a.jpg")
    everything = pairs.whole_photos([tmp_path / "a.jpg"])
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:300])
    with pytest.raises(DataError, match=r"a\.jpg"):
        list(pairs.photo_pairs(everything, 16))
