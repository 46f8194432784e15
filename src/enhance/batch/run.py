"""Many photos: which there are, which are done, and processes that do the rest. What that is, is not known here.

A manifest in the output folder remembers, line by line, what was begun, what was finished and from which content. So a
run that was killed goes on where it was, and a file that this program did not write is not replaced by it.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from enhance.errors import EnhanceError, PhotoError
from enhance.files import remove_partial_files
from enhance.inference import sessions

Work = Callable[[Path, Path], str]
"""What is done to a photo, from its file to a target, and what is to be said of it. Processes get it pickled."""
State = Literal["to do", "done", "not ours", "an input"]

MANIFEST = ".enhance"
MOST_JOBS = 8


@dataclass(frozen=True)
class Task:
    """A photo, the file to make of it, and the folder that both the target and its manifest lie in."""

    source: Path
    target: Path


@dataclass
class Summary:
    """What became of the photos."""

    enhanced: int = 0
    skipped: int = 0
    failed: dict[Path, str] = field(default_factory=dict)
    seconds: float = 0


def photos_in(folder: Path, endings: Container[str], *, recursive: bool, leave: Path) -> tuple[list[Path], int]:
    """The photos of a folder in order, and how many other files there are. Links are followed, but
    nowhere twice, and not to a folder that holds this one.

    Args:
        endings: of photos, in lower case and with a dot.
        recursive: also those in its folders.
        leave: the folder with the results. It is not looked into, unless it is `folder` itself, of which the results
            are left out.

    Raises:
        PhotoError: the folder cannot be read.
    """
    found: list[Path] = []
    made = {folder / name for name in _finished(folder)} if _same(folder, leave) else set()
    others, seen, waiting = 0, {_identity(folder)}, [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = sorted(here.iterdir())
        except OSError as error:
            if here == folder:
                raise PhotoError(f"{folder}: cannot be opened ({error.strerror})") from error
            found.append(here)  # which will fail with the same words, and stop nobody
            continue
        folders = []
        for entry in entries:
            if entry.is_dir():
                folders.append(entry)
            elif entry.name.startswith(".") or entry in made:
                continue
            elif entry.suffix.lower() not in endings or (entry.exists() and not entry.is_file()):
                others += 1
            else:
                found.append(entry)
        # Real folders before links to them, so that a photo is found where it lies.
        for entry in sorted(folders, key=Path.is_symlink) if recursive else ():
            identity = _identity(entry)
            above = entry.is_symlink() and folder.resolve().is_relative_to(entry.resolve())
            if identity not in seen and not above and not _same(entry, leave):
                seen.add(identity)
                waiting.append(entry)
    return sorted(found), others


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


def default_jobs() -> int:
    """Half the cores, but two where there are two.

    One photo does not keep all threads of a network busy: on two cores, two processes were 1.2 to 1.6 times as fast as
    one. More of them need more memory for large photos.
    """
    return min(MOST_JOBS, _cores(), max(2, _cores() // 2))


def run(
    tasks: Sequence[Task],
    work: Work,
    manifest: Manifest | None,
    *,
    jobs: int,
    overwrite: bool = False,
    debug: bool = False,
    tell: Callable[[Task, str | None, str | None], object] = lambda *_: None,
) -> Summary:
    """Does the tasks that are not done, in so many processes. What fails stops nothing else.

    Args:
        tasks: all of them; those of other shards are left out here.
        work: done in another process, so that not even its death is the others'.
        manifest: None where nothing is to be remembered, and everything is to be done.
        overwrite: also over inputs, and over files that the manifest does not know.
        debug: show the traceback of failures.
        tell: is told of each task when it is over: what `work` said, or why it failed; of one that is skipped, neither.

    Raises:
        PhotoError: the manifest cannot be written.
        KeyboardInterrupt: what was finished is whole and remembered, and nothing else is left behind.
    """
    summary, started = Summary(), time.monotonic()
    inputs = identities(tasks)

    def begun() -> Iterator[Task]:
        for task in tasks if manifest is None else manifest.own(tasks):
            state = state_of(task, manifest, inputs)
            if state == "done":
                summary.skipped += 1
                tell(task, None, None)
            elif state != "to do" and not overwrite:
                fail(task, refusal(task, state))
            elif (why := _ready(task)) is not None:
                fail(task, why)
            else:
                if manifest is not None:
                    manifest.begin(task)
                yield task

    def fail(task: Task, why: str) -> None:
        summary.failed[task.source] = why
        tell(task, None, why)

    for task, said, why in _in_processes(begun(), work, jobs, debug):
        if why is not None or said is None:
            fail(task, why or "")
            continue
        if manifest is not None:
            manifest.finish(task)
        summary.enhanced += 1
        tell(task, said, None)
    summary.seconds = time.monotonic() - started
    return summary


def pace(done: int, total: int, worked: int, seconds: float, width: int = 24) -> str:
    """A bar of how many photos are over, and how fast those went that were worked on."""
    full = width * done // max(total, 1)
    bar = "#" * full + "-" * (width - full)
    if not worked or not seconds:
        return f"[{bar}] {done:,} of {total:,} photos"
    left = (total - done) * seconds / worked
    time_left = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min" if left < 5400 else f"{left / 3600:.1f} h"
    return f"[{bar}] {done:,} of {total:,} photos, {worked / seconds:.2f} photos/s, {time_left} left"


def identities(tasks: Iterable[Task]) -> set[tuple[int, int]]:
    """Device and number of the photos' files."""
    return {_identity(task.source) for task in tasks}


def state_of(task: Task, manifest: Manifest | None, inputs: Container[tuple[int, int]]) -> State:
    """What is to become of a task. inputs: `identities` of all."""
    if task.target.exists() and _identity(task.target) in inputs:
        return "an input"
    return "to do" if manifest is None else manifest.state(task)


def refusal(task: Task, state: State) -> str:
    """Why a task is not done, in one line."""
    if state == "an input":
        return f"{task.target}: is an input and is not overwritten; name another folder with -o, or say --overwrite"
    return f"{task.target}: is there and is not as it was left; move it away, or say --overwrite"


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


def _finished(folder: Path) -> set[str]:
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


def _ready(task: Task) -> str | None:
    """Makes the target's folder; says why it cannot be."""
    try:
        task.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{task.target.parent}: cannot be made ({error.strerror}); name another folder with -o"
    return None


def _in_processes(
    tasks: Iterator[Task], work: Work, jobs: int, debug: bool
) -> Iterator[tuple[Task, str | None, str | None]]:
    """Tasks as they are over, with what `work` said, or why it failed. At most so many are begun at a time."""
    busy: dict[Connection, tuple[Any, Task]] = {}
    idle: list[tuple[Connection, Any]] = []
    try:
        while True:
            while len(busy) < jobs and (task := next(tasks, None)) is not None:
                connection, process = idle.pop() if idle else _started(work, max(1, _cores() // jobs), debug)
                busy[connection] = process, task
                connection.send((task.source, task.target))
            if not busy:
                return
            for ready in wait(list(busy)):
                connection = next(known for known in busy if known is ready)
                process, task = busy[connection]
                try:
                    said, why = connection.recv()
                    idle.append((connection, process))
                except (EOFError, OSError):
                    process.join()
                    connection.close()
                    remove_partial_files(task.target)
                    said, why = None, f"{task.source}: ended its process (out of memory?); reduce it, or use --jobs 1"
                del busy[connection]
                yield task, said, why
    finally:
        for process in [process for _, process in idle] + [process for process, _ in busy.values()]:
            process.terminate()
            process.join()
        for _, task in busy.values():
            remove_partial_files(task.target)


def _started(work: Work, threads: int, debug: bool) -> tuple[Connection, Any]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, work, threads, debug), daemon=True)
    # Ctrl-C reaches every process of a terminal. This one must not even hear it while it starts.
    with _deaf():
        process.start()
    there.close()
    return here, process


def _serve(connection: Connection, work: Work, threads: int, debug: bool) -> None:
    """The life of a process: photo after photo, until nobody gives any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", sessions.THREADS):
        os.environ[variable] = str(threads)
    while True:
        try:
            source, target = connection.recv()
        except EOFError:
            return
        answer: tuple[str | None, str | None]
        try:
            answer = work(source, target), None
        except EnhanceError as error:
            answer = None, str(error)
        except MemoryError:
            answer = None, f"{source}: does not fit in memory; reduce it, or use --jobs 1"
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            answer = None, f"{source}: internal error: {what}; run again with --debug and report what it shows"
            if debug:
                traceback.print_exc()
        connection.send(answer)


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started here never hears Ctrl-C; we hear it a moment later."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _lock(file: Any, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PhotoError(f"{folder}: another run is at work there; wait for it, or share the work by --shard") from None


def _identity(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return -1, -1
    return stat.st_dev, stat.st_ino


def _same(one: Path, other: Path) -> bool:
    return _identity(one) == _identity(other) != (-1, -1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
