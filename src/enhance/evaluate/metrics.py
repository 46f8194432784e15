"""The measures taken of every face, by the names they have in every table."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from enhance.evaluate.identity import identity
from enhance.evaluate.lr_psnr import lr_psnr
from enhance.evaluate.protocol import Pairs, Pictures, eight_bit
from enhance.evaluate.psnr import psnr
from enhance.evaluate.ssim import ssim
from enhance.evaluate.st_lpips import st_lpips

Metric = Callable[[Pictures, Pairs], NDArray[np.float64]]

METRICS: dict[str, Metric] = {
    "PSNR": lambda output, pairs: psnr(output, pairs.hr),
    "SSIM": lambda output, pairs: ssim(output, pairs.hr),
    "LR-PSNR": lambda output, pairs: lr_psnr(output, pairs.crop(pairs.lr)),
    "ST-LPIPS": lambda output, pairs: st_lpips(output, pairs.hr),
    "identity": lambda output, pairs: identity(output, pairs.hr, pairs.box),
}
"""Name -> function of the outputs' windows (...,N,3,H,W) and their pairs, giving (...,N)."""


def measure(outputs: Pictures, pairs: Pairs, metrics: dict[str, Metric] = METRICS) -> dict[str, NDArray[np.float64]]:
    """Measures what models made of `pairs.lr`, as a file would keep it (8 bits) and inside the faces' window.

    Args:
        outputs: (...,N,3,4*size,4*size), whole frames; leading axes may be several models.

    Returns:
        Metric name -> values (...,N).
    """
    windows = np.ascontiguousarray(pairs.crop(eight_bit(outputs)))
    return {name: metric(windows, pairs) for name, metric in metrics.items()}
