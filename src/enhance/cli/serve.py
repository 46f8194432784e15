"""`enhance serve`: the page, and the service behind it."""

import click

from enhance.cli import adapter
from enhance.errors import EnhanceError

POSITIVE = click.FloatRange(min=0, min_open=True)


@click.command()
@adapter.device
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--allow-host", "names", multiple=True, help="A name by which browsers may call this service.")
@click.option("--max-megabytes", default=40.0, show_default=True, type=POSITIVE, help="Of a photo's file.")
@click.option("--max-pixels", default=50.0, show_default=True, type=POSITIVE, help="Megapixels of a photo.")
@click.option("--max-drawn", default=4.0, show_default=True, type=POSITIVE, help="Megapixels enhanced at a time.")
@click.option("--seconds", default=120.0, show_default=True, type=POSITIVE, help="To receive a photo, and to draw it.")
@click.option("--places", default=8, show_default=True, type=click.IntRange(min=1), help="Photos waiting or at work.")
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    max_megabytes: float,
    max_pixels: float,
    max_drawn: float,
    seconds: float,
    places: int,
) -> None:
    """Opens the page: drop a photo, drag the slider. Nothing leaves this machine."""
    try:
        from enhance.web.server import Limits
        from enhance.web.server import serve as run
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{error.name} is missing: pip install 'enhance[web]'") from error
    click.echo(f"http://{host}:{port}/ (Ctrl-C ends it)")
    limits = Limits(
        body=round(max_megabytes * 1e6),
        read_pixels=round(max_pixels * 1e6),
        pixels=round(max_drawn * 1e6),
        seconds=seconds,
        places=places,
    )
    run(host, port, names, limits)
