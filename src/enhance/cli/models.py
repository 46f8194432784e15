"""`enhance models`: what is shipped, and what each network is for."""

import json

import click

from enhance.cli import adapter
from enhance.cli.command_options import Json


@click.command()
@adapter.options(Json)
def models(as_json: bool) -> None:
    """List the shipped models, with what each is for."""
    from enhance.inference import shipped
    from enhance.inference.model import models as found

    names = found()
    width = max(map(len, names), default=0)
    for name, facts in names.items():
        purpose = shipped.purpose(name) or facts["task"]
        if as_json:
            click.echo(json.dumps({**facts, "name": name, "purpose": purpose}))
        else:
            click.echo(f"{name:{width}}  {purpose}")
    if not as_json:
        terms = sorted({facts["licence"] for facts in names.values()})
        click.echo(f"\nLicence: {'; '.join(terms)}. The card of each lies in its folder: {shipped.WEIGHTS}")
