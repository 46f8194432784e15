"""Measurement of the files that users run: shipped models, or any .onnx file of their own."""

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from enhance.errors import DataError
from enhance.evaluate import card, metrics, tables
from enhance.evaluate.benchmark import Benchmark
from enhance.evaluate.comparison import compare
from enhance.evaluate.results import Results
from enhance.files import write_atomically
from enhance.inference.model import Model


def _none(path: Path) -> Sequence[str]:  # noqa: ARG001
    return ()


def evaluate(
    benchmark: Benchmark,
    models: Sequence[Model],
    out: Path | None = None,
    sections: Callable[[Path], Sequence[str]] = _none,
) -> Results:
    """Measure models beside the baselines of a benchmark.

    Args:
        out: folder for results.json, results.txt, a contact sheet per size and a card per model; made if missing.
        sections: weights file -> what else its card says, such as how well its uncertainty is known.

    Raises:
        DataError: a picture cannot be used, there is none for any size, or `out` cannot be written.
        EnhanceError: the weights of a metric cannot be used.
    """
    loaded = {model.path.stem: model for model in models}
    result, sheets = compare(benchmark, {name: benchmark.method(model) for name, model in loaded.items()})
    for line in metrics.missing([*benchmark.metrics.values(), *benchmark.set_metrics.values()]):
        print(line, file=sys.stderr)
    result = replace(result, models={name: card.model_facts(model) for name, model in loaded.items()})
    if out is not None:
        cards = {name: card.card(model, result, benchmark, sections(model.path)) for name, model in loaded.items()}
        _write(out, result, benchmark, sheets, cards)
    return result


def _write(
    out: Path, results: Results, benchmark: Benchmark, sheets: Mapping[int, Image.Image], cards: Mapping[str, str]
) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / "results.json", results.to_json().encode())
        write_atomically(out / "results.txt", tables.text(results, benchmark).encode())
        for name, page in cards.items():
            write_atomically(out / f"{name}.md", page.encode())
        for size, sheet in sheets.items():
            buffer = io.BytesIO()
            sheet.save(buffer, "PNG", optimize=True)
            write_atomically(out / f"{benchmark.unit}_{size}.png", buffer.getvalue())
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror}); name another folder with --out") from error
