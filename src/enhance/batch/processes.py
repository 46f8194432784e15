"""Worker processes on this machine. When one dies, the others go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from enhance.batch.attempt import attempt, killed
from enhance.batch.plan import Outcome, PhotoTask, Work
from enhance.files import remove_partial_files
from enhance.inference import sessions

MOST_JOBS = 8


def default_jobs() -> int:
    """Return half the number of cores, but 2 on a machine with two.

    One photo does not keep all threads of a network busy: on two cores, two processes were 1.2 to 1.6 times as fast as
    one. More of them need more memory for large photos.
    """
    return min(MOST_JOBS, cores(), max(2, cores() // 2))


def in_processes(
    tasks: Iterator[PhotoTask], work: Work, *, jobs: int, remember: bool = True, debug: bool = False
) -> Iterator[tuple[PhotoTask, Outcome]]:
    """Yield each task when it is over, with its outcome. At most `jobs` tasks run at a time.

    Args:
        remember, debug: as of `attempt`.
    """
    job = partial(attempt, work=work, remember=remember, debug=debug)
    busy: dict[Connection, tuple[Any, PhotoTask]] = {}
    idle: list[tuple[Connection, Any]] = []
    try:
        while True:
            while len(busy) < jobs and (task := next(tasks, None)) is not None:
                connection, process = idle.pop() if idle else _started(job, max(1, cores() // jobs))
                busy[connection] = process, task
                connection.send(task)
            if not busy:
                return
            for ready in wait(list(busy)):
                connection = next(known for known in busy if known is ready)
                process, task = busy[connection]
                try:
                    outcome = connection.recv()
                    idle.append((connection, process))
                except (EOFError, OSError):
                    process.join()
                    connection.close()
                    remove_partial_files(Path(task.target))
                    outcome = killed(task)
                del busy[connection]
                yield task, outcome
    finally:
        for process in [process for _, process in idle] + [process for process, _ in busy.values()]:
            process.terminate()
            process.join()
        for _, task in busy.values():
            remove_partial_files(Path(task.target))


def _started(job: Callable[[PhotoTask], Outcome], threads: int) -> tuple[Connection, Any]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, job, threads), daemon=True)
    # Ctrl-C reaches every process of a terminal. This one must not even hear it while it starts.
    with _block_sigint():
        process.start()
    there.close()
    return here, process


def _serve(connection: Connection, job: Callable[[PhotoTask], Outcome], threads: int) -> None:
    """The life of a process: photo after photo, until nobody gives any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", sessions.THREADS):
        os.environ[variable] = str(threads)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send(job(task))


@contextmanager
def _block_sigint() -> Iterator[None]:
    """What is started here never hears Ctrl-C; we hear it a moment later."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
