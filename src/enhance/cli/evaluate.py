"""`enhance evaluate` and `enhance calibrate`: how good models are, and how far what they make up may be wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from enhance.cli import adapter
from enhance.cli.console import output_options, say
from enhance.cli.train import training_packages
from enhance.options import option


@dataclass(frozen=True)
class MeasureOptions:
    """What is measured, and on how many pictures."""

    names: tuple[str, ...] = option(
        (), "A shipped model or an .onnx file.", kind=str, flag="--model", multiple=True, unset="those of faces"
    )
    limit: int | None = option(None, "At most so many pictures a size.", kind=int, least=1)


@dataclass(frozen=True)
class EvaluateOptions(MeasureOptions):
    """How models are compared."""

    sizes: str | None = option(
        None,
        "Pixels across the small pictures, with commas between.",
        kind=str,
        pattern=r"\s*\d+\s*(,\s*\d+\s*)*",
        form="numbers with commas between",
        unset="each task has its own",
    )
    out: Path | None = option(None, "Folder for results.json, contact sheets and cards.", kind=Path)
    grainy: bool = option(False, "Make the small pictures bad photos: blurred, noisy and blocky.")


@click.command()
@click.argument("data", nargs=-1, required=True, type=adapter.PATH)
@adapter.options(EvaluateOptions)
@adapter.device_option
@output_options
def evaluate(data: tuple[Path, ...], **values: Any) -> None:
    """Measure models on test pictures, beside what does without them.

    DATA are folders of what a model takes: faces, photos, drawings, birds with captions.tsv. For zebra and sketch_cat a
    second folder, of real ones, tells how far the drawn ones are from these.
    """
    options = adapter.take(EvaluateOptions, values)
    sizes = tuple(int(size) for size in options.sizes.split(",")) if options.sizes else ()
    with training_packages():
        from enhance import tasks
        from enhance.evaluate import evaluation, tables
        from enhance.honesty import coverage
    from enhance.inference.model import Model, face_models

    models = [Model.load(name) for name in options.names or face_models()]
    benchmark = tasks.benchmark_for(models)(data, sizes=sizes, limit=options.limit, degraded=options.grainy)
    results = evaluation.evaluate(benchmark, models, options.out, coverage.sections)
    say(tables.text(results, benchmark).removesuffix("\n"))


@click.command()
@click.argument("data", nargs=-1, required=True, type=adapter.PATH)
@adapter.options(MeasureOptions)
@adapter.device_option
@output_options
def calibrate(data: tuple[Path, ...], names: tuple[str, ...], limit: int | None) -> None:
    """Measure how far made-up pixels may be off, for --map.

    DATA are folders of faces that no network learnt from, or of photos for photo_x4_grainy.
    """
    with training_packages():
        from enhance.honesty.calibration import calibrate as calibrated
    from enhance.inference.model import face_models

    for name in names or face_models():
        say(str(calibrated(data, name, limit)))
