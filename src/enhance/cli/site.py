"""`enhance site`: the pages as a folder that needs no program behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from enhance.cli import adapter
from enhance.options import option


@dataclass(frozen=True)
class SiteOptions:
    """Where the pages are written, and with what they run networks."""

    out: Path | None = option(None, "Folder to write.", kind=Path, required=True)
    runtime: Path | None = option(
        None, "Unpacked npm package onnxruntime-web.", kind=Path, unset="node_modules/onnxruntime-web"
    )
    overwrite: bool = option(False, "Also over such a folder that is there.")


@click.command()
@adapter.options(SiteOptions)
def site(out: Path, runtime: Path | None, overwrite: bool) -> None:
    """Write the pages as a folder that needs no program.

    Any server of static files can show it: the networks run in the browser.
    """
    from enhance.web.folder import write_site

    written = write_site(out, runtime, overwrite=overwrite)
    click.echo(f"{out}: {written / 1e6:.1f} MB; try it with python -m http.server -d {out}")
