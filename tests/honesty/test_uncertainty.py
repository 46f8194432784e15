import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import ModelError
from enhance.honesty import uncertainty
from enhance.honesty.uncertainty import Constants
from enhance.inference.model import Model
from enhance.inference.shipped import weights_of


def faces(count: int, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Evidence, and errors that follow its spread but not what was added."""
    random = np.random.default_rng(seed)
    known = [random.uniform(0, 0.1, (24, 24, 2)).astype(np.float32) for _ in range(count)]
    hard = random.uniform(0.5, 1.5, count)
    return known, [np.abs(k[..., 0] * h * random.normal(0, 1, k.shape[:2])) for k, h in zip(known, hard, strict=True)]


def inside(known: list[np.ndarray], errors: list[np.ndarray], constants: Constants) -> float:
    return float(
        np.mean([(e <= uncertainty.error_bound(k, constants)).mean() for k, e in zip(known, errors, strict=True)])
    )


def test_the_fit_finds_what_the_errors_follow() -> None:
    found = uncertainty.fit_constants(*faces(40, 0))
    assert found.spread == pytest.approx(1.08, rel=0.15)
    assert found.added < 0.05
    assert found.floor < 1e-4


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_the_promise_holds_on_other_faces(level: float) -> None:
    shape = uncertainty.fit_constants(*faces(40, 0))
    covered = [
        inside(*faces(100, 200 + seed), uncertainty.calibrate_band(*faces(100, 100 + seed), shape, level))
        for seed in range(5)
    ]
    assert level - 0.01 < np.mean(covered) < level + 0.03


def test_a_band_that_is_wrong_everywhere_is_made_right() -> None:
    known, errors = faces(100, 1)
    made = uncertainty.calibrate_band(known, errors, Constants(0.0, 0.0, 1e-4, 1.0))
    assert inside(*faces(100, 2), made) == pytest.approx(0.9, abs=0.03)


def test_too_few_faces_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        uncertainty.calibrate_band(*faces(5, 0), Constants(1, 0, 0, 1))


def test_evidence_is_local_and_of_the_worst_channel() -> None:
    answers = np.full((2, 21, 21, 3), 0.5, np.float32)
    answers[1, 10, 10, 2] = 0.9
    bicubic = np.full((21, 21, 3), 0.5, np.float32)
    bicubic[0, 0, 1] = 0.3
    spread, added = np.moveaxis(uncertainty.uncertainty_features(answers, bicubic), -1, 0)
    assert np.count_nonzero(spread) == 25
    assert spread[10, 10] == pytest.approx(0.4 / np.sqrt(2) / 5, rel=1e-4)
    assert added[0, 0] == pytest.approx(0.2 * 3 / 5, rel=1e-4)


def test_the_share_is_what_lies_outside_the_visible() -> None:
    answers = np.full((2, 64, 64, 3), 0.5, np.float32)
    answers[1, :, :32] = 0.9
    weight = np.ones((64, 64), np.float32)
    made = uncertainty.face_uncertainty(answers, answers[0], Constants(1.0, 0.0, 1e-6, 1.0), weight)
    assert made.share == pytest.approx(0.5, abs=0.06)
    assert uncertainty.face_uncertainty(answers, answers[0], Constants(0.0, 0.0, 1e-6, 1.0), weight).share == 0
    weight[:, :] = 0
    weight[:, :10] = 1
    assert uncertainty.face_uncertainty(
        answers, answers[0], Constants(1.0, 0.0, 1e-6, 1.0), weight
    ).share == pytest.approx(1)


def test_constants_belong_to_one_file(tmp_path: Path) -> None:
    weights = tmp_path / "mine.onnx"
    weights.write_bytes(weights_of("face_x4_gan").read_bytes())
    network = Model.load(weights)
    with pytest.raises(ModelError, match="enhance calibrate"):
        uncertainty.constants_for(network, 16)
    constants = {"spread": 1.0, "added": 2.0, "floor": 3.0, "factor": 4.0}
    said = {"sha256": hashlib.sha256(weights.read_bytes()).hexdigest(), "constants": {"16": constants}}
    uncertainty.calibration_path(weights).write_text(json.dumps(said))
    assert uncertainty.constants_for(network, 40) == Constants(1, 2, 3, 4)
    assert uncertainty.constants_for(network, 8) == Constants(1, 2, 3, 4)
    weights.write_bytes(weights.read_bytes() + b"\0")
    assert uncertainty.calibration(weights) is None
    uncertainty.calibration_path(weights).write_text("{")
    with pytest.raises(ModelError, match=r"mine\.json: cannot be read; remove it, or measure mine\.onnx again"):
        uncertainty.calibration(weights)
