"""A manifest in the output folder remembers, line by line, what was begun, what was finished and from which content.

So a run that was killed goes on where it was, and a file that this program did not write is not replaced by it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from enhance.batch.plan import State, Task
from enhance.errors import PhotoError
from enhance.files import remove_partial_files

MANIFEST = ".enhance"


class Manifest:
    """What was done in a folder: lines of JSON that are only ever appended, a file for each shard.

    A line names a target, relative to the folder, and says that it was begun or, with sizes, times and SHA-256 of
    source and target, that it was finished. Times spare reading what did not change; where they differ, contents
    decide.
    """

    def __init__(
        self,
        folder: Path,
        settings: str,
        shard: tuple[int, int] = (1, 1),
        accepts: Callable[[str], bool] | None = None,
    ) -> None:
        """Reads what was done.

        Args:
            folder: that of the results.
            settings: what the results depend on besides the photos.
            shard: which part of how many is done here.
            accepts: whether what was done with other settings is good enough for these; None: no others are.
        """
        self.folder, self.settings, self.shard = folder, settings, shard
        self.accepts = accepts or (lambda before: before == settings)
        which, many = shard
        self.path = folder / (f"{MANIFEST}.jsonl" if many == 1 else f"{MANIFEST}.{which}-of-{many}.jsonl")
        self._last = _lines(folder)
        self._file: Any = None
        self._sources: dict[Path, dict[str, Any]] = {}

    def own(self, tasks: Iterable[Task]) -> Iterator[Task]:
        """Those of this shard: by the name of the target, so that a new photo moves no other to another machine."""
        which, many = self.shard
        for task in tasks:
            digest = hashlib.sha256(os.fsencode(self._name(task))).digest()
            if int.from_bytes(digest[:8]) % many == which - 1:
                yield task

    def state(self, task: Task) -> State:
        """Whether the target is there as it was left and still what the photo and the settings give."""
        last = self._last.get(self._name(task))
        if not os.path.lexists(task.target):
            return "to do"
        if last is None:
            return "not ours"
        if "finished" not in last:
            return "to do"
        if not _unchanged(task.target, last["finished"]):
            return "not ours"
        if not self.accepts(last["settings"]) or not _unchanged(task.source, last["from"]):
            return "to do"
        return "done"

    def begin(self, task: Task) -> None:
        """Said before a target is written, so that it is known as ours if that is all that is ever said."""
        remove_partial_files(task.target)
        try:
            # Before it is read: if it changes meanwhile, the result is not taken for that of the new content.
            self._sources[task.source] = _facts(task.source)
        except OSError:
            self._sources.pop(task.source, None)  # the work will say what is wrong with it
        if not os.path.lexists(task.target) or "finished" in self._last.get(self._name(task), {"finished": 0}):
            self._append({"target": self._name(task), "settings": self.settings})

    def finish(self, task: Task) -> None:
        """Said when a target is whole, and on the disk."""
        line = {"target": self._name(task), "settings": self.settings, "source": str(task.source)}
        made = _facts(task.target, sync=True)
        self._append({**line, "from": self._sources.pop(task.source, {}), "finished": made})

    @contextmanager
    def kept(self) -> Iterator[Manifest]:
        """Opens the file to append to; only one run at a time may.

        Raises:
            PhotoError: it cannot be written, or another run is at work.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b", buffering=0) as file:
                _lock(file, self.folder)
                file.seek(0, os.SEEK_END)
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    if file.read() != b"\n":
                        file.write(b"\n")  # behind a line that was cut short by a full disk or a dead machine
                self._file = file
                self._last = _lines(self.folder)
                yield self
        except OSError as error:
            raise self._trouble(error) from error
        finally:
            self._file = None

    def _append(self, line: dict[str, Any]) -> None:
        line = {"at": round(time.time(), 3), **line}
        try:
            os.write(self._file.fileno(), json.dumps(line).encode() + b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._trouble(error) from error
        self._last[line["target"]] = line

    def _name(self, task: Task) -> str:
        return os.path.relpath(task.target, self.folder)

    def _trouble(self, error: OSError) -> PhotoError:
        why = error.strerror or str(error)
        return PhotoError(f"{self.folder}: cannot be written ({why}); make room there, or name another folder with -o")


def finished(folder: Path) -> set[str]:
    """The names of the files, relative to the folder, that were made in it."""
    return {name for name, line in _lines(folder).items() if "finished" in line}


def _lines(folder: Path) -> dict[str, dict[str, Any]]:
    """The last line about each target, of all shards."""
    last: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob(f"{MANIFEST}*.jsonl")):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        for text in content.splitlines():
            try:
                line = json.loads(text)
                name, _ = line["target"], line["at"]
            except (ValueError, KeyError, TypeError):
                continue  # cut short: what it would have said is done again
            if name not in last or line["at"] >= last[name]["at"]:
                last[name] = line
    return last


def _facts(path: Path, sync: bool = False) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if sync:
            os.fsync(file.fileno())
        stat = os.fstat(file.fileno())
    return {"bytes": stat.st_size, "modified": stat.st_mtime_ns, "sha256": digest}


def _unchanged(path: Path, facts: dict[str, Any]) -> bool:
    try:
        stat = path.stat()
        if not facts or stat.st_size != facts["bytes"]:
            return False
        return stat.st_mtime_ns == facts["modified"] or _facts(path)["sha256"] == facts["sha256"]
    except OSError:
        return False


def _lock(file: Any, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PhotoError(f"{folder}: another run is at work there; wait for it, or share the work by --shard") from None
