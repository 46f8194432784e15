import numpy as np
import onnxruntime
import pytest
import torch

from enhance.faces import recognition
from enhance.inference import packaged
from enhance.tasks.upscale.networks.generator import frame_coordinates
from enhance.tasks.upscale.networks.recogniser import SFACE_WEIGHTS, Recogniser, Rectifier, recogniser_crop, shows_face


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def test_it_computes_what_its_makers_file_computes(recogniser: Recogniser) -> None:
    face = np.random.default_rng(0).random((1, 3, 112, 112), np.float32) / 2
    face += np.linspace(0, 0.5, 112, dtype=np.float32)[:, None]
    (expected,) = onnxruntime.InferenceSession(packaged.find_in_package(*SFACE_WEIGHTS)).run(
        None, {"input.1": face * 2 - 1}
    )
    found = recogniser(torch.from_numpy(face)).numpy()
    assert np.abs(found - expected / np.linalg.norm(expected)).max() < 1e-5
    assert np.abs(found).mean() > 0.01


def test_it_looks_where_the_judge_looks() -> None:
    faces = np.random.default_rng(1).random((2, 3, 128, 128), np.float32)
    assert np.allclose(
        recogniser_crop(torch.from_numpy(faces)).numpy(), recognition.align_for_embedding(faces), atol=1e-6
    )


def test_only_whole_frames_show_the_face() -> None:
    whole = frame_coordinates(torch.zeros(1, 3, 16, 16))
    part = torch.cat([whole[:, :2] * 0.75, whole[:, 2:]], 1)
    turned = whole.clone()
    turned[:, 0], turned[:, 1] = 0.9 * whole[:, 0] + 0.5 * whole[:, 1], 0.9 * whole[:, 1] - 0.5 * whole[:, 0]
    assert shows_face(torch.cat([whole, part, whole.flip(3), turned])).tolist() == [True, False, True, False]


def test_its_opinion_can_be_followed_back_to_the_pixels(recogniser: Recogniser) -> None:
    face = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    recogniser(recogniser_crop(face))[:, 0].sum().backward()  # type: ignore[no-untyped-call]
    assert face.grad is not None
    assert float(face.grad.abs().max()) > 0
    assert all(weight.grad is None for weight in recogniser.parameters())


def test_its_rectifiers_have_the_gradient_of_those_that_learn() -> None:
    random = torch.Generator().manual_seed(0)
    slopes, x = torch.rand(3, generator=random), torch.randn(2, 3, 4, 5, generator=random).requires_grad_()
    learning = torch.nn.PReLU(3)
    learning.load_state_dict({"weight": slopes})
    found, expected = (torch.autograd.grad(one(x).square().sum(), x)[0] for one in (Rectifier(slopes), learning))
    assert torch.allclose(found, expected, atol=1e-6)
