import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, JpegImagePlugin

from enhance.errors import PhotoError
from enhance.photos import photo, writing
from enhance.photos.canvas import Canvas, to_image
from enhance.photos.coding import Coding
from tests.photos import profiles
from tests.photos.pictures import blown_up, deep_file, paint

MODES = {"1": "L", "L": "L", "LA": "LA", "P": "RGB", "PA": "RGBA", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg", ".avif", ".heic", ".gif"])
def test_a_file_comes_back_as_it_was(pixels: np.ndarray, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    writing.write(Image.fromarray(pixels), path)
    read = photo.read(path)
    assert read.rgb.shape == (24, 32, 3)
    assert read.rgb.dtype == np.float32
    lossy = suffix in (".webp", ".jpg", ".avif", ".heic", ".gif")
    assert np.abs(read.rgb * 255 - pixels).mean() < (6 if lossy else 0.01)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".heic"])
@pytest.mark.parametrize("colours", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_a_lossy_format_hardly_shifts_the_colours_of_a_photo(suffix: str, colours: list[int], tmp_path: Path) -> None:
    with Image.open(Path(__file__).parents[2] / "samples" / "astronaut.jpg") as image:
        given = np.asarray(image.convert("RGB"))[..., colours]
    writing.write(Image.fromarray(given), tmp_path / f"a{suffix}")
    drift = photo.read(tmp_path / f"a{suffix}").rgb.mean((0, 1), np.float64) * 255 - given.mean((0, 1))
    assert np.abs(drift).max() < 0.5


def test_transparency_and_profile_leave_with_the_picture(tmp_path: Path) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.full((8, 8, 4), 200, np.uint8)
    pixels[:4, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=icc, dpi=(300, 300))
    read = photo.read(tmp_path / "a.png")
    writing.write(to_image(read, np.repeat(np.repeat(read.rgb, 4, 0), 4, 1)), tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as image:
        assert image.mode == "RGBA"
        assert image.size == (32, 32)
        assert image.info["icc_profile"] == icc
        assert round(image.info["dpi"][0]) == 300
        alpha = np.asarray(image)[..., 3]
    assert alpha[:12].max() < 10
    assert alpha[20:].min() > 190


def test_transparency_becomes_white_where_the_format_has_none(tmp_path: Path) -> None:
    writing.write(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), tmp_path / "a.jpg")
    assert photo.read(tmp_path / "a.jpg").rgb.min() > 0.98


@pytest.mark.parametrize("name", ["a.xyz", "a", "nowhere/a.png", "."])
def test_a_target_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(PhotoError):
        writing.write(Image.new("L", (4, 4)), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_stay_sixteen_bits(channels: int, suffix: str, tmp_path: Path) -> None:
    import cv2

    given = np.random.default_rng(1).integers(5000, 65535, (20, 30, channels), dtype=np.uint16, endpoint=True)
    deep_file(tmp_path / f"a{suffix}", given)
    read = photo.read(tmp_path / f"a{suffix}")
    assert read.pixels.dtype == np.uint16
    assert np.array_equal(read.pixels, np.repeat(given, 3, -1) if channels == 1 else given[..., :3])
    assert (read.alpha is not None) == (channels == 4)
    canvas = Canvas(read, 120, 80)
    paint(canvas, blown_up(read.rgb))
    for target in ("b.png", "b.tiff"):
        writing.write(canvas, tmp_path / target)
        found = cv2.imread(str(tmp_path / target), cv2.IMREAD_UNCHANGED)
        assert found.dtype == np.uint16
        assert found.shape[:2] == (80, 120)
        rgb = found.reshape(80, 120, -1)[..., :3][..., ::-1]
        assert np.abs(rgb.astype(int) - blown_up(given[..., :3])).max() <= 1
        if channels == 4:
            assert np.abs(found[..., 3].mean() - given[..., 3].mean()) < 400
    assert np.array_equal(tifffile.imread(tmp_path / "b.tiff"), np.squeeze(canvas.rows()))
    writing.write(canvas, tmp_path / "b.jpg")
    assert np.abs(photo.read(tmp_path / "b.jpg").rgb.mean() - read.rgb.mean()) < (0.5 if channels == 4 else 0.01)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp", ".jpg", ".gif", ".bmp", ".avif", ".heic"])
def test_every_mode_is_written_in_every_format(mode: str, suffix: str, tmp_path: Path) -> None:
    ramp = np.linspace(30, 220, 24 * 16).reshape(16, 24)
    image = Image.fromarray(ramp.astype(np.uint8)).convert("RGB" if mode in ("CMYK", "PA") else "L").convert(mode)
    read = photo.read(image)
    canvas = Canvas(read, 96, 64)
    canvas.put(0, 0, blown_up(read.rgb))
    assert canvas.image().mode == MODES[mode]
    writing.write(canvas, tmp_path / f"a{suffix}")
    assert np.abs(photo.read(tmp_path / f"a{suffix}").rgb.mean() - read.rgb.mean()) < 0.02


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif"])
def test_an_animation_keeps_its_frames_and_times(suffix: str, tmp_path: Path) -> None:
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]
    images = [Image.new("RGB", (24, 16), colour) for colour in colours]
    for n, image in enumerate(images):
        image.paste((255, 255, 255), (n * 6, 4, n * 6 + 4, 8))
    path, times = tmp_path / f"a{suffix}", [80, 200, 120]
    images[0].save(path, save_all=True, append_images=images[1:], duration=times, loop=3)
    first = photo.read(path)
    assert first.frames == 3
    assert np.abs(first.rgb[14, 20] - np.array(colours[0]) / 255).max() < 0.05

    def enhanced() -> Iterator[Canvas]:
        for frame in photo.frames(path):
            canvas = Canvas(frame, 96, 64)
            canvas.put(0, 0, blown_up(frame.rgb))
            yield canvas

    writing.write_frames(enhanced(), tmp_path / f"b{suffix}")
    with Image.open(tmp_path / f"b{suffix}") as moving:
        assert (moving.size, moving.n_frames) == ((96, 64), 3)
        if suffix != ".avif":
            assert moving.info["loop"] == 3
        for n, (colour, time) in enumerate(zip(colours, times, strict=True)):
            moving.seek(n)
            moving.load()
            assert moving.info["duration"] == time
            assert np.abs(np.array(moving.convert("RGB").getpixel((90, 60))) - colour).max() < 12
    writing.write_frames(enhanced(), tmp_path / "b.jpg")
    assert photo.read(tmp_path / "b.jpg").frames == 1


def test_a_transparent_gif_stays_transparent(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[4:12, 4:12] = (250, 120, 60, 255)
    read = photo.read(pixels)
    writing.write(to_image(read, blown_up(read.rgb)), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        found = np.asarray(image.convert("RGBA"))
    assert found[2, 2, 3] == 0
    assert np.abs(found[32, 32].astype(int) - (250, 120, 60, 255)).max() < 8


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("a.webp", (16384, 10)),
        ("a.jpg", (10, 65501)),
        ("a.gif", (65536, 10)),
        (f"{'x' * 252}.png", (1, 1)),
        ("a", (1, 1)),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError) as caught:
        writing.refuse(name, *size)
    assert "\n" not in str(caught.value)
    assert any(remedy in str(caught.value) for remedy in (".png", "shorter"))


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / f"{'ü' * 125}.png"
    writing.write(Image.new("L", (4, 4)), path)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.slow
def test_a_photo_of_24_megapixels_is_enlarged_and_written_in_two_gigabytes(tmp_path: Path) -> None:
    code = (
        "import resource, sys, numpy as np\n"
        "from enhance.photos import photo, writing\n"
        "from enhance.photos.canvas import Canvas\n"
        "from enhance.pixels import to_float\n"
        "source = photo.read(sys.argv[1])\n"
        "canvas = Canvas(source, 24000, 16000)\n"
        "for top in range(0, 16000, 256):\n"
        "    rows = source.pixels[top // 4 : (top + 256) // 4].repeat(4, 0).repeat(4, 1)\n"
        "    canvas.put(0, top, to_float(rows[: 16000 - top]))\n"
        "writing.write(canvas, sys.argv[2])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"
    )
    y, x = np.mgrid[:4000, :6000]
    given = np.stack([x // 24, y // 16, (x + y) // 40, 255 * (np.hypot(x - 3000, y - 2000) < 1900)], -1).astype(
        np.uint8
    )
    Image.fromarray(given[..., :3]).save(tmp_path / "a.jpg")
    Image.fromarray(given).save(tmp_path / "a.png", compress_level=1)
    ink = Image.frombuffer("CMYK", (6000, 4000), given.tobytes(), "raw", "CMYK", 0, 1)
    ink.save(tmp_path / "ink.jpg", icc_profile=profiles.ink_profile())
    for source, suffix in (
        ("a.jpg", ".jpg"),
        ("a.jpg", ".png"),
        ("a.jpg", ".tiff"),
        ("a.png", ".png"),
        ("ink.jpg", ".jpg"),
    ):
        words = [sys.executable, "-c", code, str(tmp_path / source), str(tmp_path / f"b{suffix}")]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert float(done.stdout) < 2, (source, suffix)
        (tmp_path / f"b{suffix}").unlink()


def test_less_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8))
    sizes: dict[tuple[str, int | None, str], int] = {}
    for ending in ("jpg", "webp", "avif"):
        for coding in (Coding(), Coding(quality=60), Coding(chroma="4:2:0")):
            writing.write(picture, path := tmp_path / f"a.{ending}", coding)
            sizes[ending, coding.quality, coding.chroma] = path.stat().st_size
        assert sizes[ending, 60, "4:4:4"] < sizes[ending, None, "4:4:4"]
    assert sizes["jpg", None, "4:2:0"] < 0.8 * sizes["jpg", None, "4:4:4"]
    assert sizes["avif", None, "4:2:0"] < sizes["avif", None, "4:4:4"]
    writing.write(picture, tmp_path / "b.jpg", Coding(chroma="4:2:0"))
    with Image.open(tmp_path / "b.jpg") as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        assert JpegImagePlugin.get_sampling(image) == 2
