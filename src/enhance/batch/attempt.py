"""One photo from beginning to end, wherever that happens: whatever goes wrong becomes a line."""

from __future__ import annotations

import hashlib
import os
import traceback
from pathlib import Path

from enhance.batch.plan import Facts, Outcome, Task, Work
from enhance.errors import EnhanceError


def attempt(task: Task, work: Work, *, remember: bool = True, debug: bool = False) -> Outcome:
    """Does a task.

    Args:
        remember: also find out the facts of source and target; the target is then on the disk.
        debug: print the traceback of what is our fault.
    """
    source, target = Path(task.source), Path(task.target)
    try:
        # Before it is read: if it changes meanwhile, the result is not taken for that of the new content.
        before = facts(source) if remember else None
    except OSError:
        before = None  # the work will say what is wrong with it
    try:
        said = work(source, target)
        return Outcome(said, None, before, facts(target, sync=True) if remember else None)
    except EnhanceError as error:
        return Outcome(why=str(error))
    except MemoryError:
        return Outcome(why=f"{source}: does not fit in memory; reduce it, or use --jobs 1")
    except Exception as error:
        if debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        return Outcome(why=f"{source}: internal error: {what}; run again with --debug and report what it shows")


def killed(task: Task) -> Outcome:
    """What is said of a task that ended the process that did it."""
    return Outcome(why=f"{task.source}: ended its process (out of memory?); reduce it, or use --jobs 1")


def facts(path: Path, sync: bool = False) -> Facts:
    """Of a file.

    Args:
        sync: see to it that its content is on the disk.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()[:16]
        if sync:
            os.fsync(file.fileno())
        stat = os.fstat(file.fileno())
    return Facts(stat.st_size, stat.st_mtime_ns, digest)


def unchanged(path: str, known: Facts | None) -> bool:
    """Whether a file is what it was. Times spare reading what did not change; where they differ, contents decide."""
    try:
        stat = Path(path).stat()
        if known is None or stat.st_size != known.size:
            return False
        return stat.st_mtime_ns == known.modified or facts(Path(path)).digest == known.digest
    except OSError:
        return False
