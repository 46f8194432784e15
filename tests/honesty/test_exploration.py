from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import enhance
from enhance.errors import PhotoError
from enhance.honesty.exploration import FARTHEST, Exploration
from enhance.painting.consistency import lr_psnr

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that hears its noise loudly, as an untrained one does not."""
    from enhance.tasks.upscale.networks.generator import Generator
    from enhance.tasks.upscale.training import LossWeights, SuperResolution
    from enhance.train.export import to_onnx

    torch.manual_seed(0)
    generator = Generator(width=16, blocks=2, edge=16, finish=1, noise=12, shared=4)
    for name, weight in generator.named_parameters():
        if weight.dim() > 1 and not name.startswith("paint"):
            torch.nn.init.normal_(weight, std=0.1)
    with torch.no_grad():
        generator.paint.weight *= 0.1
    task = SuperResolution(generator, None, weights=LossWeights(), device=torch.device("cpu"))
    exported = task.export()["generator"]
    model = to_onnx(exported)
    for key, value in {"name": "loud", **exported.facts}.items():
        model.metadata_props.add(key=key, value=value)
    path = tmp_path_factory.mktemp("loud") / "loud.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="module")
def explored(network: Path) -> Exploration:
    found = enhance.lineup(small(), 2, model=network, explore=True).exploration
    assert found is not None
    return found


def small() -> Image.Image:
    with Image.open(ROOT / "samples" / "astronaut.jpg") as image:
        return image.reduce(2)


def test_a_face_that_is_turned_changes_and_still_agrees_with_the_photo(explored: Exploration) -> None:
    middle, left, right = (explored.turned(dials) for dials in ((), (-2.0,), (2.0,)))
    for picture in (middle, left, right):
        assert lr_psnr(picture, explored.crop.lr) >= 50
    assert np.abs(left - right).mean() > np.abs(left - middle).mean() > 0.5 / 255
    assert np.array_equal(middle, explored.turned((0.0, 0.0, 0.0)))


def test_the_first_direction_changes_most_and_all_are_at_right_angles(explored: Exploration) -> None:
    assert len(explored.directions) == 3
    assert (np.diff(explored.strength) <= 0).all()
    assert explored.directions @ explored.directions.T == pytest.approx(np.eye(3), abs=1e-6)


def test_a_dial_that_is_turned_too_far(explored: Exploration) -> None:
    with pytest.raises(PhotoError, match="from -3 to 3"):
        explored.turned((FARTHEST + 0.1,))


def test_a_network_without_noise_for_the_whole_face_has_no_dials() -> None:
    with pytest.raises(PhotoError, match="face_x4_gan"):
        enhance.lineup(small(), 2, model="face_x4_gan", explore=True)
