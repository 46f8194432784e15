"""benchmarks/flicker.py, on made-up frames."""

import numpy as np

import flicker


def test_what_moves_with_the_pan_does_not_flicker() -> None:
    random = np.random.default_rng(0)
    wide = random.uniform(0, 255, (8, 20, 3)).astype(np.float32)
    before, now = wide[:, :16], wide[:, 1:17]
    redrawn = np.ones((8, 16), bool)
    assert flicker.flicker(before, now, redrawn, redrawn, 1) == 0
    assert flicker.flicker(before, now + 5, redrawn, redrawn, 1) == 5
    assert flicker.flicker(before, now, redrawn, redrawn, 0) > 30
    assert flicker.flicker(before, now, redrawn, ~redrawn, 1) == 0


def test_a_pan_goes_to_the_right_by_a_pixel_a_frame() -> None:
    pixels = np.arange(30, dtype=np.uint8)[None, :, None].repeat(3, 2)
    first, second, _ = flicker.pan(pixels, 3)
    assert first.shape == second.shape == (1, 27, 3)
    assert second[0, 0, 0] == first[0, 1, 0]


def test_frames_drift_by_a_quarter_of_a_pixel_and_differ_by_their_noise() -> None:
    photo = np.random.default_rng(1).uniform(0.3, 0.7, (400, 400, 3)).astype(np.float32)
    still, noisy = (flicker.drift(photo, 5, noise) for noise in (0, 6))
    assert flicker.difference(still[0], still[4], 1).max() < 0.5 / 255
    assert 0.5 < flicker.difference(noisy[0], noisy[4], 1).mean() * 255 / (6 * 2 / np.pi**0.5) < 1.5
