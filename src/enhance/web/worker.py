"""One thread owns the models and does one job after another; what does not fit into its queue is refused at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

Work = Callable[["Job"], bytes]


class QueueFullError(Exception):
    """As many jobs wait as may wait."""


@dataclass(eq=False)
class Job:
    """A place in the queue. It is taken before the photo is received, so that uploads are bounded too.

    Attributes:
        stage: receiving, waiting, reading, drawing, writing or done; written by whoever has the job in hand.
        future: the work, once it has been handed over.
    """

    name: str
    stage: str = "receiving"
    future: Future[bytes] | None = field(default=None, repr=False)
    cancelled: bool = False

    def cancel(self) -> None:
        """Takes the job out of the queue; one that is being drawn is finished and thrown away."""
        self.cancelled = True
        if self.future is not None:
            self.future.cancel()


class Worker:
    """A bounded queue before a single thread.

    Args:
        places: jobs that may be received, waiting or at work at a time.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.jobs: list[Job] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="enhance")

    def enter(self, name: str) -> Job:
        """A place in the queue, which the caller gives back with `leave`.

        Raises:
            QueueFullError: there is none.
        """
        if len(self.jobs) >= self.places:
            raise QueueFullError
        job = Job(name)
        self.jobs.append(job)
        return job

    async def run(self, job: Job, work: Work, seconds: float) -> bytes:
        """What the work gives, when its turn has come.

        Raises:
            TimeoutError: not within so many seconds.
            asyncio.CancelledError: the job was cancelled.
        """
        job.stage = "waiting"
        job.future = self._thread.submit(work, job)
        if job.cancelled:
            job.future.cancel()
        return await asyncio.wait_for(asyncio.wrap_future(job.future), seconds)

    def leave(self, job: Job) -> None:
        """Gives the place back, when the thread is done with it: until then it counts, or slow jobs would pile up."""
        job.stage = "done"
        if job.future is None or job.future.done():
            self.jobs.remove(job)
            return
        loop = asyncio.get_running_loop()

        def free(_: Future[bytes]) -> None:
            with contextlib.suppress(RuntimeError):  # the service has ended meanwhile
                loop.call_soon_threadsafe(self.jobs.remove, job)

        job.future.add_done_callback(free)

    def named(self, name: str) -> Job | None:
        return next((job for job in self.jobs if name and job.name == name), None)

    def place(self, job: Job) -> int:
        """How many jobs are before this one."""
        return self.jobs.index(job) if job in self.jobs else 0

    def close(self) -> None:
        """Finishes the job at hand and drops the others."""
        self._thread.shutdown(wait=True, cancel_futures=True)
