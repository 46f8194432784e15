from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from enhance.photos import photo, writing
from enhance.photos.canvas import Canvas
from enhance.pixels import rescale
from tests.photos import profiles
from tests.photos.pictures import blown_up, deep_file, paint

SPACES = {
    "wide": ("RGB", profiles.matrix_profile()),
    "ink": ("CMYK", profiles.ink_profile()),
    "ink of unknown colour": ("CMYK", None),
    "grey": ("L", profiles.grey_profile(1.4)),
}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_canvas_painted_in_parts_is_the_canvas_painted_at_once(dtype: type, channels: int) -> None:
    noise = np.random.default_rng(0)
    top = np.iinfo(dtype).max
    given = noise.integers(top // 8, top, (10, 12, channels), dtype=dtype, endpoint=True)
    source = photo.read(given[..., 0] if channels == 1 else given)
    assert (source.height, source.width, source.pixels.dtype) == (10, 12, dtype)
    painted = blown_up(source.rgb)
    whole, parts = Canvas(source, 48, 40), Canvas(source, 48, 40)
    whole.put(0, 0, painted)
    paint(parts, painted)
    assert np.abs(whole.rgb - parts.rgb).max() < 1.5 / top
    assert np.array_equal(np.asarray(whole.image()), np.asarray(parts.image()))
    assert np.abs(whole.rgb - painted).max() < (1e-6 if channels > 1 else 0.51 / top)
    assert whole.image().mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]


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
    canvas = Canvas(read, 160, 160)
    painted = np.clip(rescale(read.rgb, 4), 0, 1)
    paint(canvas, painted)
    assert np.abs(canvas.rgb - painted).mean() < 0.01
    writing.write(canvas, tmp_path / "b.tiff")
    with Image.open(tmp_path / "b.tiff") as written:
        assert written.mode == mode
        assert written.info.get("icc_profile") == icc
        found = np.asarray(written).reshape(160, 160, -1).astype(np.float64)
    assert np.abs(found.mean((0, 1)) - given.mean((0, 1))).max() < 0.5
    assert np.abs(found[2:-2, 2:-2].reshape(39, 4, 39, 4, -1).mean((1, 3)).mean((0, 1)) - given.mean((0, 1))).max() < 2
    # Where nothing can say what the numbers mean, they mean sRGB.
    writing.write(canvas, tmp_path / "b.bmp")
    with Image.open(tmp_path / "b.bmp") as plain:
        seen = np.asarray(plain.convert("RGB")).mean((0, 1)) / 255
    assert np.abs(seen - read.rgb.mean((0, 1))).max() < 0.006


def test_sixteen_bits_of_a_wide_profile(tmp_path: Path) -> None:
    icc = profiles.matrix_profile()
    y, x = np.mgrid[:32, :32] / 31
    given = np.round(np.stack([x, y * 0 + 1, y * 0.2], -1) * 65535).astype(np.uint16)
    deep_file(tmp_path / "a.tiff", given, icc)
    read = photo.read(tmp_path / "a.tiff")
    eight = Image.fromarray((given >> 8).astype(np.uint8))
    eight.save(tmp_path / "eight.png", icc_profile=icc)
    assert np.abs(read.rgb - photo.read(tmp_path / "eight.png").rgb).max() < 0.02
    canvas = Canvas(read, 128, 128)
    paint(canvas, np.clip(rescale(read.rgb, 4), 0, 1))
    writing.write(canvas, tmp_path / "b.tiff")
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
    canvas = Canvas(read, 160, 160)
    canvas.put(0, 0, np.clip(rescale(read.rgb, 4), 0, 1))
    rgba = np.asarray(canvas.image()) / 255
    over_white = rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]
    assert over_white.min() > 0.79
    assert rgba[0, 0, 3] == 0
    assert rgba[80, 80, 3] == 1
