"""benchmarks/pools.py: what it counts, with our own pool."""

import sys
from pathlib import Path

import pytest

import pools


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_our_pool_blames_the_right_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "PHOTOS", 8)
    found = pools.deaths(pools.ours, tmp_path / "deaths")
    assert found["1 of 8 photos end their process: said of the wrong ones"] == "0"
    assert (found["missing"], found["begun again"]) == ("0", "0")


def test_blame_that_is_wrong_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "PHOTOS", 8)

    def alone(tasks, work):  # type: ignore[no-untyped-def]
        for task in list(tasks)[:-2]:
            work(Path(task.source), Path(task.target))
            yield task, pools.Outcome(error="no")

    found = pools.deaths(alone, tmp_path / "deaths")
    assert found["1 of 8 photos end their process: said of the wrong ones"] == "6"
    assert (found["missing"], found["begun again"]) == ("2", "-2")
