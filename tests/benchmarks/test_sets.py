"""benchmarks/sets.py: in small."""

from pathlib import Path

import numpy as np
import pytest

import sets
from enhance.datasets import cache


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_set_is_mapped_and_gives_the_same_windows_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "MOST_OF_MEMORY", 0.0)
    monkeypatch.setattr(cache, "_mapped", set())
    data = sets.Windows(1000, 70)
    assert isinstance(data.pixels, np.memmap)
    assert data.batch(3)["x"].shape == (sets.BATCH, 64, 64, 3)
    held, files = sets.listed(tmp_path, 12)
    assert held >= 0
    assert files > 0
    assert len(list((tmp_path / "pictures").iterdir())) == 12
