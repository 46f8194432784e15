"""What enhances itself on the first page was drawn before: by the shipped network, and by no other."""

import numpy as np
from PIL import Image

import enhance
from enhance.web.folder import STATIC


def test_the_face_of_the_wall_is_what_the_shipped_network_draws() -> None:
    with Image.open(STATIC / "wall" / "face_given.png") as file:
        given = np.asarray(file.convert("RGB"))
    with Image.open(STATIC / "wall" / "face_drawn.webp") as file:
        shown = np.asarray(file.convert("RGB"), np.float64)
    assert given.shape == (24, 24, 3)
    drawn = enhance.upscale(given, force=True)
    apart = float(np.mean((np.asarray(drawn, np.float64) - shown) ** 2)) ** 0.5
    other = enhance.upscale(given, force=True, model="face_x4_pixel")
    assert apart < 4  # grey levels: what WebP leaves of it
    assert apart < 0.7 * float(np.mean((np.asarray(other, np.float64) - shown) ** 2)) ** 0.5
