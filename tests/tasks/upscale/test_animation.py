from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from enhance.honesty import credentials
from enhance.photos.photo import frames
from enhance.tasks.upscale.animation import enhance_frames
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    """A wall, and before it, in the second frame of two, a face."""
    with Image.open(SAMPLE) as image:
        face = image.crop((56, 0, 140, 84)).resize((42, 42), Image.Resampling.BOX)
    wall = Image.new("RGB", face.size, (120, 130, 120))
    wall.save(tmp_path / "moving.png", save_all=True, append_images=[face], duration=100)
    return tmp_path / "moving.png"


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_face_of_a_later_frame_is_told_and_recorded(suffix: str, moving: Path, tmp_path: Path) -> None:
    target = tmp_path / f"larger{suffix}"
    drawn = partial(enhance_photo, options=UpscaleOptions(strength=0).of_frames())
    result = enhance_frames(frames(moving), drawn, target)
    assert (result.frames, result.redrawn_frames) == (2, 1)
    assert result.notes[0] == "2 frames, each drawn by itself, faces redrawn in 1 of them"
    assert not any("no face" in note for note in result.notes)
    assert 0 < result.invented < 1
    stamp = credentials.inspect(target)["stamp"]
    assert stamp["invention"].startswith("1 face redrawn")
    assert "face_x4" in stamp["model"]
    assert len(stamp["redrawn_faces"]) == 1
    assert float(stamp["lr_psnr"]) == pytest.approx(result.lr_psnr, abs=0.01)
