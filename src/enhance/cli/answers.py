"""What a command says of its results and of what failed: a sentence, or one object of JSON a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from enhance.cli.console import SOME_FAILED, as_line, failure_line, is_debugging, print_error, say
from enhance.cli.pipes import STREAM, Piped
from enhance.errors import EnhanceError

KEYS: Mapping[str, Any] = {"faces": [], "agreement": None}
"""What every object has, also where a command knows nothing of it."""


def print_answer(
    files: Piped,
    source: object,
    targets: Sequence[Path],
    sentence: str,
    notes: Sequence[str] = (),
    *,
    seconds: float,
    as_json: bool,
    facts: Sequence[Mapping[str, Any]] = ({},),
) -> None:
    """Print what was made of one input.

    Args:
        source: the input; of words, the words.
        targets: the files of its results, at least one; in words they are named together.
        facts: what else is known of each, for JSON.
    """
    if as_json:
        for target, more in zip(targets, facts, strict=True):
            known = {**KEYS, "sentence": sentence, **more, "notes": list(notes), "seconds": round(seconds, 2)}
            click.echo(files.named(as_line(source, target, **known)), err=files.writes)
        return
    names = str(targets[0]) if len(targets) == 1 else f"{targets[0]} to {targets[-1].name}"
    say(files.named(f"{names}: {sentence}, {seconds:.1f} s"), err=files.writes)
    for note in notes:
        say(f"  {files.named(note)}", err=files.writes)


@contextmanager
def failures_told(source: object, target: object, *, as_json: bool) -> Iterator[None]:
    """Print a failure as a line of JSON if `as_json`, and exit with the same code as without."""
    try:
        yield
    except EnhanceError as error:
        if not as_json:
            raise
        writes = STREAM in (str(target), str(source) if target is None else "")
        click.echo(failure_line(source, target, error), err=writes)
        sys.exit(error.exit_code)


def for_each(
    inputs: Sequence[tuple[Path, list[Path]]], work: Callable[[Path, list[Path]], object], *, as_json: bool
) -> None:
    """Do the work for each input and its targets. A failure stops no other; after one, exit as `main` says."""
    failed = 0
    for source, targets in inputs:
        try:
            work(source, targets)
        except EnhanceError as error:
            if is_debugging():
                raise
            if as_json:
                click.echo(failure_line(source, targets[0], error))
            else:
                print_error(str(error))
            failed += 1
    if failed:
        sys.exit(SOME_FAILED if failed < len(inputs) else EnhanceError.exit_code)
