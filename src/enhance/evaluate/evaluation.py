"""Measures the files that users run: shipped models, or any .onnx file of their own."""

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from enhance.errors import DataError
from enhance.evaluate import card, metrics, protocol, report
from enhance.evaluate.comparison import SIZES, Upscaler, compare
from enhance.evaluate.results import Results
from enhance.files import write_atomically
from enhance.inference.model import Model


def evaluate(
    folders: Sequence[Path],
    models: Sequence[str] = (),
    sizes: Sequence[int] = SIZES,
    limit: int | None = None,
    out: Path | None = None,
    grainy: bool = False,
) -> Results:
    """Measures models on folders of aligned faces, beside bicubic enlargement.

    Args:
        models: names of shipped models or paths of .onnx files; where a model takes noise, seed 0 draws it.
        sizes: widths in pixels of the face frame in the input; a face counts where its picture has four times that.
        limit: at each size only this many faces, always the same random ones.
        out: folder for results.json, results.txt, a contact sheet per size and a card per model; made if missing.
        grainy: whether the small faces are bad photos: blurred, noisy and blocky.

    Raises:
        DataError: a folder or picture cannot be used, or no face is large enough for any size.
        EnhanceError: a model or a judge's weights cannot be used.
    """
    loaded = {Path(name).stem: Model.load(name) for name in models}
    upscalers = {name: _seeded(model) for name, model in loaded.items()}
    degradation = protocol.grainy if grainy else protocol.clean
    found, sheets = compare(upscalers, folders, sizes, limit, degradation)
    for line in metrics.missing():
        print(line, file=sys.stderr)
    found = replace(found, models={name: card.facts(model.path) for name, model in loaded.items()})
    if out is not None:
        _write(out, found, sheets, {name: card.card(model.path, found) for name, model in loaded.items()})
    return found


def _seeded(model: Model) -> Upscaler:
    return lambda lr: model(lr, seed=0)


def _write(out: Path, found: Results, sheets: Mapping[int, Image.Image], cards: Mapping[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / "results.json", found.to_json().encode())
        write_atomically(out / "results.txt", report.text(found).encode())
        for name, page in cards.items():
            write_atomically(out / f"{name}.md", page.encode())
        for size, sheet in sheets.items():
            buffer = io.BytesIO()
            sheet.save(buffer, "PNG", optimize=True)
            write_atomically(out / f"faces_{size}.png", buffer.getvalue())
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror}); name another folder with --out") from error
