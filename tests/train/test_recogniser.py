import numpy as np
import pytest
import torch

from enhance.evaluate import packaged
from enhance.train.networks.generator import place
from enhance.train.networks.recogniser import FACE, WEIGHTS, Recogniser, crop, shows_face


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def test_it_computes_what_dlib_computes(recogniser: Recogniser) -> None:
    dlib = pytest.importorskip("dlib", reason="the original needs the package dlib-bin")
    chip = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    chip = np.ascontiguousarray((chip // 4 + np.arange(150, dtype=np.uint8)[:, None, None]).astype(np.uint8))
    expected = np.array(dlib.face_recognition_model_v1(str(packaged.find(*WEIGHTS))).compute_face_descriptor(chip))
    found = recogniser(torch.from_numpy(chip.copy()).permute(2, 0, 1)[None].float() / 255)[0].numpy()
    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(expected).mean() > 0.01


def test_the_crop_is_the_same_face_at_any_size_and_mirrored() -> None:
    ramp = torch.linspace(0, 1, 128).expand(1, 3, 128, 128)
    where = place(torch.zeros(1, 3, 32, 32))
    cut = crop(ramp, where)
    assert cut.shape == (1, 3, 150, 150)
    left, right = FACE[0] - FACE[2] / 2, FACE[0] + FACE[2] / 2
    step = (right - left) / 150
    assert cut[0, 0, 75, 0] == pytest.approx(left + step / 2, abs=0.005)
    assert cut[0, 0, 75, -1] == pytest.approx(right - step / 2, abs=0.005)
    mirrored = torch.cat([-where[:, :1].flip(3), where[:, 1:]], 1)
    assert torch.allclose(crop(ramp.flip(3), mirrored), cut.flip(3), atol=1e-5)


def test_only_whole_frames_show_the_face() -> None:
    whole = place(torch.zeros(1, 3, 16, 16))
    part = torch.cat([whole[:, :2] * 0.75, whole[:, 2:]], 1)
    turned = whole.clone()
    turned[:, 0], turned[:, 1] = 0.9 * whole[:, 0] + 0.5 * whole[:, 1], 0.9 * whole[:, 1] - 0.5 * whole[:, 0]
    assert shows_face(torch.cat([whole, part, whole.flip(3), turned])).tolist() == [True, False, True, False]


def test_its_opinion_can_be_followed_back_to_the_pixels(recogniser: Recogniser) -> None:
    face = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    recogniser(crop(face, place(torch.zeros(1, 3, 16, 16)))).square().sum().backward()  # type: ignore[no-untyped-call]
    assert face.grad is not None
    assert float(face.grad.abs().max()) > 0
    assert all(weight.grad is None for weight in recogniser.parameters())
