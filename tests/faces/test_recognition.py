import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from enhance.faces import recognition
from enhance.inference import bundled

SHARED = Path(__file__).parents[2].parent / "shared" / "faces"
UTK = (0.125, 0.1875, 0.875, 0.9375)


def wave() -> np.ndarray:
    """A pattern (1,3,112,112) that is the same on any machine."""
    down, across = np.mgrid[0:112, 0:112].astype(np.float32) / np.float32(112)
    planes = [0.5 + 0.5 * np.sin(36 * down * across), 0.5 + 0.5 * np.cos(20 * across), down * across]
    return np.stack(planes)[None].astype(np.float32)


@pytest.mark.parametrize("frame", [64, 128, 256, 512])
@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), UTK])
@pytest.mark.parametrize("point", range(5))
def test_landmarks_land_on_the_template(frame: int, box: tuple[float, float, float, float], point: int) -> None:
    x, y = recognition.FRAME_LANDMARKS[point]
    left, top, right, bottom = (edge * frame for edge in box)
    across, down = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    spot = np.exp(-((across - x * frame) ** 2 + (down - y * frame) ** 2) / (2 * (frame / 40) ** 2)).astype(np.float32)
    aligned = recognition.align_for_embedding(np.stack([spot] * 3)[None], box)[0, 0]
    down, across = np.mgrid[0:112, 0:112] + 0.5
    found = ((aligned * across).sum() / aligned.sum(), (aligned * down).sum() / aligned.sum())
    # The two sets of five points are not quite similar, so the best similarity leaves up to a pixel and a half.
    assert found == pytest.approx(recognition.TEMPLATE[point], abs=1.5)


def test_mending_the_network_changes_nothing() -> None:
    onnx = pytest.importorskip("onnx")
    face = recognition.align_for_embedding(wave()) * 255
    model = onnx.load(bundled.find_bundled(recognition.SFACE_FILE))
    used = {name for node in model.graph.node for name in node.input}
    kept = [value for value in model.graph.input if value.name in used]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    shipped = onnxruntime.InferenceSession(model.SerializeToString(), quiet, providers=["CPUExecutionProvider"])
    expected = shipped.run(None, {"data": face})[0][0]
    expected = expected / np.linalg.norm(expected)
    assert recognition.embed(wave())[0] == pytest.approx(expected, abs=1e-4)


def test_photos_of_one_person_score_far_above_photos_of_two() -> None:
    folder = SHARED / "val128"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: no real faces to compare")
    paths = sorted(folder.glob("lfw_*"))[:80]
    photos = np.stack(
        [np.asarray(Image.open(path).convert("RGB"), np.float32).transpose(2, 0, 1) / 255 for path in paths]
    )
    people = np.array([re.sub(r"_\d+$", "", path.stem) for path in paths])
    cosines = recognition.embed(photos) @ recognition.embed(photos).T
    pair = np.triu(np.ones_like(cosines), 1).astype(bool)
    same = people[:, None] == people
    assert cosines[pair & same].mean() > 0.5
    assert cosines[pair & ~same].mean() < 0.2


def test_people_are_counted_through_those_between() -> None:
    angles = np.radians([0, 60, 120, 200])
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1)
    # 60 degrees apart is one person (cosine .5); the third is reached through the second, the fourth is another.
    assert recognition.people(vectors) == 2
    assert recognition.people(vectors[[0, 2]]) == 2
    assert recognition.people(vectors[:1]) == 1
