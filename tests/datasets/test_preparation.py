"""From photos to a folder of aligned faces."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.datasets.names import WHOLE_PICTURE
from enhance.datasets.preparation import crops, judged, prepare, sharpness
from enhance.errors import DataError
from enhance.faces import detection, geometry
from enhance.pixels import Array
from enhance.tasks.upscale import data

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    """A face 256 pixels across its frame, in a picture of 400x320."""
    folder = SHARED / "faces" / "val256"
    if not folder.is_dir():
        pytest.skip(f"no faces at {folder}")
    with Image.open(sorted(folder.glob("aaf_*"))[100]) as image:
        photo = Image.new("RGB", (400, 320), image.getpixel((2, 2)))
        photo.paste(image.convert("RGB"), (70, 30))
        return photo


def array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32) / np.float32(255)


def test_faces_of_files_and_folders_become_a_data_set(
    portrait: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = tmp_path / "photos" / "deep"
    deep.mkdir(parents=True)
    portrait.save(deep / "one.png")
    portrait.save(tmp_path / "one.jpg", quality=95)
    portrait.save(tmp_path / "photos" / "utk_two.jpg", quality=95)
    (tmp_path / "photos" / "broken.jpg").write_text("no picture")
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    out = tmp_path / "photos" / "out"
    for _ in range(2):  # a second run takes nothing from what the first one wrote
        made = prepare([tmp_path / "one.jpg", tmp_path / "photos"], out)
        assert made.sentence("face") == "3 faces; dropped: photos that cannot be read (1)"
        # A name that begins with utk_ would be taken for a part of the frame.
        assert sorted(path.name for path in out.iterdir()) == ["face_utk_two_0.webp", "one_0.webp", "one_1.webp"]
    told = capsys.readouterr().err
    assert "broken.jpg" in told
    assert "notes.txt" not in told
    for source in data.training_sources(out):
        assert data.read_square(source).shape == (128, 128, 3)
        assert source.window == WHOLE_PICTURE
    written = array(Image.open(out / "one_0.webp"))
    (face,) = detection.detect(np.pad(written, [(30, 30), (30, 30), (0, 0)], mode="edge"))
    assert np.abs(face.landmarks - 30 - geometry.FRAME_LANDMARKS * 128).max() < 10


def verdicts(rgb: Array, size: int) -> list[Array | str]:
    return [judged(rgb, face, size) for face in detection.detect(rgb)]


@pytest.mark.parametrize("size", [128, 240])
def test_large_sharp_upright_faces_are_good(portrait: Image.Image, size: int) -> None:
    (crop,) = verdicts(array(portrait), size)
    assert not isinstance(crop, str)
    assert crop.shape == (size, size, 3)


def test_small_faces_are_left_out(portrait: Image.Image) -> None:
    small = array(portrait.resize((150, 120), Image.Resampling.LANCZOS))
    assert verdicts(small, 128) == ["smaller than 115 pixels"]


def test_blurred_faces_are_left_out(portrait: Image.Image) -> None:
    blurred = portrait.resize((50, 40), Image.Resampling.LANCZOS).resize(portrait.size, Image.Resampling.BICUBIC)
    assert len(detection.detect(array(blurred))) == 1
    assert verdicts(array(blurred), 128) == ["that are blurred"]


def test_leaning_faces_are_left_out(portrait: Image.Image) -> None:
    leaning = array(portrait.rotate(-45, Image.Resampling.BICUBIC, fillcolor=portrait.getpixel((2, 2))))
    assert [geometry.tilt(face.landmarks) for face in detection.detect(leaning)] == [pytest.approx(45, abs=8)]
    assert verdicts(leaning, 128) == ["that lean"]


def test_sharpness_falls_with_blur(portrait: Image.Image) -> None:
    soft = portrait.resize((200, 160), Image.Resampling.LANCZOS).resize(portrait.size, Image.Resampling.BICUBIC)
    assert sharpness(array(soft)) < sharpness(array(portrait)) / 2


def test_photos_without_faces_are_an_error_and_leave_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "plain.png")
    with pytest.raises(DataError, match="no face"):
        prepare([tmp_path / "plain.png"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no photos"):
        prepare([tmp_path], tmp_path / "out")


def test_crops_are_squares_with_something_in_them(tmp_path: Path) -> None:
    photo = np.full((150, 280, 3), 128, np.uint8)
    photo[:, 128:] = np.random.default_rng(0).integers(0, 256, (150, 152, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "half_flat.png")
    made = crops([tmp_path / "half_flat.png"], tmp_path / "out", size=128)
    assert made.sentence("crop") == "1 crop; dropped: flat squares (1)"
    (written,) = (tmp_path / "out").iterdir()
    with Image.open(written) as image:
        assert image.size == (128, 128)
    with pytest.raises(DataError, match="no detailed square of 256"):
        crops([tmp_path / "half_flat.png"], tmp_path / "none", size=256)
