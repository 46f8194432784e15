"""`enhance site`: the pages as a folder that needs no program behind it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--runtime",
    type=click.Path(path_type=Path),
    help="Unpacked npm package onnxruntime-web.  [node_modules/onnxruntime-web]",
)
@click.option("--overwrite", is_flag=True, help="Also over such a folder that is there.")
def site(out: Path, runtime: Path | None, overwrite: bool) -> None:
    """Writes the pages as a folder for any server of static files: the networks run in the browser."""
    from enhance.web.folder import write

    written = write(out, runtime, overwrite=overwrite)
    click.echo(f"{out}: {written / 1e6:.1f} MB; try it with python -m http.server -d {out}")
