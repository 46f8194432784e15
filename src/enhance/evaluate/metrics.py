"""The measures that need only pictures, ready for any benchmark."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.evaluate import frechet, kernel_distance, lpips
from enhance.evaluate.psnr import psnr
from enhance.evaluate.ssim import ssim
from enhance.evaluate.st_lpips import st_lpips
from enhance.pixels import Planes

Values = NDArray[np.float64]
Distance = Callable[[Values, Values], tuple[float, float]]
"""Features of outputs and of originals -> one number, and its standard error."""


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Metric:
    """A measure of each picture.

    Attributes:
        measure: outputs (...,N,3,H,W) of some methods and their `Pairs` -> values (...,N).
        meaning: unit and direction, in words.
        digits: after the point, in tables.
        higher_is_better: how to hold one value against another.
        available: whether it can be taken on this machine.
        missing: what to say where it cannot.
    """

    measure: Callable[[Planes, Any], Values]
    meaning: str
    digits: int = 3
    higher_is_better: bool = True
    available: Callable[[], bool] = _always
    missing: str = ""


@dataclass(frozen=True)
class SetMetric:
    """A distance between two sets of pictures: lower is better.

    Attributes:
        features: of pictures (N,3,H,W), one row each.
        distance: of two sets of features.
        meaning, digits, available, missing: as for `Metric`.
    """

    features: Callable[[Planes], Values]
    distance: Distance
    meaning: str
    digits: int = 3
    available: Callable[[], bool] = _always
    missing: str = ""


def _thousandfold(of: Distance) -> Distance:
    """A distance and its error in thousandths."""

    def distance(outputs: Values, originals: Values) -> tuple[float, float]:
        mean, error = of(outputs, originals)
        return 1000 * mean, 1000 * error

    return distance


PSNR = Metric(lambda outputs, pairs: psnr(outputs, pairs.originals), "dB over RGB, higher is closer", digits=2)
SSIM = Metric(
    lambda outputs, pairs: ssim(outputs, pairs.originals),
    "on BT.601 luma, Gaussian window 11, sigma 1.5; 1 is equal",
)
ST_LPIPS = Metric(
    lambda outputs, pairs: st_lpips(outputs, pairs.originals),
    "shift-tolerant LPIPS with AlexNet (ECCV 2022), lower looks closer",
    higher_is_better=False,
)
LPIPS = Metric(
    lambda outputs, pairs: lpips.lpips(outputs, pairs.originals),
    "LPIPS 0.1 with AlexNet, lower looks closer",
    higher_is_better=False,
    available=lpips.available,
    missing=lpips.MISSING,
)


def called(names: str, classes: Iterable[int]) -> Metric:
    """The share of pictures that a classifier takes for one of some ImageNet classes (0 to 999)."""
    wanted = np.array(sorted(classes))

    def measure(outputs: Planes, pairs: Any) -> Values:  # noqa: ARG001
        flat = outputs.reshape(-1, *outputs.shape[-3:])
        likeliest = kernel_distance.class_scores(flat).argmax(1)
        return np.isin(likeliest, wanted).astype(np.float64).reshape(outputs.shape[:-3])

    return Metric(measure, f"share that EfficientNet-lite0 calls {names}, of ImageNet's 1,000 classes")


KD_LITE0 = SetMetric(
    kernel_distance.features,
    _thousandfold(kernel_distance.kernel_distance),
    "1000 x kernel distance of EfficientNet-lite0 features (not KID's network), lower is more real",
    digits=2,
)
KD_LITE0_UNPAIRED = SetMetric(
    kernel_distance.features,
    _thousandfold(kernel_distance.unpaired_kernel_distance),
    "1000 x kernel distance of EfficientNet-lite0 features to photos of other things of the kind, lower is more real",
    digits=2,
)
FID = SetMetric(
    frechet.inception_features,
    frechet.frechet,
    "Frechet Inception distance; biased upwards for few pictures",
    digits=1,
    available=frechet.available,
    missing=frechet.MISSING,
)


def missing(measures: Iterable[Metric | SetMetric]) -> list[str]:
    """One line for each measure that cannot be taken here."""
    return [measure.missing for measure in measures if not measure.available()]
