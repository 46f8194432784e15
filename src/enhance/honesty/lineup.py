"""Several faces for the same pixels. All of them agree with the photo; at most one could be right, and none need be.

A network that takes noise has an answer for every seed. Shown side by side, they say better than any warning how
little a few pixels tell of a face.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import PhotoError
from enhance.faces import recognition, verification
from enhance.faces.crops import FaceCrop, aligned_crop
from enhance.faces.drawing import FaceJob
from enhance.faces.known import KnownFace, no_such_face
from enhance.files import write_atomically
from enhance.honesty import exploration
from enhance.honesty.exploration import Exploration
from enhance.honesty.records import record_of
from enhance.honesty.samples import draw_each, upright, versions
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.inference.shipped import is_shipped
from enhance.options import problem
from enhance.painting.consistency import lr_psnr
from enhance.photos import provenance
from enhance.photos.photo import Photo, Source, read
from enhance.photos.writing import write as write_picture
from enhance.pixels import Array, Box, luma, to_uint8
from enhance.sheets import lineup_sheet
from enhance.tasks.upscale.choice import choose, face_model, lineup_models
from enhance.tasks.upscale.finding import find_jobs
from enhance.tasks.upscale.options import BICUBIC, LineupOptions, UpscaleOptions
from enhance.tasks.upscale.result import TOO_LARGE

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
"""Of SSIM, as in the paper."""

_HONEST = 0.8
"""Spread from which the truth is about as far from answers as they are from each other."""
_ALIKE = 0.8
"""Mean likeness from which answers look alike."""
_WARNING = "Made-up detail: none of these is the person. They will not help to identify anyone."


@dataclass(frozen=True, eq=False)
class Sample:
    """One of the faces of a line-up.

    Attributes:
        hr: (4h,4w,3) float32 in [0,1] in steps of 1/255.
        seed: the noise it was drawn for.
        lr_psnr: PSNR in dB between the face made small again and the pixels that the network was given.
    """

    hr: Array
    seed: int
    lr_psnr: float


@dataclass(frozen=True, eq=False)
class Lineup:
    """Faces that the same pixels could have come from.

    Attributes:
        name: the photo.
        model: the name of the network.
        version: the first twelve digits of the sha256 of its weights.
        box: left, top, right, bottom of the face in the photo, in its pixels.
        pixels: across the face frame.
        lr: (h,w,3) float32 in [0,1], the part of the photo that all is drawn from.
        samples: the faces.
        identity: mean cosine of SFace's embeddings over all pairs of samples; 1 is the same face.
        people: how many people a verifier sees among the samples (`recognition.people`).
        structure: mean of 1 - SSIM over all pairs of samples; 0 is the same picture.
        spread: how far such answers are apart, in units of how far the truth is from them, as it was measured on real
            faces of this size; 1 is honest. None where nobody measured it.
        restored: whether grain, blur or blocks were taken out of the photo first: the faces agree with what was left.
        exploration: dials for what differs; None unless asked for.
        notes: what of the photo's file was not looked at.
    """

    name: str
    model: str
    version: str
    box: Box
    pixels: int
    lr: Array
    samples: tuple[Sample, ...]
    identity: float
    people: int
    structure: float
    spread: float | None = None
    restored: bool = False
    exploration: Exploration | None = None
    notes: tuple[str, ...] = ()
    warning: str = _WARNING

    def picture(self, sample: Sample) -> Image.Image:
        """One of the faces as an image whose file will say that it is invented."""
        image = Image.fromarray(to_uint8(sample.hr))
        return provenance.as_face(image, self.model, self.version, sample.seed, sample.lr_psnr)

    @property
    def answers(self) -> Array:
        """The faces, (n,4h,4w,3) float32 in [0,1]."""
        return np.stack([sample.hr for sample in self.samples])

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the faces."""
        return tuple(sample.seed for sample in self.samples)

    @property
    def lr_psnr(self) -> tuple[float, ...]:
        """How well each face agrees with the photo, in dB."""
        return tuple(sample.lr_psnr for sample in self.samples)

    def sentence(self) -> str:
        """What the line-up says, in one line."""
        people = "one person" if self.people == 1 else f"{self.people} different people"
        given = "the photo as it was restored" if self.restored else "the photo"
        return (
            f"{len(self.samples)} answers for {self.pixels} pixels across, {people} to a verifier "
            f"(mean likeness {self.identity:.2f}); each agrees with {given} to {min(self.lr_psnr):.0f} dB or more"
        )

    def meaning(self) -> str:
        """What that says of the photo, in one sentence."""
        if self.spread is None:
            return (
                "The real face differs more from the answers than they differ from each other: that they look alike "
                "does not mean that it is known."
            )
        if self.spread < _HONEST:
            return (
                f"Real faces of this size differ {1 / self.spread:.1f} times as much from such answers as these from "
                "each other: even less is known than they show."
            )
        if self.people > 1:
            return (
                "The pixels do not say who this is: the real face is about as far from each answer as the answers are "
                "from each other."
            )
        if self.identity > _ALIKE:
            return "The pixels leave little open: the answers look alike, and still none of them is the person."
        return (
            "A verifier forgives much: one person to it, and yet the real face is about as far from each answer as the "
            "answers are from each other."
        )

    def facts(self) -> dict[str, Any]:
        """All but the pictures, as JSON can hold it."""
        return {
            "photo": self.name,
            "model": self.model,
            "face": [round(edge, 1) for edge in self.box],
            "pixels_across": self.pixels,
            "answers": [
                {"number": number, "seed": sample.seed, "lr_psnr_db": round(sample.lr_psnr, 2)}
                for number, sample in enumerate(self.samples, 1)
            ],
            "people": self.people,
            "restored": self.restored,
            "says": self.meaning(),
            "mean_pairwise": {
                "identity_cosine": round(self.identity, 4),
                "identity_distance": round(1 - self.identity, 4),
                "structural_distance": round(self.structure, 4),
            },
            "meaning": {
                "people": "faces that SFace joins at a cosine of .363 or more count as one person",
                "identity_distance": "1 - cosine of SFace embeddings, mean over all pairs; 0 is the same face",
                "structural_distance": "1 - SSIM on luma, Gaussian window 11, sigma 1.5, mean over all pairs",
                "lr_psnr_db": "PSNR between the answer, box-averaged four times smaller, and the face frame cut out",
            },
            "notes": list(self.notes),
            "warning": self.warning,
        }


def lineup(
    photo: Source,
    n: int = 8,
    *,
    model: str | os.PathLike[str] | Model | None = None,
    seed: int = 0,
    face: int = 1,
    aligned: bool = False,
    force: bool = False,
    explore: bool = False,
    device: str | None = None,
) -> Lineup:
    """Draw n faces for the same pixels of a photo.

    Args:
        photo: whatever `upscale` takes.
        n: how many, 2 to 32.
        model: as for `upscale`; None: face_x4_lineup. Where the photo is grainy or the face blurred, each answer is
            drawn from another way to restore the face, by face_x4_grainy_lineup.
        seed: of the first answer; the others have the seeds that follow, so each can be had again by `upscale` with
            the same model, if nothing was restored.
        face: which one, 1 being the largest.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also draws what is not a face.
        explore: also finds dials for what differs among answers: see `Exploration`. The model must have noise that is
            one for the whole face, as those of the recipe `face_x4_lineup` have.
        device: what the networks run on, as for `upscale`.

    Raises:
        PhotoError: the photo cannot be read, shows no such face, or an option is out of its range.
        ModelError: there is no such model.
    """
    options = LineupOptions(n=n, model=model, seed=seed, face=face, aligned=aligned, force=force)
    with sessions.on_device(device):
        return lineup_photo(read(photo), options, explore=explore)


def lineup_photo(
    photo: Photo,
    options: LineupOptions = LineupOptions(),
    known_faces: Sequence[KnownFace] | None = None,
    *,
    explore: bool = False,
) -> Lineup:
    """`lineup` of a photo that was read; the same errors.

    Args:
        known_faces: the photo's faces, where they were found before.
        explore: also finds dials.
    """
    if wrong := problem(options):
        raise PhotoError(f"{photo.name}: has no line-up: {wrong}")
    choice, rgb = choose(photo, UpscaleOptions(model=options.model, aligned=options.aligned, background=BICUBIC))
    if options.aligned:
        box, crop = _whole(photo, rgb, force=options.force)
        pixels = photo.rgb
    else:
        # The faces that `upscale` would redraw, in its order.
        jobs = (
            find_jobs(rgb, None, options.force, choice.grain)
            if known_faces is None
            else [one.job(rgb) for one in known_faces]
        )
        job, crop = _one_of(jobs, options.face, photo.name)
        box = job.box
        original = KnownFace.of(job, options.face).job(photo.rgb).crop
        pixels = photo.rgb if original is None else original.lr
    seeds = range(options.seed, options.seed + options.n)
    crops, network, restorer = several_from(crop, seeds, options.model, restores=choice.restores)
    drawn = np.stack(draw_each(network, crops, seeds))
    vectors = recognition.embed(upright(crop, drawn))
    return Lineup(
        name=photo.name,
        model=network.facts.name,
        version=provenance.version_of(network),
        box=box,
        pixels=crop.size,
        lr=pixels,
        samples=tuple(
            Sample(hr, seed, lr_psnr(hr, one.lr, network.facts.scale))
            for hr, one, seed in zip(drawn, crops, seeds, strict=True)
        ),
        identity=_mean_of_pairs(vectors @ vectors.T),
        people=recognition.people(vectors),
        structure=structural_distance(drawn),
        spread=measured_spread(restorer or network, crop.size),
        restored=(restorer or choice.restorer) is not None,
        exploration=exploration.explore(network, crops[0], options.seed) if explore else None,
        notes=photo.left_out,
    )


def _whole(photo: Photo, rgb: Array, *, force: bool) -> tuple[Box, FaceCrop]:
    """A photo that is a face in the face frame: its box, and the crop of what was restored of it.

    Raises:
        PhotoError: it is no face.
    """
    landmarks = verification.aligned_landmarks(photo.height, photo.width)
    if not force and (reason := verification.rejection_reason(rgb, landmarks)):
        raise PhotoError(f"{photo.name}: {reason}, so there is nobody to line up (--force draws faces from anything)")
    return (0.0, 0.0, float(photo.width), float(photo.height)), aligned_crop(rgb)


def _one_of(jobs: Sequence[FaceJob], number: int, name: str) -> tuple[FaceJob, FaceCrop]:
    """A face of a photo by its number, and its crop.

    Raises:
        PhotoError: there is no such face, or it is not redrawn.
    """
    if number > len(jobs):
        raise PhotoError(f"{name}: {no_such_face(number, len(jobs))} (--aligned takes the whole picture for one)")
    job = jobs[number - 1]
    if job.reason == TOO_LARGE:
        raise PhotoError(f"{name}: face {number} is too large to need redrawing, so it has no line-up")
    if job.reason or job.crop is None:
        raise PhotoError(
            f"{name}: face {number} is {job.reason}, so there is nobody to line up (--force draws faces from anything)"
        )
    return job, job.crop


def several_from(
    crop: FaceCrop, seeds: Sequence[int], model: str | os.PathLike[str] | Model | None = None, *, restores: bool
) -> tuple[list[FaceCrop], Model, Model | None]:
    """What the answers of some seeds are drawn from, the network that draws them, and that which restored the face in
    another way for each; None if none did.

    Args:
        model: None for what suits.
        restores: whether all of the photo was restored.

    Raises:
        ModelError: there is no such model.
    """
    network, _ = face_model(model, [crop], restores=restores)
    restorer, drawing = lineup_models(network) if model is None else (None, network)
    return versions(restorer, crop, seeds), drawing, restorer


def write_lineup(shown: Lineup, folder: Path) -> Path:
    """Write lineup.png, the faces as answer_01.png and so on, and lineup.json; the folder is made if missing.

    Further answers that an earlier line-up left there are removed.

    Raises:
        PhotoError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_picture(provenance.labelled(sheet(shown), "line-up"), folder / "lineup.png")
        for number, sample in enumerate(shown.samples, 1):
            write_picture(shown.picture(sample), folder / f"answer_{number:02}.png")
        for number in itertools.count(len(shown.samples) + 1):
            older = folder / f"answer_{number:02}.png"
            if not provenance.written_here(older):
                break
            older.unlink()
        facts = json.dumps(shown.facts(), indent=1, ensure_ascii=False) + "\n"
        write_atomically(folder / "lineup.json", facts.encode())
    except OSError as error:
        raise PhotoError(f"{folder}: cannot be written to ({error.strerror}); name another with -o") from error
    return folder


def spread_path(model: Path) -> Path:
    """Where it is written how far apart the answers of a shipped model are."""
    return model.with_name("spread.json")


def measured_spread(model: Model, size: int) -> float | None:
    """How far apart the answers of a model are for a face of so many pixels, in units of their distance from the truth.

    It is that of the nearest measured size. None, if these very weights were not measured. Of a model that restores a
    bad face in several ways it is that of what is drawn from these.

    Raises:
        ModelError: what was measured is unreadable.
    """
    record = record_of(model.path, spread_path(model.path)) if is_shipped(model.path) else None
    sizes = record and record.get("spread")
    if not sizes:
        return None
    return float(sizes[min(sizes, key=lambda known: abs(math.log(int(known) / size)))])


def structural_distance(pictures: Array) -> float:
    """Mean of 1 - SSIM over all pairs of pictures (n,H,W,3) in [0,1], H and W at least 11; 0 where all are the same.

    SSIM of the BT.601 luma with a Gaussian window of 11 pixels and sigma 1.5 (Wang, Bovik, Sheikh and Simoncelli,
    "Image quality assessment: from error visibility to structural similarity", IEEE TIP 2004). It needs no network; it
    says how far the drawn structure differs, not how much a person would mind.
    """
    grey = luma(pictures.astype(np.float64))
    down, across = _windows(grey.shape[1]), _windows(grey.shape[2])

    def blur(planes: NDArray[np.float64]) -> NDArray[np.float64]:
        return down @ planes @ across.T

    means = blur(grey)
    variances = blur(grey * grey) - means**2
    distances = []
    for one, other in combinations(range(len(grey)), 2):
        together = blur(grey[one] * grey[other]) - means[one] * means[other]
        alike = (2 * means[one] * means[other] + _C1) * (2 * together + _C2)
        alike /= (means[one] ** 2 + means[other] ** 2 + _C1) * (variances[one] + variances[other] + _C2)
        distances.append(1 - alike.mean())
    return float(np.mean(distances))


def _windows(side: int) -> NDArray[np.float64]:
    """Weights (side-10, side): a Gaussian at every place where the window lies wholly inside."""
    kernel = np.exp(-((np.arange(_WINDOW) - _WINDOW // 2) ** 2) / (2 * _SIGMA**2))
    weights = np.zeros((side - _WINDOW + 1, side))
    for row in range(len(weights)):
        weights[row, row : row + _WINDOW] = kernel / kernel.sum()
    return weights


def _mean_of_pairs(square: NDArray[np.float64]) -> float:
    """Mean above the diagonal of (n,n)."""
    return float(square[np.triu_indices(len(square), 1)].mean())


def sheet(shown: Lineup) -> Image.Image:
    """The line-up as one picture: the pixels that were given, then every answer against the wall, with its number."""
    answers = [(sample.hr, f"seed {sample.seed}   agrees to {sample.lr_psnr:.0f} dB") for sample in shown.samples]
    known = f"all that is known: {shown.pixels} pixels across"
    return lineup_sheet((shown.lr, known), answers, (shown.sentence(), _WARNING))
