"""`enhance inspect`: what files tell of how they were made."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def inspect(files: tuple[Path, ...], as_json: bool) -> None:
    """Says what files tell of how they were made: what was redrawn, by what, and who signed it."""
    from enhance.honesty import credentials

    for path in files:
        said = credentials.inspect(path)
        click.echo(json.dumps(said, ensure_ascii=False) if as_json else credentials.in_words(said))
