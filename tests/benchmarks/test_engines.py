"""benchmarks/engines.py: what it counts; Ray itself is measured when somebody asks."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import engines
from enhance.batch.plan import Outcome, PhotoTask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
BUSY = "import time\nwhile time.process_time() < {}: pass"


def busy(seconds: float) -> None:
    subprocess.run([sys.executable, "-c", BUSY.format(seconds)], check=True, timeout=60)


def test_what_an_engine_starts_counts_but_its_start_up_does_not(tmp_path: Path) -> None:
    def engine(tasks: Iterator[PhotoTask]) -> Iterator[tuple[PhotoTask, Outcome]]:
        busy(1.0)
        for n, task in enumerate(tasks, 1):
            if n == engines.FIRST + 1:
                busy(0.3)
            yield task, Outcome("enhanced")

    photos = engines.made(tmp_path / "photos", engines.FIRST + 2)
    assert len({path.read_bytes() for path in photos}) == len(photos)
    spent, lasted = engines.measured(photos, tmp_path / "out", engine)
    assert 0.25 < spent < 0.9
    assert lasted > 0.25


def test_a_photo_that_fails_ends_it(tmp_path: Path) -> None:
    photos = engines.made(tmp_path / "photos", 1)
    with pytest.raises(SystemExit, match=r"00000\.jpg: no"):
        engines.measured(photos, tmp_path / "out", lambda tasks: ((task, Outcome(error="no")) for task in tasks))
