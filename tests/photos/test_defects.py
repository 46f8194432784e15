from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from enhance.photos.defects import is_blurred
from enhance.pixels import to_float

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.mark.parametrize("across", [16, 32, 57])
def test_blurred_faces_are_told_from_sharp_ones(across: int) -> None:
    with Image.open(SAMPLE) as image:
        face = image.crop((70, 10, 127, 67)).resize((across, across), Image.Resampling.BOX)
    sharp = to_float(np.asarray(face))
    soft = to_float(np.asarray(face.filter(ImageFilter.GaussianBlur(0.8))))
    assert not is_blurred(sharp, across)
    assert is_blurred(soft, across)
    assert not is_blurred(soft[:6], across), "too small to tell"
    assert not is_blurred(np.full((32, 32, 3), 0.5, np.float32), across)
