"""benchmarks/reliability.py: in small every time, and in full with -m slow."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "reliability.py"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has neither such signals nor pipes")


def tried(*words: object) -> str:
    command = [sys.executable, str(BENCHMARK), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_few_damaged_files_and_hostile_folders() -> None:
    assert "| **60** |" in tried("--files", 60, "--stops", 0)


@pytest.mark.slow
def test_nothing_breaks_it() -> None:
    assert "| **2100** |" in tried("--files", 2100, "--stops", 12, "--seed", 1)
