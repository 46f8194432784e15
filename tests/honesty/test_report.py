import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import ModelError, PhotoError
from enhance.files import sha256
from enhance.honesty import uncertainty
from enhance.honesty.report import FaceReport, band_map, report
from enhance.inference.model import Model
from enhance.inference.shipped import weights_of
from enhance.photos.photo import Photo, read
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from enhance.tasks.upscale.result import Result

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The shipped network with made-up constants, so that nothing here hangs on the measured ones."""
    path = tmp_path_factory.mktemp("weights") / "mine.onnx"
    path.write_bytes(weights_of("face_x4_gan").read_bytes())
    constants = {"16": {"spread": 1.0, "added": 1.0, "floor": 1e-5, "factor": 2.0}}
    uncertainty.calibration_path(path).write_text(json.dumps({"sha256": sha256(path), "constants": constants}))
    return Model.load(path)


@pytest.fixture(scope="module")
def small() -> Photo:
    with Image.open(SAMPLE) as image:
        return read(image.crop((40, 0, 160, 120)).reduce(2))


@pytest.fixture(scope="module")
def result(small: Photo, calibrated: Model) -> Result:
    return enhance_photo(small, UpscaleOptions(model=calibrated))


def test_likeness_falls_from_the_original_to_a_stranger(small: Photo, result: Result) -> None:
    with Image.open(SAMPLE) as image:
        original = read(image.crop((40, 0, 160, 120)))
    (told,) = report(small, result, original=original)
    assert told.likeness is not None
    assert told.likeness > 0.5
    assert told.same is True
    upside_down = replace(original, pixels=np.ascontiguousarray(original.pixels[::-1]))
    (other,) = report(small, result, original=upside_down)
    assert other.same is False
    assert "somebody else" in other.sentence()


def test_without_an_original_nothing_is_said_of_it(small: Photo, result: Result) -> None:
    (told,) = report(small, result)
    assert told.likeness is None
    assert told.same is None
    assert "original" not in told.sentence()
    assert "8 answers" in told.sentence()
    assert 0 < (told.made_up or 0) <= 1


def test_the_map_lies_over_the_face_alone(small: Photo, result: Result) -> None:
    band = band_map(result, report(small, result), small)
    assert band.shape == (4 * small.height, 4 * small.width)
    left, top, right, bottom = (round(4 * edge) for edge in result.faces[0].box)
    centre = (
        slice((3 * top + bottom) // 4, (top + 3 * bottom) // 4),
        slice((3 * left + right) // 4, (left + right) // 2),
    )
    assert (band[centre] > 0).all()
    assert (band[-20:] == 0).all()
    shown = uncertainty.heat(result.rgb, band)
    assert shown.width == band.shape[1]
    assert shown.height > band.shape[0]


def test_there_is_no_map_where_textures_were_invented_everywhere(small: Photo, calibrated: Model) -> None:
    drawn = enhance_photo(small, UpscaleOptions(model=calibrated, background="photo_x4"))
    with pytest.raises(ModelError, match="photo_x4 drew what is not a face, and was never calibrated"):
        band_map(drawn, report(small, drawn), small)


def test_the_map_of_a_bad_photo_covers_all_of_it(small: Photo) -> None:
    noise = np.random.default_rng(0).normal(0, 12, small.pixels.shape)
    bad = read(np.clip(small.pixels + noise, 0, 255).astype(np.uint8))
    drawn = enhance_photo(bad, UpscaleOptions())
    assert drawn.inventive is not None
    band = band_map(drawn, report(bad, drawn), bad)
    assert band.shape == (4 * bad.height, 4 * bad.width)
    assert (band > 0).all()


def test_an_uncalibrated_model_has_no_number_and_no_map(small: Photo, tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(weights_of("face_x4_gan").read_bytes())
    network = Model.load(path)
    drawn = enhance_photo(small, UpscaleOptions(model=network))
    told = report(small, drawn)
    assert told[0].made_up is None
    assert "unknown" in told[0].sentence()
    with pytest.raises(ModelError, match="never calibrated"):
        band_map(drawn, told, small)


def test_an_original_of_another_shape_is_refused(small: Photo, result: Result) -> None:
    with pytest.raises(PhotoError, match="other proportions"):
        report(small, result, original=read(np.zeros((50, 90, 3), np.uint8)))


def test_many_people_are_counted_in_words() -> None:
    told = FaceReport((0, 0, 9, 9), 16, 0.62, 8, 5)
    assert "62 % of it was made up" in told.sentence()
    assert "8 answers for these pixels are 5 different people" in told.sentence()


def test_report_and_map_are_options(calibrated: Model, tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        image.crop((40, 0, 160, 120)).reduce(2).save(tmp_path / "small.png")
    command = [
        sys.executable,
        "-m",
        "enhance.cli",
        "small.png",
        "--model",
        calibrated.path,
        "--report",
        "--map",
        "--mark",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "% of it was made up" in done.stdout
    assert "will not help to identify anyone" in done.stdout.replace("\n", " ")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"small.png", "small_x4.png", "small_x4_map.png", "small_x4_band.png"}
    with Image.open(tmp_path / "small_x4_band.png") as image:
        assert image.mode == "L"
        assert image.size == (240, 240)
