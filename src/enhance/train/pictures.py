"""What a run shows of itself: a grid of held-out faces, the curves of its losses, how the faces became sharp."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from enhance.files import write_atomically

GAP = 4


def grid(columns: Sequence[Tensor], height: int = 128) -> Image.Image:
    """Faces side by side: one row per face, one column per tensor (N,3,h,w) in [0,1]; every cell `height` high.

    The first column is enlarged by repeating pixels, so that it shows what the network is given.
    """
    mode = ["nearest" if column is columns[0] else "bilinear" for column in columns]
    cells = [
        functional.interpolate(column.float(), size=(height, height), mode=how).clamp(0, 1).mul(255).round().byte()
        for column, how in zip(columns, mode, strict=True)
    ]
    count = len(cells[0])
    sheet = np.full((count * (height + GAP) + GAP, len(cells) * (height + GAP) + GAP, 3), 24, np.uint8)
    for c, column in enumerate(cells):
        for r, cell in enumerate(column.permute(0, 2, 3, 1).cpu().numpy()):
            y, x = GAP + r * (height + GAP), GAP + c * (height + GAP)
            sheet[y : y + height, x : x + height] = cell
    return Image.fromarray(sheet)


def bicubic(lr: Tensor, scale: int) -> Tensor:
    return functional.interpolate(lr.float(), scale_factor=float(scale), mode="bicubic", align_corners=False).clamp(
        0, 1
    )


def save_picture(image: Image.Image, path: Path) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    write_atomically(path, buffer.getvalue())


def save_curves(log: Path, path: Path) -> None:
    """Draws every number of a run's log over the pictures it has seen."""
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


def save_animation(folder: Path, path: Path, *, most: int = 60) -> None:
    """Joins the grids of a folder, in order, into one animated WebP; the last stays longest."""
    paths = sorted(folder.glob("*.png"))
    if len(paths) < 2:
        return
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, min(most, len(paths)))]
    frames = [Image.open(p).convert("RGB") for p in chosen]
    durations = [160] * (len(frames) - 1) + [2500]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=80)
    write_atomically(path, buffer.getvalue())


def joined(parts: Sequence[Tensor], height: int) -> Tensor:
    """Batches of pictures of several sizes as one batch, `height` high, pixels repeated."""
    return torch.cat([functional.interpolate(part.float(), size=(height, height), mode="nearest") for part in parts])
