"""Progress as people watch it: a bar on a terminal, a line every so often in a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TextIO

from tqdm import tqdm

_silenced: ContextVar[bool] = ContextVar("silenced", default=False)


@contextmanager
def silenced() -> Iterator[None]:
    """Within this, no bar is shown and no line written."""
    before = _silenced.set(True)
    try:
        yield
    finally:
        _silenced.reset(before)


class Bar:
    """A bar that goes from 0 to 1, followed by words.

    Args:
        title: what is going on.
        file: where to; standard error unless another is given.
        leave: whether a full bar stays on the terminal.
    """

    def __init__(self, title: str, file: TextIO | None = None, *, leave: bool = True) -> None:
        self.file = file or sys.stderr
        self.title = title
        self.bar: tqdm[Any] | None = None
        self.silent = _silenced.get()
        if self.file.isatty() and not self.silent:
            shape = "{desc} {percentage:3.0f}%|{bar:20}| {remaining} left {postfix}"
            self.bar = tqdm(total=1.0, desc=title, bar_format=shape, file=self.file, dynamic_ncols=True, leave=leave)

    def step(self, count: int, total: int, unit: str) -> None:
        """Set the bar to `count` of `total` things; in a file, write a line when all are done."""
        if self.bar is not None or count == total:
            self.show(count / total, f"{count}/{total} {unit}")

    def show(self, done: float, words: str, *, free: float = 0.0) -> None:
        """Set the bar to `done` (0 to 1); in a file, write a line.

        Args:
            free: how much of it took no time, which says nothing of how long the rest will take.
        """
        if self.silent:
            return
        if self.bar is None:
            self.file.write(f"{self.title} {100 * done:.0f} %: {words}\n")
            self.file.flush()
        else:
            self.bar.n, self.bar.initial = min(done, 1.0), free
            self.bar.set_postfix_str(words)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar off the terminal while other lines are written there."""
        if self.bar is None:
            yield
            return
        with tqdm.external_write_mode(file=self.file):
            yield

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
