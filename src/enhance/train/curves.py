"""What a run shows of itself: sheets of samples, the curves of its losses, and a film of how the pictures changed."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.files import write_atomically
from enhance.sheets import grid


def save_sheet(columns: Mapping[str, Sequence[NDArray[np.uint8]]], path: Path) -> None:
    """Write a `sheets.grid` as PNG."""
    buffer = io.BytesIO()
    grid(columns).save(buffer, "PNG")
    write_atomically(path, buffer.getvalue())


def save_curves(log: Path, path: Path) -> None:
    """Draw every number of a run's log over the pictures it has seen."""
    from matplotlib.figure import Figure

    records = [json.loads(line) for line in log.read_text().splitlines()]
    series: dict[str, tuple[list[float], list[float]]] = {}
    for record in records:
        for name, value in {**record.get("losses", {}), **record.get("held_out", {})}.items():
            xs, ys = series.setdefault(name, ([], []))
            xs.append(record["pictures"])
            ys.append(value)
    if not series:
        return
    rows = (len(series) + 2) // 3
    figure = Figure(figsize=(13, 2.6 * rows), layout="constrained")
    for n, (name, (xs, ys)) in enumerate(sorted(series.items())):
        axes = figure.add_subplot(rows, 3, n + 1)
        axes.plot(xs, ys, linewidth=1)
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=7)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    write_atomically(path, buffer.getvalue())


def save_film(folder: Path, path: Path, *, most: int = 60) -> None:
    """Join the sheets of a folder, in order, into one animated WebP; the last stays longest."""
    paths = sorted(folder.glob("*.png"))
    if len(paths) < 2:
        return
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, min(most, len(paths)))]
    frames = [Image.open(p).convert("RGB") for p in chosen]
    durations = [160] * (len(frames) - 1) + [2500]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=80)
    write_atomically(path, buffer.getvalue())
