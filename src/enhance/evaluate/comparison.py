"""The story of a measurement: faces are made small, enlarged by each contender, and compared with what they were."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from enhance.errors import DataError
from enhance.evaluate import metrics, protocol, results, sheet
from enhance.evaluate.protocol import SCALE, Face, Pictures
from enhance.evaluate.results import Results, Row
from enhance.painting import consistency

Upscaler = Callable[[Pictures], Pictures]
"""(N,3,h,w) float32 in [0,1] -> (N,3,4h,4w)."""

SIZES = (16, 32, 64)
SHOWN = 40


@dataclass(frozen=True)
class Measured:
    """All faces of one size, in the order of `faces`: metric -> (models, faces), metric -> models, rows of pictures."""

    faces: list[Face]
    values: dict[str, NDArray[np.float64]]
    of_sets: dict[str, list[tuple[float, float]]]
    shown: list[list[Pictures]]


def compare(
    upscalers: Mapping[str, Upscaler],
    folders: Sequence[Path],
    sizes: Sequence[int] = SIZES,
    limit: int | None = None,
    degradation: protocol.Degradation = protocol.clean,
) -> tuple[Results, dict[int, Image.Image]]:
    """Measures functions on folders of aligned faces, beside bicubic enlargement.

    Gives the results and for each size a contact sheet of faces that may be shown; parameters and errors as for
    `evaluation.evaluate`.

    >>> found, _ = compare({"now": lambda lr: network(lr)}, [Path("faces/val64")], sizes=[16], limit=100)
    >>> found.score("now", 16, "ST-LPIPS")
    """
    everyone = protocol.faces(folders)
    contenders = {"bicubic": bicubic, **upscalers}
    rows: list[Row] = []
    sheets: dict[int, Image.Image] = {}
    for size in sizes:
        if chosen := protocol.choose(everyone, size, limit):
            measured = _measure(contenders, chosen, size, degradation)
            if measured.shown:
                sheets[size] = sheet.draw(measured.shown, ["input", *contenders, "original"])
            for index, name in enumerate(contenders):
                values = {metric: column[index] for metric, column in measured.values.items()}
                of_set = {metric: column[index] for metric, column in measured.of_sets.items()}
                rows += results.rows(name, size, measured.faces, values, of_set)
    if not rows:
        raise DataError(f"{folders[0]}: no face is {SCALE * min(sizes)} pixels wide; measure at smaller sizes")
    counts = {row.size: row.faces for row in rows if row.label == results.EVERYONE}
    return Results(protocol.describe(folders, counts, limit, degradation), {}, tuple(rows)), sheets


def bicubic(lr: Pictures) -> Pictures:
    """What any program does without a network; Pillow's bicubic kernel (a = -0.5)."""
    size = [SCALE * side for side in lr.shape[-2:]]
    return functional.interpolate(torch.from_numpy(lr), size, mode="bicubic", antialias=True).numpy()


def held(enlarge: Upscaler) -> Upscaler:
    """The same, held to the pixels of its input, as the program holds what it draws of clean photos."""

    def upscaler(lr: Pictures) -> Pictures:
        made = np.clip(enlarge(lr), 0, 1).transpose(0, 2, 3, 1)
        pairs = zip(made, lr.transpose(0, 2, 3, 1), strict=True)
        return np.stack([consistency.back_project(large, small) for large, small in pairs]).transpose(0, 3, 1, 2)

    return upscaler


def _measure(
    contenders: Mapping[str, Upscaler], chosen: Sequence[Face], size: int, degradation: protocol.Degradation
) -> Measured:
    single, of_sets = metrics.metrics()
    of_sets = of_sets if len(chosen) > 1 else {}
    showable = [face for face in chosen if sheet.may_be_shown(face)]
    shown_faces = {showable[index] for index in np.random.default_rng(1).permutation(len(showable))[:SHOWN]}
    faces: list[Face] = []
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in single}
    features: dict[str, list[NDArray[np.float64]]] = {name: [] for name in of_sets}
    shown: list[list[Pictures]] = []
    for pairs in protocol.pairs(chosen, size, max(1, 256 // size), degradation):
        frames = np.stack([upscale(pairs.lr) for upscale in contenders.values()])
        outputs = pairs.crop(protocol.eight_bit(frames))
        for name, metric in single.items():
            values[name].append(metric(outputs, pairs))
        for name, of_set in of_sets.items():
            features[name].append(np.stack([of_set.features(pictures) for pictures in (*outputs, pairs.hr)]))
        lr = pairs.crop(pairs.lr)
        for index, face in enumerate(pairs.faces):
            if face in shown_faces:
                shown.append([lr[index], *outputs[:, index], pairs.hr[index]])
        faces += pairs.faces
        _progress(f"{size} -> {SCALE * size}: {len(faces)}/{len(chosen)} faces", last=len(faces) == len(chosen))
    distances = {}
    for name, of_set in of_sets.items():
        *made, original = np.concatenate(features[name], axis=1)
        distances[name] = [of_set.distance(one, original) for one in made]
    return Measured(faces, {name: np.concatenate(parts, axis=1) for name, parts in values.items()}, distances, shown)


def _progress(line: str, last: bool) -> None:
    if sys.stderr.isatty():
        print(f"\r{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(line, file=sys.stderr)
