"""Many photos: those that are not done are worked on, and what fails stops nothing else.

What is done to them is not known here, nor where: that is an engine's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from enhance.batch.manifest import Manifest
from enhance.batch.plan import Outcome, PhotoTask, State, file_identity, identities, refusal
from enhance.batch.storage import is_url

Engine = Callable[[Iterator[PhotoTask]], Iterator[tuple[PhotoTask, Outcome]]]
"""Takes tasks when it has room for them, and gives each back with what became of it, in any order."""

NOTED = 1.0
"""Seconds between two notes of what was finished."""


@dataclass
class Summary:
    """What became of the photos; `left` were left out, `failed` says why by their names."""

    enhanced: int = 0
    skipped: int = 0
    left: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


def run(
    tasks: Sequence[PhotoTask],
    engine: Engine,
    manifest: Manifest | None,
    *,
    ahead: int = 1,
    overwrite: bool = False,
    leave: Callable[[str], bool] | None = None,
    ours: Callable[[str], bool] = lambda _: True,
    on_done: Callable[[PhotoTask, str | None, str | None], object] = lambda *_: None,
) -> Summary:
    """Run the tasks that are not done yet. A failure does not stop the others.

    Args:
        tasks: all of them; those of other shards are left out here.
        engine: what does them, such as `processes.in_processes`.
        manifest: None where nothing is to be remembered, and everything is to be done.
        ahead: how many are begun together, as an engine takes them. More than one: what was finished is noted once a
            second, and what a killed run had finished since is done again.
        overwrite: also over inputs, and over files that the manifest does not know or that are not ours.
        leave: whether a photo that is not done is none to do; asked of no other, for it may have to read the file.
        ours: as of `states`.
        on_done: receives each task that is over, with the work's message or the reason why it failed; neither for one
            that was skipped or left out.

    Raises:
        PhotoError: the manifest cannot be written.
        KeyboardInterrupt: what was finished is whole and remembered, and nothing else is left behind.
    """
    started = time.monotonic()
    over = _Over(manifest, on_done, at_once=ahead == 1)
    ready = _ready(states(tasks, manifest, ours), over, leave, overwrite=overwrite)
    try:
        for task, outcome in engine(_begun(ready, manifest, ahead)):
            over.came_back(task, outcome)
    finally:
        over.note()
    over.summary.seconds = time.monotonic() - started
    return over.summary


@dataclass
class _Over:
    """What is over: counted, told, and noted in the manifest, at once or once a second."""

    manifest: Manifest | None
    on_done: Callable[[PhotoTask, str | None, str | None], object]
    at_once: bool
    summary: Summary = field(default_factory=Summary)
    waiting: list[tuple[PhotoTask, Outcome]] = field(default_factory=list)
    noted: float = field(default_factory=time.monotonic)

    def skip(self, task: PhotoTask) -> None:
        self.summary.skipped += 1
        self.on_done(task, None, None)

    def leave(self, task: PhotoTask) -> None:
        self.summary.left += 1
        self.on_done(task, None, None)

    def fail(self, task: PhotoTask, reason: str) -> None:
        self.summary.failed[task.source] = reason
        self.on_done(task, None, reason)

    def came_back(self, task: PhotoTask, outcome: Outcome) -> None:
        """Count what an engine gave back; what it finished waits until it is noted."""
        if outcome.message is None:
            self.fail(task, outcome.error or "")
            return
        self.waiting.append((task, outcome))
        if self.at_once or time.monotonic() - self.noted >= NOTED:
            self.note()
            self.noted = time.monotonic()

    def note(self) -> None:
        """Note in the manifest what was finished, then tell it."""
        if self.manifest is not None:
            self.manifest.finish((task, one.source, one.target) for task, one in self.waiting if one.target is not None)
        for task, one in self.waiting:
            self.summary.enhanced += 1
            self.on_done(task, one.message, None)
        self.waiting.clear()


def _ready(
    tasks: Iterable[tuple[PhotoTask, State]],
    over: _Over,
    leave: Callable[[str], bool] | None,
    *,
    overwrite: bool,
) -> Iterator[PhotoTask]:
    """Yield the tasks that are to be done, with folders for their targets; the others are over."""
    for task, state in tasks:
        if state == "done":
            over.skip(task)
        elif state == "to do" and leave is not None and leave(task.source):
            over.leave(task)
        elif state != "to do" and not overwrite:
            over.fail(task, refusal(task.target, state))
        elif (reason := _without_folder(task)) is not None:
            over.fail(task, reason)
        else:
            yield task


def _begun(tasks: Iterator[PhotoTask], manifest: Manifest | None, ahead: int) -> Iterator[PhotoTask]:
    """Yield tasks that the manifest knows to have been begun, so many together."""
    while together := list(islice(tasks, ahead)):
        if manifest is not None:
            manifest.begin(together)
        yield from together


def states(
    tasks: Sequence[PhotoTask], manifest: Manifest | None, ours: Callable[[str], bool]
) -> Iterator[tuple[PhotoTask, State]]:
    """Yield the tasks of this shard with their states.

    Args:
        ours: whether a file that is there may be replaced; asked of targets where no manifest knows it.
    """
    inputs = identities(tasks)
    known: Iterator[tuple[PhotoTask, State]] = (
        (task, "not ours" if os.path.isfile(task.target) and not ours(task.target) else "to do")  # noqa: PTH113
        for task in tasks
    )
    for task, state in known if manifest is None else manifest.states(manifest.own(tasks)):
        there = task.target if is_url(task.target) else file_identity(task.target)
        yield task, "an input" if there != -1 and there in inputs else state


def _without_folder(task: PhotoTask) -> str | None:
    """Make the target's folder; why it cannot be made."""
    if is_url(task.target):
        return None
    folder = Path(task.target).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{folder}: cannot be made ({error.strerror}); name another folder with -o"
    return None
