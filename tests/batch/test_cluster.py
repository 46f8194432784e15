"""Photos through a real Ray cluster on this machine; tests/benchmarks/test_kills.py kills parts of one."""

import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from enhance.batch.cluster import Patience
from tests.cli.test_cli import SAMPLES, enhance, refused


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'enhance[ray]'")
def test_a_folder_through_a_cluster_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        for n in range(2):
            image.crop((100 + n, 20, 124 + n, 44)).save(tmp_path / "in" / f"{n}.png")
    (tmp_path / "in" / "bad.jpg").write_text("no picture")
    words = (tmp_path / "in", "-o", tmp_path / "out", "--engine", "ray")
    first = enhance(*words)
    assert first.returncode == 3, first.stderr
    assert "2 enhanced, 0 done before, 1 failed" in first.stdout
    assert first.stderr.count("\n") == 1
    assert "bad.jpg" in first.stderr
    again = enhance(*words[:-2])  # by the other engine, which reads the same manifest
    assert "0 enhanced, 2 done before, 1 failed" in again.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".enhance.db", "0_x4.png", "1_x4.png"]


def test_options_of_the_other_engine_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert refused(enhance(tmp_path, "-o", tmp_path / "out", "--cpus", 1), "--engine ray")


def test_a_loop_that_waits_for_nothing_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    clock = iter([10.0, 10.0, 10.005, 10.02, 30.0, 30.0])  # asked before it sleeps, and after
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(time, "sleep", slept.append)
    patience = Patience()
    for _ in range(3):
        patience.on_execution_step(None)
    assert slept == [0.0, pytest.approx(0.015), 0.0]
