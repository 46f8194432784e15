"""Processes that tests start: each has a limit of time, and what it started ends with it."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

LIMIT = 300.0
"""Seconds: many times what the slowest of them takes, for machines that have other things to do."""


def ran(command: Sequence[object], *, limit: float = LIMIT, **how: Any) -> "subprocess.CompletedProcess[str]":
    """What a command printed.

    Args:
        limit: seconds after which it and everything it started is killed.
        how: as of `subprocess.Popen`.

    Raises:
        TimeoutExpired: it was killed.
    """
    words = [str(word) for word in command]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **how}
    process = subprocess.Popen(words, start_new_session=True, **how)
    try:
        out, err = process.communicate(timeout=limit)
    except BaseException:
        end(process)
        raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def end(process: "subprocess.Popen[Any]") -> None:
    """Kills a process, with all of its group and its session if it leads them, which may outlive it."""
    for other in _of_session(process.pid):  # Ray's have groups of their own
        with suppress(ProcessLookupError):
            os.kill(other, signal.SIGKILL)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError):  # it leads none, or is on a system without groups
        process.kill()
    process.wait(timeout=30)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _of_session(leader: int) -> list[int]:
    """Processes of a session but its leader, where the system says so (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            said = re.match(r"(\d+) \(.*\) \S \d+ \d+ (\d+) ", path.read_text(errors="replace"), re.DOTALL)
            if said and int(said[2]) == leader != int(said[1]):
                found.append(int(said[1]))
    return found
