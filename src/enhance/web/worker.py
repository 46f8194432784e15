"""A few threads own the models and do one job after another; what does not fit into their queue is refused at once."""

from __future__ import annotations

import asyncio
import contextlib
import math
import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError as NotRun
from concurrent.futures import Future
from dataclasses import dataclass, field
from hmac import compare_digest

from enhance import cancellation
from enhance.web.made import Made

_Work = Callable[["Job"], Made]
Waiting = queue.SimpleQueue["tuple[Job, _Work] | None"]
GUESS = 2.0
"""Seconds that a job is taken to last before any was done."""
_REMEMBERED = 0.8
"""How much of the mean time of jobs remains after another one."""


class QueueFullError(Exception):
    """As many jobs wait as may wait."""


class NameTakenError(Exception):
    """Another job is called that."""


@dataclass(eq=False)
class Job:
    """A job in the queue.

    Attributes:
        name: by which it is asked for; empty where nobody asks.
        secret: who knows it may cancel the job and fetch its result; empty: nobody may.
        client: who asked for it.
        keep: whether its answer is kept for a while.
        quick: whether it takes tenths of a second, and does not wait behind what takes long.
        share: how much of the drawing is done, in [0,1].
        stage: receiving, waiting, reading, drawing, writing, done, failed or cancelled.
        future: the work, once it has been handed over.
        error: status, code and message of what went wrong.
        answer: what was made, if it is kept.
        cancelled: whether nobody wants it any more.
        ended: when it left the queue, in seconds of `time.monotonic`.
    """

    name: str = ""
    secret: str = ""
    client: str = ""
    keep: bool = False
    quick: bool = False
    share: float = 0.0
    stage: str = "receiving"
    future: Future[Made] | None = field(default=None, repr=False)
    error: tuple[int, str, str] | None = None
    answer: Made | None = field(default=None, repr=False)
    cancelled: bool = False
    ended: float = 0.0

    def cancel(self) -> None:
        """Take the job out of the queue; one that is being drawn ends before its next band."""
        self.cancelled = True
        if self.future is not None:
            self.future.cancel()

    def knows(self, secret: str) -> bool:
        """Whether this is the job's secret."""
        return bool(self.secret) and compare_digest(self.secret.encode(), secret.encode())


class Worker:
    """A bounded queue before some threads.

    Args:
        places: jobs that may wait or be at work at a time.
        threads: of them, those at work; one more thread does what is quick.
        kept_seconds, kept_bytes: how long, and how many, answers are kept.
    """

    def __init__(
        self, places: int, threads: int = 1, kept_seconds: float = 600.0, kept_bytes: int = 300_000_000
    ) -> None:
        self.places, self.kept_seconds, self.kept_bytes = places, kept_seconds, kept_bytes
        self.jobs: list[Job] = []
        self.arriving: list[Job] = []
        self.kept: OrderedDict[str, Job] = OrderedDict()
        self.seconds = GUESS
        self._queue: Waiting = queue.SimpleQueue()
        self._quick: Waiting = queue.SimpleQueue()
        self._slow_threads = threads
        lanes = (*[self._queue] * threads, self._quick)
        self._threads = [threading.Thread(target=self._serve, args=(lane,), daemon=True) for lane in lanes]
        for thread in self._threads:
            thread.start()

    def arrive(self, job: Job) -> None:
        """A job whose photo is being received: it has a name, but no place yet.

        Raises:
            NameTakenError: another has this name.
        """
        if job.name and self.named(job.name) is not None:
            raise NameTakenError
        self.arriving.append(job)

    def enter(self, job: Job) -> None:
        """Take a place in the queue, which the caller gives back with `leave`.

        Raises:
            QueueFullError: there is none.
        """
        if self.full:
            raise QueueFullError
        self.arriving.remove(job)
        self.jobs.append(job)

    @property
    def full(self) -> bool:
        """Whether there is no place left."""
        return len(self.jobs) >= self.places

    async def run(self, job: Job, work: _Work, seconds: float) -> Made:
        """What the work gives, when its turn has come.

        Raises:
            TimeoutError: not within so many seconds.
            asyncio.CancelledError: the job was cancelled.
        """
        job.stage = "waiting"
        job.future = Future()
        (self._quick if job.quick else self._queue).put((job, work))
        if job.cancelled:
            job.future.cancel()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job.future), seconds)
        except TimeoutError:
            job.cancel()
            raise

    def leave(self, job: Job) -> None:
        """Give the place back, when the thread is done with it: until then it counts, or slow jobs would pile up."""
        if job in self.arriving:
            self.arriving.remove(job)
        if job.keep and job.stage != "cancelled" and job.name:
            self._keep(job)
        if job not in self.jobs:
            return
        if job.future is None or job.future.done():
            self.jobs.remove(job)
            return
        loop = asyncio.get_running_loop()

        def free(_: Future[Made]) -> None:
            with contextlib.suppress(RuntimeError):  # the service has ended meanwhile
                loop.call_soon_threadsafe(self.jobs.remove, job)

        job.future.add_done_callback(free)

    def named(self, name: str) -> Job | None:
        """The job of that name, if it is not forgotten yet."""
        self._forget()
        there = (*self.arriving, *self.jobs, *self.kept.values())
        return next((job for job in there if name and job.name == name), None)

    def forget(self, job: Job) -> None:
        """Drop what is kept of a job."""
        self.kept.pop(job.name, None)

    def place(self, job: Job) -> int:
        """How many jobs are before this one."""
        return self.jobs.index(job) if job in self.jobs else 0

    def retry_after(self) -> str:
        """Seconds after which a place will be free, by how long jobs took, for the header of that name."""
        return str(max(1, math.ceil(self.seconds / self._slow_threads)))

    def of_client(self, client: str) -> int:
        """How many jobs a client has here."""
        return sum(job.client == client for job in (*self.arriving, *self.jobs))

    def close(self, seconds: float = 0.0) -> bool:
        """End the threads: the jobs that wait are dropped, those at work are cancelled; whether all ended in time."""
        for job in list(self.jobs):
            job.cancel()
        for waiting in (*[self._queue] * self._slow_threads, self._quick):
            waiting.put(None)
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self, waiting: Waiting) -> None:
        while (item := waiting.get()) is not None:
            job, work = item
            if job.future is None or not job.future.set_running_or_notify_cancel():
                continue
            started = time.monotonic()
            try:
                with cancellation.cancellable(lambda job=job: job.cancelled):  # type: ignore[misc]
                    job.future.set_result(work(job))
                if not job.quick:
                    self.seconds = _REMEMBERED * self.seconds + (1 - _REMEMBERED) * (time.monotonic() - started)
            except cancellation.CancelledError:
                job.future.set_exception(NotRun())
            except BaseException as error:
                job.future.set_exception(error)
            del item, job, work  # or the last photo would be held until the next one comes

    def _keep(self, job: Job) -> None:
        job.ended = time.monotonic()
        self.kept[job.name] = job
        while len(self.kept) > 1 and sum(_bytes(one) for one in self.kept.values()) > self.kept_bytes:
            self.kept.popitem(last=False)

    def _forget(self) -> None:
        oldest = time.monotonic() - self.kept_seconds
        for name in [name for name, job in self.kept.items() if job.ended < oldest]:
            del self.kept[name]


def _bytes(job: Job) -> int:
    return 0 if job.answer is None else job.answer.bytes


def new_secret() -> str:
    """Return a new secret for a job whose client gave none."""
    return secrets.token_urlsafe(24)
