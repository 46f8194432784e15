"""Cancellation of long work: between two networks, or two bands, it asks whether anybody still waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from enhance.errors import EnhanceError

_cancelled: ContextVar[Callable[[], bool] | None] = ContextVar("cancelled", default=None)


class CancelledError(EnhanceError):
    """Work that nobody waits for any more."""


@contextmanager
def cancellable(cancelled: Callable[[], bool]) -> Iterator[None]:
    """End the work inside with `CancelledError` soon after `cancelled` returns true; in this thread only."""
    token = _cancelled.set(cancelled)
    try:
        yield
    finally:
        _cancelled.reset(token)


def raise_if_cancelled() -> None:
    """End the work if it is to end.

    Raises:
        CancelledError: it is.
    """
    cancelled = _cancelled.get()
    if cancelled is not None and cancelled():
        raise CancelledError("cancelled")
