"""`enhance inspect`: what files tell of how they were made."""

import json
from pathlib import Path

import click

from enhance.cli import adapter
from enhance.cli.answers import for_each
from enhance.cli.command_options import Json
from enhance.cli.pipes import piped

NO_TARGET = "."
"""In the place of a result: there is none."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=adapter.PATH)
@adapter.options(Json)
def inspect(files: tuple[Path, ...], as_json: bool) -> None:
    """Say what files tell of how they were made.

    What was redrawn, by what, and who signed it. - is standard input.
    """
    from enhance.honesty import credentials

    def work(path: Path, _: list[Path]) -> None:
        with piped(path, NO_TARGET) as file:
            record = credentials.inspect(file.source)
            text = json.dumps(record, ensure_ascii=False) if as_json else credentials.describe(record)
            click.echo(file.named(text))

    for_each([(path, []) for path in files], work, as_json=False)
