"""The measures by the names they have in every table."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from enhance.evaluate import frechet, kernel_distance, lpips
from enhance.evaluate.identity import identity
from enhance.evaluate.lr_psnr import lr_psnr
from enhance.evaluate.protocol import Pairs, Pictures
from enhance.evaluate.psnr import psnr
from enhance.evaluate.ssim import ssim
from enhance.evaluate.st_lpips import st_lpips

Values = NDArray[np.float64]
Metric = Callable[[Pictures, Pairs], Values]


class SetMetric(NamedTuple):
    """A distance between two sets: `features` of pictures (N,3,H,W), then one number and its standard error of two."""

    features: Callable[[Pictures], Values]
    distance: Callable[[Values, Values], tuple[float, float]]


def _thousandfold(x: Values, y: Values) -> tuple[float, float]:
    distance, error = kernel_distance.kernel_distance(x, y)
    return 1000 * distance, 1000 * error


METRICS: dict[str, Metric] = {
    "PSNR": lambda output, pairs: psnr(output, pairs.hr),
    "SSIM": lambda output, pairs: ssim(output, pairs.hr),
    "LR-PSNR": lambda output, pairs: lr_psnr(output, pairs.crop(pairs.lr)),
    "ST-LPIPS": lambda output, pairs: st_lpips(output, pairs.hr),
    "identity": lambda output, pairs: identity(output, pairs.hr, pairs.box),
}
"""Name -> function of the outputs' windows (...,N,3,H,W) and their pairs, giving (...,N)."""

SET_METRICS: dict[str, SetMetric] = {
    "KD-lite0": SetMetric(kernel_distance.features, _thousandfold),
}

OPTIONAL: dict[str, tuple[Callable[[], bool], str]] = {
    "LPIPS": (lpips.available, lpips.MISSING),
    "FID": (frechet.available, frechet.MISSING),
}
"""Columns that appear when their networks are on this machine: test for it, and the line that says what is missing."""

MEANING: dict[str, str] = {
    "PSNR": "dB over RGB, higher is closer",
    "SSIM": "on BT.601 luma, Gaussian window 11, sigma 1.5; 1 is equal",
    "LR-PSNR": "dB between the box-downscaled output and the input, higher is more faithful",
    "ST-LPIPS": "shift-tolerant LPIPS with AlexNet (ECCV 2022), lower looks closer",
    "identity": "cosine of SFace embeddings of output and original, 1 is the same face",
    "KD-lite0": "1000 x kernel distance of EfficientNet-lite0 features (not KID's network), lower is more real",
    "LPIPS": "LPIPS 0.1 with AlexNet, lower looks closer",
    "FID": "Frechet Inception distance; biased upwards for few faces",
}


def metrics() -> tuple[dict[str, Metric], dict[str, SetMetric]]:
    """All measures that can be taken on this machine: of each picture, and of the whole set."""
    single, of_sets = dict(METRICS), dict(SET_METRICS)
    if lpips.available():
        single["LPIPS"] = lambda output, pairs: lpips.lpips(output, pairs.hr)
    if frechet.available():
        of_sets["FID"] = SetMetric(frechet.features, frechet.frechet)
    return single, of_sets


def missing() -> list[str]:
    """One line for each measure that cannot be taken here."""
    return [line for here, line in OPTIONAL.values() if not here()]
