"""What every task owes whoever uses it: one line for bad input, and memory that does not grow without need."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

MOST = 400
"""Megabytes for one picture of a megapixel, Python and its libraries included."""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a photo, masks, drawings, and files that are none of these."""
    y, x = np.mgrid[:1000, :1000] / 1000
    photo = np.stack([x, y, 0.5 + 0.5 * np.sin(40 * x * y)], -1)
    Image.fromarray((255 * photo).astype(np.uint8)).save(tmp_path / "photo.png")
    for name, size, tone in (("small", (50, 40), 255), ("empty", (1000, 1000), 0), ("full", (1000, 1000), 255)):
        Image.new("L", size, tone).save(tmp_path / f"{name}.png")
    mask = Image.new("L", (1000, 1000), 0)
    ImageDraw.Draw(mask).rectangle((400, 300, 520, 460), fill=255)
    mask.save(tmp_path / "mask.png")
    drawing = Image.new("RGB", (1000, 1000), "white")
    ImageDraw.Draw(drawing).ellipse((200, 200, 800, 800), outline="black", width=8)
    ImageDraw.Draw(drawing).polygon([(250, 300), (260, 60), (450, 210)], outline="black", width=8)
    drawing.save(tmp_path / "drawing.png")
    Image.new("RGB", (200, 200), "white").save(tmp_path / "blank.png")
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    return tmp_path


def run(where: Path, *words: str, program: str = "enhance.cli") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", program, *words]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("imagine", ""), "empty"),
        (("imagine", "   "), "empty"),
        (("imagine", " ".join(["red"] * 1000)), "1000 words"),
        (("imagine", "the quick house of cards"), "bird"),
        (("fill", "photo.png", "--mask", "small.png"), "50x40"),
        (("fill", "photo.png", "--mask", "empty.png"), "nothing"),
        (("fill", "photo.png", "--mask", "full.png"), "all of"),
        (("fill", "photo.png", "--mask", "broken.png"), "broken.png"),
        (("fill", "photo.png"), "mask or a box"),
        (("sketch", "blank.png"), "blank.png"),
        (("sketch", "broken.png"), "broken.png"),
        (("translate", "broken.png"), "broken.png"),
        (("translate", "none.png"), "none.png"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(here: Path, words: tuple[str, ...], said: str) -> None:
    before = sorted(here.iterdir())
    done = run(here, *words)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert sorted(here.iterdir()) == before


PEAK = """
import sys
from enhance.cli import main
sys.argv = ["enhance", *sys.argv[1:]]
try:
    main()
finally:
    # Not getrusage: what that tells includes the process that started this one.
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024, file=sys.stderr)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak as Linux tells it")
@pytest.mark.parametrize(
    "words",
    [
        ("translate", "photo.png", "--force"),
        ("fill", "photo.png", "--mask", "mask.png"),
        ("sketch", "drawing.png"),
        ("imagine", "a red bird", "-o", "bird.png"),
    ],
    ids=lambda words: words[0],
)
def test_a_megapixel_takes_little_memory(here: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", PEAK, *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ENHANCE_THREADS": "1"}
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < MOST
