"""Networks of 8 bits without their rounding."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.inference import floats, sessions, shipped
from enhance.inference.facts import Facts
from enhance.inference.model import Model, enlarging_models
from enhance.photos.photo import read
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from tests.cli.test_cli import SAMPLES

ROUNDED = [name for name in enlarging_models() if floats.has_8_bits(shipped.weights_of(name).read_bytes())]


@pytest.mark.parametrize("name", ROUNDED)
def test_a_network_of_8_bits_and_its_floats_agree(name: str) -> None:
    rounded = Model.load(name)
    twin = floats.floats(rounded.path.read_bytes())
    assert not floats.has_8_bits(twin)
    session = sessions.open_session(twin)
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        lr = np.asarray(image.convert("RGB").crop((80, 10, 144, 74)).resize((32, 32)), np.float32) / 255
    lr = lr.transpose(2, 0, 1)[None]
    difference = rounded(lr) - Model(rounded.path, session, Facts.read(session))(lr)
    # What a GAN draws by itself differs most: 42 to 45 dB where the others have 52 and more.
    least = 4.1 if name in ("photo_x4_grainy", "face_x4_grainy_lineup") else 4.4
    assert 0 < np.square(difference).mean() < 10**-least


def test_a_photo_enhanced_with_floats_is_the_same(tmp_path: Path) -> None:
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        image.convert("RGB").crop((60, 0, 160, 100)).save(tmp_path / "photo.png")
    photo, twin = read(tmp_path / "photo.png"), tmp_path / "face_x4_gan.onnx"
    twin.write_bytes(floats.floats(shipped.weights_of("face_x4_gan").read_bytes()))
    rounded = enhance_photo(photo, UpscaleOptions(model="face_x4_gan"))
    assert any(face.redrawn for face in rounded.faces)
    floated = enhance_photo(photo, UpscaleOptions(model=str(twin)))
    assert 0 < np.square(rounded.rgb - floated.rgb).mean() < 1e-5  # 50 dB


def test_some_networks_have_8_bits_and_floats_are_left_alone() -> None:
    assert ROUNDED
    onnx = pytest.importorskip("onnx")
    content = shipped.weights_of(ROUNDED[0]).read_bytes()
    twin = floats.floats(content)
    onnx.checker.check_model(onnx.load_from_string(twin))
    assert floats.floats(twin) == twin
