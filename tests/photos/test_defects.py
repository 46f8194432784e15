import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from enhance.photos.defects import blurred, defect, noise_level
from enhance.pixels import to_float, to_uint8

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.fixture
def portrait() -> np.ndarray:
    with Image.open(SAMPLE) as image:
        return to_float(np.asarray(image.convert("RGB").crop((30, 0, 160, 130))))


@pytest.mark.parametrize(("deviation", "grainy"), [(0, False), (1, False), (3, True), (25, True)])
def test_noise_is_noticed(portrait: np.ndarray, deviation: float, grainy: bool) -> None:
    noisy = np.clip(portrait + np.random.default_rng(0).normal(0, deviation / 255, portrait.shape), 0, 1).astype(
        np.float32
    )
    assert (defect(noisy) is not None) is grainy


@pytest.mark.parametrize(("quality", "blocky"), [(95, False), (75, False), (8, True)])
def test_blocks_are_noticed(portrait: np.ndarray, quality: int, blocky: bool) -> None:
    written = io.BytesIO()
    Image.fromarray(to_uint8(portrait)).save(written, "JPEG", quality=quality)
    assert (defect(to_float(np.asarray(Image.open(written)))) is not None) is blocky


@pytest.mark.parametrize("deviation", [3.0, 5.0, 8.0, 12.0])
def test_noise_is_measured_in_every_colour(deviation: float) -> None:
    picture = np.full((128, 128, 3), 0.5) + np.random.default_rng(1).normal(0, deviation / 255, (128, 128, 3))
    assert noise_level(picture.astype(np.float32)) == pytest.approx(deviation, rel=0.15)


@pytest.mark.parametrize("across", [16, 32, 57])
def test_blurred_faces_are_told_from_sharp_ones(across: int) -> None:
    with Image.open(SAMPLE) as image:
        face = image.crop((70, 10, 127, 67)).resize((across, across), Image.Resampling.BOX)
    sharp = to_float(np.asarray(face))
    soft = to_float(np.asarray(face.filter(ImageFilter.GaussianBlur(0.8))))
    assert not blurred(sharp, across)
    assert blurred(soft, across)
    assert not blurred(soft[:6], across), "too small to tell"
    assert not blurred(np.full((32, 32, 3), 0.5, np.float32), across)
