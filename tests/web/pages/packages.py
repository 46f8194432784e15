"""Packages of npm, which tests of the pages need; whoever has none, or no network, skips these tests."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import ran

SECONDS = 60
"""npm has hung, busy for ever, on a machine with other work: after this it and all that it began are ended."""


def unpacked(package: str, where: Path) -> Path:
    """The folder of a package such as "axe-core@4", fetched into a folder; skips the test where it cannot be had."""
    name = package.rpartition("@")[0] or package
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{name} cannot be had: npm is not installed")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", package]
    try:
        done = ran(command, limit=SECONDS, cwd=where, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{name} cannot be had: npm hangs")
    if done.returncode:
        pytest.skip(f"{name} cannot be had: {done.stderr[-200:]}")
    return where / "node_modules" / name
