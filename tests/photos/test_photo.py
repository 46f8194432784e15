import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image

from enhance.errors import PhotoError
from enhance.photos import encoders, photo
from enhance.pixels import rescale
from enhance.tasks.upscale.enhance import enhance_photo
from tests.photos import profiles

ORIENTATION = 0x0112


@pytest.fixture
def pixels() -> np.ndarray:
    y, x = np.mgrid[:24, :32]
    return np.stack([x * 8, y * 8, 255 - x * 4], -1).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg", ".avif", ".heic", ".gif"])
def test_a_file_comes_back_as_it_was(pixels: np.ndarray, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    photo.write(Image.fromarray(pixels), path)
    read = photo.read(path)
    assert read.rgb.shape == (24, 32, 3)
    assert read.rgb.dtype == np.float32
    lossy = suffix in (".webp", ".jpg", ".avif", ".heic", ".gif")
    assert np.abs(read.rgb * 255 - pixels).mean() < (6 if lossy else 0.01)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


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
    photo.write(photo.Canvas(read, 512, 128), tmp_path / "b.png")
    assert photo.read(tmp_path / "b.png").pixels.dtype == np.uint16


def test_an_avif_of_10_bits_says_that_8_are_read(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "ten.avif"), "w", format="avif") as file:
        stream = file.add_stream("libsvtav1", rate=1)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p10le"
        frame = av.VideoFrame.from_ndarray(np.full((64, 128, 3), 99, np.uint8), format="rgb24")
        file.mux(stream.encode(frame.reformat(format="yuv420p10le")))
        file.mux(stream.encode(None))
    photo.write(Image.new("RGB", (128, 64)), tmp_path / "eight.avif")
    assert photo.read(tmp_path / "eight.avif").lost is None
    lost = photo.read(tmp_path / "ten.avif")
    assert lost.lost is not None
    assert lost.lost in enhance_photo(lost, rest=None).notes


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".heic"])
@pytest.mark.parametrize("colours", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_a_lossy_format_hardly_shifts_the_colours_of_a_photo(suffix: str, colours: list[int], tmp_path: Path) -> None:
    with Image.open(Path(__file__).parents[2] / "samples" / "astronaut.jpg") as image:
        given = np.asarray(image.convert("RGB"))[..., colours]
    photo.write(Image.fromarray(given), tmp_path / f"a{suffix}")
    drift = photo.read(tmp_path / f"a{suffix}").rgb.mean((0, 1), np.float64) * 255 - given.mean((0, 1))
    assert np.abs(drift).max() < 0.5


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
    given = noise.integers(top // 8, top, (10, 12, channels), dtype=dtype, endpoint=True)
    source = photo.read(given[..., 0] if channels == 1 else given)
    assert (source.height, source.width, source.pixels.dtype) == (10, 12, dtype)
    painted = blown_up(source.rgb)
    whole, parts = photo.Canvas(source, 48, 40), photo.Canvas(source, 48, 40)
    whole.put(0, 0, painted)
    paint(parts, painted)
    assert np.abs(whole.rgb - parts.rgb).max() < 1.5 / top
    assert np.array_equal(np.asarray(whole.image()), np.asarray(parts.image()))
    assert np.abs(whole.rgb - painted).max() < (1e-6 if channels > 1 else 0.51 / top)
    assert whole.image().mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]


SPACES = {
    "wide": ("RGB", profiles.matrix_profile()),
    "ink": ("CMYK", profiles.ink_profile()),
    "ink of unknown colour": ("CMYK", None),
    "grey": ("L", profiles.grey_profile(1.4)),
}


@pytest.mark.parametrize("saturated", [False, True])
@pytest.mark.parametrize("space", SPACES)
def test_colours_come_back_to_the_space_they_came_from(space: str, saturated: bool, tmp_path: Path) -> None:
    mode, icc = SPACES[space]
    channels = len(Image.new(mode, (1, 1)).getbands())
    y, x = np.mgrid[:40, :40] / 39
    planes = [x, 1 - y, (x + y) / 2, x * y / 2][:channels]
    if saturated:
        planes[0], planes[-1] = planes[0] * 0 + 1, planes[-1] * 0.1
    given = np.round(np.stack(planes, -1) * 255).astype(np.uint8)
    image = Image.frombuffer(mode, (40, 40), given.tobytes(), "raw", mode, 0, 1)
    image.save(tmp_path / "a.tiff", **({"icc_profile": icc} if icc else {}))

    read = photo.read(tmp_path / "a.tiff")
    canvas = photo.Canvas(read, 160, 160)
    painted = np.clip(rescale(read.rgb, 4), 0, 1)
    paint(canvas, painted)
    assert np.abs(canvas.rgb - painted).mean() < 0.01
    photo.write(canvas, tmp_path / "b.tiff")
    with Image.open(tmp_path / "b.tiff") as written:
        assert written.mode == mode
        assert written.info.get("icc_profile") == icc
        found = np.asarray(written).reshape(160, 160, -1).astype(np.float64)
    assert np.abs(found.mean((0, 1)) - given.mean((0, 1))).max() < 0.5
    assert np.abs(found[2:-2, 2:-2].reshape(39, 4, 39, 4, -1).mean((1, 3)).mean((0, 1)) - given.mean((0, 1))).max() < 2
    # Where nothing can say what the numbers mean, they mean sRGB.
    photo.write(canvas, tmp_path / "b.bmp")
    with Image.open(tmp_path / "b.bmp") as plain:
        seen = np.asarray(plain.convert("RGB")).mean((0, 1)) / 255
    assert np.abs(seen - read.rgb.mean((0, 1))).max() < 0.006


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


def deep_file(path: Path, values: np.ndarray, icc: bytes | None = None) -> np.ndarray:
    """Written by another library, as it would come from another program."""
    if path.suffix == ".png":
        import cv2

        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[-1]]
        cv2.imwrite(str(path), values[..., order])
    else:
        tifffile.imwrite(
            path,
            values if values.shape[-1] > 1 else values[..., 0],
            photometric="rgb" if values.shape[-1] > 1 else "minisblack",
            extrasamples=["unassalpha"] if values.shape[-1] == 4 else None,
            iccprofile=icc,
            compression="zlib",
        )
    return values


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
    canvas = photo.Canvas(read, 120, 80)
    paint(canvas, blown_up(read.rgb))
    for target in ("b.png", "b.tiff"):
        photo.write(canvas, tmp_path / target)
        found = cv2.imread(str(tmp_path / target), cv2.IMREAD_UNCHANGED)
        assert found.dtype == np.uint16
        assert found.shape[:2] == (80, 120)
        rgb = found.reshape(80, 120, -1)[..., :3][..., ::-1]
        assert np.abs(rgb.astype(int) - blown_up(given[..., :3])).max() <= 1
        if channels == 4:
            assert np.abs(found[..., 3].mean() - given[..., 3].mean()) < 400
    assert np.array_equal(tifffile.imread(tmp_path / "b.tiff"), np.squeeze(canvas.rows()))
    photo.write(canvas, tmp_path / "b.jpg")
    assert np.abs(photo.read(tmp_path / "b.jpg").rgb.mean() - read.rgb.mean()) < (0.5 if channels == 4 else 0.01)


def test_sixteen_bits_of_grey_with_transparency(tmp_path: Path) -> None:
    given = np.random.default_rng(3).integers(9000, 65535, (8, 12, 2), dtype=np.uint16)
    with (tmp_path / "a.png").open("wb") as file:
        encoders.write_png(file, given, {})
    read = photo.read(tmp_path / "a.png")
    assert read.grey
    assert np.array_equal(read.pixels, np.repeat(given[..., :1], 3, -1))
    assert np.array_equal(read.alpha, given[..., 1])
    photo.write(photo.to_image(read, read.rgb), tmp_path / "eight.png")
    canvas = photo.Canvas(read, 12, 8)
    canvas.put(0, 0, read.rgb)
    for suffix, shape in ((".png", (8, 12, 4)), (".tiff", (8, 12, 2))):
        photo.write(canvas, tmp_path / f"b{suffix}")
        if suffix == ".tiff":
            found = tifffile.imread(tmp_path / "b.tiff")
        else:
            import cv2

            found = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)
        assert (found.shape, found.dtype) == (shape, np.uint16)
        assert np.abs(found[..., 0].astype(int) - given[..., 0]).max() <= 1
        assert np.abs(found[..., -1].astype(int) - given[..., 1]).max() <= 1


@pytest.mark.parametrize(("order", "compression"), [("<", None), (">", None), ("<", "zlib"), (">", "zlib")])
@pytest.mark.parametrize("extra", ["unassalpha", "assocalpha"])
def test_tiff_of_sixteen_bits_of_grey_with_transparency(
    order: str, compression: str | None, extra: str, tmp_path: Path
) -> None:
    from PIL.TiffImagePlugin import OPEN_INFO

    straight = np.random.default_rng(3).integers(9000, 65535, (8, 12, 2), dtype=np.uint16)
    stored = straight.copy()
    if extra == "assocalpha":
        stored[..., 0] = np.rint(straight[..., 0] * (straight[..., 1] / 65535))
    path, known = tmp_path / "a.tiff", dict(OPEN_INFO)
    tifffile.imwrite(
        path, stored, photometric="minisblack", extrasamples=[extra], planarconfig="contig",
        compression=compression, byteorder=order, predictor=compression is not None,
    )  # fmt: skip
    read = photo.read(path)
    assert read.grey
    assert np.array_equal(read.alpha, straight[..., 1])
    assert np.abs(read.pixels[..., 0].astype(int) - straight[..., 0]).max() <= (8 if extra == "assocalpha" else 0)
    assert known == OPEN_INFO, "other users of Pillow would be given this as colours"


MODES = {"1": "L", "L": "L", "LA": "LA", "P": "RGB", "PA": "RGBA", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp", ".jpg", ".gif", ".bmp", ".avif", ".heic"])
def test_every_mode_is_written_in_every_format(mode: str, suffix: str, tmp_path: Path) -> None:
    ramp = np.linspace(30, 220, 24 * 16).reshape(16, 24)
    image = Image.fromarray(ramp.astype(np.uint8)).convert("RGB" if mode in ("CMYK", "PA") else "L").convert(mode)
    read = photo.read(image)
    canvas = photo.Canvas(read, 96, 64)
    canvas.put(0, 0, blown_up(read.rgb))
    assert canvas.image().mode == MODES[mode]
    photo.write(canvas, tmp_path / f"a{suffix}")
    assert np.abs(photo.read(tmp_path / f"a{suffix}").rgb.mean() - read.rgb.mean()) < 0.02


def test_sixteen_bits_of_a_wide_profile(tmp_path: Path) -> None:
    icc = profiles.matrix_profile()
    y, x = np.mgrid[:32, :32] / 31
    given = np.round(np.stack([x, y * 0 + 1, y * 0.2], -1) * 65535).astype(np.uint16)
    deep_file(tmp_path / "a.tiff", given, icc)
    read = photo.read(tmp_path / "a.tiff")
    eight = Image.fromarray((given >> 8).astype(np.uint8))
    eight.save(tmp_path / "eight.png", icc_profile=icc)
    assert np.abs(read.rgb - photo.read(tmp_path / "eight.png").rgb).max() < 0.02
    canvas = photo.Canvas(read, 128, 128)
    paint(canvas, np.clip(rescale(read.rgb, 4), 0, 1))
    photo.write(canvas, tmp_path / "b.tiff")
    found = tifffile.imread(tmp_path / "b.tiff").astype(np.float64)
    assert np.abs(found.mean((0, 1)) - given.mean((0, 1))).max() < 0.5 * 257
    with Image.open(tmp_path / "b.tiff") as written:
        assert written.info["icc_profile"] == icc


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparency_bleeds_no_dark_rim(dtype: type) -> None:
    """A bright disc on transparent black, as programs save it: over white, every pixel is bright."""
    top = np.iinfo(dtype).max
    y, x = np.mgrid[:40, :40]
    inside = np.hypot(x - 19.5, y - 19.5) < 12
    given = np.zeros((40, 40, 4), dtype)
    given[inside] = (top, round(top * 0.8), round(top * 0.8), top)
    read = photo.read(given)
    assert read.rgb.min() > 0.79
    canvas = photo.Canvas(read, 160, 160)
    canvas.put(0, 0, np.clip(rescale(read.rgb, 4), 0, 1))
    rgba = np.asarray(canvas.image()) / 255
    over_white = rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]
    assert over_white.min() > 0.79
    assert rgba[0, 0, 3] == 0
    assert rgba[80, 80, 3] == 1


def test_hidden_colours_come_from_near_by() -> None:
    """Whatever part of a large picture they are in: left is red, right is blue, and between them nothing shows."""
    given = np.zeros((701, 90, 4), np.uint8)
    given[:, :30], given[:, 60:] = (255, 0, 0, 255), (0, 0, 255, 255)
    found = photo.read(given).pixels
    assert (found[:, 30:32, 0] > 200).all()
    assert (found[:, 58:60, 2] > 200).all()
    assert (found.sum(-1, dtype=int) > 240).all()
    assert np.ptp(found, axis=0).max() <= 1


def test_what_is_half_transparent_keeps_its_colour() -> None:
    given = np.random.default_rng(2).integers(0, 255, (9, 7, 4), dtype=np.uint8)
    given[..., 3] = np.maximum(given[..., 3], 20)
    assert np.array_equal(photo.read(given).pixels, given[..., :3])


FACTS = (
    *("-n", "-Orientation=6", "-Make=Acme", "-Artist=Ann", "-DateTimeOriginal=2020:01:02 03:04:05"),
    *("-ExifImageWidth=64", "-ExifImageHeight=48", "-GPSLatitude=48.2", "-GPSLatitudeRef=N", "-XMP-dc:Title=Tüll"),
    *("-XMP-tiff:Orientation=6", "-XMP-exif:ExifImageWidth=64", "-IPTC:City=Wien"),
    *("-IFD0:XResolution=240", "-IFD0:YResolution=240", "-IFD0:ResolutionUnit=2"),
)
WITH_EXIF = ("jpg", "png", "webp", "tiff", "avif", "heic")
WITH_IPTC = ("jpg", "png", "tiff")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one picture in every format, each of which says all that FACTS say."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed: apt-get install libimage-exiftool-perl")
    folder = tmp_path_factory.mktemp("described")
    y, x = np.mgrid[:48, :64]
    image = Image.fromarray(np.stack([x * 3, y * 4, 200 - x * 2], -1).astype(np.uint8))
    image.resize((32, 24)).save(folder / "thumbnail.jpg")
    pillow_heif.register_heif_opener()
    for suffix in WITH_EXIF:
        image.save(folder / f"a.{suffix}", icc_profile=profiles.matrix_profile())
    files = [str(folder / f"a.{suffix}") for suffix in WITH_EXIF]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *FACTS, *files], check=True, capture_output=True)
    extra = (f"-ThumbnailImage<={folder / 'thumbnail.jpg'}", str(folder / "a.jpg"))
    subprocess.run(["exiftool", "-q", "-overwrite_original", *extra], check=True, capture_output=True)
    return folder


def said(path: Path, *options: str) -> dict[str, Any]:
    words = ["exiftool", "-j", "-n", "-G1", "-validate", "-warning", "-all", *options, str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)[0]
    return found


@pytest.mark.parametrize("suffix", WITH_EXIF)
def test_what_the_file_said_is_said_again(suffix: str, described: Path, tmp_path: Path) -> None:
    read = photo.read(described / f"a.{suffix}")
    # In AVIF and HEIC, EXIF only repeats how the container turns the picture; here it does not.
    turned = suffix not in ("avif", "heic")
    assert (read.width, read.height) == ((48, 64) if turned else (64, 48))
    for target in WITH_EXIF:
        canvas = photo.Canvas(read, read.width * 4, read.height * 4)
        canvas.put(0, 0, blown_up(read.rgb))
        photo.write(canvas, tmp_path / f"b.{target}")
        facts = said(tmp_path / f"b.{target}")
        assert facts.get("IFD0:Orientation", 1) == 1, target
        assert facts.get("XMP-tiff:Orientation", 1) == 1, target
        assert facts["IFD0:Make"] == "Acme"
        assert facts["IFD0:Artist"] == "Ann"
        assert facts["ExifIFD:DateTimeOriginal"] == "2020:01:02 03:04:05"
        assert (facts["ExifIFD:ExifImageWidth"], facts["ExifIFD:ExifImageHeight"]) == (canvas.width, canvas.height)
        assert facts["GPS:GPSLatitude"] == pytest.approx(48.2)
        assert facts["XMP-dc:Title"] == "Tüll"
        assert facts["XMP-exif:ExifImageWidth"] == canvas.width
        assert facts["ICC_Profile:ProfileDescription"] == "test"
        if suffix in WITH_IPTC and target in WITH_IPTC:
            assert facts["IPTC:City"] == "Wien"
        again = photo.read(tmp_path / f"b.{target}")
        assert (again.width, again.height) == (canvas.width, canvas.height)
        assert again.dpi is not None
        assert [round(n) for n in again.dpi] == [240, 240]


def test_a_thumbnail_shows_the_picture_as_it_is_now(described: Path, tmp_path: Path) -> None:
    read = photo.read(described / "a.jpg")
    canvas = photo.Canvas(read, 4 * read.width, 4 * read.height)
    canvas.put(0, 0, blown_up(np.ones_like(read.rgb) * np.array([1, 0, 0], np.float32)))
    photo.write(canvas, tmp_path / "b.jpg")
    words = ["exiftool", "-b", "-ThumbnailImage", str(tmp_path / "b.jpg")]
    with Image.open(io.BytesIO(subprocess.run(words, capture_output=True, check=True).stdout)) as thumbnail:
        assert thumbnail.size == (120, 160)
        assert thumbnail.convert("RGB").getpixel((60, 80))[0] > 180


def test_dots_per_inch_survive_where_there_is_no_exif(pixels: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png", dpi=(300, 300))
    read = photo.read(tmp_path / "a.png")
    for suffix in (*WITH_EXIF, "bmp"):
        photo.write(photo.to_image(read, read.rgb), tmp_path / f"b.{suffix}")
        found = photo.read(tmp_path / f"b.{suffix}").dpi
        assert found is not None, suffix
        assert [round(n) for n in found] == [300, 300]


def test_exif_and_xmp_too_long_for_a_jpeg_lose_the_least(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Acme"
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0x927C: bytes(70_000)})
    source = replace(photo.read(np.zeros((8, 8), np.uint8)), exif=exif.tobytes(), xmp=b"<x/>" * 20_000, dpi=(99, 99))
    for suffix in WITH_EXIF:
        photo.write(photo.to_image(source, source.rgb), tmp_path / f"a.{suffix}")
        with Image.open(tmp_path / f"a.{suffix}") as image:
            assert image.getexif()[0x010F] == "Acme"
            assert image.getexif().get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
            assert (0x927C in image.getexif().get_ifd(0x8769)) == (suffix != "jpg")


@pytest.mark.parametrize(
    "damage", [b"", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(40)]
)
def test_damaged_exif_is_no_reason_to_refuse_a_photo(damage: bytes, tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), "red")
    image.info.update(exif=damage, xmp=b"\xff\xfe", icc_profile=b"none", dpi=("?", None))
    read = photo.read(image)
    for suffix in (*WITH_EXIF, "gif", "bmp"):
        photo.write(photo.to_image(read, read.rgb), tmp_path / f"a.{suffix}")
        assert photo.read(tmp_path / f"a.{suffix}").width == 8


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

    def enhanced() -> Iterator[photo.Canvas]:
        for frame in photo.frames(path):
            canvas = photo.Canvas(frame, 96, 64)
            canvas.put(0, 0, blown_up(frame.rgb))
            yield canvas

    photo.write_frames(enhanced(), tmp_path / f"b{suffix}")
    with Image.open(tmp_path / f"b{suffix}") as moving:
        assert (moving.size, moving.n_frames) == ((96, 64), 3)
        if suffix != ".avif":
            assert moving.info["loop"] == 3
        for n, (colour, time) in enumerate(zip(colours, times, strict=True)):
            moving.seek(n)
            moving.load()
            assert moving.info["duration"] == time
            assert np.abs(np.array(moving.convert("RGB").getpixel((90, 60))) - colour).max() < 12
    photo.write_frames(enhanced(), tmp_path / "b.jpg")
    assert photo.read(tmp_path / "b.jpg").frames == 1


def test_a_transparent_gif_stays_transparent(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[4:12, 4:12] = (250, 120, 60, 255)
    read = photo.read(pixels)
    photo.write(photo.to_image(read, blown_up(read.rgb)), tmp_path / "a.gif")
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
        photo.refuse(name, *size)
    assert "\n" not in str(caught.value)
    assert any(remedy in str(caught.value) for remedy in (".png", "shorter"))


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / f"{'ü' * 125}.png"
    photo.write(Image.new("L", (4, 4)), path)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_without_its_package_heic_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for attempt in (lambda: photo.read(tmp_path / "a.heic"), lambda: photo.refuse(tmp_path / "b.heic", 8, 8)):
        with pytest.raises(PhotoError, match=r"pip install 'enhance\[heic\]'"):
            attempt()


@pytest.mark.slow
def test_a_photo_of_24_megapixels_is_enlarged_and_written_in_two_gigabytes(tmp_path: Path) -> None:
    code = (
        "import resource, sys, numpy as np\n"
        "from enhance.photos import photo\n"
        "from enhance.pixels import to_float\n"
        "source = photo.read(sys.argv[1])\n"
        "canvas = photo.Canvas(source, 24000, 16000)\n"
        "for top in range(0, 16000, 256):\n"
        "    rows = source.pixels[top // 4 : (top + 256) // 4].repeat(4, 0).repeat(4, 1)\n"
        "    canvas.put(0, top, to_float(rows[: 16000 - top]))\n"
        "photo.write(canvas, sys.argv[2])\n"
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


def blown_up(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(np.repeat(rgb, 4, 0), 4, 1)


def paint(canvas: photo.Canvas, painted: np.ndarray) -> None:
    """In parts, as a large photo is."""
    for y in range(0, canvas.height, 16):
        for x in range(0, canvas.width, 20):
            canvas.put(x, y, painted[y : y + 16, x : x + 20])
