"""Many photos: those that are not done are worked on, and what fails stops nothing else.

What is done to them is not known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from enhance.batch.manifest import Manifest
from enhance.batch.plan import State, Task, Work, identities, identity, refusal
from enhance.batch.processes import in_processes


@dataclass
class Summary:
    """What became of the photos."""

    enhanced: int = 0
    skipped: int = 0
    failed: dict[Path, str] = field(default_factory=dict)
    seconds: float = 0


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

    for task, said, why in in_processes(begun(), work, jobs, debug):
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


def state_of(task: Task, manifest: Manifest | None, inputs: Container[tuple[int, int]]) -> State:
    """What is to become of a task. inputs: `identities` of all."""
    if task.target.exists() and identity(task.target) in inputs:
        return "an input"
    return "to do" if manifest is None else manifest.state(task)


def _ready(task: Task) -> str | None:
    """Makes the target's folder; says why it cannot be."""
    try:
        task.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{task.target.parent}: cannot be made ({error.strerror}); name another folder with -o"
    return None
