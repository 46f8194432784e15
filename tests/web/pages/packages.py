"""Packages of npm, which tests of the pages need; whoever has none, or no network, skips these tests."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

SECONDS = 60
"""npm has hung, busy for ever, on a machine with other work: after this it and all that it began are ended."""


def unpacked(package: str, where: Path) -> Path:
    """The folder of a package such as "axe-core@4", fetched into a folder; skips the test where it cannot be had."""
    name = package.rpartition("@")[0] or package
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{name} cannot be had: npm is not installed")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", package]
    log = where / "npm.log"
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, cwd=where, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        ) as process,
    ):
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
    if code is None:
        pytest.skip(f"{name} cannot be had: npm hangs")
    if code:
        pytest.skip(f"{name} cannot be had: {log.read_text()[-200:]}")
    return where / "node_modules" / name


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process that has a session of its own, and all that it began."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
