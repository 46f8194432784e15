import numpy as np
import pytest

from enhance.evaluate.lr_psnr import lr_psnr
from enhance.evaluate.psnr import CEILING


def test_repeated_pixels_say_what_the_input_said() -> None:
    lr = np.random.default_rng(0).random((2, 3, 4, 4), dtype=np.float32)
    assert lr_psnr(lr.repeat(4, -1).repeat(4, -2), lr) == pytest.approx([CEILING, CEILING])


def test_detail_that_averages_out_costs_nothing_and_a_shift_of_colour_does() -> None:
    lr = np.full((1, 3, 4, 4), 0.5, np.float32)
    flat = lr.repeat(4, -1).repeat(4, -2)
    stripes = flat.copy()
    stripes[..., ::2] += 0.25
    stripes[..., 1::2] -= 0.25
    assert lr_psnr(np.stack([stripes, flat + np.float32(0.1)]), lr).ravel() == pytest.approx([CEILING, 20], abs=1e-4)
