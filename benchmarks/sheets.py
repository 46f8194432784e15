"""Contact sheets to judge by eye: random faces that no network learnt from, as everybody draws them.

    python benchmarks/sheets.py FACES... --out docs [--count 60] [--sources congress female male]

Writes faces_16.jpg, faces_32.jpg and faces_64.jpg: given | bicubic | face_x4_pixel | face_x4_gan | original. Always the
same faces. Only those are shown that anybody may hand on: members of the US Congress, whose portraits are in the public
domain, and people who do not exist, cut out by `enhance prepare --size 256` of portraits called female_* and male_*.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from enhance.errors import EnhanceError
from enhance.evaluate.benchmark import Method
from enhance.files import write_atomically
from enhance.inference.model import Model
from enhance.pixels import Planes
from enhance.sheets import SHEET_TILE, contact_sheet
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.benchmark import FACE_SIZES, bicubic

MODELS = ("face_x4_pixel", "face_x4_gan")
FREE = ("congress", "female", "male")
"""Sources of pictures that anybody may hand on, as file names begin."""
LARGEST = 1_500_000
"""Bytes of a sheet; its JPEG quality gives way."""


def main() -> int:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=60, help="faces on a sheet (default 60)")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(FACE_SIZES))
    parser.add_argument("--sources", nargs="+", default=FREE, help="how names of faces begin that may be shown")
    options = parser.parse_args()
    try:
        everyone = [face for face in pairs.face_files(options.faces) if face.labels["source"] in options.sources]
        for size in options.sizes:
            write_atomically(options.out / f"faces_{size}.jpg", jpeg(page(everyone, size, options.count)))
    except EnhanceError as error:
        print(f"sheets: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def page(everyone: list[pairs.FaceFile], size: int, count: int) -> Image.Image:
    """The sheet of one size."""
    models = {name: Model.load(name) for name in MODELS}
    upscalers: list[Method] = [bicubic, *models.values()]
    rows: list[list[Planes]] = []
    for batch in pairs.pairs(pairs.choose_files(everyone, size, count), size):
        drawn = [batch.compared(upscale(batch.lr)) for upscale in upscalers]
        columns = [batch.shown_inputs(), *drawn, batch.hr]
        rows += [list(row) for row in zip(*columns, strict=True)]
    # They come sorted by source, and a stranger looks longest at the first.
    order = np.random.default_rng(size).permutation(len(rows))
    return contact_sheet(
        [rows[index] for index in order], ["given", "bicubic", *models, "original"], max(SHEET_TILE, 3 * size)
    )


def jpeg(image: Image.Image) -> bytes:
    """At the best quality that is small enough."""
    for quality in range(92, 30, -4):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= LARGEST:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
