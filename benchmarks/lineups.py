"""Asks of line-ups whether the truth could stand in them unnoticed, and writes the figures into docs/honesty.md.

    python benchmarks/lineups.py FACES... [--model NAME ...] [--count 60] [--sizes 12,16,24,32,64] [--bad] [--write]
        [--peers FOLDER]

FACES are folders of aligned faces that no network learnt from; none of the measures taught one. Only people by whom
nothing was calibrated or chosen are measured. A line-up is honest
when its answers differ from each other as the truth differs from them. Beside the networks named stands what anybody
can do: `noise` adds noise to the small picture, which `face_x4_gan` draws again and again; `pulse` searches a generator
of faces for some that agree (see pulse.py; FOLDER holds its unpacked package). With `--bad` the small pictures are
blurred, noisy JPEGs, and line-ups are drawn as they are for bad photos: these are restored as photos are, the networks
named restore the face, for each answer in another way, and `face_x4_lineup` draws on that.
Of networks that were not measured this time, `--write` leaves the figures as they are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import pulse
from enhance.datasets.names import WHOLE_PICTURE
from enhance.evaluate.benchmark import some
from enhance.evaluate.kernel_distance import features, kernel_distance
from enhance.evaluate.st_lpips import st_lpips_among
from enhance.faces import recognition
from enhance.faces.crops import aligned_crop
from enhance.faces.drawing import draw_crops
from enhance.files import sha256, write_atomically
from enhance.honesty.calibration import part_of
from enhance.honesty.lineup import spread_path
from enhance.honesty.records import record_of
from enhance.honesty.samples import draw_each, draw_samples, versions
from enhance.inference import shipped
from enhance.inference.model import Model
from enhance.photos.photo import read
from enhance.pixels import to_uint8
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.choice import choose
from enhance.tasks.upscale.options import (
    LINEUP_MODEL,
    RESTORATION_LINEUP_MODEL,
    RESTORATION_MODEL,
    SCALE,
    UpscaleOptions,
)
from pages import ROOT, rewrite
from pages import measured as written

PAGE = ROOT / "docs" / "honesty.md"
ANSWERS = 8
BAND = 32
"""Answers from which the band is made that should hold nine of ten true pixels."""
SIGMA = 6 / 255
"""Of the noise that `noise` adds."""
NOISE, PULSE = "noise", "pulse"
PULSE_SIZES = 12, 16
"""Those that its generator draws."""
HEADING = (
    "| across | network | faces | likeness to the truth / among answers | ST-LPIPS to the truth / among answers | "
    "ratio | truth's rank uniform, p | true pixels in the 90 % band | KD beside seed 0 |",
    "|---|---|---|---|---|---|---|---|---|",
)
Array = NDArray[np.float32]
Way = Callable[[Array, int], Array]
"""From a small face (h,w,3) and a number to as many answers, (n,4h,4w,3)."""


@dataclass(frozen=True)
class Found:
    """What was measured of the line-ups of one size.

    Attributes:
        faces: how many.
        likeness: mean cosine of SFace's embeddings to the truth, and among answers.
        distance: mean ST-LPIPS to the truth, and among answers.
        uniform: p of a chi-squared test that the truth is no more of an outsider than an answer: small is bad.
        inside: share of the true pixels between the 5th and 95th percentile of answers, without any widening.
        kernel: KD of single answers to real faces, one a face, each of the eight in turn; over that of seed 0's.
    """

    faces: int
    likeness: tuple[float, float]
    distance: tuple[float, float]
    uniform: float
    inside: float
    kernel: float

    @property
    def spread(self) -> float:
        """How far answers are apart, in units of how far the truth is from them."""
        return self.distance[1] / self.distance[0]

    def row(self) -> str:
        """Cells of a table."""
        return (
            f"{self.faces} | {self.likeness[0]:.2f} / {self.likeness[1]:.2f} | "
            f"{self.distance[0]:.3f} / {self.distance[1]:.3f} | {self.spread:.2f} | {self.uniform:.3f} | "
            f"{100 * self.inside:.0f} % | {self.kernel:.2f}"
        )


def main() -> None:
    """Measure, print and, if asked to, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path, nargs="+")
    parser.add_argument("--model", action="append", help="a name or a file; may be given several times")
    parser.add_argument("--count", type=int, default=60, help="faces of each size (default 60)")
    parser.add_argument("--sizes", default="12,16,24,32,64")
    parser.add_argument("--bad", action="store_true", help="faces of bad photos")
    parser.add_argument("--write", action="store_true", help="write docs/honesty.md")
    parser.add_argument("--peers", type=Path, default=Path("peers"), help="where others' packages lie unpacked")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.bad:
        ways = {name: way_of_bad(name) for name in options.model or [RESTORATION_LINEUP_MODEL, RESTORATION_MODEL]}
    else:
        names = options.model or ["face_x4_lineup", "noise", "pulse"]
        ways = {name: way_of(name, options.peers) for name in names}
    title = f"answers beside the truth{' of bad photos' if options.bad else ''}"
    rows: dict[tuple[str, int], str] = {}
    spread: dict[str, dict[str, float]] = {name: {} for name in ways}
    print(*HEADING, sep="\n", flush=True)
    for name, size, found in measured(ways, options.faces, sizes, options.count, options.bad):
        rows[Path(name).stem, size] = f"| {size} | `{Path(name).stem}` | {found.row()} |"
        spread[name][str(size)] = round(found.spread, 3)
        print(rows[Path(name).stem, size], flush=True)
    if options.write:
        rewrite(PAGE, title, [*HEADING, *merged(written(PAGE, title), rows)])
        for name in set(ways) & set(shipped.names()) - {RESTORATION_MODEL}:  # whose line-ups are its own answers
            _record(name, spread[name], options.count)


def merged(lines: Sequence[str], rows: Mapping[tuple[str, int], str]) -> list[str]:
    """Rows of a table that stands, and those measured now, which take the places of their likes; network by network."""
    cells = [[cell.strip() for cell in line.split("|")] for line in lines[len(HEADING) :]]
    old = {(row[2].strip("`"), int(row[1])): line for row, line in zip(cells, lines[len(HEADING) :], strict=True)}
    everything = {**old, **rows}
    names = list(dict.fromkeys(name for name, _ in everything))
    return [everything[key] for key in sorted(everything, key=lambda key: (names.index(key[0]), key[1]))]


def _record(name: str, spread: Mapping[str, float], faces: int) -> None:
    """Write beside weights how far their answers are apart; what was measured of other weights is dropped."""
    weights = shipped.weights_of(name)
    path = spread_path(weights)
    before = record_of(weights, path) or {}
    record = {"sha256": sha256(weights), "faces": faces, "spread": {**before.get("spread", {}), **spread}}
    write_atomically(path, (json.dumps(record, indent=1) + "\n").encode())


def measured(
    ways: Mapping[str, Way], folders: Sequence[Path], sizes: Sequence[int], count: int, bad: bool
) -> Iterator[tuple[str, int, Found]]:
    """Each way to draw at each size that it draws, and what was found."""
    everyone = pairs.face_files(folders)
    for size in sizes:
        whole = [
            face
            for face in everyone
            if face.box == WHOLE_PICTURE and face.frame >= SCALE * size and part_of(face.path.stem) == "measure"
        ]
        batches = list(pairs.pairs(some(whole, count), size, degradation=pairs.degraded if bad else pairs.clean))
        for name, way in ways.items():
            if name != PULSE or size in PULSE_SIZES:
                yield name, size, measure(way, batches, bad)


def measure(way: Way, batches: Sequence[pairs.ReducedPairs[pairs.FaceFile]], bad: bool = False) -> Found:
    """The line-ups of the faces of some batches."""
    first = Model.load("face_x4_grainy" if bad else "face_x4_gan")
    upper = np.triu_indices(ANSWERS + 1, 1)
    among = upper[0] > 0
    likeness, distance, ranks, inside = [], [], [], []
    seen: list[NDArray[np.float64]] = []
    for batch in batches:
        for lr, hr in zip(batch.lr.transpose(0, 2, 3, 1), batch.hr, strict=True):
            truth = hr.transpose(1, 2, 0)
            drawn = way(lr, BAND)
            everybody = np.concatenate([truth[None], drawn[:ANSWERS]]).transpose(0, 3, 1, 2)
            vectors = recognition.embed(everybody)
            cosine = (vectors @ vectors.T)[upper]
            square = st_lpips_among(everybody)
            apart = square[upper]
            likeness.append((cosine[~among].mean(), cosine[among].mean()))
            distance.append((apart[~among].mean(), apart[among].mean()))
            strangeness = square.sum(1)
            ranks.append(int((strangeness[1:] < strangeness[0]).sum()))
            low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
            inside.append(float(((truth >= low) & (truth <= high)).mean()))
            usual = (
                draw_crops(first, [aligned_crop(lr)], 0)[0] if bad else draw_samples(first, aligned_crop(lr), [0])[0]
            )
            seen.append(features(np.stack([truth, drawn[len(seen) % ANSWERS], usual]).transpose(0, 3, 1, 2)))
    real, one, usual = np.stack(seen, 1)
    return Found(
        faces=len(ranks),
        likeness=_means(likeness),
        distance=_means(distance),
        uniform=uniformity(ranks, ANSWERS + 1),
        inside=float(np.mean(inside)),
        kernel=kernel_distance(one, real)[0] / max(kernel_distance(usual, real)[0], 1e-6),
    )


def way_of(name: str, peers: Path) -> Way:
    """How the answers of a network, of `noise` or of `pulse` are drawn."""
    if name == PULSE:
        return partial(pulse.answers, pulse.load(peers))
    if name == NOISE:
        return partial(noisy_answers, Model.load("face_x4_gan"))
    network = Model.load(name)
    return lambda lr, count: draw_samples(network, aligned_crop(lr), range(1, count + 1))


def way_of_bad(name: str) -> Way:
    """How answers are drawn from what a network restores in several ways."""
    restorer, network = Model.load(name), Model.load(LINEUP_MODEL)

    def answers(lr: Array, count: int) -> Array:
        seeds = range(1, count + 1)
        _, rgb = choose(read(to_uint8(lr)), UpscaleOptions(aligned=True))
        return np.stack(draw_each(network, versions(restorer, aligned_crop(rgb), seeds), seeds))

    return answers


def noisy_answers(network: Model, lr: Array, count: int) -> Array:
    """Seed 0's faces of a small one to which noise was added, each made to agree with what it was drawn from."""
    rng = np.random.default_rng(0)
    small = [np.clip(lr + SIGMA * rng.standard_normal(lr.shape), 0, 1).astype(np.float32) for _ in range(count)]
    return np.concatenate([draw_samples(network, aligned_crop(one), [0]) for one in small])


def uniformity(ranks: Sequence[int], places: int) -> float:
    """p of Pearson's chi-squared test that ranks 0 to places - 1 are equally likely."""
    counts = np.bincount(ranks, minlength=places)
    expected = len(ranks) / places
    statistic = float(np.square(counts - expected).sum() / expected)
    return float(torch.special.gammaincc(torch.tensor((places - 1) / 2), torch.tensor(statistic / 2)))


def _means(rows: Sequence[tuple[float, float]]) -> tuple[float, float]:
    first, second = np.mean(rows, 0)
    return float(first), float(second)


if __name__ == "__main__":
    main()
