"""docs/pictures.md says of every picture in the repository whose it is."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".avif", ".tif", ".tiff", ".bmp", ".heic")


def test_every_picture_has_an_owner() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a checkout of git: which files belong to the repository is not known")
    pictures = {name for name in listed.stdout.split("\0") if name.lower().endswith(ENDINGS)}
    known = set(re.findall(r"`([^`]+\.\w+)`", (ROOT / "docs" / "pictures.md").read_text()))
    assert {name for name in pictures if not any(fnmatch(name, pattern) for pattern in known)} == set()
    assert {pattern for pattern in known if not any(fnmatch(name, pattern) for name in pictures)} == set()
