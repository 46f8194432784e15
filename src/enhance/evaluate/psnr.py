"""Peak signal-to-noise ratio over RGB."""

import numpy as np
from numpy.typing import NDArray

CEILING = 100.0
"""dB given to equal pictures, so that a mean over faces stays finite."""


def psnr(output: NDArray[np.float32], original: NDArray[np.float32]) -> NDArray[np.float64]:
    """10 log10(1 / mean squared error), the error over all pixels and the three channels together.

    Args:
        output, original: (...,3,H,W) in [0,1]; leading axes broadcast.

    Returns:
        dB per picture, shape (...), at most `CEILING`; higher is closer.
    """
    error = np.square(np.subtract(output, original, dtype=np.float64)).mean(axis=(-3, -2, -1))
    decibel: NDArray[np.float64] = -10 * np.log10(np.maximum(error, 10 ** (-CEILING / 10)))
    return decibel
