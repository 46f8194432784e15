"""How networks and scripts lie in the site; that the browser unpacks them to the bit, `pages/test_folder.py` tests."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.inference import shipped
from enhance.inference.model import Model
from enhance.painting import restoration
from enhance.photos.statistics import statistics
from enhance.web import folder, packing
from tests.web.conftest import SAMPLES


def test_networks_are_smaller_than_gzip_makes_them() -> None:
    for name in ("photo_x4_pixel", "yunet", "estimator"):
        network = folder.network(name)
        assert len(packing.packed(network)) < 0.97 * len(gzip.compress(network)), name


def test_packing_repeats_itself() -> None:
    network = shipped.weights_of("photo_x4_pixel").read_bytes()
    assert packing.packed(network) == packing.packed(network)


@pytest.mark.parametrize("seed", range(5))
def test_frequencies_fill_their_range_and_forget_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    for counts in (
        random.integers(1, 3, 256),
        np.append(np.ones(255), 1e6),
        random.geometric(0.01, 256),
        np.eye(256)[seed],
        np.where(np.arange(256) < 3, 1e6, 1),
    ):
        found = packing._frequencies(counts.astype(float))
        assert found.sum() == 1 << packing.PRECISION
        assert (found[counts > 0] > 0).all()


def test_rounded_estimates_are_off_by_a_twenty_fifth_or_a_tenth_of_a_grey_level_at_most(tmp_path: Path) -> None:
    (tmp_path / "estimator.onnx").write_bytes(folder.network("estimator"))
    random = np.random.default_rng(0)
    pictures = [np.clip(0.5 + random.normal(0, level, (64, 64, 3)), 0, 1) for level in (0.01, 0.03, 0.08)]
    numbers = np.stack([statistics(one.astype(np.float32)) for one in pictures]).astype(np.float32)
    exact, rounded = (
        model.run(statistics=numbers)["measures"] * np.array(restoration.UNITS)
        for model in (restoration.estimator(), Model.load(tmp_path / "estimator.onnx"))
    )
    assert (np.abs(exact - rounded) < np.maximum(0.1, exact / 25)).all()


def test_rounded_weights_change_a_picture_hardly_more_than_a_millionth_in_the_photo(tmp_path: Path) -> None:
    (tmp_path / "rounded.onnx").write_bytes(folder.network("photo_x4_pixel"))
    exact, rounded = Model.load("photo_x4_pixel"), Model.load(tmp_path / "rounded.onnx")
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        photo = np.asarray(image.convert("RGB").resize((96, 96)), np.float32) / 255
    lr = photo.transpose(2, 0, 1)[None]
    wanted = exact.run(lr=lr)["hr"]
    by_photo, by_weights = (
        np.mean((made - wanted) ** 2)
        for made in (exact.run(lr=lr * np.float32(1 + 1e-6))["hr"], rounded.run(lr=lr)["hr"])
    )
    assert by_weights < 3 * by_photo


def test_scripts_lose_comments_and_nothing_else() -> None:
    script = "// head\nconst a = `x // y`; // why\n/** Says\n * what. */\nfunction f() {\n\t// how\n\treturn 1;\n}\n"
    assert packing.bare(script) == "const a = `x // y`; // why\nfunction f() {\nreturn 1;\n}\n"
