from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from enhance.faces import detection, verification
from enhance.photos.photo import read
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "faces"


def refusal(picture: Image.Image, size: int) -> str | None:
    """Of a picture that is said to be a face in the frame."""
    small = picture.convert("RGB").resize((size, size), Image.Resampling.BOX)
    return verification.rejection_reason(
        np.asarray(small, np.float32) / np.float32(255), verification.aligned_landmarks(size, size)
    )


def smiley() -> Image.Image:
    """A face of flat colours with everything in its place, which the detector takes for one."""
    image = Image.new("RGB", (256, 256), (70, 130, 200))
    draw = ImageDraw.Draw(image)
    draw.ellipse((28, 8, 228, 252), (240, 200, 160), (30, 20, 20), 3)
    for x in (88, 167):
        draw.ellipse((x - 16, 92, x + 16, 114), "white", (30, 20, 20), 2)
        draw.ellipse((x - 8, 95, x + 8, 111), (30, 20, 20))
        draw.line((x - 20, 78, x + 20, 76), (30, 20, 20), 5)
    draw.arc((115, 120, 140, 152), 0, 180, (120, 60, 40), 4)
    draw.ellipse((96, 174, 160, 194), (200, 60, 70), (30, 20, 20), 2)
    return image


@pytest.mark.parametrize("size", [16, 32, 64])
def test_real_faces_pass(size: int) -> None:
    folder = SHARED / "val256"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: no real faces to let through")
    refused = []
    for path in sorted(folder.glob("aaf_*"))[::20]:
        with Image.open(path) as image:
            refused.append(refusal(image, size) is not None)
    assert len(refused) > 10
    assert sum(refused) <= len(refused) * (0.15 if size == 16 else 0.05)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_what_is_no_face_does_not(size: int) -> None:
    with Image.open(ROOT / "samples" / "logo.png") as logo:
        assert refusal(logo, size)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert refusal(Image.fromarray(noise), size) == "not a face on a second look"
    assert refusal(Image.new("RGB", (64, 64), "grey"), size)


@pytest.mark.parametrize("size", [32, 64])
def test_a_cartoon_is_told_by_its_flat_colours_alone(size: int) -> None:
    small = smiley().resize((size, size), Image.Resampling.BOX)
    rgb = np.asarray(small, np.float32) / np.float32(255)
    assert (
        verification.detection_score(rgb, verification.aligned_landmarks(size, size)) > verification.MIN_DETECTION_SCORE
    )
    assert verification.rejection_reason(rgb, verification.aligned_landmarks(size, size)) == "drawn, not photographed"


def test_the_sample_passes_where_it_was_found() -> None:
    rgb = read(ROOT / "samples" / "astronaut.jpg").rgb
    (face,) = detection.detect(rgb)
    assert verification.rejection_reason(rgb, face.landmarks) is None
    assert verification.rejection_reason(np.clip(rgb[::-1], 0, 1), face.landmarks) is not None


def test_a_cartoon_in_a_photo_is_left_alone_unless_forced() -> None:
    photo = read(smiley().resize((64, 64), Image.Resampling.BOX))
    result = enhance_photo(photo)
    assert [face.redrawn for face in result.faces] == [False]
    assert any("drawn, not photographed" in note for note in result.notes)
    assert [face.redrawn for face in enhance_photo(photo, UpscaleOptions(force=True)).faces] == [True]


def test_aligned_asks_the_gate_too() -> None:
    logo = read(ROOT / "samples" / "logo.png")
    result = enhance_photo(logo, UpscaleOptions(aligned=True))
    assert [face.redrawn for face in result.faces] == [False]
    assert any("--force" in note for note in result.notes)
