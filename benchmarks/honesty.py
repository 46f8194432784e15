"""Measures every promise of docs/honesty.md and writes the figures into it.

    python benchmarks/honesty.py FACES... [--count 40] [--calibrate] [--model face_x4_gan]

FACES are folders of aligned faces that no network learnt from. --calibrate first makes the invention map anew, which
belongs to one file of weights. Everything between `<!-- measured: NAME -->` and `<!-- end -->` is replaced.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import gate as gate_benchmark
from enhance.evaluate import card
from enhance.evaluate.identity import identity
from enhance.evaluate.st_lpips import st_lpips, st_lpips_among
from enhance.faces import recognition
from enhance.faces.crops import aligned_crop
from enhance.honesty import coverage
from enhance.honesty.calibration import calibrate
from enhance.honesty.lineup import structural_distance
from enhance.honesty.samples import draw_samples
from enhance.inference.model import Model
from enhance.photos.photo import read
from enhance.pixels import to_uint8
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.choice import lineup_models
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from not_faces import SKLEARN, not_faces, sample
from pages import ROOT, rewrite

PAGE = ROOT / "docs" / "honesty.md"
PHOTOS = (
    "astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg", "retina.jpg",
    "hubble_deep_field.jpg", "color.png", "coins.png", "camera.png", "brick.png", "gravel.png", "grass.png",
    "moon.png", "ihc.png", "page.png", "text.png",
)  # fmt: skip
LONGEST = 240
SIZES = (16, 32, 64)


def main() -> None:
    """Measure and rewrite the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=40, help="faces of each size in line-ups (default 40)")
    parser.add_argument("--calibrate", action="store_true", help="calibrate the invention map first")
    parser.add_argument("--limit", type=int, help="at most so many faces a size to calibrate with")
    parser.add_argument("--model", default="face_x4_gan")
    parser.add_argument("--only", help="names of the parts to measure, with commas between")
    options = parser.parse_args()
    if options.calibrate:
        calibrate(options.faces, options.model, options.limit)
    network = Model.load(options.model)
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "consistency": consistency,
        "lineup": lambda: lineups(network, options.faces, options.count),
        "fidelity": lambda: fidelity(options.faces, options.count),
        "map": lambda: the_map(network),
        "gate": lambda: the_gate(options.faces),
        "provenance": provenance,
        "groups": lambda: groups(network),
    }
    for name, measure in parts.items():
        if options.only is None or name in options.only.split(","):
            print(f"{name} ...", file=sys.stderr, flush=True)
            rewrite(PAGE, name, measure())


def consistency() -> Iterator[str]:
    """LR-PSNR of whole photos, as they are written."""
    found = {}
    named = [("skimage", name) for name in PHOTOS] + [("sklearn", name) for name in SKLEARN]
    for package, name in named:
        image = Image.fromarray(np.round(sample(package, name) * 255).astype(np.uint8))
        image.thumbnail((LONGEST, LONGEST))
        found[name] = enhance_photo(read(image), UpscaleOptions(consistent=True)).lr_psnr
    worst = min(found, key=lambda name: found[name])
    yield (
        f"{len(found)} pictures of scikit-image and scikit-learn, {LONGEST} pixels at the longest side: "
        f"{min(found.values()):.1f} dB at least ({worst}), {np.median(list(found.values())):.1f} dB in the middle; "
        f"{sum(value >= 50 for value in found.values())} of {len(found)} reach 50 dB."
    )


def lineups(network: Model, folders: Sequence[Path], count: int) -> Iterator[str]:
    """How different eight answers are, and that each agrees with the input."""
    yield "| across | faces | LR-PSNR, worst | identity distance | 1 - SSIM | ST-LPIPS | people a verifier sees in 8 |"
    yield "|---|---|---|---|---|---|---|"
    everyone = pairs.face_files(folders)
    upper = np.triu_indices(8, 1)
    for size in SIZES:
        rows: list[tuple[float, ...]] = []
        for batch in pairs.pairs(pairs.choose_files(everyone, size, count), size):
            for lr in batch.lr.transpose(0, 2, 3, 1):
                drawn = draw_samples(lineup_models(network)[1], aligned_crop(lr), range(8))
                planes = drawn.transpose(0, 3, 1, 2)
                vectors = recognition.embed(planes)
                small = drawn.reshape(8, size, 4, size, 4, 3).mean((2, 4))
                agreement = -10 * np.log10(np.maximum(np.square(small - lr).mean((1, 2, 3)), 1e-12)).min()
                distance = 1 - (vectors @ vectors.T)[upper].mean()
                perceptual = float(st_lpips_among(planes)[upper].mean())
                rows.append((agreement, distance, structural_distance(drawn), perceptual, recognition.people(vectors)))
        worst = min(row[0] for row in rows)
        means = " | ".join(f"{np.mean([row[n] for row in rows]):.3f}" for n in (1, 2, 3))
        people = [row[4] for row in rows]
        several = sum(value > 1 for value in people)
        seen = f"{np.mean(people):.2f} on average, {max(people):.0f} at most; several for {several} of {len(rows)}"
        yield f"| {size} | {len(rows)} | {worst:.1f} dB | {means} | {seen} |"


def fidelity(folders: Sequence[Path], count: int) -> Iterator[str]:
    """What `--fidelity` trades: agreement with the pixels and likeness against looking like a photograph."""
    yield "| 32 pixels across | fidelity | agrees with the input, dB | likeness (SFace) | ST-LPIPS | invented, % |"
    yield "|---|---|---|---|---|---|"
    chosen = pairs.choose_files(pairs.face_files(folders), 32, count)
    for title, degradation in (("good photos", pairs.clean), ("bad photos", pairs.degraded)):
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            asked = UpscaleOptions(aligned=True, force=True, fidelity=share)
            rows = []
            for batch in pairs.pairs(chosen, 32, degradation=degradation):
                for lr, hr in zip(batch.lr, batch.hr, strict=True):
                    made = enhance_photo(read(to_uint8(lr.transpose(1, 2, 0))), asked)
                    drawn = made.rgb.transpose(2, 0, 1)
                    likeness, distance = float(identity(drawn, hr)), float(st_lpips(drawn[None], hr[None]).mean())
                    rows.append((made.agreement, likeness, distance, 100 * made.invented))
            agreement, likeness, distance, invented = np.mean(rows, axis=0)
            cells = f"{agreement:.1f} | {likeness:.3f} | {distance:.3f} | {invented:.0f}"
            yield f"| {title}, {len(rows)} faces | {share:g} | {cells} |"


def the_map(network: Model) -> Iterator[str]:
    """Coverage of the invention map, from its calibration."""
    said = coverage.section(network.path)
    yield said.removeprefix(coverage.HEADING).strip() or (
        f"`{network.path.stem}` was not calibrated since its weights changed: there is no map and no figure."
    )


def the_gate(folders: Sequence[Path]) -> Iterator[str]:
    """What the gate turns away and lets through."""
    real = list(gate_benchmark.chosen(folders, 530))
    fake = list(not_faces([face for _, face in real if len(face) >= 256][:60]))
    yield "| | across | faces not found | faces turned away | other things let through |"
    yield "|---|---|---|---|---|"
    every = gate_benchmark.SCENES
    for way, found in (
        ("filling the picture", gate_benchmark.aligned(real, fake)),
        ("in a scene", gate_benchmark.in_scenes(real[::every], fake[::every])),
    ):
        for size, row in found.items():
            cells = [gate_benchmark.share(*row[name]) if name in row else "-" for name in
                     ("not found", "faces turned away", "let through")]  # fmt: skip
            yield f"| {way} | {size} | {' | '.join(cells)} |"


def provenance() -> Iterator[str]:
    """The tests that write every format and read it back."""
    tests = ["tests/photos/test_provenance.py", "tests/honesty/test_credentials.py"]
    command = [sys.executable, "-m", "pytest", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counts = ", ".join(re.findall(r"\d+ (?:passed|failed|skipped|errors?)", done.stdout.strip().splitlines()[-1]))
    yield f"`pytest {' '.join(tests)}`: {counts}."


def groups(network: Model) -> Iterator[str]:
    """From the model's card: the worst groups, and the table by group without LR-PSNR, the same for everyone."""
    page = network.path.with_suffix(".md").read_text(encoding="utf-8")
    worst = page.partition(f"{card.WORST_GROUPS}\n\n")[2].partition("\n\n#")[0]
    yield from [*worst.splitlines(), ""] if worst else []
    table = page.partition("### By group\n\n")[2].partition("\n\n")[0].splitlines()
    head = [cell.strip() for cell in table[0].strip("|").split("|")] if table else []
    keep = [n for n, name in enumerate(head) if name != "LR-PSNR"]
    for line in table:
        cells = line.strip("|").split("|")
        yield "|" + "|".join(cells[n] for n in keep) + "|"


if __name__ == "__main__":
    main()
