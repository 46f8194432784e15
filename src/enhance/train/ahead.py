"""The next batch, made while the network learns from this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from enhance.train.task import Batch, Data


@contextmanager
def batches(data: Data, rank: int, world: int, *, ahead: bool) -> Iterator[Callable[[int], Batch]]:
    """What gives the batch of a step. They are the same in whatever order they are asked for, and by whichever thread.

    Args:
        ahead: make the next one in a thread: while a GPU works, or a disk is read.
    """
    if not ahead:
        yield lambda step: data.batch(step, rank, world)
        return
    coming: dict[int, Future[Batch]] = {}
    pool = ThreadPoolExecutor(1)

    def batch(step: int) -> Batch:
        ready = coming.pop(step, None)
        coming[step + 1] = pool.submit(data.batch, step + 1, rank, world)
        return data.batch(step, rank, world) if ready is None else ready.result()

    try:
        yield batch
    finally:
        pool.shutdown(cancel_futures=True)
