"""`enhance serve`: the page, and the service behind it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.errors import EnhanceError
from enhance.web.settings import TOKEN, Access, Address, Limits, ServeOptions


@click.command()
@adapter.device_option
@adapter.options(Address)
@adapter.options(ServeOptions)
def serve(**values: Any) -> None:
    """Open the page: drop a photo, drag the slider. Nothing leaves this machine."""
    try:
        from enhance.web.listening import listen
        from enhance.web.listening import serve as run
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{error.name} is missing: pip install 'enhance[web]'") from error
    options, address = adapter.take(ServeOptions, values), adapter.take(Address, values)
    for origin in address.origins:
        if not origin.lower().startswith(("http://", "https://")) or origin.count("/") != 2:
            raise click.BadParameter(
                f"{origin} is no origin; say for example https://photos.example", param_hint="--allow-origin"
            )
    access = Access(
        frozenset({"localhost", address.host.lower(), *(name.lower() for name in address.names)}),
        frozenset(origin.lower() for origin in address.origins),
        token_of(address.token_file),
        address.proxies,
    )
    sockets = listen(address.host, address.port)
    click.echo(f"http://{address.host}:{address.port}{options.root_path}/ (Ctrl-C ends it)")
    log = (lambda line: click.echo(line, err=True)) if options.access_log else None
    run(sockets, Limits.of(options), access, root_path=options.root_path, log=log)


def token_of(file: Path | None) -> str:
    """Return the token that clients must send; empty if none is needed.

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
