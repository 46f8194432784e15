import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import DataError
from enhance.evaluate import card
from enhance.honesty import coverage, uncertainty
from enhance.honesty.calibration import CALIBRATION_PARTS, calibrate, part_of
from enhance.inference.model import Model
from enhance.inference.shipped import weights_of
from tests.evaluate.conftest import blobs

CARD = "# nearest\n\nwords\n\n## Limits\n\n- some\n"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Smooth pictures with grain of different strength, as faces of many people."""
    folder = tmp_path_factory.mktemp("people")
    for n in range(90):
        random = np.random.default_rng(n)
        grain = random.normal(0, random.uniform(2, 12), (64, 64, 3))
        picture = np.clip(blobs(64, n) + grain, 0, 255).astype(np.uint8)
        sex = "fm"[n % 2]
        Image.fromarray(picture).save(folder / f"aaf_30_{sex}_x_{n:05}.png")
    return folder


def test_one_person_is_in_one_part_and_the_parts_are_alike() -> None:
    assert part_of("lfw_Ada_Lovelace_0001") == part_of("lfw_Ada_Lovelace_0012")
    dealt = [part_of(f"aaf_30_f_x_{n:05}") for n in range(900)]
    assert all(250 < dealt.count(part) < 350 for part in CALIBRATION_PARTS)


def test_what_was_promised_is_measured_on_others(people: Path, nearest: Path, tmp_path: Path) -> None:
    weights = tmp_path / "nearest.onnx"
    shutil.copy(nearest, weights)
    weights.with_suffix(".md").write_text(CARD)
    said = json.loads(calibrate([people], str(weights)).read_text())
    found = said["coverage"]["16"]
    assert found["calibrated_on"] + found["measured_on"] == 90
    assert 0.87 < found["coverage"] < 0.98
    assert said["constants"]["16"]["spread"] == 0  # this model has one answer only
    assert set(found["groups"]) == {"source aaf", "sex female", "sex male", "age 20-39", "group East Asian"}
    assert uncertainty.constants_for(Model.load(weights), 16).factor > 0

    page = weights.with_suffix(".md").read_text()
    assert page.index("## Invention map") < page.index("## Limits")
    assert f"{100 * found['coverage']:.1f} %" in page
    assert card.with_section(page, coverage.HEADING, coverage.section(weights)) == page

    weights.write_bytes(weights.read_bytes() + b"\0")
    assert coverage.sections(weights) == []
    assert card.with_section(page, coverage.HEADING, coverage.section(weights)) == CARD


@pytest.mark.parametrize("name", ["photo_x2_grainy", "photo_x4_grainy"])
def test_photos_are_calibrated_as_the_program_draws_them(name: str, tmp_path: Path) -> None:
    weights = tmp_path / "mine.onnx"
    shutil.copy(weights_of(name), weights)
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(80):
        Image.fromarray(blobs(256, n)).save(folder / f"{n}.png")
    said = json.loads(calibrate([folder], str(weights)).read_text())
    (found,) = said["coverage"].values()
    assert found["calibrated_on"] + found["measured_on"] == 80
    assert found["coverage"] > 0.85
    section = coverage.section(weights)
    assert "calibrated on some photos and measured on others" in section
    assert "by group" not in section
    network = Model.load(weights)
    assert uncertainty.constants_for(network, 1000) == uncertainty.constants_for(network, 20)


def test_too_few_faces(folder: Path, nearest: Path, tmp_path: Path) -> None:
    weights = tmp_path / "nearest.onnx"
    shutil.copy(nearest, weights)
    with pytest.raises(DataError, match="too few"):
        calibrate([folder], str(weights))
    assert not uncertainty.calibration_path(weights).exists()
