"""benchmarks/blur.py: a table of photos that are blurred and nothing else."""

from pathlib import Path

import numpy as np
import pytest

import blur
from bad_photos import psnr
from enhance.photos.photo import read
from enhance.tasks.upscale import bad_photos

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


def test_unsharp_masking_is_never_worse_than_nothing() -> None:
    good = read(SAMPLE).rgb[:128, :128]
    for sigma in (0.0, 1.5):
        bad = bad_photos.blur(good, sigma)
        assert psnr(blur.unsharp(bad, good), good) >= psnr(bad, good)


def test_every_blur_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blur, "SIGMAS", (0.0, 2.0))
    head, _, clean, blurred = blur.table([np.ascontiguousarray(read(SAMPLE).rgb[:128, :128])])
    assert head.count("|") == clean.count("|") == blurred.count("|")
    assert clean.startswith("| 0.0 |")
    assert "the same" in clean
    as_it_is, ours = (float(blurred.split("|")[column].split("/")[0]) for column in (3, 5))
    assert ours > as_it_is + 1
