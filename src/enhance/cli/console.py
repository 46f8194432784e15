"""What the command line says: answers to standard output, complaints and progress to standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from enhance.batch.plan import PhotoTask
    from enhance.progress import Bar

_F = TypeVar("_F", bound=Callable[..., Any])
SOME_FAILED = 3
"""Exit code where of several photos some failed."""
PATIENCE = 0.5
"""Seconds after which a bar appears: what is done sooner needs none."""


def output_options(command: _F) -> _F:
    """A decorator that gives a command `--quiet` and `--debug`."""

    def hear(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        context.meta[f"enhance.{parameter.name}"] = value
        if parameter.name == "quiet" and value:
            from enhance.progress import silenced

            context.with_resource(silenced())

    command = click.option(
        "--debug", is_flag=True, expose_value=False, callback=hear, help="Show the traceback of errors."
    )(command)
    return click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=hear, help="Say nothing but what went wrong."
    )(command)


def is_quiet() -> bool:
    """Whether the command that is run was told to be."""
    return _is_set("quiet")


def is_debugging() -> bool:
    """Whether the command that is run was told to show tracebacks."""
    return _is_set("debug")


def _is_set(flag: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(f"enhance.{flag}"))


def say(text: str, *, err: bool = False) -> None:
    """Print an answer, unless the command is to be quiet.

    Args:
        err: to standard error, for instance because a picture goes to standard output.
    """
    if not is_quiet():
        click.echo(text, err=err)


def print_error(message: str) -> None:
    """Print one line of what is wrong to standard error."""
    click.echo(f"enhance: {' '.join(message.split())}", err=True)


class ProgressPrinter:
    """A printer of what became of each photo and, on a terminal, of how long the rest will take.

    Args:
        total: how many photos there are.
        as_json: whether what is said of them, and what went wrong, are lines of JSON on standard output.
    """

    def __init__(self, total: int, *, as_json: bool = False) -> None:
        self.total, self.over, self.worked, self.started = total, 0, 0, time.monotonic()
        self.as_json, self._bar = as_json, ExitStack()
        self.bar: Bar | None = None

    def __enter__(self) -> ProgressPrinter:
        if sys.stderr.isatty() and not is_quiet():
            from enhance.progress import Bar

            self.bar = self._bar.enter_context(Bar("photos", sys.stderr))
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, task: PhotoTask, message: str | None, error: str | None) -> None:
        self.over, self.worked = self.over + 1, self.worked + (message is not None)
        with self.bar.aside() if self.bar and (message or error) else nullcontext():
            if self.as_json:
                click.echo(message or as_line(task.source, task.target, error=error, skipped=error is None))
            elif message:
                say(message)
            if error and not self.as_json:
                print_error(error)
        if self.bar is not None:
            pace = self.worked / max(time.monotonic() - self.started, 1e-9)
            words = f"{self.over:,} of {self.total:,}, {pace:.2f} photos/s"
            self.bar.show(self.over / self.total, words, free=(self.over - self.worked) / self.total)


def as_line(source: object, target: object, **facts: Any) -> str:
    """What became of a photo as one line of JSON."""
    return json.dumps({"source": str(source), "target": str(target), "error": None, **facts}, ensure_ascii=False)


def failure_line(source: object, target: object, error: Exception) -> str:
    """What could not be done with a photo, as one line of JSON; `target` is None where there is none to name."""
    return as_line(source, target or "", error=" ".join(str(error).split()))


@contextmanager
def bar(title: str) -> Iterator[Callable[[float, str], object]]:
    """What shows on a terminal how far a photo is, and elsewhere nothing."""
    if is_quiet() or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from enhance.progress import Bar

    started, shown = time.monotonic(), ExitStack()
    bars: list[Bar] = []

    def show(share: float, words: str) -> None:
        if not bars and time.monotonic() - started > PATIENCE:
            bars.append(shown.enter_context(Bar(title, sys.stderr, leave=False)))
        for one in bars:
            one.show(share, words)

    with shown:
        yield show


def silence_stderr() -> None:
    """Let what libraries in C print of damaged files go nowhere; what we say goes where it went."""
    sys.stderr.flush()
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
