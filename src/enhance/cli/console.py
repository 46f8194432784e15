"""What the command line says: answers to standard output, complaints and progress to standard error."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from enhance.batch.plan import Task


class Teller:
    """Says what became of each photo, and on a terminal how long the rest will take."""

    def __init__(self, total: int) -> None:
        self.total, self.over, self.worked, self.started = total, 0, 0, time.monotonic()

    def __call__(self, task: Task, said: str | None, why: str | None) -> None:  # noqa: ARG002
        from enhance.batch.run import pace

        self.over, self.worked = self.over + 1, self.worked + (said is not None)
        alive = sys.stderr.isatty()
        if alive and (said or why):
            click.echo("\r\x1b[K", nl=False, err=True)
        if said:
            click.echo(said)
        if why:
            complain(why)
        if alive:
            line = pace(self.over, self.total, self.worked, time.monotonic() - self.started)
            click.echo(f"\r\x1b[K{line}", nl=self.over == self.total, err=True)


def hush() -> None:
    """Lets what libraries in C print of damaged files go nowhere; what we say goes where it went."""
    sys.stderr.flush()
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")


def complain(message: str) -> None:
    click.echo(f"enhance: {' '.join(message.split())}", err=True)
