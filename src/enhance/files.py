"""Files that are there whole or not at all, and what names their content."""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

NAME_BYTES = 100
"""Bytes of a file's name that the name of its partial file repeats: a name of 255 leaves no room for more."""
PARTIAL = re.compile(r"[0-9a-f]{8}\.part(\.\w+)?")
"""How the name of a partial file goes on after the name of its target."""


@contextmanager
def replacing(path: Path, *, suffix: str = "") -> Iterator[Path]:
    """A path beside `path` to write to. It takes the place of `path` at the end, or is removed after an error.

    A killed process leaves the old file or the new one, never half of one; what it may leave besides, `partial_files`
    finds.

    Args:
        path: the target.
        suffix: what the name of the partial file ends with, for writers that choose the format by it.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f"{_beginning(path)}.{secrets.token_hex(4)}.part{suffix}")
    try:
        yield partial
        with partial.open("r+b") as file:  # or the name may reach the disk before the content
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with suppress(OSError):  # on a read-only disk not even what is not there can be removed
            partial.unlink()
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, see `replacing`.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path) as partial:
        partial.write_bytes(data)


def partial_files(*paths: Path) -> list[Path]:
    """What killed processes left half written beside files, of which each folder is read once."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    partial = []
    for folder, files in folders.items():
        try:
            every = os.listdir(folder)  # noqa: PTH208 - of a folder that may have many thousands
            names = [name for name in every if name.startswith(".") and PARTIAL.search(name)]
        except OSError:
            continue
        starts = [f"{_beginning(path)}." for path in files] if names else []
        partial += [folder / name for name in names if any(_is_partial(name, start) for start in starts)]
    return partial


def remove_partial_files(*paths: Path) -> None:
    """Remove what killed processes left half written beside files."""
    for partial in partial_files(*paths):
        partial.unlink(missing_ok=True)


def _is_partial(name: str, start: str) -> bool:
    """Whether a name is that of a partial file, or of the partial file of one, while it is written to."""
    if name.startswith(f".{start}"):
        return PARTIAL.search(name) is not None
    return name.startswith(start) and PARTIAL.fullmatch(name[len(start) :]) is not None


def _beginning(path: Path) -> str:
    return f".{os.fsencode(path.name)[:NAME_BYTES].decode(errors='ignore')}"


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal; a file is read once in a process, and again if it changed.

    Raises:
        OSError: it cannot be read.
    """
    return _sha256(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _sha256(path: Path, modified: int) -> str:  # noqa: ARG001 - a file that changed is another file
    return hashlib.sha256(path.read_bytes()).hexdigest()
