import subprocess
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from enhance.errors import PhotoError
from enhance.photos import photo, writing
from enhance.photos.canvas import Canvas, to_image
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from tests.photos import profiles
from tests.photos.pictures import bad_files

ORIENTATION = 0x0112


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_heic_of_more_than_8_bits_keeps_them(
    bits: int, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
    ramp = np.linspace(0, 65535, 64 * 256).astype(np.uint16).reshape(64, 256)
    given = np.stack([ramp, ramp[::-1], ramp, np.full_like(ramp, 65535)][: len(mode)], -1)
    made = pillow_heif.from_bytes(f"{mode};16", (256, 64), given.tobytes())
    made.save(tmp_path / "a.heic", quality=100, chroma=444)
    read = photo.read(tmp_path / "a.heic")
    assert read.pixels.dtype == np.uint16
    assert (read.alpha is not None) == (mode == "RGBA")
    assert np.abs(read.pixels.astype(int) - given[..., :3]).mean() < 65535 / 2**bits * 2
    assert len(np.unique(read.pixels)) > 2 * 256
    assert read.pixels.max() == 65535
    writing.write(Canvas(read, 512, 128), tmp_path / "b.png")
    assert photo.read(tmp_path / "b.png").pixels.dtype == np.uint16


AVIF_OF_10_BITS = """
import sys, av, numpy
with av.open(sys.argv[1], "w", format="avif") as file:
    stream = file.add_stream("libsvtav1", rate=1)
    stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p10le"
    frame = av.VideoFrame.from_ndarray(numpy.full((64, 128, 3), 99, numpy.uint8), format="rgb24")
    file.mux(stream.encode(frame.reformat(format="yuv420p10le")))
    file.mux(stream.encode(None))
"""


def test_an_avif_of_10_bits_says_that_8_are_read(tmp_path: Path) -> None:
    pytest.importorskip("av")
    # In a process of its own: of root's, this encoder makes one that no other can take the processor from.
    subprocess.run([sys.executable, "-c", AVIF_OF_10_BITS, tmp_path / "ten.avif"], check=True, timeout=60)
    writing.write(Image.new("RGB", (128, 64)), tmp_path / "eight.avif")
    assert photo.read(tmp_path / "eight.avif").lost is None
    lost = photo.read(tmp_path / "ten.avif")
    assert lost.lost is not None
    assert lost.lost in enhance_photo(lost, UpscaleOptions(background="bicubic")).notes


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
    writing.write(to_image(first, first.rgb), tmp_path / "b.png")
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


@pytest.mark.parametrize("name", ["text.jpg", "cut.jpg", "stub.jpg", "empty.png", "folder", "missing.png"])
def test_a_bad_file_is_one_line_that_names_it(name: str, tmp_path: Path) -> None:
    path = bad_files(tmp_path)[name]
    with pytest.raises(PhotoError) as caught:
        photo.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    Image.new("L", (2000, 2000)).save(tmp_path / "a.png")
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(PhotoError, match=r"more than 3\.5 megapixels.*--max-pixels"):
        photo.read(tmp_path / "a.png", max_pixels=3_500_000)
    assert photo.read(tmp_path / "a.png", max_pixels=4_000_000).width == 2000
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("array", [np.zeros((4, 4, 2)), np.zeros((0, 4)), np.full((4, 4), 3.0), np.zeros((4, 4), int)])
def test_an_array_that_is_no_photo(array: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="array"):
        photo.read(array)


def test_a_wide_profile_is_converted_for_the_network(tmp_path: Path) -> None:
    given = np.array((190, 140, 110))
    Image.new("RGB", (8, 8), tuple(given.tolist())).save(tmp_path / "a.png", icc_profile=profiles.matrix_profile())
    # By the definitions of both spaces, whose white is the same (Adobe RGB (1998); IEC 61966-2-1).
    adobe = np.array([(0.57667, 0.18556, 0.18823), (0.29734, 0.62736, 0.07529), (0.02703, 0.07069, 0.99134)])
    srgb = np.array([(0.41239, 0.35758, 0.18048), (0.21264, 0.71517, 0.07219), (0.01933, 0.11919, 0.95053)])
    light = np.linalg.solve(srgb, adobe @ (given / 255) ** 2.19921875)
    wanted = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(wanted - given).max() > 5
    assert np.abs(photo.read(tmp_path / "a.png").pixels[0, 0] - wanted).max() <= 1


def test_without_its_package_heic_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for attempt in (lambda: photo.read(tmp_path / "a.heic"), lambda: writing.refuse(tmp_path / "b.heic", 8, 8)):
        with pytest.raises(PhotoError, match=r"pip install 'enhance\[heic\]'"):
            attempt()
