"""Which pixels of a drawn face were made up, and by how much they may be wrong: a band that was checked on real faces.

The band of a pixel follows what is known without the truth: how much the samples for several seeds differ there (the
spread), and how much the network added over bicubic. How wide it must be is learnt from held-out faces, so that
for a new face like them 90 % of the pixels, on average over faces, lie inside: conformal risk control
(Angelopoulos, Bates, Fisch, Lei and Schuster, ICLR 2024). The constants belong to one file of weights and lie beside
it, as calibration.json (beside a file of the user's, as <name>.json); without them there is no map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from enhance.errors import ModelError
from enhance.files import sha256
from enhance.honesty.records import record_of
from enhance.inference.model import Model
from enhance.inference.shipped import is_shipped
from enhance.pixels import Array, luma
from enhance.sheets import with_scale
from enhance.tasks.upscale.choice import lineup_models

SAMPLES = 8
"""Samples from which the spread is taken, the shown one included."""
LEVEL = 0.9
VISIBLE = 16 / 255
"""A pixel counts as made up if its true value may lie further away than this: 16 of 255 grey levels."""
_AROUND = 5
"""Spread and addition are root mean squares over squares of so many pixels: single ones say little."""


class UncalibratedError(ModelError):
    """A network that invents, of which nobody knows how far its pixels may be wrong."""


@dataclass(frozen=True)
class Constants:
    """A pixel's band, half its width in [0,1]: factor * sqrt(spread * S^2 + added * D^2 + floor)."""

    spread: float
    added: float
    floor: float
    factor: float


@dataclass(frozen=True, eq=False)
class FaceUncertainty:
    """What was made up of one face.

    Attributes:
        bound: (H,W) float32 in [0,1]: the true value of a pixel, in each channel, lies within this distance of the
            drawn one, for 90 % of the pixels.
        share: of the face's pixels, how many have a band wider than VISIBLE; in [0,1].
    """

    bound: Array
    share: float


def face_uncertainty(samples: Array, bicubic: Array, constants: Constants, weight: Array) -> FaceUncertainty:
    """What was made up of a face.

    Args:
        samples: (n,H,W,3) in [0,1]; the first is the one that is shown.
        bicubic: (H,W,3), the enlargement that invents nothing.
        constants: for a face of this size.
        weight: (H,W) in [0,1], how much of each pixel is shown.
    """
    band = error_bound(uncertainty_features(samples, bicubic), constants)
    return FaceUncertainty(band, float((weight * (band > VISIBLE)).sum() / weight.sum()))


def uncertainty_features(samples: Array, bicubic: Array) -> Array:
    """(H,W,2): the spread of samples (n,H,W,3), 0 for one alone, and what the first adds to bicubic (H,W,3), in the
    worst channel."""

    several = len(samples) > 1
    spread = samples.std(axis=0, ddof=1).max(axis=-1) if several else np.zeros(samples.shape[1:3], np.float32)
    added = np.abs(samples[0] - bicubic).max(axis=-1)
    return np.stack([_around(spread), _around(added)], -1)


def error_bound(features: Array, constants: Constants) -> Array:
    """Half the width (H,W) of the band, in [0,1], from the evidence (H,W,2)."""

    variance = constants.spread * features[..., 0] ** 2 + constants.added * features[..., 1] ** 2 + constants.floor
    return np.minimum(constants.factor * np.sqrt(variance), 1).astype(np.float32)


def _around(plane: Array) -> Array:
    """Root mean square of (H,W) over the AROUND x AROUND pixels about each; beyond the border its pixels go on."""

    squares = np.pad(plane.astype(np.float64) ** 2, _AROUND // 2, mode="edge")
    for axis in (0, 1):
        total = np.cumsum(np.insert(squares, 0, 0, axis), axis)
        length = plane.shape[axis]
        squares = np.take(total, range(_AROUND, _AROUND + length), axis) - np.take(total, range(length), axis)
    return np.sqrt(np.maximum(squares, 0) / _AROUND**2).astype(np.float32)


def fit_constants(features: Sequence[Array], errors: Sequence[Array]) -> Constants:
    """Constants, factor 1, for which the squared band is nearest to the squared error, both relative to the band.

    Args:
        features: per face, (H,W,2), see `uncertainty_features`.
        errors: per face, (H,W): how far the drawn pixel is from the true one in the worst channel, in [0,1].
    """

    rows = np.concatenate([np.column_stack([k.reshape(-1, 2) ** 2, np.ones(k[..., 0].size)]) for k in features])
    target = np.concatenate([error.reshape(-1) ** 2 for error in errors]).astype(np.float64)
    # Pixels that nothing was said of still differ by what 8 bits round.
    least = (0.5 / 255) ** 2
    weights, kept = np.array([0.0, 0.0, float(target.mean())]), [0, 1, 2]
    for _ in range(6):
        relative = 1 / np.maximum(rows @ weights, least)
        kept = [0, 1, 2]
        while True:
            part = rows[:, kept] * relative[:, None]
            solved = np.linalg.lstsq(part, target * relative, rcond=None)[0]
            if (solved >= 0).all():
                break
            kept.remove(kept[int(solved.argmin())])
        weights = np.zeros(3)
        weights[kept] = solved
    return Constants(float(weights[0]), float(weights[1]), float(max(weights[2], least)), 1.0)


def calibrate_band(
    features: Sequence[Array], errors: Sequence[Array], constants: Constants, level: float = LEVEL
) -> Constants:
    """The smallest factor that keeps the promise for a new face drawn like these.

    The loss of a face is the share of its pixels outside the band; the factor is the least for which the sum of
    losses over n faces, plus one, is at most (1 - level) (n + 1) (conformal risk control, equation 4).

    Args:
        features, errors: as for `fit_constants`, of faces that were not used there.
    """

    ratios = [
        np.sort((error / error_bound(k, replace(constants, factor=1.0))).ravel())
        for k, error in zip(features, errors, strict=True)
    ]
    allowed = (1 - level) * (len(ratios) + 1) - 1
    if allowed < 0:
        raise ValueError(f"{len(ratios)} faces are too few for a level of {level:g}")
    low, high = 0.0, max(float(ratio[-1]) for ratio in ratios)
    for _ in range(40):
        middle = (low + high) / 2
        outside = sum(1 - np.searchsorted(ratio, middle, side="right") / len(ratio) for ratio in ratios)
        low, high = (low, middle) if outside <= allowed else (middle, high)
    return replace(constants, factor=high)


def calibration_path(model: Path) -> Path:
    """Where the constants of an .onnx file lie."""
    return model.with_name("calibration.json") if is_shipped(model) else model.with_suffix(".json")


def constants_for(network: Model, size: int) -> Constants:
    """The constants of a network for faces of so many pixels across the frame; those of one that draws photos are for
    all sizes.

    They are those of the largest calibrated size that is not larger: less is known of smaller faces, so the band is
    rather too wide than too narrow.

    Raises:
        UncalibratedError: the network was not calibrated, or its file changed since.
    """
    record = calibration(network.path)
    answers = digest_of_answers(network)
    if record is None or record.get("sha256_of_answers", answers) != answers:
        raise UncalibratedError(
            f"{network.path}: was never calibrated, so nobody knows how far its pixels may be wrong; "
            "run `enhance calibrate FACES --model` with it"
        )
    sizes = {int(key): Constants(**value) for key, value in record["constants"].items()}
    return sizes[max((known for known in sizes if known <= size), default=min(sizes))]


def digest_of_answers(network: Model) -> str:
    """The sha256 of what draws further answers beside one of a network, of two files where two do."""
    return " ".join(sha256(model.path) for model in lineup_models(network) if model is not None)


def calibration(model: Path) -> Mapping[str, Any] | None:
    """What `enhance calibrate` found for this very file of weights; None if it never looked at it.

    Raises:
        ModelError: the file beside it is unreadable.
    """
    return record_of(model, calibration_path(model))


def heat(picture: Array, band: Array) -> Image.Image:
    """The picture in grey under the band in colours, from none through red to yellow, with a scale beneath.

    Args:
        picture: (H,W,3) in [0,1].
        band: (H,W) half widths in [0,1]; 0 where nothing was redrawn.
    """
    most = 48 / 255
    grey = luma(picture)
    strength = np.clip(band / most, 0, 1)[..., None]
    shown = 0.75 * grey[..., None] + (0.8 * strength) * (_colours(strength[..., 0]) - 0.75 * grey[..., None])
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    return with_scale(shown, _colours(ramp) * ramp[:, None], "not redrawn", "may be off by 48 of 255")


def _colours(strength: Array) -> Array:
    """Dark violet through red and orange to pale yellow, (...,3) for values in [0,1]."""

    stops = np.array([0, 0.33, 0.66, 1])
    colours = np.array([(0.25, 0.05, 0.4), (0.8, 0.15, 0.3), (1.0, 0.55, 0.1), (1.0, 0.95, 0.6)])
    return np.stack([np.interp(strength, stops, colours[:, c]) for c in range(3)], -1).astype(np.float32)
