"""Files that are there whole or not at all, and what names their content."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Writes beside the target, then replaces it: a killed run leaves the old file or the new one, never half.

    Raises:
        OSError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal; a file is read once in a process, and again if it changed.

    Raises:
        OSError: it cannot be read.
    """
    return _sha256(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _sha256(path: Path, modified: int) -> str:  # noqa: ARG001 - a file that changed is another file
    return hashlib.sha256(path.read_bytes()).hexdigest()
