"""Processes of this machine that do the work. Not even the death of one is the others'."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

from enhance.batch.plan import Task, Work
from enhance.errors import EnhanceError
from enhance.files import remove_partial_files
from enhance.inference import sessions

MOST_JOBS = 8


def default_jobs() -> int:
    """Half the cores, but two where there are two.

    One photo does not keep all threads of a network busy: on two cores, two processes were 1.2 to 1.6 times as fast as
    one. More of them need more memory for large photos.
    """
    return min(MOST_JOBS, cores(), max(2, cores() // 2))


def in_processes(
    tasks: Iterator[Task], work: Work, jobs: int, debug: bool
) -> Iterator[tuple[Task, str | None, str | None]]:
    """Tasks as they are over, with what `work` said, or why it failed. At most so many are begun at a time."""
    busy: dict[Connection, tuple[Any, Task]] = {}
    idle: list[tuple[Connection, Any]] = []
    try:
        while True:
            while len(busy) < jobs and (task := next(tasks, None)) is not None:
                connection, process = idle.pop() if idle else _started(work, max(1, cores() // jobs), debug)
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


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
