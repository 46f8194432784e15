"""`enhance serve`: the page, and the service behind it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.errors import EnhanceError
from enhance.web.settings import Access, Limits, ServeOptions

TOKEN = "ENHANCE_TOKEN"


@click.command()
@adapter.device
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--allow-host", "names", multiple=True, help="A name by which browsers may call this service.")
@click.option("--allow-origin", "origins", multiple=True, help="Another site whose pages may use it: https://NAME.")
@click.option("--proxy", "proxies", multiple=True, help="Address of a proxy that says for whom it asks.")
@click.option("--token-file", type=click.Path(path_type=Path), help=f"What clients must know.  [environment: {TOKEN}]")
@adapter.options(ServeOptions)
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    origins: tuple[str, ...],
    proxies: tuple[str, ...],
    token_file: Path | None,
    **given: Any,
) -> None:
    """Opens the page: drop a photo, drag the slider. Nothing leaves this machine."""
    try:
        from enhance.web.listening import serve as run
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{error.name} is missing: pip install 'enhance[web]'") from error
    options = adapter.take(ServeOptions, given)
    for origin in origins:
        if not origin.lower().startswith(("http://", "https://")) or origin.count("/") != 2:
            raise click.BadParameter(
                f"{origin} is no origin; say for example https://photos.example", param_hint="--allow-origin"
            )
    access = Access(
        frozenset({"localhost", host.lower(), *(name.lower() for name in names)}),
        frozenset(origin.lower() for origin in origins),
        token_of(token_file),
        proxies,
    )
    click.echo(f"http://{host}:{port}{options.root_path}/ (Ctrl-C ends it)")
    log = (lambda line: click.echo(line, err=True)) if options.access_log else None
    run(host, port, Limits.of(options), access, root_path=options.root_path, log=log)


def token_of(file: Path | None) -> str:
    """What clients must know; empty for nothing.

    Raises:
        EnhanceError: the file cannot be read, or is empty.
    """
    if file is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        token = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EnhanceError(f"{file}: cannot be read; write the token into it") from error
    if not token:
        raise EnhanceError(f"{file}: is empty; write the token into it")
    return token
