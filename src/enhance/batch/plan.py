"""What is to be done: photos, the files to make of them, and which of them are this machine's share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Work = Callable[[Path, Path], str]
"""What is done to a photo, from its file to a target, and what is to be said of it. Processes get it pickled."""
State = Literal["to do", "done", "not ours", "an input"]


@dataclass(frozen=True)
class Task:
    """A photo, the file to make of it, and the folder that both the target and its manifest lie in."""

    source: Path
    target: Path


def shard_of(text: str) -> tuple[int, int]:
    """Which part of how many `i/n` is.

    Raises:
        ValueError: it is none.
    """
    one, _, parts = text.partition("/")
    which, many = int(one), int(parts)
    if not 1 <= which <= many:
        raise ValueError(text)
    return which, many


def identities(tasks: Iterable[Task]) -> set[tuple[int, int]]:
    """Device and number of the photos' files."""
    return {identity(task.source) for task in tasks}


def refusal(task: Task, state: State) -> str:
    """Why a task is not done, in one line."""
    if state == "an input":
        return f"{task.target}: is an input and is not overwritten; name another folder with -o, or say --overwrite"
    return f"{task.target}: is there and is not as it was left; move it away, or say --overwrite"


def identity(path: Path) -> tuple[int, int]:
    """Device and number of a file; -1, -1 where there is none."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return -1, -1
    return stat.st_dev, stat.st_ino


def same(one: Path, other: Path) -> bool:
    """Whether both name one file or folder."""
    return identity(one) == identity(other) != (-1, -1)
