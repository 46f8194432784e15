from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance import photo
from enhance.errors import PhotoError

ORIENTATION = 0x0112


@pytest.fixture
def pixels() -> np.ndarray:
    y, x = np.mgrid[:24, :32]
    return np.stack([x * 8, y * 8, 255 - x * 4], -1).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg"])
def test_a_file_comes_back_as_it_was(pixels: np.ndarray, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    photo.write(Image.fromarray(pixels), path)
    read = photo.read(path)
    assert read.rgb.shape == (24, 32, 3)
    assert read.rgb.dtype == np.float32
    lossy = suffix in (".webp", ".jpg")
    assert np.abs(read.rgb * 255 - pixels).mean() < (6 if lossy else 0.01)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_paths_bytes_images_and_arrays_are_one(pixels: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(pixels).save(path)
    given = [path, str(path), path.read_bytes(), Image.fromarray(pixels), pixels, pixels.astype(np.float64) / 255]
    for source in given:
        assert np.allclose(photo.read(source).rgb, pixels / 255, atol=1e-6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (8, 12, 3), dtype=np.uint8))
    image.save(tmp_path / "a.png", exif=exif)
    first = photo.read(tmp_path / "a.png")
    assert first.rgb.shape[:2] == ((12, 8) if orientation >= 5 else (8, 12))
    photo.write(photo.to_image(first, first.rgb), tmp_path / "b.png")
    assert np.array_equal(photo.read(tmp_path / "b.png").rgb, first.rgb)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_read(mode: str) -> None:
    ramp = np.linspace(0, 255, 64).reshape(8, 8)
    deep = mode == "I;16"
    image = Image.fromarray((ramp * 257).astype(np.uint16)) if deep else Image.fromarray(ramp.astype(np.uint8))
    image = image if image.mode == mode else image.convert(mode)
    read = photo.read(image)
    assert np.abs(read.rgb.mean() - 0.5) < 0.05
    assert read.grey == (mode in ("1", "L", "LA", "I;16"))
    assert (read.alpha is not None) == (mode in ("LA", "RGBA"))


def test_transparency_and_profile_leave_with_the_picture(tmp_path: Path) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.full((8, 8, 4), 200, np.uint8)
    pixels[:4, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=icc, dpi=(300, 300))
    read = photo.read(tmp_path / "a.png")
    photo.write(photo.to_image(read, np.repeat(np.repeat(read.rgb, 4, 0), 4, 1)), tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as image:
        assert image.mode == "RGBA"
        assert image.size == (32, 32)
        assert image.info["icc_profile"] == icc
        assert round(image.info["dpi"][0]) == 300
        alpha = np.asarray(image)[..., 3]
    assert alpha[:12].max() < 10
    assert alpha[20:].min() > 190


def test_transparency_becomes_white_where_the_format_has_none(tmp_path: Path) -> None:
    photo.write(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), tmp_path / "a.jpg")
    assert photo.read(tmp_path / "a.jpg").rgb.min() > 0.98


def bad_files(folder: Path) -> dict[str, Path]:
    Image.effect_noise((64, 64), 60).save(folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    contents = {
        "text.jpg": b"this is no picture",
        "cut.jpg": whole[: len(whole) // 2],
        "stub.jpg": whole[:100],
        "empty.png": b"",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    return {name: folder / name for name in [*contents, "folder", "missing.png"]}


@pytest.mark.parametrize("name", ["text.jpg", "cut.jpg", "stub.jpg", "empty.png", "folder", "missing.png"])
def test_a_bad_file_is_one_line_that_names_it(name: str, tmp_path: Path) -> None:
    path = bad_files(tmp_path)[name]
    with pytest.raises(PhotoError) as caught:
        photo.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.new("L", (20, 20)).save(tmp_path / "a.png")
    with pytest.raises(PhotoError, match="limit of 100"):
        photo.read(tmp_path / "a.png")


@pytest.mark.parametrize("array", [np.zeros((4, 4, 2)), np.zeros((0, 4)), np.full((4, 4), 3.0), np.zeros((4, 4), int)])
def test_an_array_that_is_no_photo(array: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="array"):
        photo.read(array)


@pytest.mark.parametrize("name", ["a.xyz", "a", "nowhere/a.png", "."])
def test_a_target_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(PhotoError):
        photo.write(Image.new("L", (4, 4)), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_canvas_painted_in_parts_is_the_canvas_painted_at_once(dtype: type, channels: int) -> None:
    noise = np.random.default_rng(0)
    top = np.iinfo(dtype).max
    given = noise.integers(0, top, (10, 12, channels), dtype=dtype, endpoint=True)
    source = photo.read(given[..., 0] if channels == 1 else given)
    assert (source.height, source.width, source.pixels.dtype) == (10, 12, dtype)
    painted = np.repeat(np.repeat(source.rgb, 4, 0), 4, 1)
    whole, parts = photo.Canvas(source, 48, 40), photo.Canvas(source, 48, 40)
    whole.put(0, 0, painted)
    for y in range(0, 40, 16):
        for x in range(0, 48, 20):
            parts.put(x, y, painted[y : y + 16, x : x + 20])
    assert np.array_equal(whole.rgb, parts.rgb)
    assert np.array_equal(np.asarray(whole.image()), np.asarray(parts.image()))
    assert np.abs(whole.rgb - painted).max() < (1e-6 if channels > 1 else 0.51 / top)
    assert whole.image().mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
