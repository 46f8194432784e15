import numpy as np

from enhance.evaluate.comparison import bicubic, held
from enhance.evaluate.lr_psnr import lr_psnr


def test_what_is_held_agrees_with_its_input() -> None:
    lr = np.random.default_rng(0).uniform(0.3, 0.7, (2, 3, 16, 20)).astype(np.float32)
    made = held(bicubic)(lr)
    assert made.shape == (2, 3, 64, 80)
    assert lr_psnr(bicubic(lr), lr).max() < 40
    assert lr_psnr(made, lr).min() > 50
