from pathlib import Path

import numpy as np
import tifffile

from enhance.photos import photo, png16, writing
from enhance.photos.canvas import Canvas, to_image


def test_sixteen_bits_of_grey_with_transparency(tmp_path: Path) -> None:
    given = np.random.default_rng(3).integers(9000, 65535, (8, 12, 2), dtype=np.uint16)
    with (tmp_path / "a.png").open("wb") as file:
        png16.write_png(file, given, {})
    read = photo.read(tmp_path / "a.png")
    assert read.grey
    assert np.array_equal(read.pixels, np.repeat(given[..., :1], 3, -1))
    assert np.array_equal(read.alpha, given[..., 1])
    writing.write(to_image(read, read.rgb), tmp_path / "eight.png")
    canvas = Canvas(read, 12, 8)
    canvas.put(0, 0, read.rgb)
    for suffix, shape in ((".png", (8, 12, 4)), (".tiff", (8, 12, 2))):
        writing.write(canvas, tmp_path / f"b{suffix}")
        if suffix == ".tiff":
            found = tifffile.imread(tmp_path / "b.tiff")
        else:
            import cv2

            found = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)
        assert (found.shape, found.dtype) == (shape, np.uint16)
        assert np.abs(found[..., 0].astype(int) - given[..., 0]).max() <= 1
        assert np.abs(found[..., -1].astype(int) - given[..., 1]).max() <= 1
