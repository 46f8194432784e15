"""One photo from beginning to end, wherever that happens: whatever goes wrong becomes a line."""

from __future__ import annotations

import hashlib
import os
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from enhance.batch import storage
from enhance.batch.plan import FileFacts, Outcome, PhotoTask, Work
from enhance.errors import EnhanceError


def attempt(task: PhotoTask, work: Work, *, remember: bool = True, debug: bool = False) -> Outcome:
    """Run a task. Inputs that are named by URL are copied to this machine first, results to their URL afterwards.

    Args:
        remember: also find out the facts of source and target; the target is then on the disk.
        debug: print the traceback of what is our fault.
    """
    far = storage.is_url(task.source), storage.is_url(task.target)
    try:
        if not any(far):
            return _here(Path(task.source), Path(task.target), work, remember)
        with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
            return _far(task, Path(folder), work, remember)
    except EnhanceError as error:
        return Outcome(error=str(error))
    except MemoryError:
        return Outcome(error=f"{task.source}: does not fit in memory; reduce it, or use --jobs 1")
    except Exception as error:
        if debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        return Outcome(error=f"{task.source}: internal error: {what}; run again with --debug and report what it shows")


def _here(source: Path, target: Path, work: Work, remember: bool) -> Outcome:
    try:
        # Before it is read: if it changes meanwhile, the result is not taken for that of the new content.
        before = file_facts(source) if remember else None
    except OSError:
        before = None  # the work will say what is wrong with it
    message = work(source, target)
    return Outcome(message, None, before, file_facts(target, sync=True) if remember else None)


def _far(task: PhotoTask, folder: Path, work: Work, remember: bool) -> Outcome:
    source, target = Path(task.source), Path(task.target)
    before = None
    if storage.is_url(task.source):
        version = storage.remote_version(task.source)
        source = folder / storage.name_of(task.source)
        storage.fetch(task.source, source)
        before = storage.remote_facts(source, version)
    elif remember:
        before = file_facts(source)
    results = folder / "made"
    if storage.is_url(task.target):
        results.mkdir()
        target = results / storage.name_of(task.target)
    names = {str(source): task.source, str(target): task.target}
    try:
        message = work(source, target)
    except EnhanceError as error:
        raise type(error)(_renamed(str(error), names)) from error
    if not storage.is_url(task.target):
        return Outcome(_renamed(message, names), None, before, file_facts(target, sync=True) if remember else None)
    above = task.target.rpartition("/")[0]
    # What was made besides goes first: where the photo is, all of it is.
    for path in sorted(results.rglob("*"), key=lambda path: path == target):
        if path.is_file():
            storage.put(path, f"{above}/{path.relative_to(results).as_posix()}")
            names.setdefault(str(path), f"{above}/{path.relative_to(results).as_posix()}")
    after = storage.remote_facts(target, storage.remote_version(task.target)) if remember else None
    return Outcome(_renamed(message, names), None, before, after)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """What was said of copies here, said of the files that they are copies of."""
    for here, there in names.items():
        text = text.replace(here, there)
    return text


def killed(task: PhotoTask) -> Outcome:
    """Return the message for a task that ended its own process."""
    return Outcome(error=f"{task.source}: ended its process (out of memory?); reduce it, or use --jobs 1")


def file_facts(path: Path, sync: bool = False) -> FileFacts:
    """Return size, time and digest of a file.

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
    return FileFacts(stat.st_size, stat.st_mtime_ns, digest)


def exists(place: str) -> bool:
    """Whether a path or URL names a file, or a link even if to nowhere."""
    return storage.remote_version(place) is not None if storage.is_url(place) else os.path.lexists(place)


def unchanged(place: str, known: FileFacts | None) -> bool:
    """Whether a file is unchanged. It is read only where its time differs; then its content decides."""
    if storage.is_url(place):
        return storage.remote_unchanged(place, known)
    try:
        stat = Path(place).stat()
        if known is None or stat.st_size != known.size:
            return False
        return stat.st_mtime_ns == known.modified or file_facts(Path(place)).digest == known.digest
    except OSError:
        return False
