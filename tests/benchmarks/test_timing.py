import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import timing
from enhance.errors import InternalError
from enhance.pixels import Planes
from enhance.tasks.upscale.benchmark import bicubic

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "speed.py"


def slow(lr: Planes) -> Planes:
    start = time.process_time()
    while time.process_time() < start + 0.05:
        pass
    return lr


def test_what_takes_longer_is_found_to_take_longer() -> None:
    taken = timing.medians({"quick": bicubic, "slow": slow}, size=8, repeats=3)
    assert taken["slow"] >= 0.05
    assert taken["quick"] < taken["slow"]


def test_a_model_is_timed_beside_bicubic_and_from_a_cold_start(nearest: Path) -> None:
    found = timing.speed([str(nearest)], sizes=(8, 16), repeats=1)
    assert {name: set(sizes) for name, sizes in found.seconds.items()} == {"bicubic": {8, 16}, "nearest": {8, 16}}
    # Python, NumPy and ONNX Runtime alone take more time than a face and more than 20 MB, but this process, which holds
    # torch, far more: its memory must not be counted.
    assert found.cold["nearest"].seconds > found.seconds["nearest"][16]
    assert 20 < found.cold["nearest"].megabytes < 200
    assert found.weights == {"nearest": nearest.stat().st_size}
    assert found.threads == timing.cores()


def test_a_peer_is_timed_from_a_cold_start_too(nearest: Path, tmp_path: Path) -> None:
    shutil.copy(nearest, tmp_path / "esrgan-slim.onnx")
    found = timing.speed([], sizes=(8,), repeats=1, others=tmp_path)
    assert set(found.seconds) == {"bicubic", "Lanczos", "UpscalerJS ESRGAN slim"}
    assert set(found.cold) == {"Lanczos", "UpscalerJS ESRGAN slim"}
    assert found.weights == {"Lanczos": 0, "UpscalerJS ESRGAN slim": nearest.stat().st_size}


def test_the_table_gives_ratios() -> None:
    seconds = {"bicubic": {16: 0.001}, "m": {16: 0.01}, timing.PEER: {16: 0.25}}
    lines = timing.text(timing.Speed(seconds, {"m": timing.ColdStart(0.5, 99.6)}, {"m": 5_310_000}, 2)).splitlines()
    assert lines[4].split() == ["m", "10.0", "ms", "10", "25.0"]
    assert lines[-1].split() == ["m", "0.50", "s", "100", "MB", "5.3", "MB"]


def test_a_first_face_that_fails_says_so() -> None:
    with pytest.raises(InternalError, match="no_such_model: its first face failed"):
        timing.first_face("no_such_model", 16)


def test_the_benchmark_runs(nearest: Path) -> None:
    command = [sys.executable, str(BENCHMARK), "--model", str(nearest), "--repeats", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "64 -> 256" in done.stdout
    assert "\nnearest" in done.stdout


def test_the_benchmark_says_in_one_line_what_is_wrong() -> None:
    command = [sys.executable, str(BENCHMARK), "--model", "no_such_model"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("speed: ")
