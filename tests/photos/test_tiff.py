from pathlib import Path

import numpy as np
import pytest
import tifffile

from enhance.photos import photo


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
