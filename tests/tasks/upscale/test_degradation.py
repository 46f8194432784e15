import numpy as np
import torch

from enhance.tasks.upscale.degradation import AreaReduction, SecondOrderDegradation


def pictures() -> torch.Tensor:
    """Four smooth pictures with an edge down the middle."""
    ramp = torch.linspace(0.2, 0.8, 64).expand(4, 3, 64, 64).clone()
    ramp[..., 32:] *= 0.5
    return ramp


def test_the_box_is_the_mean_of_blocks() -> None:
    hr = torch.rand(1, 3, 8, 8)
    assert torch.allclose(AreaReduction()(hr, torch.Generator())[0, 0, 1, 0], hr[0, 0, 4:, :4].mean())


def test_a_degraded_picture_is_a_bad_photo_of_the_same_thing() -> None:
    hr = pictures()
    bad = SecondOrderDegradation()(hr, torch.Generator().manual_seed(0))
    good = AreaReduction()(hr, torch.Generator())
    assert bad.shape == good.shape
    severity = (bad - good).abs().mean((1, 2, 3)) * 255
    assert severity.min() > 0.1
    assert severity.max() < 25
    assert torch.allclose(bad * 255, (bad * 255).round(), atol=1e-3)


def test_the_same_seed_degrades_alike_and_another_otherwise() -> None:
    hr = pictures()
    first, again, other = (SecondOrderDegradation()(hr, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


def test_some_pictures_are_hardly_degraded_and_some_badly() -> None:
    smooth = np.full((64, 64, 3), 128, np.uint8)
    grain = [float(SecondOrderDegradation().one(smooth, np.random.default_rng(seed)).std()) for seed in range(60)]
    assert min(grain) < 0.8
    assert max(grain) > 4


def test_what_was_passed_on_has_softer_grain() -> None:
    smooth = np.full((64, 64, 3), 128, np.uint8)

    def grain(second_stage: float) -> float:
        degrade = SecondOrderDegradation(second_stage_probability=second_stage)
        return float(np.mean([degrade.one(smooth, np.random.default_rng(seed)).std() for seed in range(40)]))

    assert grain(0) > 1.5 * grain(1)
    assert grain(1) < grain(0.5) < grain(0)
