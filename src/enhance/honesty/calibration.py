"""Calibration of the invention map: how wide its band must be on faces, or on photos that were bad, and how well that
holds on others."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from enhance.datasets.names import LABELS
from enhance.errors import DataError, ModelError
from enhance.evaluate import card
from enhance.faces.crops import aligned_crop
from enhance.files import sha256, write_atomically
from enhance.honesty import coverage, uncertainty
from enhance.honesty.samples import draw_beside
from enhance.inference.model import Model
from enhance.painting.background import bicubic
from enhance.photos.photo import read
from enhance.pixels import Array, area_mean, to_uint8
from enhance.tasks.upscale import pairs
from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import SCALE, UpscaleOptions
from enhance.tasks.upscale.pairs import FaceFile, WholePhoto

_SIZES = (16, 32, 64)
PHOTO_SIZE = 64
"""Pixels a side of the bad photos: one size, for what is drawn does not depend on it."""
CALIBRATION_PARTS = ("fit", "calibrate", "measure")
FEWEST = 10
"""A group of fewer measured faces is not reported."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The part of a face or photo that is real: `uncertainty_features` (H,W,2), and the errors (H,W) that were made."""

    example: FaceFile | WholePhoto
    features: Array
    errors: Array


def calibrate(folders: Sequence[Path], model: str, limit: int | None = None) -> Path:
    """Calibrate the invention map of a model; write the constants beside its weights and the result into its card.

    The people are dealt into three parts by a hash of their name: one to learn what evidence is worth, one to find how
    wide the band must be, one to measure how many true pixels lie inside. No person is in two of them. A model that
    restores its input is shown bad photos.

    Args:
        folders: aligned faces that the network did not learn from; for one that draws photos, photos.
        model: a shipped model's name or an .onnx file.
        limit: at each size only so many faces, always the same random ones.

    Returns:
        The file written.

    Raises:
        DataError: no or too few usable faces.
        ModelError: no such model, or the folder of its file cannot be written to.
    """
    network = Model.load(model)
    # At once: should the file be replaced meanwhile, the constants must not pass for those of the new one.
    digest = sha256(network.path)
    of_faces = network.facts.takes_coordinates or not network.facts.restores
    evidence = (_evidence_of_faces if of_faces else _evidence_of_photos)(network, folders, limit)
    found = {str(size): _calibrated(evidence(size)) for size in (_SIZES if of_faces else (PHOTO_SIZE,))}
    known = {size: both for size, both in found.items() if both is not None}
    if not known:
        unit, side = ("faces", 64) if of_faces else ("photos", network.facts.scale * PHOTO_SIZE)
        raise DataError(
            f"{folders[0]}: too few {unit} to calibrate with; give some hundreds, {side} pixels wide or more"
        )
    names = ", ".join(f"{folder.parent.name}/{folder.name}".lstrip("/") for folder in folders)
    most = f", at most {limit} a size" if limit else ""
    how = ", made small as bad photos" if network.facts.restores else ""
    dealt_by = "people dealt into three parts by name" if of_faces else "dealt into three parts by name"
    record = {
        "model": network.path.stem,
        "sha256": digest,
        "sha256_of_answers": uncertainty.digest_of_answers(network),
        "level": uncertainty.LEVEL,
        "answers": uncertainty.SAMPLES,
        "visible_grey_levels": round(uncertainty.VISIBLE * 255),
        "of": "faces" if of_faces else "photos",
        "faces": f"{names}{most}{how}; {dealt_by}",
        "constants": {size: asdict(constants) for size, (constants, _) in known.items()},
        "coverage": {size: covered for size, (_, covered) in known.items()},
    }
    path = uncertainty.calibration_path(network.path)
    try:
        write_atomically(path, (json.dumps(record, indent=1) + "\n").encode())
        page = network.path.with_suffix(".md")
        if page.is_file():
            text = card.with_section(page.read_text(encoding="utf-8"), coverage.HEADING, coverage.section(network.path))
            write_atomically(page, text.encode())
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error.strerror}); copy the model elsewhere") from error
    return path


def _calibrated(evidence: Iterable[Evidence]) -> tuple[uncertainty.Constants, dict[str, Any]] | None:
    """Constants for the faces or photos of one size, and how many true pixels lie inside; None of too few."""
    dealt: dict[str, list[Evidence]] = {part: [] for part in CALIBRATION_PARTS}
    for one in evidence:
        dealt[part_of(one.example.path.stem)].append(one)
    if min(map(len, dealt.values())) < 2 * FEWEST:
        return None
    learn, widen, measure = (dealt[part] for part in CALIBRATION_PARTS)
    shape = uncertainty.fit_constants([one.features for one in learn], [one.errors for one in learn])
    final = uncertainty.calibrate_band([one.features for one in widen], [one.errors for one in widen], shape)
    return final, {"calibrated_on": len(learn) + len(widen)} | _measured(measure, final)


def part_of(name: str) -> str:
    """Which part a person belongs to: lfw_First_Last_0001 and lfw_First_Last_0002 are one person."""
    person = re.sub(r"_\d+$", "", name) if name.startswith("lfw_") else name
    return CALIBRATION_PARTS[
        int.from_bytes(hashlib.sha256(person.encode()).digest()[:4], "big") % len(CALIBRATION_PARTS)
    ]


def _evidence_of_faces(
    network: Model, folders: Sequence[Path], limit: int | None
) -> Callable[[int], Iterator[Evidence]]:
    everyone = pairs.face_files(folders)
    degradation = pairs.degraded if network.facts.restores else pairs.clean
    return lambda size: face_evidence(network, pairs.choose_files(everyone, size, limit), size, degradation)


def _evidence_of_photos(
    network: Model, folders: Sequence[Path], limit: int | None
) -> Callable[[int], Iterator[Evidence]]:
    everything = pairs.whole_photos(folders)
    return lambda size: photo_evidence(network, pairs.choose_photos(everything, size, limit), size)


def face_evidence(
    network: Model, chosen: Sequence[FaceFile], size: int, degradation: pairs.PictureDegradation = pairs.clean
) -> Iterator[Evidence]:
    """Every face as it is drawn several times from `size` pixels across."""
    for batch in pairs.pairs(chosen, size, degradation=degradation):
        left, top, right, bottom = (round(edge * SCALE * size) for edge in batch.box)
        for face, lr, hr in zip(
            batch.examples, batch.lr.transpose(0, 2, 3, 1), batch.hr.transpose(0, 2, 3, 1), strict=True
        ):
            drawn = draw_beside(network, aligned_crop(lr), 0, uncertainty.SAMPLES)
            features = uncertainty.uncertainty_features(drawn, bicubic(lr, SCALE))[top:bottom, left:right]
            errors = np.abs(drawn[0, top:bottom, left:right] - hr).max(axis=-1)
            yield Evidence(face, features, errors)


def photo_evidence(network: Model, chosen: Sequence[WholePhoto], size: int) -> Iterator[Evidence]:
    """Every photo as all of the program draws it, faces aside, after it was made small and bad."""
    scale = network.facts.scale
    options = UpscaleOptions(background=str(network.path), faces="none", scale=scale)
    for batch in pairs.photo_pairs(chosen, size, _made_bad, scale):
        lr, hr = (planes[0].transpose(1, 2, 0) for planes in (batch.lr, batch.hr))
        drawn = enhance_photo(read(to_uint8(lr)), options, look=lambda _: []).rgb
        features = uncertainty.uncertainty_features(drawn[None], bicubic(lr, scale))
        yield Evidence(batch.examples[0], features, np.abs(drawn - hr).max(axis=-1))


def _made_bad(hr: Array, rng: np.random.Generator, scale: int) -> Array:
    """A bad small version of an original (H,W,3) in [0,255], as photos are, mostly mild."""
    bad, _ = BadPhoto(clean=0)(area_mean(hr, scale).astype(np.float32) / np.float32(255), rng)
    return bad * np.float32(255)


def _measured(faces: Sequence[Evidence], constants: uncertainty.Constants) -> dict[str, Any]:
    """Coverage on faces that had no part in choosing the constants: of all of them, and per group."""
    bands = [uncertainty.error_bound(one.features, constants) for one in faces]
    inside = np.array([float((one.errors <= band).mean()) for one, band in zip(faces, bands, strict=True)])
    groups = {}
    for label in LABELS:
        for value in sorted({one.example.labels[label] for one in faces if label in one.example.labels}):
            members = np.array([one.example.labels.get(label) == value for one in faces])
            if members.sum() >= FEWEST:
                groups[f"{label} {value}"] = [int(members.sum()), round(float(inside[members].mean()), 3)]
    return {
        "measured_on": len(faces),
        "coverage": round(float(inside.mean()), 4),
        "half_interval_95": round(1.96 * float(inside.std(ddof=1)) / len(inside) ** 0.5, 4),
        "worst_tenth_of_faces": round(float(np.quantile(inside, 0.1)), 3),
        "mean_half_width_grey_levels": round(255 * float(np.mean([band.mean() for band in bands])), 1),
        "made_up": round(float(np.mean([(band > uncertainty.VISIBLE).mean() for band in bands])), 3),
        "groups": groups,
    }
