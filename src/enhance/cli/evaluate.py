"""`enhance evaluate` and `enhance calibrate`: how good models are, and how far what they make up may be wrong."""

from pathlib import Path

import click

from enhance.cli import adapter
from enhance.cli.train import PATH, training_packages

MODELS = click.option("--model", "names", multiple=True, help="A shipped model or an .onnx file.  [those of faces]")


@click.command()
@click.argument("data", nargs=-1, required=True, type=PATH)
@MODELS
@adapter.device
@click.option("--sizes", help="Pixels across the small pictures.  [each task has its own]")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many pictures a size.")
@click.option("--out", type=PATH, help="Folder for results.json, contact sheets and cards.")
@click.option("--grainy", is_flag=True, help="Make the small pictures bad photos: blurred, noisy and blocky.")
def evaluate(
    data: tuple[Path, ...],
    names: tuple[str, ...],
    sizes: str | None,
    limit: int | None,
    out: Path | None,
    grainy: bool,
) -> None:
    """Measures models on test pictures, beside what does without them.

    DATA are folders of what a model takes: faces, photos, drawings, birds with captions.tsv. For zebra and sketch_cat a
    second folder, of real ones, tells how far the drawn ones are from these.
    """
    try:
        wanted = tuple(int(size) for size in sizes.split(",")) if sizes else ()
    except ValueError:
        raise click.BadParameter(f"{sizes} is not numbers with commas between", param_hint="--sizes") from None
    with training_packages():
        from enhance import tasks
        from enhance.evaluate import evaluation, tables
        from enhance.honesty import coverage
    from enhance.inference.model import Model, face_models

    models = [Model.load(name) for name in names or face_models()]
    benchmark = tasks.benchmark_for(models)(data, sizes=wanted, limit=limit, degraded=grainy)
    found = evaluation.evaluate(benchmark, models, out, coverage.sections)
    click.echo(tables.text(found, benchmark), nl=False)


@click.command()
@click.argument("data", nargs=-1, required=True, type=PATH)
@MODELS
@adapter.device
@click.option("--limit", type=click.IntRange(min=1), help="At most so many faces a size.")
def calibrate(data: tuple[Path, ...], names: tuple[str, ...], limit: int | None) -> None:
    """Measures on folders of faces how far made-up pixels may be wrong, for the invention map."""
    with training_packages():
        from enhance.honesty.calibration import calibrate as calibrated
    from enhance.inference.model import face_models

    for name in names or face_models():
        click.echo(calibrated(data, name, limit))
