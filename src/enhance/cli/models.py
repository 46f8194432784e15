"""`enhance models`: what is shipped."""

import click


@click.command()
def models() -> None:
    """Lists the shipped models."""
    from enhance.inference.model import models as shipped

    for name, facts in shipped().items():
        click.echo(f"{name}  x{facts.get('scale', 1)}  {int(facts['pictures']):,} pictures, {facts['licence']}")
