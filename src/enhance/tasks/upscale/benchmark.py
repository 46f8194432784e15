"""How models that enlarge are measured: on faces, by size and group of people, and on whole photos."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from enhance.datasets.names import LABELS
from enhance.evaluate.benchmark import Benchmark, CardTexts, Method, describe_folders
from enhance.evaluate.identity import identity
from enhance.evaluate.lr_psnr import lr_psnr
from enhance.evaluate.metrics import FID, KD_LITE0, LPIPS, PSNR, SSIM, ST_LPIPS, Metric
from enhance.inference.facts import Facts
from enhance.inference.model import Model
from enhance.painting.consistency import back_project
from enhance.painting.restoration import measure, restore
from enhance.pixels import Planes
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.options import SCALE
from enhance.tasks.upscale.recipes import from_fields
from enhance.tasks.upscale.restoration_benchmark import bad_photos
from enhance.train.recipe import to_json

FACE_SIZES = (16, 32, 64)
_PHOTO_SIZES = (128,)

LR_PSNR = Metric(
    lambda outputs, batch: lr_psnr(outputs, batch.shown_inputs()),
    "dB between the box-downscaled output and the input, higher is more faithful",
    digits=2,
)
IDENTITY = Metric(
    lambda outputs, batch: identity(outputs, batch.originals, batch.box),
    "cosine of SFace embeddings of output and original, 1 is the same face",
)
METRICS = {"PSNR": PSNR, "SSIM": SSIM, "LR-PSNR": LR_PSNR, "ST-LPIPS": ST_LPIPS}
"""Of all pictures that are enlarged."""

FACE_WARNING = """\
**This network invents detail.** It draws a plausible face that agrees with the small picture, not the face that
was there: eyes, teeth, wrinkles, moles and hair may never have existed, and the same input has many answers. It will
not help to identify anyone, and its output must not be used as evidence of who somebody is or what they look like."""

_FACE_LIMITS = """\
- Faces only, upright and roughly frontal, aligned to the face frame; profiles, hands, glasses, teeth, jewellery and
  whatever covers a face are drawn worst.
- {learnt}
- Quality and likeness differ between groups of people: see the tables by group. Group names are those of the data
  sets, given or guessed by their makers, and say nothing more.
- Likeness is judged by one face recogniser, which has its own errors and its own bias."""

_FACE_TERMS = """\
For research and non-commercial use only. The weights were trained on All-Age-Faces (for research), UTKFace
(non-commercial research), Labeled Faces in the Wild (research), CelebA (non-commercial research) and official portraits
of members of the US Congress (public domain); those terms pass on to them. The code has its own licence."""

AVERAGED = """\
Trained on pictures made small by averaging. Photos that are noisy, blurred or heavily compressed are another task."""
_RESTORED = """\
Trained on photos that are blurred, noisy and heavily compressed. Clean ones are drawn better by networks that do not
  restore."""

PHOTO_WARNING = """\
**This network invents detail.** For what is not a face: hair, fur, leaves, cloth, walls. It draws textures that agree
with the small picture and look like such things; they are not those that were there, and the same input has many
answers. Letters and numbers too small to read come out as strokes that mean nothing. Its output must not be used as
evidence of anything."""
PHOTO_MILD = """\
For what is not a face: walls, leaves, cloth, letters. It was trained by the per-pixel loss alone and so invents next to
nothing: it draws edges crisper than bicubic does and keeps to the input."""

PHOTO_LIMITS = """\
- Trained on pictures made small by averaging: it takes grain and JPEG's blocks for texture, and draws them crisp.
- The invention map does not cover what it draws: it was never calibrated.
- Faces are not its subject: those that the program finds are drawn by others."""

_RESTORED_LIMITS = """\
- It is meant for photos that were restored before; clean ones are nearer to the truth by `photo_x4_pixel`.
- Small letters and far-away windows become strokes; what noise has drowned is guessed.
- Faces are not its subject: those that the program finds are drawn by others."""

PHOTO_TERMS = {
    "photo_x4": """\
For research and non-commercial use only: it began with the weights of `face_x4_gan`, whose terms pass on to it. The
code has its own licence.""",
    "photo_x4_grainy": """\
For research and non-commercial use only: it began with the weights of `photo_x4`, and some of its photos come from
ImageNet; their terms pass on to it. The code has its own licence.""",
    "photo_x2_grainy": """\
For research and non-commercial use only: it began with the weights of `photo_x4_grainy`, and has the same photos; their
terms pass on to it. The code has its own licence.""",
    "photo_x4_pixel": """\
For research and non-commercial use only: some of its pictures are faces of data sets under such terms, which pass on to
it. The code has its own licence.""",
}
PHOTO_FACTS = {
    "photo_x4": {
        "Used": "when asked for (`--rest photo_x4`)",
        "Trained on": (
            "2,334 crops of 173 photographs in Debian's packages mate-backgrounds, plasma-workspace-wallpapers,"
            " lomiri-wallpapers and palapeli-data and npm's themes of Startbootstrap and Creative Tim; before that,"
            " faces, as `face_x4_gan`, from whose weights it began"
        ),
    },
    "photo_x4_grainy": {
        "Used": (
            "by default, for what is not a face in photos that are grainy, blocky or blurred, made more than twice as"
            " large"
        ),
        "Trained on": (
            "3,000 crops of 256 photographs of free licences (CID22, CLIC, Unsplash, CC0) and of CycleGAN's horses and"
            " zebras (ImageNet), each made small and bad, and restored; before that, as `photo_x4`, from whose weights"
            " it began"
        ),
    },
    "photo_x2_grainy": {
        "Used": (
            "by default, for what is not a face in photos that are grainy, blocky or blurred, made less than four times"
            " as large"
        ),
        "Trained on": (
            "4,000 crops of 256 photographs of free licences (CID22, CLIC, Unsplash, CC0) and of CycleGAN's horses and"
            " zebras (ImageNet), each made small and bad, and restored, of which it was given both; before that, as"
            " `photo_x4_grainy`, from whose weights it began"
        ),
    },
    "photo_x4_pixel": {
        "Used": "by default, for what is not a face",
        "Trained on": (
            "688 crops of 24 photographs in Debian's packages mate-backgrounds, plasma-workspace-wallpapers and"
            " lomiri-wallpapers, and the faces of `train256`"
        ),
    },
}


def benchmark_for(model: Model) -> Callable[..., Benchmark] | None:
    """What opens the benchmark of a model, `faces`, `photos`, `photos_twice` or `bad_photos`; None for models of other
    tasks."""
    if model.facts.task == "restoration":
        return bad_photos
    if model.facts.task != "super_resolution":
        return None
    known: dict[tuple[int, bool], Callable[..., Benchmark]]
    known = {(SCALE, True): faces, (SCALE, False): photos, (2, False): photos_twice}
    return known.get((model.facts.scale, model.facts.takes_coordinates))


def faces(
    folders: Sequence[Path], *, sizes: Sequence[int] = (), limit: int | None = None, degraded: bool = False
) -> Benchmark:
    """Folders of aligned faces, beside bicubic enlargement.

    Args:
        sizes: widths in pixels of the face frame in the input; a face counts where its picture has four times that.
            None given: FACE_SIZES.
        limit: at each size only this many faces, always the same random ones.
        degraded: whether the small faces are bad photos: blurred, noisy and blocky.

    Raises:
        DataError: a folder or picture cannot be used.
    """
    sizes = tuple(sizes) or FACE_SIZES
    everyone = pairs.face_files(folders)
    degradation = pairs.degraded if degraded else pairs.clean
    return Benchmark(
        unit="faces",
        examples=lambda size: pairs.choose_files(everyone, size, limit),
        pairs=lambda chosen, size: pairs.pairs(chosen, size, max(1, 256 // size), degradation),
        metrics={**METRICS, "identity": IDENTITY, "LPIPS": LPIPS},
        set_metrics={"KD-lite0": KD_LITE0, "FID": FID},
        describe=lambda counts: _describe_faces(folders, counts, limit, degraded),
        texts=_face_texts,
        too_small=f"{folders[0]}: no face is {SCALE * min(sizes)} pixels wide; measure at smaller sizes",
        baselines={"bicubic": bicubic},
        labels=LABELS,
        people=("sex", "age", "group"),
        fairness_metrics=("ST-LPIPS", "identity"),
        **_enlargement(sizes),
    )


def photos(
    paths: Sequence[Path],
    *,
    sizes: Sequence[int] = (),
    limit: int | None = None,
    degraded: bool = False,
    scale: int = SCALE,
) -> Benchmark:
    """Whole photos, files or folders of them, beside bicubic enlargement as it is and made consistent with its input.

    Args:
        sizes: the most pixels a side of the input; a photo counts where its shorter side has as many. None given:
            PHOTO_SIZES.
        limit: at each size only this many photos, always the same random ones.
        degraded: whether the small photos are bad ones: blurred, noisy and blocky.
        scale: how many times smaller than the originals they are.

    Raises:
        DataError: a file or folder cannot be used.
    """
    sizes = tuple(sizes) or _PHOTO_SIZES
    everything = pairs.whole_photos(paths)
    enlarge = partial(bicubic, scale=scale)
    degradation = pairs.degraded if degraded else pairs.clean
    return Benchmark(
        unit="photos",
        examples=lambda size: pairs.choose_photos(everything, size, limit),
        pairs=lambda chosen, size: pairs.photo_pairs(chosen, size, degradation, scale),
        metrics={**METRICS, "LPIPS": LPIPS},
        set_metrics={},
        describe=lambda counts: _describe_photos(paths, counts, limit, degraded, scale),
        texts=_photo_texts,
        too_small=f"{paths[0]}: no photo has {min(sizes)} pixels a side; measure at smaller sizes",
        baselines={"bicubic": enlarge, "bicubic, back-projected": made_consistent(enlarge)},
        **_enlargement(sizes, scale) | {"method": _of_photos},
    )


photos_twice = partial(photos, scale=2)
"""The same for models that make photos twice as large."""


def _of_photos(model: Model) -> Method:
    """As the program uses it: a network that restores is given what was restored before."""
    draw = partial(model, seed=0)
    if not model.facts.restores:
        return draw
    return lambda lr: draw(np.stack([_restored(one.transpose(1, 2, 0)).transpose(2, 0, 1) for one in lr]), bad=lr)


def _restored(lr: Planes) -> Planes:
    return restore(lr, measure(lr))


def _enlargement(sizes: tuple[int, ...], scale: int = SCALE) -> dict[str, Any]:
    """What the benchmarks of all models that enlarge have in common."""
    return {"sizes": sizes, "title": partial(_title, scale=scale), "method": lambda model: partial(model, seed=0)}


def bicubic(lr: Planes, scale: int = SCALE) -> Planes:
    """What any program does without a network; Pillow's bicubic kernel (a = -0.5)."""
    size = [scale * side for side in lr.shape[-2:]]
    return functional.interpolate(torch.from_numpy(lr), size, mode="bicubic", antialias=True).numpy()


def made_consistent(enlarge: Method) -> Method:
    """The same method with its outputs made to agree with their inputs, as the program does with clean photos."""

    def method(lr: Planes) -> Planes:
        enlarged = np.clip(enlarge(lr), 0, 1).transpose(0, 2, 3, 1)
        both = zip(enlarged, lr.transpose(0, 2, 3, 1), strict=True)
        return np.stack([back_project(large, small, len(large) // len(small)) for large, small in both]).transpose(
            0, 3, 1, 2
        )

    return method


def _describe_faces(
    folders: Sequence[Path], counts: Mapping[int, int], limit: int | None, degraded: bool
) -> tuple[str, ...]:
    return (
        describe_folders("faces", folders, counts, _title, limit),
        f"size: width in pixels of the face frame in the input; original and input {_made(degraded)}, both 8 bit",
        "output: clipped, rounded to 8 bit; where a picture shows a window of the frame only that is measured,"
        " and its edge is repeated around it for the models",
        "±: half the 95 % confidence interval of the mean, normal approximation, faces taken as independent"
        " (jackknife for the kernel distance)",
        "seed of the noise: 0, the answer that is given unless another is asked for",
    )


def _describe_photos(
    paths: Sequence[Path], counts: Mapping[int, int], limit: int | None, degraded: bool, scale: int
) -> tuple[str, ...]:
    times = {2: "twice", 4: "four times"}[scale]
    return (
        describe_folders("photos", paths, counts, partial(_title, scale=scale), limit),
        f"size: the most pixels a side of the input; the original is the upper left corner of a photo, of {times}"
        f" as many at most, the input made of it {_made(degraded)}, both 8 bit",
        "output: all of it as one picture, clipped, rounded to 8 bit; faces as everything else",
        "±: half the 95 % confidence interval of the mean, normal approximation, photos taken as independent",
        "seed of the noise: 0, the answer that is given unless another is asked for",
    )


def _title(size: int, scale: int = SCALE) -> str:
    return f"{size} -> {scale * size}"


def _made(degraded: bool) -> str:
    return "by box averaging; the input by blur, noise and JPEG" if degraded else "by box averaging"


def _face_texts(facts: Facts) -> CardTexts:
    limits = _FACE_LIMITS.format(learnt=_RESTORED if facts.restores else AVERAGED)
    return CardTexts(FACE_WARNING, limits, _FACE_TERMS, {"Face frame": facts.extra.get("frame", "")}, _recipe(facts))


def _photo_texts(facts: Facts) -> CardTexts:
    warning = PHOTO_WARNING if facts.invents else PHOTO_MILD
    terms, more = PHOTO_TERMS.get(facts.name, ""), PHOTO_FACTS.get(facts.name, {})
    limits = _RESTORED_LIMITS if facts.restores else PHOTO_LIMITS
    return CardTexts(warning, limits, terms, more, _recipe(facts))


def _recipe(facts: Facts) -> str:
    """The recipe in the form of today: files of older versions have it flat. Empty where it is not known any more."""
    try:
        return to_json(from_fields(json.loads(facts.extra.get("recipe", ""))))
    except (TypeError, ValueError, KeyError):
        return ""
