"""The shipped network against what needs none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from enhance.evaluate.st_lpips import st_lpips
from enhance.faces import detection, geometry
from enhance.inference import shipped
from enhance.photos.photo import read
from enhance.tasks.fill import masks
from enhance.tasks.fill.fill import fill_photo
from enhance.tasks.fill.options import FillOptions

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"


@pytest.mark.skipif(not shipped.weights_of("face_fill").is_file(), reason="face_fill is not shipped yet")
@pytest.mark.parametrize("kind", ["half", "centre"])
def test_a_completed_face_looks_more_like_itself_than_a_smooth_filling(kind: str) -> None:
    rgb = read(SAMPLE).rgb
    (face, *_) = detection.detect(rgb)
    frame, _ = geometry.align(rgb, face.landmarks, 128)
    pixels = np.round(frame * 255).astype(np.uint8)
    hole = masks.measured(kind, 128, 128, 0) > 0
    ours = np.asarray(fill_photo(read(pixels), hole, options=FillOptions(aligned=True)).canvas.image())
    smooth = np.asarray(cv2.inpaint(pixels, hole.astype(np.uint8), 3, cv2.INPAINT_NS))
    planes = [
        np.ascontiguousarray(x.transpose(2, 0, 1)[None], np.float32) / np.float32(255) for x in (ours, smooth, pixels)
    ]
    near, far = (float(st_lpips(made, planes[2])[0]) for made in planes[:2])
    assert near < 0.9 * far
