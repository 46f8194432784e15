"""The work to do: photos, their targets, and this machine's share of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

Work = Callable[[Path, Path], str]
"""What is done to a photo, from its file to a target, and what is to be said of it. Processes get it pickled."""
State = Literal["to do", "done", "not ours", "an input"]


class PhotoTask(NamedTuple):
    """A photo and the file to make of it: paths as text, of which a million need less memory than as Path, or URLs."""

    source: str
    target: str


class FileFacts(NamedTuple):
    """Size in bytes, time of writing (ns) and the first 16 bytes of the SHA-256 of a file."""

    size: int
    modified: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task.

    Attributes:
        message: what the work says, if it was done.
        error: why it failed, in one line.
        source, target: their facts, if it was done; those of the source are from before it was read.
    """

    message: str | None = None
    error: str | None = None
    source: FileFacts | None = None
    target: FileFacts | None = None


def shard_of(text: str) -> tuple[int, int]:
    """Parse a shard `i/n`: part i of n.

    Raises:
        ValueError: it is no shard.
    """
    one, _, parts = text.partition("/")
    which, many = int(one), int(parts)
    if not 1 <= which <= many:
        raise ValueError(text)
    return which, many


def identities(tasks: Iterable[PhotoTask]) -> set[int | str]:
    """Return what identifies the photos: `file_identity`, or the URL."""
    return {task.source if "://" in task.source else file_identity(task.source) for task in tasks}


def refusal(target: str | Path, state: State) -> str:
    """Why a target is not written, in one line."""
    what = "is an input and is not overwritten" if state == "an input" else "is there, and is not what enhance made"
    return f"{target}: {what}; name another place with -o, or add --overwrite"


def file_identity(path: str | Path) -> int:
    """Device and number of a file as one number; -1 where there is none."""
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return -1
    return stat.st_dev << 64 | stat.st_ino


def same(one: Path, other: Path) -> bool:
    """Whether both name one file or folder."""
    return file_identity(one) == file_identity(other) != -1
