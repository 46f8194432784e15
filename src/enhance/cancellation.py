"""How long work is given up half way: between two networks, or two bands, it asks whether anybody waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from enhance.errors import EnhanceError

_cancelled: ContextVar[Callable[[], bool] | None] = ContextVar("cancelled", default=None)


class CancelledError(EnhanceError):
    """Work that nobody waits for any more."""


@contextmanager
def cancellable(cancelled: Callable[[], bool]) -> Iterator[None]:
    """What is done within ends with `CancelledError`, soon after `cancelled` says so; in this thread alone."""
    token = _cancelled.set(cancelled)
    try:
        yield
    finally:
        _cancelled.reset(token)


def raise_if_cancelled() -> None:
    """Ends the work if it is to end.

    Raises:
        CancelledError: it is.
    """
    cancelled = _cancelled.get()
    if cancelled is not None and cancelled():
        raise CancelledError("cancelled")
